// Products with int8 activations on the layout PACKED, AVX2.
//
// As on AVX-512 a 32-bit lane is a row, so a group of sixteen rows is two vectors. vpmaddubsw adds pairs of
// products to 16 bits: no pair of codes of up to 6 bits overflows, and Q8_0's, which would, are multiplied by
// their magnitude with the sign moved to the activation.

#include "matmul.h"

#if GK_X86

#define TARGET GK_TARGET_AVX2

enum {
    // Rows of activations that share one unpacking of the weights.
    tile_rows = 4,
    prefetch_bytes = 2560,
};

/// Codes of one block for eight rows: vector c holds columns 4c ... 4c + 3 of each.
typedef struct {
    __m256i codes[8];
    __m256 scale[2];
    __m256 minimum;
} block_vectors;

GK_INLINE bool has_minimum(gk_type type) {
    return type == GK_Q4_1 || type == GK_Q5_1 || type == GK_Q4_K || type == GK_Q5_K;
}

GK_INLINE TARGET __m256 halves8(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }

GK_INLINE TARGET __m256 bytes8(const uint8_t *p, bool is_signed) {
    __m128i bytes = _mm_loadl_epi64((const __m128i *)p);
    return _mm256_cvtepi32_ps(is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
}

GK_INLINE TARGET __m256i load32(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

/// A byte with bit 4 set wherever `mask` has a bit.
GK_INLINE TARGET __m256i sixteens(uint32_t mask) {
    const __m256i spread = _mm256_setr_epi8(
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201ull);
    __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32((int)mask), spread);
    return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit), _mm256_set1_epi8(16));
}

/// Block `b` of the rows 8 * half ... 8 * half + 7 of a group.
GK_INLINE TARGET block_vectors load_block(gk_type type, const uint8_t *group, const gk_packed_shape *s, int64_t b, int half) {
    block_vectors v;
    const __m256i nibble = _mm256_set1_epi8(15), pair = _mm256_set1_epi8(0x30);
    const uint8_t *low = group + s->low_offset + b * (type == GK_Q8_0 ? 512 : 256) + 32 * half;
    if (type == GK_Q8_0) {
        for (int c = 0; c < 8; c++) {
            v.codes[c] = _mm256_xor_si256(load32(low + c * 64), _mm256_set1_epi8((char)0x80));
            _mm_prefetch((const char *)low + prefetch_bytes + c * 64, _MM_HINT_T0);
        }
    } else {
        for (int g = 0; g < 4; g++) {
            __m256i pairs = load32(low + g * 64);
            _mm_prefetch((const char *)low + prefetch_bytes + g * 64, _MM_HINT_T0);
            v.codes[g] = _mm256_and_si256(pairs, nibble);
            v.codes[g + 4] = _mm256_and_si256(_mm256_srli_epi16(pairs, 4), nibble);
        }
    }
    if (type == GK_Q5_0 || type == GK_Q5_1 || type == GK_Q5_K) {
        for (int c = 0; c < 8; c++) {
            uint32_t mask;
            memcpy(&mask, group + s->high_offset + b * 64 + c * 8 + 4 * half, 4);
            v.codes[c] = _mm256_or_si256(v.codes[c], sixteens(mask));
        }
    } else if (type == GK_Q6_K) {
        for (int h = 0; h < 2; h++) {
            __m256i high = load32(group + s->high_offset + b * 128 + h * 64 + 32 * half);
            v.codes[4 * h] = _mm256_or_si256(v.codes[4 * h], _mm256_and_si256(_mm256_slli_epi16(high, 4), pair));
            v.codes[4 * h + 1] = _mm256_or_si256(v.codes[4 * h + 1], _mm256_and_si256(_mm256_slli_epi16(high, 2), pair));
            v.codes[4 * h + 2] = _mm256_or_si256(v.codes[4 * h + 2], _mm256_and_si256(high, pair));
            v.codes[4 * h + 3] = _mm256_or_si256(v.codes[4 * h + 3], _mm256_and_si256(_mm256_srli_epi16(high, 2), pair));
        }
    }
    const uint8_t *super = group + b / 8 * s->scale_step, *scales = group + b * s->scale_step;
    int64_t j = b % 8;
    if (type == GK_Q4_K || type == GK_Q5_K) {
        v.scale[0] = _mm256_mul_ps(halves8(super + 16 * half), bytes8(super + 64 + j * 16 + 8 * half, false));
        v.minimum = _mm256_mul_ps(halves8(super + 32 + 16 * half), bytes8(super + 192 + j * 16 + 8 * half, false));
        v.minimum = _mm256_sub_ps(_mm256_setzero_ps(), v.minimum);
    } else if (type == GK_Q6_K) {
        for (int h = 0; h < 2; h++) {
            v.scale[h] = _mm256_mul_ps(halves8(super + 16 * half), bytes8(super + 32 + j * 32 + 16 * h + 8 * half, true));
        }
    } else {
        v.scale[0] = halves8(scales + 16 * half);
        if (has_minimum(type)) v.minimum = halves8(scales + 32 + 16 * half);
    }
    return v;
}

/// sum + four columns' products by lane.
GK_INLINE TARGET __m256i add_dot(gk_type type, __m256i sum, __m256i codes, const int8_t *x) {
    int32_t four;
    memcpy(&four, x, 4);
    __m256i activations = _mm256_set1_epi32(four);
    __m256i pairs = type == GK_Q8_0
        ? _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(activations, codes))
        : _mm256_maddubs_epi16(codes, activations);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/// sum + one block's part of the product with row `i` of the activations.
GK_INLINE TARGET __m256 add_block(gk_type type, const block_vectors *v, const gk_prepared *in, int64_t i, int64_t b, __m256 sum) {
    const int8_t *x = in->codes + i * in->code_stride + b * 32;
    int64_t at = i * in->blocks + b;
    __m256 x_scale = _mm256_set1_ps(in->scales[at]);
    const int parts = type == GK_Q6_K ? 2 : 1;
    for (int part = 0; part < parts; part++) {
        int32_t start = type == GK_Q6_K ? in->halves32[2 * at + part] : type == GK_Q4_0 ? in->starts8[at]
            : type == GK_Q5_0 ? in->starts16[at] : 0;
        __m256i dot = _mm256_set1_epi32(start);
        for (int c = 8 / parts * part; c < 8 / parts * (part + 1); c++) dot = add_dot(type, dot, v->codes[c], x + 4 * c);
        sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(v->scale[part], x_scale), sum);
    }
    if (has_minimum(type)) sum = _mm256_fmadd_ps(v->minimum, _mm256_set1_ps(in->scaled_sums[at]), sum);
    return sum;
}

/// `rows` rows of activations by eight rows of weights; `rows` is a constant after inlining.
GK_INLINE TARGET void tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const gk_packed_shape *s, int64_t g, int half, int64_t first, const int rows) {
    const uint8_t *group = (const uint8_t *)p->weight->data + g * s->group_bytes;
    __m256 sums[tile_rows];
    for (int i = 0; i < rows; i++) sums[i] = _mm256_setzero_ps();
    for (int64_t b = 0; b < s->blocks; b++) {
        block_vectors v = load_block(type, group, s, b, half);
        for (int i = 0; i < rows; i++) sums[i] = add_block(type, &v, in, first + i, b, sums[i]);
    }
    int64_t row = g * GK_GROUP_ROWS + 8 * half;
    for (int i = 0; i < rows; i++) {
        float values[8];
        _mm256_storeu_ps(values, sums[i]);
        for (int r = 0; r < 8 && row + r < p->weight->rows; r++) gk_store(p, first + i, row + r, values[r]);
    }
}

GK_INLINE TARGET void groups_of(gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups) {
    gk_packed_shape s = gk_packed_shape_of(type, p->weight->cols);
    for (int64_t g = first_group; g < first_group + groups; g++) {
        for (int64_t i = 0; i < in->m;) {
            int64_t step = in->m - i >= tile_rows ? tile_rows : 1;
            for (int half = 0; half < 2; half++) {
                if (step == tile_rows) tile(type, p, in, &s, g, half, i, tile_rows);
                else tile(type, p, in, &s, g, half, i, 1);
            }
            i += step;
        }
    }
}

#define KERNEL(name, type)                                                                               \
    TARGET static void name(                                                                             \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        (void)panel;                                                                                     \
        groups_of(type, p, in, first_group, groups);                                                     \
    }
GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_int8_kernel_avx2)

#endif
