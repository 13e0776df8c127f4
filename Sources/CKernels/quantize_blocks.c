// Quantising to int8 rows and to GGUF's Q8_0, Q4_0 and Q4_1.

#include "gk_quantize.h"

#include "blocks.h"
#include "platform.h"

#include <math.h>

typedef struct {
    const float *source;
    int64_t cols;
    int8_t *codes;
    float *absmax;
} int8_job;

static void int8_rows(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    const int8_job *job = context;
    for (int64_t row = begin; row < end; row++) {
        const float *x = job->source + row * job->cols;
        int8_t *codes = job->codes + row * job->cols;
        float absmax = 0;
        for (int64_t i = 0; i < job->cols; i++) absmax = fmaxf(absmax, fabsf(x[i]));
        job->absmax[row] = absmax;
        float inverse = absmax > 0 ? 127.0f / absmax : 0;
        for (int64_t i = 0; i < job->cols; i++) {
            float scaled = x[i] * inverse;
            codes[i] = scaled >= -127.5f && scaled <= 127.5f ? (int8_t)lrintf(fminf(fmaxf(scaled, -127.0f), 127.0f)) : 0;
        }
    }
}

gk_status gk_quantize_int8(gk_pool *pool, const float *source, int64_t rows, int64_t cols, int8_t *codes, float *absmax) {
    int64_t count;
    if (source == NULL || codes == NULL || absmax == NULL || rows < 0 || cols < 0) return GK_BAD_ARGUMENT;
    if (__builtin_mul_overflow(rows, cols, &count)) return GK_BAD_ARGUMENT;
    int8_job job = {.source = source, .cols = cols, .codes = codes, .absmax = absmax};
    gk_pool_run(pool, rows, 1, int8_rows, &job);
    return GK_OK;
}

static void block_q8_0_from(const float *x, block_q8_0 *b) {
    float absmax = 0;
    for (int i = 0; i < 32; i++) absmax = fmaxf(absmax, fabsf(x[i]));
    float d = absmax / 127.0f, inverse = d != 0 ? 1.0f / d : 0;
    b->d = gk_f16_from_f32(d);
    for (int i = 0; i < 32; i++) b->qs[i] = (int8_t)roundf(fminf(fmaxf(x[i] * inverse, -127.0f), 127.0f));
}

static uint8_t nibble(float x) { return (uint8_t)(x >= 15.0f ? 15 : x > 0 ? (int)x : 0); }

/// The value of largest magnitude becomes code 0, that is -8.
static void block_q4_0_from(const float *x, block_q4_0 *b) {
    float absmax = 0, extreme = 0;
    for (int i = 0; i < 32; i++) {
        if (fabsf(x[i]) > absmax) {
            absmax = fabsf(x[i]);
            extreme = x[i];
        }
    }
    float d = extreme / -8.0f, inverse = d != 0 ? 1.0f / d : 0;
    b->d = gk_f16_from_f32(d);
    for (int i = 0; i < 16; i++) {
        b->qs[i] = (uint8_t)(nibble(x[i] * inverse + 8.5f) | nibble(x[i + 16] * inverse + 8.5f) << 4);
    }
}

static void block_q4_1_from(const float *x, block_q4_1 *b) {
    float least = x[0], largest = x[0];
    for (int i = 1; i < 32; i++) {
        least = fminf(least, x[i]);
        largest = fmaxf(largest, x[i]);
    }
    float d = (largest - least) / 15.0f, inverse = d != 0 ? 1.0f / d : 0;
    b->d = gk_f16_from_f32(d);
    b->m = gk_f16_from_f32(least);
    for (int i = 0; i < 16; i++) {
        b->qs[i] = (uint8_t)(nibble((x[i] - least) * inverse + 0.5f) | nibble((x[i + 16] - least) * inverse + 0.5f) << 4);
    }
}

typedef struct {
    gk_type type;
    const float *source;
    void *destination;
} block_job;

static void gguf_blocks(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    const block_job *job = context;
    for (int64_t b = begin; b < end; b++) {
        const float *x = job->source + b * 32;
        if (job->type == GK_Q8_0) block_q8_0_from(x, (block_q8_0 *)job->destination + b);
        else if (job->type == GK_Q4_0) block_q4_0_from(x, (block_q4_0 *)job->destination + b);
        else block_q4_1_from(x, (block_q4_1 *)job->destination + b);
    }
}

gk_status gk_quantize_gguf(gk_pool *pool, gk_type type, const float *source, int64_t count, void *destination) {
    if (type != GK_Q8_0 && type != GK_Q4_0 && type != GK_Q4_1) return GK_UNSUPPORTED;
    if (source == NULL || destination == NULL || count < 0 || count % 32 != 0) return GK_BAD_ARGUMENT;
    block_job job = {.type = type, .source = source, .destination = destination};
    gk_pool_run(pool, count / 32, 64, gguf_blocks, &job);
    return GK_OK;
}
