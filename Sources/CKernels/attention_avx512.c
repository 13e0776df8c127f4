// Attention with AVX-512: one row of queries over all keys, and tiles of rows for prefill.
// Head dimensions are multiples of 16 here.

#include "attention.h"
#include "avx512.h"
#include "math_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

GK_INLINE TARGET __m512 load16(gk_type type, const void *data, int64_t at) {
    if (type == GK_F32) return _mm512_loadu_ps((const float *)data + at);
    __m256i half = _mm256_loadu_si256((const __m256i *)((const uint16_t *)data + at));
    if (type == GK_F16) return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

GK_INLINE TARGET __m512 capped(__m512 score, float cap) {
    if (!(cap > 0)) return score;
    // tanh(t) = 1 - 2 / (exp(2t) + 1)
    __m512 e = gk_exp512(_mm512_mul_ps(score, _mm512_set1_ps(2 / cap)));
    __m512 tanh = _mm512_sub_ps(
        _mm512_set1_ps(1.0f), _mm512_div_ps(_mm512_set1_ps(2.0f), _mm512_add_ps(e, _mm512_set1_ps(1.0f))));
    return _mm512_mul_ps(tanh, _mm512_set1_ps(cap));
}

/// Scores of `count` queries with the keys, four keys at a time; `count` is a constant after inlining.
GK_INLINE TARGET void scores_of(
    gk_type type, const gk_attention *a, const float *q, int64_t from, int64_t keys, int64_t base, float *scores,
    int64_t stride, const int count) {
    for (int64_t j = 0; j < keys; j += 4) {
        int64_t at[4];
        for (int n = 0; n < 4; n++) {
            int64_t key = j + n < keys ? j + n : keys - 1;
            at[n] = base + (from + key) * a->keys.position_stride;
        }
        __m512 sums[4][4];
        for (int c = 0; c < count; c++) {
            for (int n = 0; n < 4; n++) sums[c][n] = _mm512_setzero_ps();
        }
        for (int64_t d = 0; d < a->head_dim; d += 16) {
            __m512 k[4];
            for (int n = 0; n < 4; n++) k[n] = load16(type, a->keys.data, at[n] + d);
            for (int c = 0; c < count; c++) {
                __m512 query = _mm512_loadu_ps(q + c * a->head_dim + d);
                for (int n = 0; n < 4; n++) sums[c][n] = _mm512_fmadd_ps(k[n], query, sums[c][n]);
            }
        }
        for (int c = 0; c < count; c++) {
            // Scores have room for a multiple of 16.
            _mm_storeu_ps(scores + c * stride + j, gk_sum4(sums[c][0], sums[c][1], sums[c][2], sums[c][3]));
        }
    }
}

/// y = sum of p[key] v[key] over the keys, 64 dimensions at a time.
GK_INLINE TARGET void mix(
    gk_type type, const gk_attention *a, int64_t from, int64_t keys, int64_t base, const float *scores, int64_t stride,
    const float *factors, float *y, const int count) {
    for (int64_t d = 0; d < a->head_dim; d += 64) {
        int64_t parts = (a->head_dim - d) / 16 < 4 ? (a->head_dim - d) / 16 : 4;
        __m512 sums[4][4];
        for (int c = 0; c < count; c++) {
            for (int part = 0; part < 4; part++) sums[c][part] = _mm512_setzero_ps();
        }
        for (int64_t j = 0; j < keys; j++) {
            int64_t at = base + (from + j) * a->values.position_stride + d;
            for (int part = 0; part < 4; part++) {
                if (part >= parts) break;
                __m512 v = load16(type, a->values.data, at + 16 * part);
                for (int c = 0; c < count; c++) {
                    sums[c][part] = _mm512_fmadd_ps(v, _mm512_set1_ps(scores[c * stride + j]), sums[c][part]);
                }
            }
        }
        for (int c = 0; c < count; c++) {
            for (int part = 0; part < 4; part++) {
                if (part >= parts) break;
                _mm512_storeu_ps(y + c * a->head_dim + d + 16 * part, _mm512_mul_ps(sums[c][part], _mm512_set1_ps(factors[c])));
            }
        }
    }
}

GK_INLINE TARGET void attend(const gk_attention *a, int64_t i, int64_t head, float *scratch, const int count) {
    int64_t from = gk_first_key(a, i), keys = a->first + i + 1 - from, stride = gk_round_up(keys, 16);
    int64_t kv_head = head / (a->heads / a->kv_heads);
    const float *q = a->q + i * a->q_stride + head * a->head_dim;
    int64_t base = kv_head * a->keys.head_stride;
    if (a->keys.type == GK_F32) scores_of(GK_F32, a, q, from, keys, base, scratch, stride, count);
    else if (a->keys.type == GK_F16) scores_of(GK_F16, a, q, from, keys, base, scratch, stride, count);
    else scores_of(GK_BF16, a, q, from, keys, base, scratch, stride, count);
    float factors[4];
    for (int c = 0; c < count; c++) {
        float *row = scratch + c * stride;
        __m512 top = _mm512_set1_ps(-__builtin_inff()), total = _mm512_setzero_ps();
        for (int64_t j = 0; j < keys; j += 16) {
            __m512 score = capped(_mm512_mul_ps(_mm512_loadu_ps(row + j), _mm512_set1_ps(a->scale)), a->softcap);
            score = _mm512_mask_mov_ps(_mm512_set1_ps(-__builtin_inff()), gk_tail_mask(keys - j), score);
            _mm512_storeu_ps(row + j, score);
            top = _mm512_max_ps(top, score);
        }
        top = _mm512_set1_ps(_mm512_reduce_max_ps(top));
        for (int64_t j = 0; j < keys; j += 16) {
            __m512 p = _mm512_maskz_mov_ps(gk_tail_mask(keys - j), gk_exp512(_mm512_sub_ps(_mm512_loadu_ps(row + j), top)));
            _mm512_storeu_ps(row + j, p);
            total = _mm512_add_ps(total, p);
        }
        factors[c] = 1.0f / _mm512_reduce_add_ps(total);
    }
    float *y = a->y + i * a->y_stride + head * a->head_dim;
    base = kv_head * a->values.head_stride;
    if (a->values.type == GK_F32) mix(GK_F32, a, from, keys, base, scratch, stride, factors, y, count);
    else if (a->values.type == GK_F16) mix(GK_F16, a, from, keys, base, scratch, stride, factors, y, count);
    else mix(GK_BF16, a, from, keys, base, scratch, stride, factors, y, count);
}

TARGET void gk_attend_row_avx512(const gk_attention *a, int64_t i, int64_t head, int64_t count, float *scratch) {
    while (count > 0) {
        int64_t step = count >= 4 ? 4 : count;
        if (step == 4) attend(a, i, head, scratch, 4);
        else if (step == 3) attend(a, i, head, scratch, 3);
        else if (step == 2) attend(a, i, head, scratch, 2);
        else attend(a, i, head, scratch, 1);
        head += step;
        count -= step;
    }
}

#endif
