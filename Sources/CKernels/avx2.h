#pragma once

// Pieces shared by the AVX2 kernels.

#include "platform.h"

#if GK_X86

/// The sum of the lanes.
GK_INLINE GK_TARGET_AVX2 float gk_sum8(__m256 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/// Eight halves as floats, of either kind.
GK_INLINE GK_TARGET_AVX2 __m256 gk_floats8(gk_type type, const void *p) {
    __m128i half = _mm_loadu_si128((const __m128i *)p);
    if (type == GK_F16) return _mm256_cvtph_ps(half);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

#endif
