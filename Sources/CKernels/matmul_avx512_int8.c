// Products with int8 activations on the layout PACKED, AVX-512 with VNNI.
//
// A lane is a row. Four columns' activations are broadcast to all lanes and multiplied with four weight
// codes a lane by vpdpbusd, whose unsigned operand is the weight. Integer sums end with the block (half of
// it in Q6_K), where the lane's scale times the activations' scale takes them to float. Every output is
// summed over blocks in order, one row of activations or many, so that results do not depend on m.

#include "avx512.h"
#include "packed_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

enum {
    // Rows of activations that share one unpacking of the weights.
    tile_rows = 12,
    // Groups that a single row passes by at the same time.
    streams = 4,
};

GK_INLINE TARGET __m512i broadcast(const void *p) {
    int32_t value;
    memcpy(&value, p, 4);
    return _mm512_set1_epi32(value);
}

/// sum + one block's part of the product with row `i` of the activations.
GK_INLINE TARGET __m512 add_block(gk_type type, const gk_block_vectors *v, const gk_prepared *in, int64_t i, int64_t b, __m512 sum) {
    const int8_t *x = in->codes + i * in->code_stride + b * 32;
    int64_t at = i * in->blocks + b;
    __m512 x_scale = _mm512_set1_ps(in->scales[at]);
    if (type == GK_Q6_K) {
        for (int h = 0; h < 2; h++) {
            __m512i dot = broadcast(in->halves32 + 2 * at + h);
            for (int c = 4 * h; c < 4 * h + 4; c++) dot = _mm512_dpbusd_epi32(dot, v->codes[c], broadcast(x + 4 * c));
            sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_mul_ps(v->scale[h], x_scale), sum);
        }
        return sum;
    }
    __m512i dot = _mm512_setzero_si512();
    if (type == GK_Q4_0) dot = broadcast(in->starts8 + at);
    if (type == GK_Q5_0) dot = broadcast(in->starts16 + at);
    if (type == GK_Q8_0) dot = broadcast(in->starts128 + at);
    for (int c = 0; c < 8; c++) dot = _mm512_dpbusd_epi32(dot, v->codes[c], broadcast(x + 4 * c));
    sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_mul_ps(v->scale[0], x_scale), sum);
    if (gk_has_minimum(type)) sum = _mm512_fmadd_ps(v->minimum, _mm512_set1_ps(in->scaled_sums[at]), sum);
    return sum;
}

/// `rows` is a constant after inlining, so that the sums live in registers.
GK_INLINE TARGET void tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const gk_packed_shape *s, const uint8_t *group, int64_t row,
    __mmask16 mask, int64_t first, const int rows) {
    __m512 sums[tile_rows];
    for (int i = 0; i < rows; i++) sums[i] = _mm512_setzero_ps();
    for (int64_t b = 0; b < s->blocks; b++) {
        gk_block_vectors v = gk_load_block(type, group, s, b);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) sums[i] = add_block(type, &v, in, first + i, b, sums[i]);
    }
    for (int i = 0; i < rows; i++) gk_store16(p, first + i, row, mask, sums[i]);
}

/// One row of activations by `count` neighbouring groups, a constant after inlining. Memory delivers more to
/// several streams than to one: each is fetched ahead by itself.
GK_INLINE TARGET void neighbours(
    gk_type type, const gk_product *p, const gk_prepared *in, const gk_packed_shape *s, int64_t first, const int count) {
    const uint8_t *group[streams];
    __m512 sums[streams];
    for (int g = 0; g < count; g++) {
        group[g] = (const uint8_t *)p->weight->data + (first + g) * s->group_bytes;
        sums[g] = _mm512_setzero_ps();
    }
    for (int64_t b = 0; b < s->blocks; b++) {
#pragma clang loop unroll(full)
        for (int g = 0; g < count; g++) {
            gk_block_vectors v = gk_load_block(type, group[g], s, b);
            sums[g] = add_block(type, &v, in, 0, b, sums[g]);
        }
    }
    for (int g = 0; g < count; g++) {
        int64_t row = (first + g) * GK_GROUP_ROWS;
        gk_store16(p, 0, row, gk_rows_mask(p->weight->rows, row), sums[g]);
    }
}

GK_INLINE TARGET void groups_of(gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups) {
    const gk_weight *w = p->weight;
    gk_packed_shape s = gk_packed_shape_of(type, w->cols);
    if (in->m == 1) {
        int64_t end = first_group + groups;
        for (; end - first_group >= streams; first_group += streams) neighbours(type, p, in, &s, first_group, streams);
        if (end - first_group == 3) neighbours(type, p, in, &s, first_group, 3);
        else if (end - first_group == 2) neighbours(type, p, in, &s, first_group, 2);
        else if (end - first_group == 1) neighbours(type, p, in, &s, first_group, 1);
        return;
    }
    // A few groups stay in the second-level cache while the activations pass by once for all of them.
    for (int64_t block = 0; block < groups; block += 8) {
        int64_t end = block + 8 < groups ? block + 8 : groups;
        for (int64_t i = 0; i < in->m;) {
            int64_t left = in->m - i, step = left >= tile_rows ? tile_rows : left >= 6 ? 6 : left >= 3 ? 3 : 1;
            for (int64_t g = first_group + block; g < first_group + end; g++) {
                const uint8_t *group = (const uint8_t *)w->data + g * s.group_bytes;
                int64_t row = g * GK_GROUP_ROWS;
                __mmask16 mask = gk_rows_mask(w->rows, row);
                if (step == tile_rows) tile(type, p, in, &s, group, row, mask, i, tile_rows);
                else if (step == 6) tile(type, p, in, &s, group, row, mask, i, 6);
                else if (step == 3) tile(type, p, in, &s, group, row, mask, i, 3);
                else tile(type, p, in, &s, group, row, mask, i, 1);
            }
            i += step;
        }
    }
}

#define KERNEL(name, type)                                                                                  \
    TARGET static void name(                                                                                \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {    \
        (void)panel;                                                                                        \
        groups_of(type, p, in, first_group, groups);                                                        \
    }

GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_int8_kernel_avx512)

#endif
