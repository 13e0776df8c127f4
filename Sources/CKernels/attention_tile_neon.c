// Attention of a tile of rows for prefill, NEON: blocks of keys, scores with running maxima and sums (FlashAttention,
// Dao et al. 2022, algorithm 1). Keys are transposed once a block, so that a lane is a key and no sum crosses lanes. Head
// dimensions are multiples of 4 here.

#include "attention.h"
#include "math_neon.h"

#if GK_NEON

enum { keys_step = GK_TILE_KEYS, queries_step = 5, parts = 4, width = 4 * parts };

GK_INLINE float32x4_t load4(const gk_kv *cache, int64_t at) {
    if (cache->type == GK_F32) return vld1q_f32((const float *)cache->data + at);
    const uint16_t *p = (const uint16_t *)cache->data + at;
    return cache->type == GK_F16 ? gk_floats4(GK_F16, p) : gk_floats4(GK_BF16, p);
}

/// Keys to [head_dim][64], values to [64][head_dim]; what lies past `count` is zero.
static void load_keys(const gk_attention *a, int64_t kv_head, int64_t first, int64_t count, float *keys, float *values) {
    for (int64_t j = 0; j < keys_step; j += 4) {
        for (int64_t d = 0; d < a->head_dim; d += 4) {
            float32x4_t r[4];
            for (int n = 0; n < 4; n++) {
                bool present = j + n < count;
                int64_t position = first + (present ? j + n : 0);
                int64_t k = position * a->keys.position_stride + kv_head * a->keys.head_stride + d;
                int64_t v = position * a->values.position_stride + kv_head * a->values.head_stride + d;
                r[n] = present ? load4(&a->keys, k) : vdupq_n_f32(0);
                vst1q_f32(values + (j + n) * a->head_dim + d, present ? load4(&a->values, v) : vdupq_n_f32(0));
            }
            // Four by four, rows to columns.
            float32x4x2_t even = vzipq_f32(r[0], r[2]), odd = vzipq_f32(r[1], r[3]);
            float32x4x2_t low = vzipq_f32(even.val[0], odd.val[0]), high = vzipq_f32(even.val[1], odd.val[1]);
            vst1q_f32(keys + d * keys_step + j, low.val[0]);
            vst1q_f32(keys + (d + 1) * keys_step + j, low.val[1]);
            vst1q_f32(keys + (d + 2) * keys_step + j, high.val[0]);
            vst1q_f32(keys + (d + 3) * keys_step + j, high.val[1]);
        }
    }
}

/// out[query][4 * vectors] (+)= sum over k of x[query][k] * panel[k][4 * vectors of stride], for `count` queries; `count` and
/// `vectors` are constants after inlining.
GK_INLINE void multiply(
    const float *x, int64_t x_stride, int64_t inner, const float *panel, int64_t stride, float *out, int64_t out_stride, bool adds,
    const int vectors, const int count) {
    float32x4_t sums[queries_step][parts];
    for (int c = 0; c < count; c++) {
        for (int n = 0; n < vectors; n++) sums[c][n] = adds ? vld1q_f32(out + c * out_stride + 4 * n) : vdupq_n_f32(0);
    }
    for (int64_t k = 0; k < inner; k++) {
        float32x4_t p[parts];
        for (int n = 0; n < vectors; n++) p[n] = vld1q_f32(panel + k * stride + 4 * n);
        for (int c = 0; c < count; c++) {
            for (int n = 0; n < vectors; n++) sums[c][n] = vfmaq_n_f32(sums[c][n], p[n], x[c * x_stride + k]);
        }
    }
    for (int c = 0; c < count; c++) {
        for (int n = 0; n < vectors; n++) vst1q_f32(out + c * out_stride + 4 * n, sums[c][n]);
    }
}

/// All queries by the `columns` (a multiple of 4) of a panel.
static void multiply_all(
    const float *x, int64_t x_stride, int64_t queries, int64_t inner, const float *panel, int64_t stride, int64_t columns,
    float *out, int64_t out_stride, bool adds) {
    for (int64_t d = 0; d < columns;) {
        bool whole = columns - d >= width;
        int64_t c = 0;
        for (; whole && c + queries_step <= queries; c += queries_step) {
            multiply(x + c * x_stride, x_stride, inner, panel + d, stride, out + c * out_stride + d, out_stride, adds, parts, queries_step);
        }
        for (; c < queries; c++) {
            float *to = out + c * out_stride + d;
            if (whole) multiply(x + c * x_stride, x_stride, inner, panel + d, stride, to, out_stride, adds, parts, 1);
            else multiply(x + c * x_stride, x_stride, inner, panel + d, stride, to, out_stride, adds, 1, 1);
        }
        d += whole ? width : 4;
    }
}

/// Scores to weights, one query: scaled, capped, masked to the keys in view; returns by how much the sums so far shrink.
static float weigh(const gk_attention *a, float *scores, int64_t from, int64_t to, float *largest, float *total) {
    const float32x4_t none = vdupq_n_f32(-__builtin_inff());
    float32x4_t top = vdupq_n_f32(*largest), sum = vdupq_n_f32(0);
    for (int64_t j = 0; j < keys_step; j += 4) {
        float32x4_t s = gk_capped4(vmulq_n_f32(vld1q_f32(scores + j), a->scale), a->softcap);
        s = vbslq_f32(gk_lanes(j, from, to), s, none);
        vst1q_f32(scores + j, s);
        top = vmaxnmq_f32(top, s);
    }
    float new_largest = vmaxnmvq_f32(top);
    if (new_largest == -__builtin_inff()) {
        for (int64_t j = 0; j < keys_step; j++) scores[j] = 0;
        return 1;
    }
    for (int64_t j = 0; j < keys_step; j += 4) {
        float32x4_t s = vld1q_f32(scores + j), p = gk_exp4(vsubq_f32(s, vdupq_n_f32(new_largest)));
        p = vbslq_f32(vceqq_f32(s, none), vdupq_n_f32(0), p);
        vst1q_f32(scores + j, p);
        sum = vaddq_f32(sum, p);
    }
    float shrink = *largest == -__builtin_inff() ? 0 : vgetq_lane_f32(gk_exp4(vdupq_n_f32(*largest - new_largest)), 0);
    *total = *total * shrink + vaddvq_f32(sum);
    *largest = new_largest;
    return shrink;
}

void gk_attend_tile_neon(const gk_attention *a, int64_t begin, int64_t end, int64_t kv_head, float *scratch) {
    int64_t dim = a->head_dim, sharing = a->heads / a->kv_heads, queries = (end - begin) * sharing;
    float *keys = scratch, *values = keys + keys_step * dim, *scores = values + keys_step * dim;
    float *q = scores + GK_TILE_QUERIES * keys_step, *sums = q + GK_TILE_QUERIES * dim;
    float *largest = sums + GK_TILE_QUERIES * dim, *totals = largest + GK_TILE_QUERIES;
    for (int64_t c = 0; c < queries; c++) {
        int64_t row = begin + c / sharing, head = kv_head * sharing + c % sharing;
        memcpy(q + c * dim, a->q + row * a->q_stride + head * dim, (size_t)dim * sizeof(float));
        memset(sums + c * dim, 0, (size_t)dim * sizeof(float));
        largest[c] = -__builtin_inff();
        totals[c] = 0;
    }
    int64_t last = a->first + end;
    for (int64_t key = gk_first_key(a, begin); key < last; key += keys_step) {
        int64_t count = last - key < keys_step ? last - key : keys_step;
        load_keys(a, kv_head, key, count, keys, values);
        multiply_all(q, dim, queries, dim, keys, keys_step, keys_step, scores, keys_step, false);
        for (int64_t c = 0; c < queries; c++) {
            int64_t row = begin + c / sharing;
            float shrink = weigh(a, scores + c * keys_step, gk_first_key(a, row) - key, a->first + row + 1 - key, &largest[c], &totals[c]);
            if (shrink == 1) continue;
            for (int64_t d = 0; d < dim; d += 4) vst1q_f32(sums + c * dim + d, vmulq_n_f32(vld1q_f32(sums + c * dim + d), shrink));
        }
        multiply_all(scores, keys_step, queries, count, values, dim, dim, sums, dim, true);
    }
    for (int64_t c = 0; c < queries; c++) {
        int64_t row = begin + c / sharing, head = kv_head * sharing + c % sharing;
        float *y = a->y + row * a->y_stride + head * dim;
        for (int64_t d = 0; d < dim; d += 4) vst1q_f32(y + d, vmulq_n_f32(vld1q_f32(sums + c * dim + d), 1.0f / totals[c]));
    }
}

#endif
