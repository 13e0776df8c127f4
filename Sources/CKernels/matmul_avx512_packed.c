// Float32 products on the layout PACKED, AVX-512: a group of sixteen rows is dequantised to a panel
// [cols][16], a lane a row; each output is summed over the columns in order.

#include "avx512.h"
#include "packed_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

enum { tile_rows = 12 };

TARGET static void fill(gk_type type, const gk_packed_shape *s, const uint8_t *group, bool to_bf16, float *panel) {
    const __m512i byte = _mm512_set1_epi32(255);
    for (int64_t b = 0; b < s->blocks; b++) {
        gk_block_vectors v = gk_load_block(type, group, s, b);
        int zero = type == GK_Q4_0 ? 8 : type == GK_Q5_0 ? 16 : type == GK_Q8_0 ? 128 : type == GK_Q6_K ? 32 : 0;
        for (int c = 0; c < 8; c++) {
            __m512 scale = type == GK_Q6_K && c >= 4 ? v.scale[1] : v.scale[0];
            for (int k = 0; k < 4; k++) {
                __m512i code = _mm512_and_si512(_mm512_srli_epi32(v.codes[c], 8 * (unsigned)k), byte);
                __m512 value = _mm512_cvtepi32_ps(_mm512_sub_epi32(code, _mm512_set1_epi32(zero)));
                value = gk_has_minimum(type) ? _mm512_fmadd_ps(value, scale, v.minimum) : _mm512_mul_ps(value, scale);
                if (to_bf16) value = gk_round_bf16(value);
                _mm512_storeu_ps(panel + (b * 32 + 4 * c + k) * 16, value);
            }
        }
    }
}

/// `rows` is a constant after inlining.
GK_INLINE TARGET void tile(
    const gk_product *p, const gk_prepared *in, const float *panel, int64_t row, __mmask16 mask, int64_t first, const int rows) {
    __m512 sums[tile_rows];
    for (int i = 0; i < rows; i++) sums[i] = _mm512_setzero_ps();
    const float *x = in->x + first * in->x_stride;
    for (int64_t k = 0; k < in->cols; k++) {
        __m512 w = _mm512_loadu_ps(panel + k * 16);
        for (int i = 0; i < rows; i++) sums[i] = _mm512_fmadd_ps(w, _mm512_set1_ps(x[i * in->x_stride + k]), sums[i]);
    }
    for (int i = 0; i < rows; i++) gk_store16(p, first + i, row, mask, sums[i]);
}

GK_INLINE TARGET void groups_of(
    gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    gk_packed_shape s = gk_packed_shape_of(type, w->cols);
    for (int64_t g = first_group; g < first_group + groups; g++) {
        fill(type, &s, (const uint8_t *)w->data + g * s.group_bytes, in->compute == GK_COMPUTE_BF16, panel);
        int64_t row = g * GK_GROUP_ROWS;
        __mmask16 mask = gk_rows_mask(w->rows, row);
        for (int64_t i = 0; i < in->m;) {
            int64_t left = in->m - i, step = left >= tile_rows ? tile_rows : left >= 4 ? 4 : 1;
            if (step == tile_rows) tile(p, in, panel, row, mask, i, tile_rows);
            else if (step == 4) tile(p, in, panel, row, mask, i, 4);
            else tile(p, in, panel, row, mask, i, 1);
            i += step;
        }
    }
}

#define KERNEL(name, type)                                                                               \
    TARGET static void name(                                                                             \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        groups_of(type, p, in, first_group, groups, panel);                                              \
    }

GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_packed_kernel_avx512)

#endif
