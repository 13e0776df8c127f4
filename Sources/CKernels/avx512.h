#pragma once

// Pieces shared by the AVX-512 kernels.

#include "matmul.h"

#if GK_X86

/// Adds bias and residual and writes the lanes of `mask` to y[i][row ...].
GK_INLINE GK_TARGET_AVX512 void gk_store16(const gk_product *p, int64_t i, int64_t row, __mmask16 mask, __m512 value) {
    if (p->bias != NULL) value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, p->bias + row));
    if (p->residual != NULL) {
        value = _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, p->residual + i * p->residual_stride + row));
    }
    _mm512_mask_storeu_ps(p->y + i * p->y_stride + row, mask, value);
}

/// The same for four rows.
GK_INLINE GK_TARGET_AVX512 void gk_store4(const gk_product *p, int64_t i, int64_t row, __mmask8 mask, __m128 value) {
    if (p->bias != NULL) value = _mm_add_ps(value, _mm_maskz_loadu_ps(mask, p->bias + row));
    if (p->residual != NULL) value = _mm_add_ps(value, _mm_maskz_loadu_ps(mask, p->residual + i * p->residual_stride + row));
    _mm_mask_storeu_ps(p->y + i * p->y_stride + row, mask, value);
}

/// The lanes of rows first ... first + 15 that a matrix of `rows` has.
GK_INLINE __mmask16 gk_rows_mask(int64_t rows, int64_t first) {
    int64_t rest = rows - first;
    return rest >= 16 ? 0xffff : (__mmask16)((1u << rest) - 1);
}

/// The sums of four vectors' lanes.
GK_INLINE GK_TARGET_AVX512 __m128 gk_sum4(__m512 a, __m512 b, __m512 c, __m512 d) {
    __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    __m512d lows = _mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    __m512d highs = _mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    __m512 all = _mm512_add_ps(_mm512_castpd_ps(lows), _mm512_castpd_ps(highs));
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

/// 16 by 16, rows to columns.
GK_INLINE GK_TARGET_AVX512 void gk_transpose16(__m512 *r) {
    __m512 t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(t[i]), _mm512_castps_pd(t[i + 2])));
        r[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(t[i]), _mm512_castps_pd(t[i + 2])));
        r[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(t[i + 1]), _mm512_castps_pd(t[i + 3])));
        r[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(t[i + 1]), _mm512_castps_pd(t[i + 3])));
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xdd);
        t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
    }
}

#endif
