// Rotary embedding and writing to the KV cache.

#include "gk_attention.h"

#include "attention.h"
#include "elementwise_vector.h"
#include "platform.h"

gk_status gk_rope(
    float *x, int64_t m, int64_t x_stride, int64_t heads, int64_t head_dim, int64_t dims, const float *cosines,
    const float *sines, gk_rope_layout layout) {
    if (x == NULL || cosines == NULL || sines == NULL || m < 0 || heads < 0 || head_dim < 1) return GK_BAD_ARGUMENT;
    if (dims < 0 || dims > head_dim || dims % 2 != 0 || x_stride < 0 || heads > x_stride / head_dim) return GK_BAD_ARGUMENT;
    if (layout != GK_ROPE_HALVES && layout != GK_ROPE_INTERLEAVED) return GK_UNSUPPORTED;
    int64_t half = dims / 2;
    for (int64_t i = 0; i < m; i++) {
        const float *c = cosines + i * half, *s = sines + i * half;
        for (int64_t h = 0; h < heads; h++) {
            float *head = x + i * x_stride + h * head_dim;
#ifdef GK_VECTOR
            if (gk_has_vectors()) {
                GK_VECTOR(gk_rope)(head, half, c, s, layout);
                continue;
            }
#endif
            for (int64_t k = 0; k < half; k++) {
                float *pa = layout == GK_ROPE_HALVES ? head + k : head + 2 * k;
                float *pb = layout == GK_ROPE_HALVES ? head + half + k : head + 2 * k + 1;
                float a = *pa, b = *pb;
                *pa = a * c[k] - b * s[k];
                *pb = a * s[k] + b * c[k];
            }
        }
    }
    return GK_OK;
}

bool gk_is_cache(const gk_kv *cache) {
    return cache->data != NULL && cache->position_stride >= 0 && cache->head_stride >= 0
        && (cache->type == GK_F32 || cache->type == GK_F16 || cache->type == GK_BF16);
}

gk_status gk_kv_store(
    const gk_kv *cache, int64_t first, const float *x, int64_t m, int64_t x_stride, int64_t kv_heads, int64_t head_dim) {
    if (cache == NULL || x == NULL || !gk_is_cache(cache) || first < 0 || m < 0 || kv_heads < 0) return GK_BAD_ARGUMENT;
    if (head_dim < 1 || x_stride < 0 || kv_heads > x_stride / head_dim) return GK_BAD_ARGUMENT;
    for (int64_t i = 0; i < m; i++) {
        for (int64_t h = 0; h < kv_heads; h++) {
            const float *source = x + i * x_stride + h * head_dim;
            int64_t at = (first + i) * cache->position_stride + h * cache->head_stride;
            if (cache->type == GK_F32) {
                memcpy((float *)cache->data + at, source, (size_t)head_dim * sizeof(float));

#ifdef GK_VECTOR
            } else if (gk_has_vectors()) {
                GK_VECTOR(gk_halves_from)(cache->type, (uint16_t *)cache->data + at, source, head_dim);
#endif
            } else if (cache->type == GK_F16) {
                uint16_t *destination = (uint16_t *)cache->data + at;
                for (int64_t k = 0; k < head_dim; k++) destination[k] = gk_f16_from_f32(source[k]);
            } else {
                uint16_t *destination = (uint16_t *)cache->data + at;
                for (int64_t k = 0; k < head_dim; k++) destination[k] = gk_bf16_from_f32(source[k]);
            }
        }
    }
    return GK_OK;
}
