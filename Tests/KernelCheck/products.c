// Products of every type in both layouts and all computations: with plain C, with sums in double, one row of activations
// with many, one thread with three, and the integer kernels with each other bit for bit.

#include "check.h"

#include <math.h>
#include <string.h>

typedef struct {
    gk_weight weight;
    int64_t m;
    gk_compute compute;
    gk_input_kind kind;
    const float *x, *x2, *norm, *bias, *residual;
    int64_t x_stride, y_stride;
    /// Multiplies the limits: large codes times scales less minima may cancel, which leaves their rounding.
    double slack;
} problem;

static float *multiply(const problem *p, int64_t first, int64_t m, gk_pool *pool) {
    const gk_weight *w = &p->weight;
    gk_input input = {
        .kind = p->kind, .compute = p->compute, .m = m, .cols = w->cols, .x = p->x + first * p->x_stride, .x_stride = p->x_stride,
        .x2 = p->x2 + first * p->x_stride, .x2_stride = p->x_stride, .norm_weight = p->norm, .eps = 1e-5f,
    };
    float *y = check_memory((size_t)((m - 1) * p->y_stride + w->rows) * sizeof(float));
    gk_product product = {
        .weight = w, .y = y, .y_stride = p->y_stride, .bias = p->bias, .residual = p->residual + first * p->y_stride,
        .residual_stride = p->y_stride,
    };
    int64_t bytes = gk_matmul_scratch_bytes(pool, m, w->cols);
    gk_status status = gk_matmul(pool, &input, &product, 1, check_memory((size_t)bytes), bytes);
    check_within(status, 0.5, "gk_matmul says %s", gk_status_text(status));
    return y;
}

static float rounded(float x, gk_compute compute) {
    if (compute != GK_COMPUTE_BF16) return x;
    uint32_t bits;
    memcpy(&bits, &x, 4);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
    memcpy(&x, &bits, 4);
    return x;
}

/// The product in double of what the kernels are given, and the sums of magnitudes, which bound what rounding may do.
static void exact(const problem *p, double *sums, double *magnitudes) {
    const gk_weight *w = &p->weight;
    float *row = check_memory((size_t)w->cols * sizeof(float)), *x = check_memory((size_t)(p->m * w->cols) * sizeof(float));
    gk_isa_limit(GK_ISA_SCALAR);
    for (int64_t i = 0; i < p->m; i++) {
        float *to = x + i * w->cols;
        memcpy(to, p->x + i * p->x_stride, (size_t)w->cols * sizeof(float));
        if (p->kind == GK_INPUT_RMS_NORM) gk_rms_norm(to, to, p->norm, 1, w->cols, 1e-5f);
        if (p->kind == GK_INPUT_SILU_MUL) gk_silu_mul(to, to, p->x2 + i * p->x_stride, w->cols);
        if (p->kind == GK_INPUT_GELU_MUL) gk_gelu_mul(to, to, p->x2 + i * p->x_stride, w->cols);
        for (int64_t k = 0; k < w->cols; k++) to[k] = rounded(to[k], p->compute);
    }
    for (int64_t r = 0; r < w->rows; r++) {
        gk_weight_row(w, r, row);
        for (int64_t k = 0; k < w->cols; k++) row[k] = rounded(row[k], p->compute);
        for (int64_t i = 0; i < p->m; i++) {
            double sum = 0, magnitude = 0;
            for (int64_t k = 0; k < w->cols; k++) {
                double product = (double)row[k] * (double)x[i * w->cols + k];
                sum += product;
                magnitude += fabs(product);
            }
            double more[2] = {p->bias[r], p->residual[i * p->y_stride + r]};
            sums[i * w->rows + r] = sum + more[0] + more[1];
            magnitudes[i * w->rows + r] = magnitude + fabs(more[0]) + fabs(more[1]);
        }
    }
}

static double distance(const problem *p, const float *y, const double *sums, const float *reference, const double *magnitudes) {
    double worst = 0;
    for (int64_t i = 0; i < p->m; i++) {
        for (int64_t r = 0; r < p->weight.rows; r++) {
            int64_t at = i * p->y_stride + r;
            double expected = reference != NULL ? (double)reference[at] : sums[i * p->weight.rows + r];
            double error = fabs((double)y[at] - expected) / magnitudes[i * p->weight.rows + r];
            if (!(error <= worst)) worst = error;
        }
    }
    return worst;
}

static void compare(const problem *p, const char *form, gk_pool *pool) {
    const gk_weight *w = &p->weight;
    size_t count = (size_t)(p->m * w->rows);
    double *sums = check_memory(count * sizeof(double)), *magnitudes = check_memory(count * sizeof(double));
    exact(p, sums, magnitudes);
    gk_isa_limit(GK_ISA_SCALAR);
    float *plain = multiply(p, 0, p->m, NULL), *integer = NULL;
    bool int8 = p->compute == GK_COMPUTE_INT8 && w->layout == GK_LAYOUT_PACKED;
    // With a norm or a gate, activations of two instruction sets differ in the last bit, and a code of theirs by one.
    bool given = p->kind == GK_INPUT_PLAIN;
    for (int n = 0; n < check_set_count; n++) {
        gk_isa_limit(check_sets[n]);
        const char *set = gk_isa_name(check_sets[n]);
#define SHAPE "%s: type %d %s, computation %d, input %d, m %lld, rows %lld, cols %lld, block %lld"
#define VALUES set, w->type, form, p->compute, p->kind, (long long)p->m, (long long)w->rows, (long long)w->cols, (long long)w->block_size
        float *y = multiply(p, 0, p->m, pool);
        double limit = given || int8 ? 3e-6 : p->compute == GK_COMPUTE_BF16 ? 4e-3 : 6e-6;
        if (int8) limit = given ? 1e-6 : 4e-3;
        double error = int8 ? distance(p, y, NULL, plain, magnitudes) : distance(p, y, sums, NULL, magnitudes);
        check_within(error, limit * p->slack, SHAPE, VALUES);
        float *alone = multiply(p, 0, p->m, NULL);
        for (int64_t i = 0; i < p->m; i++) {
            size_t bytes = (size_t)w->rows * sizeof(float);
            check_equal(y + i * p->y_stride, alone + i * p->y_stride, bytes, SHAPE ", row %lld on one thread", VALUES, (long long)i);
            if (p->compute == GK_COMPUTE_BF16 || (i != 0 && i != p->m - 1 && i != p->m / 2)) continue;
            float *one = multiply(p, i, 1, pool);
            check_equal(y + i * p->y_stride, one, bytes, SHAPE ", row %lld alone", VALUES, (long long)i);
        }
        if (!int8 || check_sets[n] < GK_ISA_NEON || check_sets[n] > GK_ISA_NEON_I8MM) continue;
        for (int64_t i = 0; integer != NULL && i < p->m; i++) {
            size_t bytes = (size_t)w->rows * sizeof(float);
            check_equal(y + i * p->y_stride, integer + i * p->y_stride, bytes, SHAPE ", row %lld and NEON alone", VALUES, (long long)i);
        }
        if (integer == NULL) integer = y;
    }
}

static void packed_form(problem *p, gk_pool *pool) {
    gk_weight *w = &p->weight;
    int64_t bytes = gk_packed_bytes(w->type, w->rows, w->cols);
    if (bytes < 0) return;
    uint8_t *plain = NULL;
    for (int n = 0; n < check_set_count; n++) {
        gk_isa_limit(check_sets[n]);
        uint8_t *packed = check_memory((size_t)bytes);
        gk_pack(pool, w->type, w->rows, w->cols, w->data, packed);
        if (plain == NULL) plain = packed;
        check_equal(packed, plain, (size_t)bytes, "%s: packed type %d", gk_isa_name(check_sets[n]), w->type);
    }
    w->layout = GK_LAYOUT_PACKED;
    w->data = plain;
    for (p->compute = GK_COMPUTE_F32; p->compute <= GK_COMPUTE_INT8; p->compute++) compare(p, "packed", pool);
}

void check_products(void) {
    static const gk_type types[] = {
        GK_F32, GK_F16, GK_BF16, GK_INT8, GK_NF4, GK_FP4, GK_Q4_0, GK_Q4_1, GK_Q5_0, GK_Q5_1, GK_Q8_0, GK_Q2_K, GK_Q3_K, GK_Q4_K,
        GK_Q5_K, GK_Q6_K,
    };
    static const int64_t counts[][2] = {
        {1, 16}, {1, 37}, {1, 100}, {2, 5}, {3, 48}, {7, 1}, {8, 17}, {16, 33}, {21, 83}, {41, 20},
        {1, 19}, {17, 33},
    };
    static const int64_t any_cols[] = {1, 5, 8, 31, 64, 100, 300};
    gk_pool *pool = gk_pool_create(3);
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        int64_t elements = gk_block_elements(types[t]);
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
            // The last two: codes and activations whose products are as large as can be.
            bool are_extreme = c >= 10;
            random_extremes(are_extreme);
            int64_t m = counts[c][0], rows = counts[c][1];
            int64_t cols = elements == 1 ? any_cols[random_below(7)] : elements * (1 + random_below(elements == 32 ? 9 : 2));
            bool four = types[t] == GK_NF4 || types[t] == GK_FP4;
            if (four && c % 2 == 0) cols = 64 * (1 + random_below(6));
            int64_t block = 32 << random_below(4);
            if (four && c % 3 == 0) block = cols * (1 + random_below(2)) / 2 * 2;
            if (block < 2) block = 2;
            problem p = {
                .weight = random_weight(types[t], rows, cols, four ? block : 0, c % 4 == 1), .m = m, .kind = (gk_input_kind)(c % 4),
                .x_stride = cols + random_below(3), .y_stride = rows + random_below(3), .slack = are_extreme ? 100 : 1,
            };
            if (c < 3 || are_extreme) p.kind = GK_INPUT_PLAIN;
            float *x = random_floats(m * p.x_stride, 1);
            for (int64_t k = 0; are_extreme && k < m * p.x_stride; k++) x[k] = k / p.x_stride % 2 == 0 ? 1 : -1;
            p.x = x;
            p.x2 = random_floats(m * p.x_stride, 1);
            p.norm = random_floats(cols, 1);
            p.bias = random_floats(rows, 1);
            p.residual = random_floats(m * p.y_stride, 1);
            for (p.compute = GK_COMPUTE_F32; p.compute <= GK_COMPUTE_BF16; p.compute++) compare(&p, "rows", pool);
            packed_form(&p, pool);
            p.kind = GK_INPUT_PLAIN;
            if (p.weight.layout == GK_LAYOUT_PACKED) {
                p.compute = GK_COMPUTE_INT8;
                compare(&p, "packed", pool);
            }
            check_forget();
        }
    }
    gk_pool_destroy(pool);
}
