// Codes of bitsandbytes and rounding to bfloat16, AVX-512.

#include "elementwise_vector.h"
#include "math_avx512.h"

#if GK_X86

#include <float.h>

#define TARGET GK_TARGET_AVX512

/// Codes as in the plain form: how many thresholds a value exceeds.
GK_INLINE TARGET __m512i codes_of(gk_type type, __m512 x, const float *nf4, const float *fp4) {
    __m512i code = _mm512_setzero_si512();
    const __m512i one = _mm512_set1_epi32(1);
    if (type == GK_NF4) {
        for (int i = 0; i < 15; i++) {
            code = _mm512_mask_add_epi32(code, _mm512_cmp_ps_mask(x, _mm512_set1_ps(nf4[i]), _CMP_GT_OQ), code, one);
        }
        return code;
    }
    __m512 magnitude = _mm512_abs_ps(x);
    for (int i = 0; i < 7; i++) {
        code = _mm512_mask_add_epi32(code, _mm512_cmp_ps_mask(magnitude, _mm512_set1_ps(fp4[i]), _CMP_GT_OQ), code, one);
    }
    const __m512i codes = _mm512_setr_epi32(0, 1, 6, 7, 4, 5, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0);
    code = _mm512_permutexvar_epi32(code, codes);
    __mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    return _mm512_mask_or_epi32(code, negative, code, _mm512_set1_epi32(8));
}

/// Zero in place of subnormal numbers.
GK_INLINE TARGET __m512 flushed(__m512 x) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(FLT_MIN), _CMP_NLT_UQ), x);
}

TARGET int64_t gk_codes_4bit_avx512(
    gk_type type, const float *x, int64_t count, float inverse, const float *nf4_thresholds, const float *fp4_thresholds,
    uint8_t *packed) {
    const __m512 factor = _mm512_set1_ps(inverse);
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    int64_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m512 a = flushed(_mm512_mul_ps(flushed(_mm512_loadu_ps(x + i)), factor));
        __m512 b = flushed(_mm512_mul_ps(flushed(_mm512_loadu_ps(x + i + 16)), factor));
        __m512i high = codes_of(type, _mm512_permutex2var_ps(a, even, b), nf4_thresholds, fp4_thresholds);
        __m512i low = codes_of(type, _mm512_permutex2var_ps(a, odd, b), nf4_thresholds, fp4_thresholds);
        __m512i pairs = _mm512_or_si512(_mm512_slli_epi32(high, 4), low);
        _mm_storeu_si128((__m128i *)(packed + i / 2), _mm512_cvtepi32_epi8(pairs));
    }
    return i;
}

TARGET void gk_round_bf16_avx512(float *x, int64_t count) {
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = gk_tail_mask(count - i);
        __m512 value = _mm512_maskz_loadu_ps(mask, x + i);
        __m512i bits = _mm512_castps_si512(value);
        __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        // NaN stays NaN, quiet.
        __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
        rounded = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
        rounded = _mm512_and_si512(rounded, _mm512_set1_epi32((int)0xffff0000));
        _mm512_mask_storeu_ps(x + i, mask, _mm512_castsi512_ps(rounded));
    }
}

#endif
