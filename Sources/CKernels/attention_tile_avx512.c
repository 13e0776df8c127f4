// Attention of a tile of rows for prefill, AVX-512: blocks of keys, scores with running maxima and sums
// (FlashAttention, Dao et al. 2022, algorithm 1). Keys are transposed once a block, so that a lane is a key
// and no sum crosses lanes.

#include "attention.h"
#include "avx512.h"
#include "math_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

enum { keys_step = GK_TILE_KEYS, queries_step = 6 };

GK_INLINE TARGET __m512 load16(const gk_kv *cache, int64_t at) {
    if (cache->type == GK_F32) return _mm512_loadu_ps((const float *)cache->data + at);
    __m256i half = _mm256_loadu_si256((const __m256i *)((const uint16_t *)cache->data + at));
    if (cache->type == GK_F16) return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/// Keys to [head_dim][64], values to [64][head_dim]; what lies past `count` is zero.
TARGET static void load_keys(
    const gk_attention *a, int64_t kv_head, int64_t first, int64_t count, float *keys, float *values) {
    for (int64_t j = 0; j < keys_step; j += 16) {
        for (int64_t d = 0; d < a->head_dim; d += 16) {
            __m512 r[16];
            for (int n = 0; n < 16; n++) {
                bool present = j + n < count;
                int64_t position = first + (present ? j + n : 0);
                int64_t k = position * a->keys.position_stride + kv_head * a->keys.head_stride + d;
                int64_t v = position * a->values.position_stride + kv_head * a->values.head_stride + d;
                r[n] = present ? load16(&a->keys, k) : _mm512_setzero_ps();
                _mm512_storeu_ps(values + (j + n) * a->head_dim + d, present ? load16(&a->values, v) : _mm512_setzero_ps());
            }
            gk_transpose16(r);
            for (int n = 0; n < 16; n++) _mm512_storeu_ps(keys + (d + n) * keys_step + j, r[n]);
        }
    }
}

/// out[query][64] (+)= sum over k of x[query][k] * panel[k][64 of stride], for `count` queries.
GK_INLINE TARGET void multiply(
    const float *x, int64_t x_stride, int64_t inner, const float *panel, int64_t stride, int64_t parts, float *out,
    int64_t out_stride, bool adds, const int count) {
    __m512 sums[queries_step][4];
    for (int c = 0; c < count; c++) {
        for (int part = 0; part < 4; part++) {
            sums[c][part] = adds && part < parts ? _mm512_loadu_ps(out + c * out_stride + 16 * part) : _mm512_setzero_ps();
        }
    }
    if (parts == 4) {
        for (int64_t k = 0; k < inner; k++) {
            __m512 p[4];
            for (int part = 0; part < 4; part++) p[part] = _mm512_loadu_ps(panel + k * stride + 16 * part);
            for (int c = 0; c < count; c++) {
                __m512 v = _mm512_set1_ps(x[c * x_stride + k]);
                for (int part = 0; part < 4; part++) sums[c][part] = _mm512_fmadd_ps(p[part], v, sums[c][part]);
            }
        }
    } else {
        for (int64_t k = 0; k < inner; k++) {
            for (int c = 0; c < count; c++) {
                __m512 v = _mm512_set1_ps(x[c * x_stride + k]);
                for (int part = 0; part < parts; part++) {
                    sums[c][part] = _mm512_fmadd_ps(_mm512_loadu_ps(panel + k * stride + 16 * part), v, sums[c][part]);
                }
            }
        }
    }
    for (int c = 0; c < count; c++) {
        for (int part = 0; part < 4; part++) {
            if (part < parts) _mm512_storeu_ps(out + c * out_stride + 16 * part, sums[c][part]);
        }
    }
}

TARGET static void multiply_all(
    const float *x, int64_t x_stride, int64_t queries, int64_t inner, const float *panel, int64_t stride, int64_t parts,
    float *out, int64_t out_stride, bool adds) {
    int64_t c = 0;
    for (; c + queries_step <= queries; c += queries_step) {
        multiply(x + c * x_stride, x_stride, inner, panel, stride, parts, out + c * out_stride, out_stride, adds, queries_step);
    }
    for (; c < queries; c++) {
        multiply(x + c * x_stride, x_stride, inner, panel, stride, parts, out + c * out_stride, out_stride, adds, 1);
    }
}

/// Scores to weights, one query: scaled, capped, masked to the keys in view; returns by how much the sums
/// so far shrink.
GK_INLINE TARGET float weigh(
    const gk_attention *a, float *scores, int64_t from, int64_t to, float *largest, float *total) {
    __m512 s[4], top = _mm512_set1_ps(*largest);
    for (int part = 0; part < 4; part++) {
        int64_t low = from - 16 * part, high = to - 16 * part;
        uint32_t below = high <= 0 ? 0 : high >= 16 ? 0xffff : (1u << high) - 1;
        uint32_t before = low <= 0 ? 0 : low >= 16 ? 0xffff : (1u << low) - 1;
        s[part] = _mm512_mul_ps(_mm512_loadu_ps(scores + 16 * part), _mm512_set1_ps(a->scale));
        if (a->softcap > 0) {
            __m512 e = gk_exp512(_mm512_mul_ps(s[part], _mm512_set1_ps(2 / a->softcap)));
            e = _mm512_div_ps(_mm512_set1_ps(2.0f), _mm512_add_ps(e, _mm512_set1_ps(1.0f)));
            s[part] = _mm512_mul_ps(_mm512_sub_ps(_mm512_set1_ps(1.0f), e), _mm512_set1_ps(a->softcap));
        }
        s[part] = _mm512_mask_mov_ps(_mm512_set1_ps(-__builtin_inff()), (__mmask16)(below & ~before), s[part]);
        top = _mm512_max_ps(top, s[part]);
    }
    float new_largest = _mm512_reduce_max_ps(top);
    if (new_largest == -__builtin_inff()) {
        for (int part = 0; part < 4; part++) _mm512_storeu_ps(scores + 16 * part, _mm512_setzero_ps());
        return 1;
    }
    __m512 sum = _mm512_setzero_ps();
    for (int part = 0; part < 4; part++) {
        __mmask16 seen = _mm512_cmp_ps_mask(s[part], _mm512_set1_ps(-__builtin_inff()), _CMP_NEQ_UQ);
        __m512 p = _mm512_maskz_mov_ps(seen, gk_exp512(_mm512_sub_ps(s[part], _mm512_set1_ps(new_largest))));
        _mm512_storeu_ps(scores + 16 * part, p);
        sum = _mm512_add_ps(sum, p);
    }
    float shrink = 0;
    if (*largest != -__builtin_inff()) {
        __m512 e = gk_exp512(_mm512_set1_ps(*largest - new_largest));
        shrink = _mm512_cvtss_f32(e);
    }
    *total = *total * shrink + _mm512_reduce_add_ps(sum);
    *largest = new_largest;
    return shrink;
}

TARGET void gk_attend_tile_avx512(const gk_attention *a, int64_t begin, int64_t end, int64_t kv_head, float *scratch) {
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
        multiply_all(q, dim, queries, dim, keys, keys_step, 4, scores, keys_step, false);
        for (int64_t c = 0; c < queries; c++) {
            int64_t row = begin + c / sharing;
            float shrink = weigh(a, scores + c * keys_step, gk_first_key(a, row) - key, a->first + row + 1 - key, &largest[c], &totals[c]);
            if (shrink == 1) continue;
            for (int64_t d = 0; d < dim; d += 16) {
                float *at = sums + c * dim + d;
                _mm512_storeu_ps(at, _mm512_mul_ps(_mm512_loadu_ps(at), _mm512_set1_ps(shrink)));
            }
        }
        for (int64_t d = 0; d < dim; d += 64) {
            int64_t parts = (dim - d) / 16 < 4 ? (dim - d) / 16 : 4;
            multiply_all(scores, keys_step, queries, count, values + d, dim, parts, sums + d, dim, true);
        }
    }
    for (int64_t c = 0; c < queries; c++) {
        int64_t row = begin + c / sharing, head = kv_head * sharing + c % sharing;
        float *y = a->y + row * a->y_stride + head * dim;
        for (int64_t d = 0; d < dim; d += 16) {
            _mm512_storeu_ps(y + d, _mm512_mul_ps(_mm512_loadu_ps(sums + c * dim + d), _mm512_set1_ps(1.0f / totals[c])));
        }
    }
}

#endif
