#pragma once

// Exponential for NEON, within 2 ulp.

#include "neon.h"

#if GK_NEON

/// exp(x) as in math_avx512.h: 2^n times a polynomial of the rest. Underflows to 0, overflows to infinity, NaN stays NaN.
GK_INLINE float32x4_t gk_exp4(float32x4_t x) {
    // Beyond these the result is 0 or infinity anyway. NaN passes: min and max keep it.
    x = vmaxq_f32(vdupq_n_f32(-110.0f), vminq_f32(vdupq_n_f32(90.0f), x));
    float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504088896341f));
    // ln 2 in two parts, the first of which times n is exact.
    float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0.693359375f));
    r = vfmsq_f32(r, n, vdupq_n_f32(-2.12194440e-4f));
    float32x4_t p = vdupq_n_f32(1.0f / 5040);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 720), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 120), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 24), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f / 6), p, r);
    p = vfmaq_f32(vdupq_n_f32(0.5f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.0f), p, r);
    // 2^n in two factors, as n goes from -159 to 130 and an exponent from -126 to 127.
    int32x4_t whole = vcvtq_s32_f32(n), half = vshrq_n_s32(whole, 1), rest = vsubq_s32(whole, half);
    p = vmulq_f32(p, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, vdupq_n_s32(127)), 23)));
    return vmulq_f32(p, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, vdupq_n_s32(127)), 23)));
}

/// cap * tanh(score / cap), the score itself where there is no cap.
GK_INLINE float32x4_t gk_capped4(float32x4_t score, float cap) {
    if (!(cap > 0)) return score;
    // tanh(t) = 1 - 2 / (exp(2t) + 1)
    float32x4_t e = gk_exp4(vmulq_n_f32(score, 2 / cap));
    float32x4_t tanh = vsubq_f32(vdupq_n_f32(1), vdivq_f32(vdupq_n_f32(2), vaddq_f32(e, vdupq_n_f32(1))));
    return vmulq_n_f32(tanh, cap);
}

/// Lanes of four from element `at` on that lie in from ..< to, all bits set.
GK_INLINE uint32x4_t gk_lanes(int64_t at, int64_t from, int64_t to) {
    const int32x4_t lane = {0, 1, 2, 3};
    int64_t low = from - at, high = to - at;
    int32_t first = low < 0 ? 0 : low > 4 ? 4 : (int32_t)low, end = high < 0 ? 0 : high > 4 ? 4 : (int32_t)high;
    return vandq_u32(vcgeq_s32(lane, vdupq_n_s32(first)), vcltq_s32(lane, vdupq_n_s32(end)));
}

#endif
