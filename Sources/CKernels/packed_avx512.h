#pragma once

// Reading the layout PACKED with AVX-512.

#include "packed.h"

#if GK_X86

// Weights come in a stream: far enough ahead for memory, near enough for the first-level cache.
enum { GK_PREFETCH_BYTES = 2560 };

/// Codes of one block: vector c holds columns 4c ... 4c + 3 of each row.
typedef struct {
    __m512i codes[8];
    __m512 scale[2];
    __m512 minimum;
} gk_block_vectors;

GK_INLINE GK_TARGET_AVX512 __m512 gk_halves16(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }

GK_INLINE GK_TARGET_AVX512 __m512 gk_bytes16(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

GK_INLINE GK_TARGET_AVX512 __m512 gk_signed_bytes16(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

GK_INLINE GK_TARGET_AVX512 void gk_load_codes(gk_type type, const uint8_t *group, const gk_packed_shape *s, int64_t b, __m512i *codes) {
    if (type == GK_Q8_0) {
        const uint8_t *low = group + s->low_offset + b * 512;
        for (int c = 0; c < 8; c++) {
            codes[c] = _mm512_loadu_si512(low + c * 64);
            _mm_prefetch((const char *)low + GK_PREFETCH_BYTES + c * 64, _MM_HINT_T0);
        }
        return;
    }
    const uint8_t *low = group + s->low_offset + b * 256;
    const __m512i nibble = _mm512_set1_epi8(15);
    for (int g = 0; g < 4; g++) {
        __m512i pairs = _mm512_loadu_si512(low + g * 64);
        _mm_prefetch((const char *)low + GK_PREFETCH_BYTES + g * 64, _MM_HINT_T0);
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

GK_INLINE bool gk_has_minimum(gk_type type) {
    return type == GK_Q4_1 || type == GK_Q5_1 || type == GK_Q4_K || type == GK_Q5_K;
}

GK_INLINE GK_TARGET_AVX512 gk_block_vectors gk_load_block(gk_type type, const uint8_t *group, const gk_packed_shape *s, int64_t b) {
    gk_block_vectors v;
    gk_load_codes(type, group, s, b, v.codes);
    if (type == GK_Q4_K || type == GK_Q5_K) {
        const uint8_t *super = group + b / 8 * s->scale_step;
        int64_t j = b % 8;
        v.scale[0] = _mm512_mul_ps(gk_halves16(super), gk_bytes16(super + 64 + j * 16));
        v.minimum = _mm512_mul_ps(gk_halves16(super + 32), gk_bytes16(super + 192 + j * 16));
        v.minimum = _mm512_sub_ps(_mm512_setzero_ps(), v.minimum);
    } else if (type == GK_Q6_K) {
        const uint8_t *super = group + b / 8 * s->scale_step;
        __m512 d = gk_halves16(super);
        v.scale[0] = _mm512_mul_ps(d, gk_signed_bytes16(super + 32 + b % 8 * 32));
        v.scale[1] = _mm512_mul_ps(d, gk_signed_bytes16(super + 48 + b % 8 * 32));
    } else {
        const uint8_t *scales = group + b * s->scale_step;
        v.scale[0] = gk_halves16(scales);
        if (gk_has_minimum(type)) v.minimum = gk_halves16(scales + 32);
    }
    return v;
}

/// To the nearest bfloat16, ties to even, as a float. Not for NaN.
GK_INLINE GK_TARGET_AVX512 __m512 gk_round_bf16(__m512 value) {
    __m512i bits = _mm512_castps_si512(value);
    __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    bits = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    return _mm512_castsi512_ps(_mm512_and_si512(bits, _mm512_set1_epi32((int)0xffff0000)));
}

#endif
