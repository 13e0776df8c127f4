// Attention: checks, splitting, and the plain C form.

#include "gk_attention.h"

#include "attention.h"
#include "platform.h"

#include <math.h>

int64_t gk_attention_scratch_bytes(
    const gk_pool *pool, int64_t m, int64_t positions, int64_t heads, int64_t head_dim) {
    if (m < 0 || positions < 0 || heads < 0 || head_dim < 0) return -1;
    if (positions > (int64_t)1 << 40 || head_dim > (int64_t)1 << 24) return -1;
    // Four rows of scores for decoding, or a tile for prefill.
    int64_t row = 4 * (positions + 16) + 3 * head_dim + 64, tile = gk_tile_floats(head_dim);
    return (row > tile || m == 1 ? row : tile) * (int64_t)sizeof(float) * gk_pool_threads(pool);
}

static void load_head(const gk_kv *cache, int64_t position, int64_t head, int64_t head_dim, float *destination) {
    int64_t at = position * cache->position_stride + head * cache->head_stride;
    if (cache->type == GK_F32) {
        memcpy(destination, (const float *)cache->data + at, (size_t)head_dim * sizeof(float));
    } else {
        const uint16_t *source = (const uint16_t *)cache->data + at;
        bool f16 = cache->type == GK_F16;
        for (int64_t k = 0; k < head_dim; k++) destination[k] = f16 ? gk_f32_from_f16(source[k]) : gk_f32_from_bf16(source[k]);
    }
}

typedef struct {
    const gk_attention *a;
    float *scratch;
    int64_t scratch_step;
    int64_t tile_rows;
    int64_t tiles;
} attention_job;

static void attend(const gk_attention *a, int64_t i, int64_t h, float *scratch) {
    int64_t from = gk_first_key(a, i), dim = a->head_dim, kv_head = h / (a->heads / a->kv_heads);
    int64_t count = a->first + i + 1 - from;
    float *row = scratch, *sums = scratch + dim, *scores = scratch + 2 * dim;
    const float *q = a->q + i * a->q_stride + h * dim;
    float largest = -INFINITY;
    for (int64_t j = 0; j < count; j++) {
        load_head(&a->keys, from + j, kv_head, dim, row);
        float score = 0;
        for (int64_t k = 0; k < dim; k++) score += q[k] * row[k];
        score *= a->scale;
        if (a->softcap > 0) score = a->softcap * tanhf(score / a->softcap);
        scores[j] = score;
        largest = fmaxf(largest, score);
    }
    float total = 0;
    for (int64_t k = 0; k < dim; k++) sums[k] = 0;
    for (int64_t j = 0; j < count; j++) {
        float p = expf(scores[j] - largest);
        total += p;
        load_head(&a->values, from + j, kv_head, dim, row);
        for (int64_t k = 0; k < dim; k++) sums[k] += p * row[k];
    }
    float *y = a->y + i * a->y_stride + h * dim, factor = 1.0f / total;
    for (int64_t k = 0; k < dim; k++) y[k] = sums[k] * factor;
}

/// Items are rows by heads.
static void plain_section(void *context, int64_t begin, int64_t end, int32_t worker) {
    attention_job *job = context;
#if GK_X86
    if (gk_has_avx2() && job->a->head_dim % 8 == 0) {
        for (int64_t item = begin; item < end; item++) {
            gk_attend_head_avx2(job->a, item / job->a->heads, item % job->a->heads, job->scratch + worker * job->scratch_step);
        }
        return;
    }
#endif
    for (int64_t item = begin; item < end; item++) {
        attend(job->a, item / job->a->heads, item % job->a->heads, job->scratch + worker * job->scratch_step);
    }
}

#ifdef GK_VECTOR

/// Head dimensions are multiples of a vector.
static bool takes_vectors(const gk_attention *a) { return gk_has_vectors() && a->head_dim % (GK_X86 ? 16 : 4) == 0; }

/// Items are rows by heads; heads of a row that share a KV head are worked on together.
static void row_section(void *context, int64_t begin, int64_t end, int32_t worker) {
    attention_job *job = context;
    const gk_attention *a = job->a;
    int64_t sharing = a->heads / a->kv_heads;
    for (int64_t item = begin; item < end;) {
        int64_t head = item % a->heads, count = sharing - head % sharing;
        if (count > end - item) count = end - item;
        GK_VECTOR(gk_attend_row)(a, item / a->heads, head, count, job->scratch + worker * job->scratch_step);
        item += count;
    }
}

/// Items are tiles of rows by KV heads, the last rows first: they see the most keys.
static void tile_section(void *context, int64_t begin, int64_t end, int32_t worker) {
    attention_job *job = context;
    const gk_attention *a = job->a;
    for (int64_t item = begin; item < end; item++) {
        int64_t tile = job->tiles - 1 - item / a->kv_heads, first = tile * job->tile_rows;
        int64_t last = first + job->tile_rows < a->m ? first + job->tile_rows : a->m;
        GK_VECTOR(gk_attend_tile)(a, first, last, item % a->kv_heads, job->scratch + worker * job->scratch_step);
    }
}

#endif

gk_status gk_attention_run(gk_pool *pool, const gk_attention *a, void *scratch, int64_t scratch_bytes) {
    if (a == NULL || a->q == NULL || a->y == NULL || !gk_is_cache(&a->keys) || !gk_is_cache(&a->values)) return GK_BAD_ARGUMENT;
    if (a->m < 0 || a->first < 0 || a->heads < 1 || a->kv_heads < 1 || a->heads % a->kv_heads != 0) return GK_BAD_ARGUMENT;
    if (a->head_dim < 1 || a->q_stride < 0 || a->heads > a->q_stride / a->head_dim) return GK_BAD_ARGUMENT;
    if (a->y_stride < 0 || a->heads > a->y_stride / a->head_dim || a->first > INT64_MAX - a->m) return GK_BAD_ARGUMENT;
    if (a->m == 0) return GK_OK;
    int64_t positions = a->first + a->m;
    if (a->window > 0 && positions > a->window) positions = a->window;
    int64_t need = gk_attention_scratch_bytes(pool, a->m, positions, a->heads, a->head_dim);
    if (need < 0) return GK_BAD_ARGUMENT;
    if (scratch == NULL || scratch_bytes < need) return GK_SCRATCH_TOO_SMALL;
    attention_job job = {.a = a, .scratch = scratch, .scratch_step = need / gk_pool_threads(pool) / 4};
    int64_t work = a->m * a->heads * positions * a->head_dim;
    gk_pool *workers = work < 64 * 1024 ? NULL : pool;
#ifdef GK_VECTOR
    if (takes_vectors(a)) {
        int64_t sharing = a->heads / a->kv_heads;
        if (a->m >= 4 && sharing <= GK_TILE_QUERIES) {
            job.tile_rows = GK_TILE_QUERIES / sharing;
            job.tiles = (a->m + job.tile_rows - 1) / job.tile_rows;
            gk_pool_run(workers, job.tiles * a->kv_heads, 1, tile_section, &job);
        } else {
            gk_pool_run(workers, a->m * a->heads, 1, row_section, &job);
        }
        return GK_OK;
    }
#endif
    gk_pool_run(workers, a->m * a->heads, 1, plain_section, &job);
    return GK_OK;
}
