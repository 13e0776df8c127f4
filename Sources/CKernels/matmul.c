// Products: checks, scratch, and how the work is split. The arithmetic is in matmul_*.c.

#include "matmul.h"

#include "dequantize.h"
#include "elementwise_vector.h"

#include <stdatomic.h>

enum { max_products = 8, max_workers = 256 };

/// Byte offsets into the scratch buffer for one copy of the prepared input, and beyond.
typedef struct {
    int64_t padded;
    int64_t blocks;
    int64_t pairs, tiles, codes, scales, scaled_sums, tile_scales, starts8, starts16, starts128, halves32;
    int64_t copy_bytes;
    int64_t copies;
    int64_t panel_bytes;
    int64_t total;
} scratch_plan;

static bool plan_scratch(const gk_pool *pool, int64_t m, int64_t cols, scratch_plan *plan) {
    // 2^40 elements are beyond any machine's activations and keep all the sums below clear of overflow.
    if (m < 0 || cols < 0 || cols > (int64_t)1 << 32 || (cols > 0 && m > ((int64_t)1 << 40) / cols)) return false;
    int64_t threads = gk_pool_threads(pool);
    plan->padded = gk_round_up(cols, 64);
    plan->blocks = plan->padded / 32;
    int64_t by_block = gk_round_up(m * plan->blocks * 4, 64);
    plan->pairs = gk_round_up(m * plan->padded * 4, 64);
    plan->tiles = 2 * plan->pairs;
    plan->codes = plan->tiles + gk_round_up(m, 16) * plan->padded * 2;
    plan->scales = plan->codes + gk_round_up(m * plan->padded, 64);
    plan->scaled_sums = plan->scales + by_block;
    plan->tile_scales = plan->scaled_sums + by_block;
    plan->starts8 = plan->tile_scales + gk_round_up(m, 16) * plan->blocks * 8;
    plan->starts16 = plan->starts8 + by_block;
    plan->starts128 = plan->starts16 + by_block;
    plan->halves32 = plan->starts128 + by_block;
    plan->copy_bytes = plan->halves32 + 2 * by_block;
    // A single row is so quickly prepared that each thread does it for itself: no section, no waiting.
    plan->copies = m == 1 ? threads : 1;
    plan->panel_bytes = GK_GROUP_ROWS * plan->padded * 4 + 64 * 1024;
    plan->total = plan->copy_bytes * plan->copies + plan->panel_bytes * threads + 64;
    return true;
}

int64_t gk_matmul_scratch_bytes(const gk_pool *pool, int64_t m, int64_t cols) {
    scratch_plan one, plan;
    if (!plan_scratch(pool, 1, cols, &one) || !plan_scratch(pool, m, cols, &plan)) return -1;
    return plan.total > one.total ? plan.total : one.total;
}

typedef struct {
    const gk_input *input;
    const gk_product *products;
    int32_t count;
    int64_t first_group[max_products + 1];
    gk_group_kernel kernels[max_products];
    bool needs_codes;
    bool needs_pairs;
    scratch_plan plan;
    uint8_t *scratch;
    atomic_bool ready[max_workers];
} job;

static gk_prepared prepared_at(const job *j, int64_t copy) {
    uint8_t *base = j->scratch + copy * j->plan.copy_bytes;
    const scratch_plan *plan = &j->plan;
    return (gk_prepared){
        .compute = j->input->compute, .m = j->input->m, .cols = j->input->cols,
        .x = (const float *)base, .x_stride = plan->padded,
        .x_pairs = (const float *)(base + plan->pairs), .x_tiles = (const uint16_t *)(base + plan->tiles),
        .codes = (const int8_t *)(base + plan->codes), .code_stride = plan->padded,
        .scales = (const float *)(base + plan->scales), .scaled_sums = (const float *)(base + plan->scaled_sums),
        .tile_scales = (const float *)(base + plan->tile_scales),
        .starts8 = (const int32_t *)(base + plan->starts8), .starts16 = (const int32_t *)(base + plan->starts16),
        .starts128 = (const int32_t *)(base + plan->starts128), .halves32 = (const int32_t *)(base + plan->halves32),
        .blocks = plan->blocks,
    };
}

static gk_code_row code_row_at(const job *j, uint8_t *base, int64_t i) {
    const scratch_plan *plan = &j->plan;
    int64_t at = i * plan->blocks;
    return (gk_code_row){
        .codes = (int8_t *)(base + plan->codes) + i * plan->padded,
        .scales = (float *)(base + plan->scales) + at, .scaled_sums = (float *)(base + plan->scaled_sums) + at,
        .starts8 = (int32_t *)(base + plan->starts8) + at, .starts16 = (int32_t *)(base + plan->starts16) + at,
        .starts128 = (int32_t *)(base + plan->starts128) + at, .halves32 = (int32_t *)(base + plan->halves32) + 2 * at,
    };
}

static void round_bf16(float *x, int64_t count) {
#ifdef GK_VECTOR
    if (gk_has_vectors()) {
        GK_VECTOR(gk_round_bf16)(x, count);
        return;
    }
#endif
    for (int64_t k = 0; k < count; k++) x[k] = gk_f32_from_bf16(gk_bf16_from_f32(x[k]));
}

static void prepare_rows(job *j, int64_t copy, int64_t begin, int64_t end) {
    uint8_t *base = j->scratch + copy * j->plan.copy_bytes;
    int64_t padded = j->plan.padded, blocks = j->plan.blocks;
    for (int64_t i = begin; i < end; i++) {
        float *row = (float *)base + i * padded;
        gk_prepare_row(j->input, i, row);
        for (int64_t k = j->input->cols; k < padded; k++) row[k] = 0;
        if (j->input->compute == GK_COMPUTE_BF16) round_bf16(row, padded);
#if GK_X86
        if (j->needs_pairs) gk_split_pairs_avx512(row, padded, (float *)(base + j->plan.pairs) + i * padded);
#endif
        if (!j->needs_codes) continue;
        gk_code_row codes = code_row_at(j, base, i);
        gk_prepare_codes(row, blocks, codes);
        if (j->input->m < 16) continue;
        float *tile = (float *)(base + j->plan.tile_scales) + i / 16 * blocks * 32 + i % 16;
        for (int64_t b = 0; b < blocks; b++) {
            tile[b * 32] = codes.scales[b];
            tile[b * 32 + 16] = codes.scaled_sums[b];
        }
    }
}

static void prepare_section(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    prepare_rows(context, 0, begin, end);
}

#if GK_X86
static void tile_section(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    job *j = context;
    uint16_t *tiles = (uint16_t *)(j->scratch + j->plan.tiles);
    for (int64_t t = begin; t < end; t++) {
        gk_fill_tile_avx512((const float *)j->scratch, j->input->m, j->plan.padded, t, tiles);
    }
}
#endif

static void product_section(void *context, int64_t begin, int64_t end, int32_t worker) {
    job *j = context;
    int64_t copy = j->plan.copies == 1 ? 0 : worker;
    if (j->input->m == 1 && !atomic_load_explicit(&j->ready[worker], memory_order_relaxed)) {
        prepare_rows(j, copy, 0, 1);
        atomic_store_explicit(&j->ready[worker], true, memory_order_relaxed);
    }
    gk_prepared prepared = prepared_at(j, copy);
    float *panel = (float *)(j->scratch + j->plan.copies * j->plan.copy_bytes + worker * j->plan.panel_bytes);
    for (int32_t p = 0; p < j->count && begin < end; p++) {
        if (begin >= j->first_group[p + 1]) continue;
        int64_t stop = end < j->first_group[p + 1] ? end : j->first_group[p + 1];
        j->kernels[p](&j->products[p], &prepared, begin - j->first_group[p], stop - begin, panel);
        begin = stop;
    }
}

static gk_status check(const gk_input *in, const gk_product *products, int32_t count) {
    if (in == NULL || products == NULL || count < 1 || count > max_products) return GK_BAD_ARGUMENT;
    if (in->x == NULL || in->m < 0 || in->cols < 1 || in->x_stride < in->cols) return GK_BAD_ARGUMENT;
    if (in->kind < GK_INPUT_PLAIN || in->kind > GK_INPUT_SQUARED_RELU_MUL) return GK_UNSUPPORTED;
    if (in->compute < GK_COMPUTE_F32 || in->compute > GK_COMPUTE_INT8) return GK_UNSUPPORTED;
    if (in->kind == GK_INPUT_RMS_NORM && in->norm_weight == NULL) return GK_BAD_ARGUMENT;
    bool gated = in->kind >= GK_INPUT_SILU_MUL;
    if (gated && (in->x2 == NULL || in->x2_stride < in->cols)) return GK_BAD_ARGUMENT;
    for (int32_t p = 0; p < count; p++) {
        gk_status status = gk_weight_check(products[p].weight);
        if (status != GK_OK) return status;
        const gk_weight *w = products[p].weight;
        if (w->cols != in->cols || products[p].y == NULL || products[p].y_stride < w->rows) return GK_BAD_ARGUMENT;
        if (products[p].residual != NULL && products[p].residual_stride < w->rows) return GK_BAD_ARGUMENT;
    }
    return GK_OK;
}

gk_status gk_matmul(
    gk_pool *pool, const gk_input *input, const gk_product *products, int32_t count, void *scratch, int64_t scratch_bytes) {
    gk_status status = check(input, products, count);
    if (status != GK_OK) return status;
    if (input->m == 0) return GK_OK;
    job j = {.input = input, .products = products, .count = count};
    if (!plan_scratch(pool, input->m, input->cols, &j.plan)) return GK_BAD_ARGUMENT;
    if (scratch == NULL || scratch_bytes < j.plan.total) return GK_SCRATCH_TOO_SMALL;
    j.scratch = (uint8_t *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    int64_t bytes = 0;
    for (int32_t p = 0; p < count; p++) {
        const gk_weight *w = products[p].weight;
        j.first_group[p + 1] = j.first_group[p] + (w->rows + GK_GROUP_ROWS - 1) / GK_GROUP_ROWS;
        j.kernels[p] = gk_choose_kernel(w, input->compute, input->m);
        j.needs_codes = j.needs_codes || gk_takes_int8(w, input->compute);
        j.needs_pairs = j.needs_pairs || w->type == GK_NF4 || w->type == GK_FP4;
        bytes += w->rows * w->cols;
    }
    j.needs_pairs = j.needs_pairs && gk_has_avx512();
    int64_t groups = j.first_group[count];
    if (input->m > 1) gk_pool_run(pool, input->m, 1, prepare_section, &j);
#if GK_X86
    if (input->compute == GK_COMPUTE_BF16 && input->m >= 16 && gk_has_amx()) {
        gk_pool_run(pool, (input->m + 15) / 16, 1, tile_section, &j);
    }
#endif
    // Below some hundred thousand multiplications a section costs more than it saves.
    int64_t work = bytes * input->m;
    gk_pool_run(work < 64 * 1024 ? NULL : pool, groups, 1, product_section, &j);
    return GK_OK;
}
