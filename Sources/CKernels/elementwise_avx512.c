// Element-wise functions and reductions, AVX-512.

#include "elementwise_vector.h"
#include "math_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

TARGET void gk_rms_norm_avx512(float *y, const float *x, const float *weight, int64_t cols, float eps) {
    __m512 sums[4];
    for (int l = 0; l < 4; l++) sums[l] = _mm512_setzero_ps();
    int64_t k = 0;
    for (; k + 64 <= cols; k += 64) {
        for (int l = 0; l < 4; l++) {
            __m512 v = _mm512_loadu_ps(x + k + 16 * l);
            sums[l] = _mm512_fmadd_ps(v, v, sums[l]);
        }
    }
    for (; k < cols; k += 16) {
        __m512 v = _mm512_maskz_loadu_ps(gk_tail_mask(cols - k), x + k);
        sums[0] = _mm512_fmadd_ps(v, v, sums[0]);
    }
    float sum = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3])));
    __m512 factor = _mm512_set1_ps(1.0f / __builtin_sqrtf(sum / (float)cols + eps));
    for (k = 0; k < cols; k += 16) {
        __mmask16 mask = gk_tail_mask(cols - k);
        __m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + k), factor);
        if (weight != NULL) v = _mm512_mul_ps(v, _mm512_maskz_loadu_ps(mask, weight + k));
        _mm512_mask_storeu_ps(y + k, mask, v);
    }
}

/// x / (1 + exp(-t)) * up
GK_INLINE TARGET __m512 gated(__m512 x, __m512 t, __m512 up) {
    __m512 e = gk_exp512(_mm512_sub_ps(_mm512_setzero_ps(), t));
    return _mm512_mul_ps(_mm512_div_ps(x, _mm512_add_ps(_mm512_set1_ps(1.0f), e)), up);
}

TARGET void gk_silu_mul_avx512(float *y, const float *gate, const float *up, int64_t count) {
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = gk_tail_mask(count - i);
        __m512 x = _mm512_maskz_loadu_ps(mask, gate + i);
        _mm512_mask_storeu_ps(y + i, mask, gated(x, x, _mm512_maskz_loadu_ps(mask, up + i)));
    }
}

TARGET void gk_gelu_mul_avx512(float *y, const float *gate, const float *up, int64_t count) {
    // x/2 (1 + tanh u) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3).
    const __m512 factor = _mm512_set1_ps(2 * 0.79788456080286535588f), cubic = _mm512_set1_ps(0.044715f);
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = gk_tail_mask(count - i);
        __m512 x = _mm512_maskz_loadu_ps(mask, gate + i);
        __m512 u = _mm512_fmadd_ps(_mm512_mul_ps(_mm512_mul_ps(cubic, x), x), x, x);
        _mm512_mask_storeu_ps(y + i, mask, gated(x, _mm512_mul_ps(factor, u), _mm512_maskz_loadu_ps(mask, up + i)));
    }
}

TARGET float gk_largest_avx512(const float *x, int64_t count) {
    __m512 top = _mm512_set1_ps(-__builtin_inff());
    for (int64_t i = 0; i < count; i += 16) {
        // NaN in the first operand yields the second: NaN is never the largest.
        top = _mm512_max_ps(_mm512_mask_loadu_ps(top, gk_tail_mask(count - i), x + i), top);
    }
    return _mm512_reduce_max_ps(top);
}

TARGET void gk_exp_avx512(float *y, const float *x, float largest, int64_t count, double *sum) {
    __m512d total = _mm512_setzero_pd();
    const __m512 top = _mm512_set1_ps(largest);
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = gk_tail_mask(count - i);
        __m512 e = _mm512_maskz_mov_ps(mask, gk_exp512(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + i), top)));
        if (y != NULL) _mm512_mask_storeu_ps(y + i, mask, e);
        total = _mm512_add_pd(total, _mm512_cvtps_pd(_mm512_castps512_ps256(e)));
        total = _mm512_add_pd(total, _mm512_cvtps_pd(_mm512_extractf32x8_ps(e, 1)));
    }
    *sum = _mm512_reduce_add_pd(total);
}

/// Index of the first element equal to `value`; -1 if there is none.
TARGET int64_t gk_first_equal_avx512(const float *x, int64_t count, float value) {
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = gk_tail_mask(count - i);
        __mmask16 hit = _mm512_mask_cmp_ps_mask(mask, _mm512_maskz_loadu_ps(mask, x + i), _mm512_set1_ps(value), _CMP_EQ_OQ);
        if (hit != 0) return i + __builtin_ctz(hit);
    }
    return -1;
}

TARGET void gk_rope_avx512(
    float *head, int64_t half, const float *cosines, const float *sines, gk_rope_layout layout) {
    for (int64_t k = 0; k < half; k += 16) {
        __mmask16 mask = gk_tail_mask(half - k);
        __m512 c = _mm512_maskz_loadu_ps(mask, cosines + k), s = _mm512_maskz_loadu_ps(mask, sines + k);
        if (layout == GK_ROPE_HALVES) {
            __m512 a = _mm512_maskz_loadu_ps(mask, head + k), b = _mm512_maskz_loadu_ps(mask, head + half + k);
            _mm512_mask_storeu_ps(head + k, mask, _mm512_sub_ps(_mm512_mul_ps(a, c), _mm512_mul_ps(b, s)));
            _mm512_mask_storeu_ps(head + half + k, mask, _mm512_add_ps(_mm512_mul_ps(a, s), _mm512_mul_ps(b, c)));
            continue;
        }
        const __m512i low = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
        const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
        for (int part = 0; part < 2; part++) {
            int64_t left = 2 * (half - k) - 16 * part;
            if (left <= 0) break;
            __mmask16 pairs = gk_tail_mask(left);
            float *at = head + 2 * k + 16 * part;
            __m512 v = _mm512_maskz_loadu_ps(pairs, at), swapped = _mm512_permute_ps(v, 0xb1);
            __m512 cc = _mm512_permutexvar_ps(part == 0 ? low : high, c), ss = _mm512_permutexvar_ps(part == 0 ? low : high, s);
            __m512 straight = _mm512_mul_ps(v, cc), crossed = _mm512_mul_ps(swapped, ss);
            // Even lanes a c - b s, odd lanes b c + a s.
            __m512 result = _mm512_mask_sub_ps(_mm512_add_ps(straight, crossed), 0x5555, straight, crossed);
            _mm512_mask_storeu_ps(at, pairs, result);
        }
    }
}

TARGET void gk_halves_from_avx512(gk_type type, uint16_t *y, const float *x, int64_t count) {
    for (int64_t i = 0; i < count; i += 16) {
        __mmask16 mask = gk_tail_mask(count - i);
        __m512 v = _mm512_maskz_loadu_ps(mask, x + i);
        __m256i half;
        if (type == GK_F16) {
            half = _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        } else {
            __m512i bits = _mm512_castps_si512(v);
            __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
            __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
            __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
            rounded = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
            half = _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
        }
        _mm256_mask_storeu_epi16(y + i, mask, half);
    }
}

TARGET void gk_prepare_codes_avx512(const float *x, int64_t blocks, gk_code_row row) {
    const __m512 magnitude = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff));
    for (int64_t b = 0; b < blocks; b++) {
        __m512 v[2];
        for (int h = 0; h < 2; h++) v[h] = _mm512_loadu_ps(x + b * 32 + 16 * h);
        // As fmaxf does, NaN does not count.
        __m512 top = _mm512_max_ps(_mm512_and_ps(v[0], magnitude), _mm512_setzero_ps());
        top = _mm512_max_ps(_mm512_and_ps(v[1], magnitude), top);
        float absmax = _mm512_reduce_max_ps(top), inverse = absmax > 0 ? 127.0f / absmax : 0;
        row.scales[b] = absmax / 127.0f;
        int32_t halves[2];
        for (int h = 0; h < 2; h++) {
            __m512 scaled = _mm512_mul_ps(v[h], _mm512_set1_ps(inverse));
            __mmask16 finite = _mm512_cmp_ps_mask(_mm512_and_ps(scaled, magnitude), _mm512_set1_ps(127.5f), _CMP_LE_OQ);
            __m512i codes = _mm512_maskz_cvtps_epi32(finite, scaled);
            codes = _mm512_max_epi32(_mm512_min_epi32(codes, _mm512_set1_epi32(127)), _mm512_set1_epi32(-127));
            halves[h] = _mm512_reduce_add_epi32(codes);
            _mm_storeu_si128((__m128i *)(row.codes + b * 32 + 16 * h), _mm512_cvtepi32_epi8(codes));
            row.halves32[2 * b + h] = -32 * halves[h];
        }
        int32_t sum = halves[0] + halves[1];
        row.scaled_sums[b] = row.scales[b] * (float)sum;
        row.starts8[b] = -8 * sum;
        row.starts16[b] = -16 * sum;
        row.starts128[b] = -128 * sum;
    }
}

#endif
