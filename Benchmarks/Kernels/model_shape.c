// The kernels in the order in which a Llama-architecture model calls them, with random weights of
// SmolLM2-135M's shape: what decoding and prefill cost without tokenizer, sampling or file reading.
//
// usage: model_shape TYPE [threads] [prompt] [generate] [compute: int8|f32|bf16]

#include "CKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { layers = 30, width = 576, hidden = 1536, heads = 9, kv_heads = 3, head_dim = 64, vocabulary = 49152 };

static clockid_t watch = CLOCK_MONOTONIC;

static double seconds(void) {
    struct timespec t;
    clock_gettime(watch, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t state = 1;
static float uniform(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(state >> 40) / 16777216.0f - 0.5f;
}

static int64_t total_bytes = 0;

static void *memory(int64_t bytes) {
    void *p = NULL;
    if (posix_memalign(&p, 4096, (size_t)bytes + 4096) != 0) exit(1);
    return p;
}

static gk_weight make(gk_pool *pool, gk_type type, int64_t rows, int64_t cols) {
    int64_t count = rows * cols;
    float *values = memory(count * 4);
    for (int64_t i = 0; i < count; i++) values[i] = uniform() * 0.1f;
    gk_weight w = {.type = type, .layout = GK_LAYOUT_ROWS, .rows = rows, .cols = cols};
    if (type == GK_NF4 || type == GK_FP4) {
        w.block_size = 64;
        uint8_t *packed = memory(count / 2);
        float *absmax = memory(count / 16);
        gk_quantize_4bit(pool, type, values, count, 64, packed, absmax);
        w.data = packed, w.absmax = absmax;
        total_bytes += count / 2 + count / 16;
        free(values);
        return w;
    }
    if (type == GK_INT8) {
        int8_t *codes = memory(count);
        float *absmax = memory(rows * 4);
        gk_quantize_int8(pool, values, rows, cols, codes, absmax);
        w.data = codes, w.absmax = absmax;
        total_bytes += count;
        free(values);
        return w;
    }
    if (type == GK_F32) {
        w.data = values;
        total_bytes += count * 4;
        return w;
    }
    int64_t bytes = gk_rows_bytes(type, rows, cols);
    uint8_t *data = memory(bytes);
    if (type == GK_F16 || type == GK_BF16) {
        gk_convert(pool, GK_F32, values, type, data, count);
    } else if (gk_quantize_gguf(pool, type, values, count, data) != GK_OK) {
        // Other block types: any bytes will do but for the scales, which must be finite.
        for (int64_t i = 0; i < bytes; i++) data[i] = (uint8_t)(state = state * 6364136223846793005u + 1, state >> 40) & 0x2f;
    }
    free(values);
    total_bytes += bytes;
    if (gk_packed_bytes(type, rows, cols) >= 0) {
        void *packed = memory(gk_packed_bytes(type, rows, cols));
        gk_pack(pool, type, rows, cols, data, packed);
        free(data);
        w.layout = GK_LAYOUT_PACKED, w.data = packed;
    } else w.data = data;
    return w;
}

typedef struct { gk_weight q, k, v, o, gate, up, down; float *norm1, *norm2; gk_kv keys, values; } layer;

typedef struct {
    layer l[layers];
    gk_weight head;
    float *norm, *cosines, *sines;
    float *x, *q, *k, *v, *a, *gate, *up, *logits;
    void *scratch, *attention_scratch;
    int64_t scratch_bytes, attention_bytes;
    gk_compute compute;
    gk_pool *pool;
} model;

static void must(gk_status s) {
    if (s == GK_OK) return;
    fprintf(stderr, "%s\n", gk_status_text(s));
    exit(1);
}

static double spent[6];

static void forward(model *m, int64_t first, int64_t count) {
    double t0 = seconds(), t1;
    #define LAP(i) t1 = seconds(); spent[i] += t1 - t0; t0 = t1
    for (int n = 0; n < layers; n++) {
        layer *l = &m->l[n];
        gk_input in = {.kind = GK_INPUT_RMS_NORM, .compute = m->compute, .m = count, .cols = width, .x = m->x, .x_stride = width, .norm_weight = l->norm1, .eps = 1e-5f};
        gk_product qkv[3] = {
            {.weight = &l->q, .y = m->q, .y_stride = width}, {.weight = &l->k, .y = m->k, .y_stride = kv_heads * head_dim},
            {.weight = &l->v, .y = m->v, .y_stride = kv_heads * head_dim}};
        must(gk_matmul(m->pool, &in, qkv, 3, m->scratch, m->scratch_bytes));
        LAP(0);
        const float *c = m->cosines + first * head_dim / 2, *s = m->sines + first * head_dim / 2;
        must(gk_rope(m->q, count, width, heads, head_dim, head_dim, c, s, GK_ROPE_INTERLEAVED));
        must(gk_rope(m->k, count, kv_heads * head_dim, kv_heads, head_dim, head_dim, c, s, GK_ROPE_INTERLEAVED));
        must(gk_kv_store(&l->keys, first, m->k, count, kv_heads * head_dim, kv_heads, head_dim));
        must(gk_kv_store(&l->values, first, m->v, count, kv_heads * head_dim, kv_heads, head_dim));
        LAP(1);
        gk_attention a = {.q = m->q, .q_stride = width, .y = m->a, .y_stride = width, .m = count, .heads = heads, .kv_heads = kv_heads,
            .head_dim = head_dim, .first = first, .scale = 0.125f, .keys = l->keys, .values = l->values};
        must(gk_attention_run(m->pool, &a, m->attention_scratch, m->attention_bytes));
        LAP(2);
        gk_input ao = {.kind = GK_INPUT_PLAIN, .compute = m->compute, .m = count, .cols = width, .x = m->a, .x_stride = width};
        gk_product o = {.weight = &l->o, .y = m->x, .y_stride = width, .residual = m->x, .residual_stride = width};
        must(gk_matmul(m->pool, &ao, &o, 1, m->scratch, m->scratch_bytes));
        LAP(0);
        in.norm_weight = l->norm2;
        gk_product gu[2] = {{.weight = &l->gate, .y = m->gate, .y_stride = hidden}, {.weight = &l->up, .y = m->up, .y_stride = hidden}};
        must(gk_matmul(m->pool, &in, gu, 2, m->scratch, m->scratch_bytes));
        LAP(3);
        gk_input act = {.kind = GK_INPUT_SILU_MUL, .compute = m->compute, .m = count, .cols = hidden, .x = m->gate, .x_stride = hidden, .x2 = m->up, .x2_stride = hidden};
        gk_product down = {.weight = &l->down, .y = m->x, .y_stride = width, .residual = m->x, .residual_stride = width};
        must(gk_matmul(m->pool, &act, &down, 1, m->scratch, m->scratch_bytes));
        LAP(4);
    }
    gk_input in = {.kind = GK_INPUT_RMS_NORM, .compute = m->compute, .m = 1, .cols = width, .x = m->x + (count - 1) * width, .x_stride = width, .norm_weight = m->norm, .eps = 1e-5f};
    gk_product head = {.weight = &m->head, .y = m->logits, .y_stride = vocabulary};
    must(gk_matmul(m->pool, &in, &head, 1, m->scratch, m->scratch_bytes));
    LAP(5);
}

static gk_type type_named(const char *s) {
    const struct { const char *name; gk_type type; } all[] = {
        {"f32", GK_F32}, {"f16", GK_F16}, {"bf16", GK_BF16}, {"q8_0", GK_Q8_0}, {"q4_0", GK_Q4_0}, {"q4_1", GK_Q4_1}, {"q5_0", GK_Q5_0},
        {"int8", GK_INT8}, {"nf4", GK_NF4}, {"fp4", GK_FP4}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) if (strcmp(all[i].name, s) == 0) return all[i].type;
    fprintf(stderr, "unknown type %s\n", s);
    exit(2);
}

int main(int argc, char **argv) {
    gk_type type = type_named(argc > 1 ? argv[1] : "q4_1");
    int threads = argc > 2 ? atoi(argv[2]) : 2, prompt = argc > 3 ? atoi(argv[3]) : 512, generate = argc > 4 ? atoi(argv[4]) : 128;
    const char *compute = argc > 5 ? argv[5] : "int8";
    // On a busy machine one thread is timed by the processor time it got.
    if (getenv("CPU_TIME") != NULL) watch = CLOCK_THREAD_CPUTIME_ID;
    if (getenv("ISA") != NULL) gk_isa_limit((gk_isa)atoi(getenv("ISA")));
    model *m = calloc(1, sizeof *m);
    m->compute = strcmp(compute, "f32") == 0 ? GK_COMPUTE_F32 : strcmp(compute, "bf16") == 0 ? GK_COMPUTE_BF16 : GK_COMPUTE_INT8;
    m->pool = gk_pool_create(threads);
    int64_t positions = prompt + generate + 1, kv = kv_heads * head_dim, rows = prompt > 1 ? prompt : 1;
    for (int n = 0; n < layers; n++) {
        layer *l = &m->l[n];
        l->q = make(m->pool, type, width, width), l->k = make(m->pool, type, kv, width), l->v = make(m->pool, type, kv, width);
        l->o = make(m->pool, type, width, width), l->gate = make(m->pool, type, hidden, width), l->up = make(m->pool, type, hidden, width);
        l->down = make(m->pool, type, width, hidden);
        l->norm1 = memory(width * 4), l->norm2 = memory(width * 4);
        for (int i = 0; i < width; i++) l->norm1[i] = l->norm2[i] = 1;
        l->keys = (gk_kv){GK_F16, memory(positions * kv * 2), kv_heads ? head_dim : 0, positions * head_dim};
        l->values = (gk_kv){GK_F16, memory(positions * kv * 2), head_dim, positions * head_dim};
    }
    gk_type head = type == GK_Q4_0 || type == GK_Q4_1 || type == GK_Q5_0 ? GK_Q8_0 : type == GK_NF4 || type == GK_FP4 || type == GK_INT8 ? GK_BF16 : type;
    m->head = make(m->pool, head, vocabulary, width);
    m->norm = memory(width * 4);
    for (int i = 0; i < width; i++) m->norm[i] = 1;
    m->cosines = memory(positions * head_dim * 2), m->sines = memory(positions * head_dim * 2);
    for (int64_t i = 0; i < positions * head_dim / 2; i++) m->cosines[i] = 0.8f, m->sines[i] = 0.6f;
    m->x = memory(rows * width * 4), m->q = memory(rows * width * 4), m->k = memory(rows * kv * 4), m->v = memory(rows * kv * 4);
    m->a = memory(rows * width * 4), m->gate = memory(rows * hidden * 4), m->up = memory(rows * hidden * 4), m->logits = memory(vocabulary * 4);
    m->scratch_bytes = gk_matmul_scratch_bytes(m->pool, rows, hidden);
    m->scratch = memory(m->scratch_bytes);
    m->attention_bytes = gk_attention_scratch_bytes(m->pool, rows, positions, heads, head_dim);
    m->attention_scratch = memory(m->attention_bytes);
    int repeats = getenv("REPEATS") != NULL ? atoi(getenv("REPEATS")) : 5;
    double best_prefill = 1e9, best_decode = 1e9;
    for (int r = 0; r < repeats; r++) {
        if (prompt > 0) {
            memset(spent, 0, sizeof spent);
            for (int64_t i = 0; i < rows * width; i++) m->x[i] = uniform();
            double t = seconds();
            forward(m, 0, prompt);
            t = seconds() - t;
            if (t < best_prefill) {
                best_prefill = t;
                if (getenv("PARTS")) fprintf(stderr, "prefill ms: qkv+o %.2f rope %.2f attention %.2f gate/up %.2f down %.2f head %.2f\n", spent[0] * 1e3, spent[1] * 1e3, spent[2] * 1e3, spent[3] * 1e3, spent[4] * 1e3, spent[5] * 1e3);
            }
        }
        if (generate > 0) {
            memset(spent, 0, sizeof spent);
            double t = seconds();
            for (int i = 0; i < generate; i++) {
                for (int k = 0; k < width; k++) m->x[k] = uniform();
                forward(m, i, 1);
            }
            t = seconds() - t;
            if (t < best_decode) {
                best_decode = t;
                if (getenv("PARTS")) for (int i = 0; i < 6; i++) fprintf(stderr, "%s%.3f", i ? " " : "decode ms qkv+o, rope, attention, gate/up, down, head: ", spent[i] * 1e3 / generate);
                if (getenv("PARTS")) fprintf(stderr, "\n");
            }
        }
    }
    printf("%-5s %-4s threads %d  weights %.1f MB", argc > 1 ? argv[1] : "q4_1", compute, threads, (double)total_bytes * 1e-6);
    if (prompt > 0) printf("  prefill %d: %.1f tok/s", prompt, prompt / best_prefill);
    if (generate > 0) printf("  decode %d: %.1f tok/s (%.1f GB/s)", generate, generate / best_decode, (double)total_bytes * generate / best_decode * 1e-9);
    printf("\n");
    return 0;
}
