// Interleaving sixteen rows, AVX-512: loading 100 MB of weights must not be seen at start.

#include "packed.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

GK_INLINE TARGET __m512i four_rows(const uint8_t *p, int64_t stride) {
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)p));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 4 * stride)), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 8 * stride)), 2);
    return _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(p + 12 * stride)), 3);
}

/// Sixteen bytes of each of sixteen rows, `stride` apart, to four vectors whose lane r holds four bytes of
/// row r; each byte is xor-ed with `flip`.
TARGET static void interleave(const uint8_t *source, int64_t stride, uint8_t flip, uint8_t *destination) {
    __m512i a = four_rows(source, stride), b = four_rows(source + stride, stride);
    __m512i c = four_rows(source + 2 * stride, stride), d = four_rows(source + 3 * stride, stride);
    __m512i ab_low = _mm512_unpacklo_epi32(a, b), ab_high = _mm512_unpackhi_epi32(a, b);
    __m512i cd_low = _mm512_unpacklo_epi32(c, d), cd_high = _mm512_unpackhi_epi32(c, d);
    const __m512i mask = _mm512_set1_epi8((char)flip);
    _mm512_storeu_si512(destination, _mm512_xor_si512(_mm512_unpacklo_epi64(ab_low, cd_low), mask));
    _mm512_storeu_si512(destination + 64, _mm512_xor_si512(_mm512_unpackhi_epi64(ab_low, cd_low), mask));
    _mm512_storeu_si512(destination + 128, _mm512_xor_si512(_mm512_unpacklo_epi64(ab_high, cd_high), mask));
    _mm512_storeu_si512(destination + 192, _mm512_xor_si512(_mm512_unpackhi_epi64(ab_high, cd_high), mask));
}

TARGET void gk_pack_group_avx512(
    gk_type type, const gk_packed_shape *s, const uint8_t *rows, int64_t row_bytes, uint8_t *group) {
    int64_t block_bytes = gk_block_bytes(type), halves = type == GK_Q4_1 ? 2 : 1;
    for (int64_t b = 0; b < s->blocks; b++) {
        const uint8_t *source = rows + b * block_bytes;
        for (int64_t r = 0; r < GK_GROUP_ROWS; r++) {
            for (int64_t h = 0; h < halves; h++) {
                memcpy(group + b * s->scale_step + h * 32 + 2 * r, source + r * row_bytes + 2 * h, 2);
            }
        }
        source += 2 * halves;
        if (type == GK_Q8_0) {
            uint8_t *low = group + s->low_offset + b * 512;
            interleave(source, row_bytes, 0x80, low);
            interleave(source + 16, row_bytes, 0x80, low + 256);
        } else {
            interleave(source, row_bytes, 0, group + s->low_offset + b * 256);
        }
    }
}

#endif
