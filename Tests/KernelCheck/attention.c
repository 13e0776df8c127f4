// Attention over caches of every type against the definition in double; rotary embedding and the cache's stores bit for bit.

#include "check.h"

#include <math.h>
#include <string.h>

typedef struct {
    int64_t m, first, heads, kv_heads, dim, window;
    float softcap;
} problem;

static float element(const gk_kv *cache, int64_t position, int64_t head, int64_t i) {
    int64_t at = position * cache->position_stride + head * cache->head_stride + i;
    float value;
    if (cache->type == GK_F32) return ((const float *)cache->data)[at];
    gk_convert(NULL, cache->type, (const uint16_t *)cache->data + at, GK_F32, &value, 1);
    return value;
}

static double error_of(const problem *t, const gk_attention *a, const float *y) {
    double worst = 0, *scores = check_memory((size_t)(t->first + t->m) * sizeof(double));
    for (int64_t i = 0; i < t->m; i++) {
        for (int64_t h = 0; h < t->heads; h++) {
            int64_t kv = h / (t->heads / t->kv_heads), position = t->first + i;
            int64_t from = t->window > 0 && position >= t->window ? position - t->window + 1 : 0;
            double top = -INFINITY, total = 0;
            for (int64_t j = from; j <= position; j++) {
                double score = 0;
                for (int64_t d = 0; d < t->dim; d++) {
                    score += (double)a->q[i * a->q_stride + h * t->dim + d] * (double)element(&a->keys, j, kv, d);
                }
                score *= (double)a->scale;
                if (t->softcap > 0) score = (double)t->softcap * tanh(score / (double)t->softcap);
                scores[j] = score;
                top = fmax(top, score);
            }
            for (int64_t j = from; j <= position; j++) total += scores[j] = exp(scores[j] - top);
            for (int64_t d = 0; d < t->dim; d++) {
                double sum = 0;
                for (int64_t j = from; j <= position; j++) sum += scores[j] / total * (double)element(&a->values, j, kv, d);
                double error = fabs(sum - (double)y[i * a->y_stride + h * t->dim + d]);
                if (!(error <= worst)) worst = error;
            }
        }
    }
    return worst;
}

static void run(const problem *t, gk_type type, gk_pool *pool) {
    int64_t positions = t->first + t->m, width = t->heads * t->dim, kv_width = t->kv_heads * t->dim;
    int64_t bytes = type == GK_F32 ? 4 : 2;
    gk_attention a = {
        .q = random_floats(t->m * width, 1), .q_stride = width, .y_stride = width, .m = t->m, .heads = t->heads, .kv_heads = t->kv_heads,
        .head_dim = t->dim, .first = t->first, .window = t->window, .scale = 0.2f, .softcap = t->softcap,
    };
    gk_kv *caches[2] = {&a.keys, &a.values};
    for (int n = 0; n < 2; n++) {
        void *plain = NULL;
        float *x = random_floats(positions * kv_width, 1);
        for (int s = 0; s < check_set_count; s++) {
            gk_isa_limit(check_sets[s]);
            void *data = check_memory((size_t)(positions * kv_width * bytes));
            *caches[n] = (gk_kv){.type = type, .data = data, .position_stride = kv_width, .head_stride = t->dim};
            gk_kv_store(caches[n], 0, x, positions, kv_width, t->kv_heads, t->dim);
            if (plain == NULL) plain = data;
            check_equal(data, plain, (size_t)(positions * kv_width * bytes), "%s: store of type %d", gk_isa_name(check_sets[s]), type);
        }
    }
    int64_t scratch = gk_attention_scratch_bytes(pool, t->m, positions, t->heads, t->dim);
    for (int s = 0; s < check_set_count; s++) {
        gk_isa_limit(check_sets[s]);
        a.y = check_memory((size_t)(t->m * width) * sizeof(float));
        gk_status status = gk_attention_run(pool, &a, check_memory((size_t)scratch), scratch);
        check_within(status, 0.5, "gk_attention_run says %s", gk_status_text(status));
        check_within(
            error_of(t, &a, a.y), 2e-5, "%s: attention, cache %d, m %lld, first %lld, heads %lld of %lld, dim %lld, window %lld, cap %g",
            gk_isa_name(check_sets[s]), type, (long long)t->m, (long long)t->first, (long long)t->heads, (long long)t->kv_heads,
            (long long)t->dim, (long long)t->window, (double)t->softcap);
    }
    check_forget();
}

static void rope(int64_t dim, int64_t dims) {
    const int64_t m = 3, heads = 2;
    float *x = random_floats(m * heads * dim, 1), *cosines = random_floats(m * dims / 2, 1), *sines = random_floats(m * dims / 2, 1);
    size_t bytes = (size_t)(m * heads * dim) * sizeof(float);
    for (int layout = 0; layout < 2; layout++) {
        float *plain = NULL;
        for (int s = 0; s < check_set_count; s++) {
            gk_isa_limit(check_sets[s]);
            float *y = check_memory(bytes);
            memcpy(y, x, bytes);
            gk_rope(y, m, heads * dim, heads, dim, dims, cosines, sines, (gk_rope_layout)layout);
            if (plain == NULL) plain = y;
            check_equal(y, plain, bytes, "%s: rope %d of %lld in %lld", gk_isa_name(check_sets[s]), layout, (long long)dims, (long long)dim);
        }
    }
    check_forget();
}

void check_attention(void) {
    static const problem problems[] = {
        {1, 0, 9, 3, 64, 0, 0}, {1, 130, 9, 3, 64, 0, 0}, {1, 77, 4, 1, 256, 20, 0}, {1, 40, 12, 2, 32, 0, 30}, {2, 9, 8, 1, 36, 0, 0},
        {3, 5, 5, 1, 12, 4, 0}, {5, 3, 4, 2, 16, 0, 0}, {40, 0, 9, 3, 64, 0, 0}, {30, 50, 4, 1, 128, 30, 0}, {33, 9, 3, 3, 80, 0, 5},
        {6, 2, 2, 2, 20, 0, 0}, {4, 1, 2, 1, 6, 0, 0}, {70, 61, 2, 2, 4, 0, 0}, {97, 0, 1, 1, 24, 7, 3}, {1, 0, 1, 1, 1, 0, 0},
    };
    gk_pool *pool = gk_pool_create(3);
    for (size_t n = 0; n < sizeof(problems) / sizeof(problems[0]); n++) {
        run(&problems[n], GK_F32, pool);
        run(&problems[n], GK_F16, pool);
        run(&problems[n], GK_BF16, NULL);
    }
    gk_pool_destroy(pool);
    static const int64_t sizes[][2] = {{64, 64}, {80, 80}, {20, 12}, {256, 256}, {6, 6}, {5, 2}, {34, 34}};
    for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) rope(sizes[n][0], sizes[n][1]);
}
