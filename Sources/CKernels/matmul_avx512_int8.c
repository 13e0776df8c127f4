// Products with int8 activations on the layout PACKED, AVX-512 with VNNI.
//
// A lane is a row. Four columns' activations are broadcast to all lanes and multiplied with four weight
// codes a lane by vpdpbusd, whose unsigned operand is the weight. Integer sums end with the block (half of
// it in Q6_K), where the lane's scale times the activations' scale takes them to float. Every output is
// summed over blocks in order, one row of activations or many, so that results do not depend on m.

#include "avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

enum {
    // Rows of activations that share one unpacking of the weights.
    tile_rows = 12,
    // Weights come in a stream: far enough ahead for memory, near enough for the first-level cache.
    prefetch_bytes = 2560,
};

/// Codes of one block: vector c holds columns 4c ... 4c + 3 of each row.
typedef struct {
    __m512i codes[8];
    __m512 scale[2];
    __m512 minimum;
} block_vectors;

GK_INLINE TARGET __m512 halves_at(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }

GK_INLINE TARGET __m512 bytes_at(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

GK_INLINE TARGET __m512 signed_bytes_at(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

GK_INLINE TARGET void load_codes(gk_type type, const uint8_t *group, const gk_packed_shape *s, int64_t b, __m512i *codes) {
    if (type == GK_Q8_0) {
        const uint8_t *low = group + s->low_offset + b * 512;
        for (int c = 0; c < 8; c++) {
            codes[c] = _mm512_loadu_si512(low + c * 64);
            _mm_prefetch((const char *)low + prefetch_bytes + c * 64, _MM_HINT_T0);
        }
        return;
    }
    const uint8_t *low = group + s->low_offset + b * 256;
    const __m512i nibble = _mm512_set1_epi8(15);
    for (int g = 0; g < 4; g++) {
        __m512i pairs = _mm512_loadu_si512(low + g * 64);
        _mm_prefetch((const char *)low + prefetch_bytes + g * 64, _MM_HINT_T0);
        codes[g] = _mm512_and_si512(pairs, nibble);
        codes[g + 4] = _mm512_and_si512(_mm512_srli_epi16(pairs, 4), nibble);
    }
    if (type == GK_Q5_0 || type == GK_Q5_1 || type == GK_Q5_K) {
        const uint64_t *high = (const uint64_t *)(const void *)(group + s->high_offset + b * 64);
        const __m512i sixteen = _mm512_set1_epi8(16);
        for (int c = 0; c < 8; c++) codes[c] = _mm512_mask_add_epi8(codes[c], high[c], codes[c], sixteen);
    } else if (type == GK_Q6_K) {
        const __m512i pair = _mm512_set1_epi8(0x30);
        for (int h = 0; h < 2; h++) {
            __m512i high = _mm512_loadu_si512(group + s->high_offset + b * 128 + h * 64);
            codes[4 * h] = _mm512_or_si512(codes[4 * h], _mm512_and_si512(_mm512_slli_epi16(high, 4), pair));
            codes[4 * h + 1] = _mm512_or_si512(codes[4 * h + 1], _mm512_and_si512(_mm512_slli_epi16(high, 2), pair));
            codes[4 * h + 2] = _mm512_or_si512(codes[4 * h + 2], _mm512_and_si512(high, pair));
            codes[4 * h + 3] = _mm512_or_si512(codes[4 * h + 3], _mm512_and_si512(_mm512_srli_epi16(high, 2), pair));
        }
    }
}

GK_INLINE bool has_minimum(gk_type type) {
    return type == GK_Q4_1 || type == GK_Q5_1 || type == GK_Q4_K || type == GK_Q5_K;
}

GK_INLINE TARGET block_vectors load_block(gk_type type, const uint8_t *group, const gk_packed_shape *s, int64_t b) {
    block_vectors v;
    load_codes(type, group, s, b, v.codes);
    if (type == GK_Q4_K || type == GK_Q5_K) {
        const uint8_t *super = group + b / 8 * s->scale_step;
        int64_t j = b % 8;
        v.scale[0] = _mm512_mul_ps(halves_at(super), bytes_at(super + 64 + j * 16));
        v.minimum = _mm512_mul_ps(halves_at(super + 32), bytes_at(super + 192 + j * 16));
        v.minimum = _mm512_sub_ps(_mm512_setzero_ps(), v.minimum);
    } else if (type == GK_Q6_K) {
        const uint8_t *super = group + b / 8 * s->scale_step;
        __m512 d = halves_at(super);
        v.scale[0] = _mm512_mul_ps(d, signed_bytes_at(super + 32 + b % 8 * 32));
        v.scale[1] = _mm512_mul_ps(d, signed_bytes_at(super + 48 + b % 8 * 32));
    } else {
        const uint8_t *scales = group + b * s->scale_step;
        v.scale[0] = halves_at(scales);
        if (has_minimum(type)) v.minimum = halves_at(scales + 32);
    }
    return v;
}

GK_INLINE TARGET __m512i broadcast(const void *p) {
    int32_t value;
    memcpy(&value, p, 4);
    return _mm512_set1_epi32(value);
}

/// sum + one block's part of the product with row `i` of the activations.
GK_INLINE TARGET __m512 add_block(gk_type type, const block_vectors *v, const gk_prepared *in, int64_t i, int64_t b, __m512 sum) {
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
    if (has_minimum(type)) sum = _mm512_fmadd_ps(v->minimum, _mm512_set1_ps(in->scaled_sums[at]), sum);
    return sum;
}

/// `rows` is a constant after inlining, so that the sums live in registers.
GK_INLINE TARGET void tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const gk_packed_shape *s, const uint8_t *group, int64_t row,
    __mmask16 mask, int64_t first, const int rows) {
    __m512 sums[tile_rows];
    for (int i = 0; i < rows; i++) sums[i] = _mm512_setzero_ps();
    for (int64_t b = 0; b < s->blocks; b++) {
        block_vectors v = load_block(type, group, s, b);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) sums[i] = add_block(type, &v, in, first + i, b, sums[i]);
    }
    for (int i = 0; i < rows; i++) gk_store16(p, first + i, row, mask, sums[i]);
}

GK_INLINE TARGET void groups_of(gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups) {
    const gk_weight *w = p->weight;
    gk_packed_shape s = gk_packed_shape_of(type, w->cols);
    // A few groups stay in the second-level cache while the activations pass by once for all of them.
    for (int64_t block = 0; block < groups; block += 8) {
        int64_t end = block + 8 < groups ? block + 8 : groups;
        for (int64_t i = 0; i < in->m;) {
            int64_t left = in->m - i, step = left >= tile_rows ? tile_rows : left >= 4 ? 4 : 1;
            for (int64_t g = first_group + block; g < first_group + end; g++) {
                const uint8_t *group = (const uint8_t *)w->data + g * s.group_bytes;
                int64_t row = g * GK_GROUP_ROWS;
                __mmask16 mask = gk_rows_mask(w->rows, row);
                if (step == tile_rows) tile(type, p, in, &s, group, row, mask, i, tile_rows);
                else if (step == 4) tile(type, p, in, &s, group, row, mask, i, 4);
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

KERNEL(groups_q4_0, GK_Q4_0)
KERNEL(groups_q4_1, GK_Q4_1)
KERNEL(groups_q5_0, GK_Q5_0)
KERNEL(groups_q5_1, GK_Q5_1)
KERNEL(groups_q8_0, GK_Q8_0)
KERNEL(groups_q4_k, GK_Q4_K)
KERNEL(groups_q5_k, GK_Q5_K)
KERNEL(groups_q6_k, GK_Q6_K)

gk_group_kernel gk_int8_kernel_avx512(gk_type type) {
    switch (type) {
    case GK_Q4_0: return groups_q4_0;
    case GK_Q4_1: return groups_q4_1;
    case GK_Q5_0: return groups_q5_0;
    case GK_Q5_1: return groups_q5_1;
    case GK_Q8_0: return groups_q8_0;
    case GK_Q4_K: return groups_q4_k;
    case GK_Q5_K: return groups_q5_k;
    case GK_Q6_K: return groups_q6_k;
    default: return NULL;
    }
}

#endif
