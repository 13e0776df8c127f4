// Float32 products on the layout PACKED, NEON: a group of sixteen rows is dequantised to a panel [cols][16], a lane a
// row; each output is summed over the columns in order.

#include "packed_neon.h"

#if GK_NEON

enum { tile_rows = 4 };

GK_INLINE void fill(gk_type type, const gk_packed_shape *s, const uint8_t *group, bool to_bf16, float *panel) {
    const int32x4_t zero = vdupq_n_s32(gk_zero_point(type));
    for (int64_t b = 0; b < s->blocks; b++) {
        for (int q = 0; q < 4; q++) {
            gk_quad v = gk_load_quad(type, group, s, b, q);
            for (int c = 0; c < 8; c++) {
                int32x4_t four = vreinterpretq_s32_s8(v.codes[c]);
                float32x4_t scale = type == GK_Q6_K && c >= 4 ? v.scale[1] : v.scale[0];
                // Column 4c + k is byte k of a lane.
                int32x4_t codes[4] = {
                    vshrq_n_s32(vshlq_n_s32(four, 24), 24), vshrq_n_s32(vshlq_n_s32(four, 16), 24),
                    vshrq_n_s32(vshlq_n_s32(four, 8), 24), vshrq_n_s32(four, 24),
                };
                for (int k = 0; k < 4; k++) {
                    float32x4_t value = vcvtq_f32_s32(vsubq_s32(codes[k], zero));
                    value = gk_has_minimum(type) ? vfmaq_f32(v.minimum, value, scale) : vmulq_f32(value, scale);
                    if (to_bf16) value = gk_round_bf16(value);
                    vst1q_f32(panel + (b * 32 + 4 * c + k) * 16 + 4 * q, value);
                }
            }
        }
    }
}

/// `rows` is a constant after inlining.
GK_INLINE void tile(const gk_product *p, const gk_prepared *in, const float *panel, int64_t row, int64_t first, const int rows) {
    float32x4_t sums[tile_rows][4];
    for (int i = 0; i < rows; i++) {
        for (int q = 0; q < 4; q++) sums[i][q] = vdupq_n_f32(0);
    }
    const float *x = in->x + first * in->x_stride;
    for (int64_t k = 0; k < in->cols; k++) {
        float32x4_t w[4];
        for (int q = 0; q < 4; q++) w[q] = vld1q_f32(panel + k * 16 + 4 * q);
        for (int i = 0; i < rows; i++) {
            for (int q = 0; q < 4; q++) sums[i][q] = vfmaq_n_f32(sums[i][q], w[q], x[i * in->x_stride + k]);
        }
    }
    for (int i = 0; i < rows; i++) {
        for (int q = 0; q < 4; q++) gk_store4(p, first + i, row + 4 * q, sums[i][q]);
    }
}

GK_INLINE void groups_of(gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    gk_packed_shape s = gk_packed_shape_of(type, w->cols);
    for (int64_t g = first_group; g < first_group + groups; g++) {
        fill(type, &s, (const uint8_t *)w->data + g * s.group_bytes, in->compute == GK_COMPUTE_BF16, panel);
        for (int64_t i = 0; i < in->m;) {
            int64_t step = in->m - i >= tile_rows ? tile_rows : 1;
            if (step == tile_rows) tile(p, in, panel, g * GK_GROUP_ROWS, i, tile_rows);
            else tile(p, in, panel, g * GK_GROUP_ROWS, i, 1);
            i += step;
        }
    }
}

#define KERNEL(name, type)                                                                               \
    static void name(                                                                                    \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        groups_of(type, p, in, first_group, groups, panel);                                              \
    }

GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_packed_kernel_neon)

#endif
