// Which kernel multiplies which weight.

#include "matmul.h"

gk_group_kernel gk_choose_kernel(const gk_weight *weight, gk_compute compute, int64_t m) {
#if GK_X86
    if (gk_has_avx512()) {
        gk_group_kernel kernel = NULL;
        if (gk_takes_int8(weight, compute) && gk_has_amx() && m >= 16) kernel = gk_int8_kernel_amx(weight->type);
        else if (compute == GK_COMPUTE_BF16 && gk_has_amx() && m >= 16) kernel = gk_bf16_kernel_amx(weight);
        if (kernel != NULL) return kernel;
        if (gk_takes_int8(weight, compute)) kernel = gk_int8_kernel_avx512(weight->type);
        else if (weight->layout == GK_LAYOUT_PACKED) kernel = gk_packed_kernel_avx512(weight->type);
        else if (weight->type == GK_NF4 || weight->type == GK_FP4) kernel = gk_4bit_kernel_avx512(weight);
        if (kernel != NULL) return kernel;
        // A bfloat16 weight needs no rounding, and the activations have theirs.
        bool rounded = compute != GK_COMPUTE_BF16 || weight->type == GK_BF16;
        if (weight->layout == GK_LAYOUT_ROWS && rounded) kernel = gk_rows_kernel_avx512(weight->type);
        if (kernel != NULL) return kernel;
    }
    if (gk_has_avx2()) {
        gk_group_kernel kernel = gk_takes_int8(weight, compute) ? gk_int8_kernel_avx2(weight->type) : gk_rows_kernel_avx2(weight, compute);
        if (kernel != NULL) return kernel;
    }
#elif GK_NEON
    if (gk_has_neon()) {
        gk_group_kernel kernel = NULL;
        if (gk_takes_int8(weight, compute)) {
            if (gk_has_neon_i8mm() && m >= 16) return gk_int8_kernel_neon_i8mm(weight->type);
            return gk_has_neon_dot() ? gk_int8_kernel_neon_dot(weight->type) : gk_int8_kernel_neon(weight->type);
        }
        if (weight->layout == GK_LAYOUT_PACKED) return gk_packed_kernel_neon(weight->type);
        if (weight->type == GK_NF4 || weight->type == GK_FP4) kernel = gk_4bit_kernel_neon(weight);
        return kernel != NULL ? kernel : gk_rows_kernel_neon(weight, compute);
    }
#else
    (void)weight, (void)compute, (void)m;
#endif
    return gk_groups_scalar;
}
