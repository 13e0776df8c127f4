// Attention of one row of queries over all keys, NEON. Head dimensions are multiples of 4 here.

#include "attention.h"
#include "math_neon.h"

#if GK_NEON

GK_INLINE float32x4_t load4(gk_type type, const void *data, int64_t at) {
    return type == GK_F32 ? vld1q_f32((const float *)data + at) : gk_floats4(type, (const uint16_t *)data + at);
}

/// Scores of `count` queries with the keys, four keys at a time; `count` is a constant after inlining.
GK_INLINE void scores_of(
    gk_type type, const gk_attention *a, const float *q, int64_t from, int64_t keys, int64_t base, float *scores,
    int64_t stride, const int count) {
    for (int64_t j = 0; j < keys; j += 4) {
        int64_t at[4];
        for (int n = 0; n < 4; n++) {
            int64_t key = j + n < keys ? j + n : keys - 1;
            at[n] = base + (from + key) * a->keys.position_stride;
        }
        float32x4_t sums[4][4];
        for (int c = 0; c < count; c++) {
            for (int n = 0; n < 4; n++) sums[c][n] = vdupq_n_f32(0);
        }
        for (int64_t d = 0; d < a->head_dim; d += 4) {
            float32x4_t k[4];
            for (int n = 0; n < 4; n++) k[n] = load4(type, a->keys.data, at[n] + d);
            for (int c = 0; c < count; c++) {
                float32x4_t query = vld1q_f32(q + c * a->head_dim + d);
                for (int n = 0; n < 4; n++) sums[c][n] = vfmaq_f32(sums[c][n], k[n], query);
            }
        }
        for (int c = 0; c < count; c++) {
            float32x4_t low = vpaddq_f32(sums[c][0], sums[c][1]), high = vpaddq_f32(sums[c][2], sums[c][3]);
            // Scores have room for a multiple of 16.
            vst1q_f32(scores + c * stride + j, vpaddq_f32(low, high));
        }
    }
}

/// y = sum of p[key] v[key] over the keys, sixteen dimensions at a time.
GK_INLINE void mix(
    gk_type type, const gk_attention *a, int64_t from, int64_t keys, int64_t base, const float *scores, int64_t stride,
    const float *factors, float *y, const int count) {
    for (int64_t d = 0; d < a->head_dim; d += 16) {
        int64_t parts = (a->head_dim - d) / 4 < 4 ? (a->head_dim - d) / 4 : 4;
        float32x4_t sums[4][4];
        for (int c = 0; c < count; c++) {
            for (int part = 0; part < 4; part++) sums[c][part] = vdupq_n_f32(0);
        }
        for (int64_t j = 0; j < keys; j++) {
            int64_t at = base + (from + j) * a->values.position_stride + d;
            for (int part = 0; part < 4; part++) {
                if (part >= parts) break;
                float32x4_t v = load4(type, a->values.data, at + 4 * part);
                for (int c = 0; c < count; c++) sums[c][part] = vfmaq_n_f32(sums[c][part], v, scores[c * stride + j]);
            }
        }
        for (int c = 0; c < count; c++) {
            for (int part = 0; part < 4; part++) {
                if (part >= parts) break;
                vst1q_f32(y + c * a->head_dim + d + 4 * part, vmulq_n_f32(sums[c][part], factors[c]));
            }
        }
    }
}

/// Scores to weights, in place; returns what they sum up to.
static float weigh(const gk_attention *a, float *row, int64_t keys) {
    const float32x4_t none = vdupq_n_f32(-__builtin_inff());
    float32x4_t top = none, total = vdupq_n_f32(0);
    for (int64_t j = 0; j < keys; j += 4) {
        float32x4_t score = gk_capped4(vmulq_n_f32(vld1q_f32(row + j), a->scale), a->softcap);
        score = vbslq_f32(gk_lanes(j, 0, keys), score, none);
        vst1q_f32(row + j, score);
        top = vmaxnmq_f32(top, score);
    }
    top = vdupq_n_f32(vmaxnmvq_f32(top));
    for (int64_t j = 0; j < keys; j += 4) {
        float32x4_t p = gk_exp4(vsubq_f32(vld1q_f32(row + j), top));
        p = vbslq_f32(gk_lanes(j, 0, keys), p, vdupq_n_f32(0));
        vst1q_f32(row + j, p);
        total = vaddq_f32(total, p);
    }
    return vaddvq_f32(total);
}

GK_INLINE void attend(const gk_attention *a, int64_t i, int64_t head, float *scratch, const int count) {
    int64_t from = gk_first_key(a, i), keys = a->first + i + 1 - from, stride = gk_round_up(keys, 16);
    int64_t kv_head = head / (a->heads / a->kv_heads);
    const float *q = a->q + i * a->q_stride + head * a->head_dim;
    int64_t base = kv_head * a->keys.head_stride;
    if (a->keys.type == GK_F32) scores_of(GK_F32, a, q, from, keys, base, scratch, stride, count);
    else if (a->keys.type == GK_F16) scores_of(GK_F16, a, q, from, keys, base, scratch, stride, count);
    else scores_of(GK_BF16, a, q, from, keys, base, scratch, stride, count);
    float factors[4];
    for (int c = 0; c < count; c++) factors[c] = 1.0f / weigh(a, scratch + c * stride, keys);
    float *y = a->y + i * a->y_stride + head * a->head_dim;
    base = kv_head * a->values.head_stride;
    if (a->values.type == GK_F32) mix(GK_F32, a, from, keys, base, scratch, stride, factors, y, count);
    else if (a->values.type == GK_F16) mix(GK_F16, a, from, keys, base, scratch, stride, factors, y, count);
    else mix(GK_BF16, a, from, keys, base, scratch, stride, factors, y, count);
}

void gk_attend_row_neon(const gk_attention *a, int64_t i, int64_t head, int64_t count, float *scratch) {
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
