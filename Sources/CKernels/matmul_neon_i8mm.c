// Products with int8 activations on the layout PACKED, NEON with matrix products of bytes: prompts.
//
// smmla multiplies two rows of eight codes with two rows of eight activations, four sums at once. Codes become so paired by
// interleaving neighbouring vectors of the layout; activations are paired once for several groups. Zero points are taken off the
// codes. Sums are integer within a block, and then added in the order of the other kernels: results are theirs, bit for bit.

#include "packed_neon.h"

#if GK_NEON

#define TARGET GK_TARGET_NEON_I8MM

GK_INLINE TARGET int32x4_t dot16(gk_type type, const int8x16_t *codes, int8x16_t x, int32x4_t sum) {
    (void)type;
    sum = vdotq_laneq_s32(sum, codes[0], x, 0);
    sum = vdotq_laneq_s32(sum, codes[1], x, 1);
    sum = vdotq_laneq_s32(sum, codes[2], x, 2);
    return vdotq_laneq_s32(sum, codes[3], x, 3);
}

#include "int8_neon.h"

enum { pairs = tile_rows / 2, groups_step = 8 };

/// Rows first ... first + 7 of the activations as [block][pair of rows][8 columns of one, the same of the other].
TARGET static void pair_up(const gk_prepared *in, int64_t first, int8_t *paired) {
    for (int pair = 0; pair < pairs; pair++) {
        const int8_t *a = in->codes + (first + 2 * pair) * in->code_stride, *b = a + in->code_stride;
        for (int64_t k = 0; k < in->blocks; k++) {
            int8_t *to = paired + (k * pairs + pair) * 64;
            for (int h = 0; h < 2; h++) {
                int64x2_t va = vreinterpretq_s64_s8(vld1q_s8(a + k * 32 + 16 * h)), vb = vreinterpretq_s64_s8(vld1q_s8(b + k * 32 + 16 * h));
                vst1q_s8(to + 32 * h, vreinterpretq_s8_s64(vzip1q_s64(va, vb)));
                vst1q_s8(to + 32 * h + 16, vreinterpretq_s8_s64(vzip2q_s64(va, vb)));
            }
        }
    }
}

/// Codes of four rows by pairs of rows: [8 columns of 32][rows 0 and 1, rows 2 and 3].
typedef struct {
    int8x16_t codes[4][2];
    float32x4_t scale[2][2];
    float32x4_t minimum[2];
} quad_pairs;

GK_INLINE TARGET quad_pairs load_pairs(gk_type type, const uint8_t *group, const gk_packed_shape *s, int64_t b, int q) {
    gk_quad v = gk_load_quad(type, group, s, b, q);
    quad_pairs w;
    for (int c = 0; c < 8; c++) {
        if (gk_zero_point(type) != 0) v.codes[c] = vsubq_s8(v.codes[c], vdupq_n_s8((int8_t)gk_zero_point(type)));
    }
    for (int k = 0; k < 4; k++) {
        int32x4_t a = vreinterpretq_s32_s8(v.codes[2 * k]), b8 = vreinterpretq_s32_s8(v.codes[2 * k + 1]);
        w.codes[k][0] = vreinterpretq_s8_s32(vzip1q_s32(a, b8));
        w.codes[k][1] = vreinterpretq_s8_s32(vzip2q_s32(a, b8));
    }
    for (int h = 0; h < (type == GK_Q6_K ? 2 : 1); h++) {
        w.scale[h][0] = vzip1q_f32(v.scale[h], v.scale[h]);
        w.scale[h][1] = vzip2q_f32(v.scale[h], v.scale[h]);
    }
    if (gk_has_minimum(type)) {
        w.minimum[0] = vzip1q_f32(v.minimum, v.minimum);
        w.minimum[1] = vzip2q_f32(v.minimum, v.minimum);
    }
    return w;
}

/// Two floats, twice.
GK_INLINE float32x4_t twice(const float *p) {
    float32x2_t v = vld1_f32(p);
    return vcombine_f32(v, v);
}

/// Eight rows of activations by eight rows of weights: quads first_quad and the next of a group.
GK_INLINE TARGET void paired_tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const gk_packed_shape *s, int64_t g, int first_quad, int64_t first,
    const int8_t *paired) {
    const uint8_t *group = (const uint8_t *)p->weight->data + g * s->group_bytes;
    // The scales of sixteen rows lie side by side, and so do the scaled sums after them.
    const float *scales = in->tile_scales + first / 16 * in->blocks * 32 + first % 16;
    float32x4_t sums[tile_quads][2][pairs];
    for (int q = 0; q < tile_quads; q++) {
        for (int i = 0; i < pairs; i++) sums[q][0][i] = sums[q][1][i] = vdupq_n_f32(0);
    }
    for (int64_t b = 0; b < s->blocks; b++) {
#pragma clang loop unroll(full)
        for (int q = 0; q < tile_quads; q++) {
            quad_pairs w = load_pairs(type, group, s, b, first_quad + q);
#pragma clang loop unroll(full)
            for (int i = 0; i < pairs; i++) {
                const int8_t *x = paired + (b * pairs + i) * 64;
                float32x4_t x_scales = twice(scales + b * 32 + 2 * i);
                for (int r = 0; r < 2; r++) {
                    int32x4_t dot = vdupq_n_s32(0);
                    for (int k = 0; k < 4; k++) {
                        if (type == GK_Q6_K && k == 2) {
                            sums[q][r][i] = vfmaq_f32(sums[q][r][i], vcvtq_f32_s32(dot), vmulq_f32(w.scale[0][r], x_scales));
                            dot = vdupq_n_s32(0);
                        }
                        dot = vmmlaq_s32(dot, w.codes[k][r], vld1q_s8(x + 16 * k));
                    }
                    float32x4_t scale = w.scale[type == GK_Q6_K ? 1 : 0][r];
                    sums[q][r][i] = vfmaq_f32(sums[q][r][i], vcvtq_f32_s32(dot), vmulq_f32(scale, x_scales));
                    if (gk_has_minimum(type)) sums[q][r][i] = vfmaq_f32(sums[q][r][i], w.minimum[r], twice(scales + b * 32 + 16 + 2 * i));
                }
            }
        }
    }
    for (int i = 0; i < pairs; i++) {
        for (int q = 0; q < tile_quads; q++) {
            int64_t row = g * GK_GROUP_ROWS + 4 * (first_quad + q);
            gk_store4(p, first + 2 * i, row, vuzp1q_f32(sums[q][0][i], sums[q][1][i]));
            gk_store4(p, first + 2 * i + 1, row, vuzp2q_f32(sums[q][0][i], sums[q][1][i]));
        }
    }
}

GK_INLINE TARGET void groups_of(
    gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    gk_packed_shape s = gk_packed_shape_of(type, p->weight->cols);
    int64_t whole = in->m / tile_rows * tile_rows;
    // A few groups stay in the second-level cache while the activations pass by once for all of them.
    for (int64_t from = first_group; from < first_group + groups; from += groups_step) {
        int64_t end = from + groups_step < first_group + groups ? from + groups_step : first_group + groups;
        for (int64_t i = 0; i < whole; i += tile_rows) {
            pair_up(in, i, (int8_t *)panel);
            for (int64_t g = from; g < end; g++) {
                for (int quad = 0; quad < 4; quad += tile_quads) paired_tile(type, p, in, &s, g, quad, i, (const int8_t *)panel);
            }
        }
        for (int64_t g = from; g < end; g++) group_of(type, p, in, &s, g, whole);
    }
}

#define KERNEL(name, type)                                                                               \
    TARGET static void name(                                                                             \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        groups_of(type, p, in, first_group, groups, panel);                                              \
    }

GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_int8_kernel_neon_i8mm)

#endif
