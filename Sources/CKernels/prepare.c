// Activations made ready for a product.

#include "matmul.h"

#include "elementwise_vector.h"
#include "gk_elementwise.h"

#include <math.h>

void gk_prepare_row(const gk_input *in, int64_t i, float *destination) {
    const float *x = in->x + i * in->x_stride;
    switch (in->kind) {
    case GK_INPUT_PLAIN: memcpy(destination, x, (size_t)in->cols * sizeof(float)); break;
    case GK_INPUT_RMS_NORM: gk_rms_norm(destination, x, in->norm_weight, 1, in->cols, in->eps); break;
    case GK_INPUT_SILU_MUL: gk_silu_mul(destination, x, in->x2 + i * in->x2_stride, in->cols); break;
    case GK_INPUT_GELU_MUL: gk_gelu_mul(destination, x, in->x2 + i * in->x2_stride, in->cols); break;
    case GK_INPUT_ERF_GELU_MUL: gk_erf_gelu_mul(destination, x, in->x2 + i * in->x2_stride, in->cols); break;
    case GK_INPUT_QUICK_GELU_MUL: gk_quick_gelu_mul(destination, x, in->x2 + i * in->x2_stride, in->cols); break;
    case GK_INPUT_RELU_MUL: gk_relu_mul(destination, x, in->x2 + i * in->x2_stride, in->cols); break;
    case GK_INPUT_SQUARED_RELU_MUL: gk_squared_relu_mul(destination, x, in->x2 + i * in->x2_stride, in->cols); break;
    }
}

void gk_prepare_codes(const float *x, int64_t blocks, gk_code_row row) {
#ifdef GK_VECTOR
    if (gk_has_vectors()) {
        GK_VECTOR(gk_prepare_codes)(x, blocks, row);
        return;
    }
#endif
    for (int64_t b = 0; b < blocks; b++) {
        float absmax = 0;
        for (int k = 0; k < 32; k++) absmax = fmaxf(absmax, fabsf(x[b * 32 + k]));
        float inverse = absmax > 0 ? 127.0f / absmax : 0;
        row.scales[b] = absmax / 127.0f;
        int32_t halves[2] = {0, 0};
        for (int k = 0; k < 32; k++) {
            // NaN and infinity have no code: they become zero.
            float scaled = x[b * 32 + k] * inverse;
            int32_t code = scaled >= -127.5f && scaled <= 127.5f ? (int32_t)lrintf(scaled) : 0;
            row.codes[b * 32 + k] = (int8_t)(code > 127 ? 127 : code < -127 ? -127 : code);
            halves[k / 16] += row.codes[b * 32 + k];
        }
        int32_t sum = halves[0] + halves[1];
        row.scaled_sums[b] = row.scales[b] * (float)sum;
        row.starts8[b] = -8 * sum;
        row.starts16[b] = -16 * sum;
        row.starts128[b] = -128 * sum;
        row.halves32[2 * b] = -32 * halves[0];
        row.halves32[2 * b + 1] = -32 * halves[1];
    }
}
