#pragma once

// Exponential for AVX-512, within 2 ulp.

#include "platform.h"

#if GK_X86

/// exp(x): 2^n times a polynomial of the rest, which is at most ln 2 / 2 (coefficients: Taylor to the seventh
/// power, whose error there is 1e-8 of the value). Underflows to 0, overflows to infinity, NaN stays NaN.
GK_INLINE GK_TARGET_AVX512 __m512 gk_exp512(__m512 x) {
    // Beyond these the result is 0 or infinity anyway. NaN passes: min and max return their second operand.
    x = _mm512_max_ps(_mm512_set1_ps(-110.0f), _mm512_min_ps(_mm512_set1_ps(90.0f), x));
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504088896341f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    // ln 2 in two parts, the first of which times n is exact.
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.0f / 5040);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 720));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

GK_INLINE __mmask16 gk_tail_mask(int64_t count) { return count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1); }

#endif
