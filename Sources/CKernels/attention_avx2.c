// Attention of one query row with AVX2. Head dimensions are multiples of 8 here.

#include "attention.h"
#include "avx2.h"

#include <math.h>

#if GK_X86

#define TARGET GK_TARGET_AVX2

GK_INLINE TARGET __m256 load8(const gk_kv *cache, int64_t at) {
    if (cache->type == GK_F32) return _mm256_loadu_ps((const float *)cache->data + at);
    return gk_floats8(cache->type, (const uint16_t *)cache->data + at);
}

TARGET void gk_attend_head_avx2(const gk_attention *a, int64_t i, int64_t h, float *scratch) {
    int64_t from = gk_first_key(a, i), dim = a->head_dim, kv_head = h / (a->heads / a->kv_heads);
    int64_t count = a->first + i + 1 - from;
    float *sums = scratch + dim, *scores = scratch + 2 * dim, largest = -INFINITY;
    const float *q = a->q + i * a->q_stride + h * dim;
    for (int64_t j = 0; j < count; j++) {
        int64_t at = (from + j) * a->keys.position_stride + kv_head * a->keys.head_stride;
        __m256 dot = _mm256_setzero_ps();
        for (int64_t k = 0; k < dim; k += 8) dot = _mm256_fmadd_ps(load8(&a->keys, at + k), _mm256_loadu_ps(q + k), dot);
        float score = gk_sum8(dot) * a->scale;
        if (a->softcap > 0) score = a->softcap * tanhf(score / a->softcap);
        scores[j] = score;
        largest = fmaxf(largest, score);
    }
    float total = 0;
    for (int64_t k = 0; k < dim; k++) sums[k] = 0;
    for (int64_t j = 0; j < count; j++) {
        float p = expf(scores[j] - largest);
        total += p;
        int64_t at = (from + j) * a->values.position_stride + kv_head * a->values.head_stride;
        for (int64_t k = 0; k < dim; k += 8) {
            __m256 sum = _mm256_fmadd_ps(load8(&a->values, at + k), _mm256_set1_ps(p), _mm256_loadu_ps(sums + k));
            _mm256_storeu_ps(sums + k, sum);
        }
    }
    float *y = a->y + i * a->y_stride + h * dim;
    for (int64_t k = 0; k < dim; k++) y[k] = sums[k] / total;
}

#endif
