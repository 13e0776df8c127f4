// Element-wise functions against their formulas in double, at lengths that are no multiple of a vector.

#include "check.h"

#include <math.h>
#include <string.h>

static double relative(double actual, double expected, double floor) { return fabs(actual - expected) / (fabs(expected) + floor); }

static void formulas(const char *set, const float *x, const float *up, const float *weight, int64_t count) {
    float *y = check_memory((size_t)count * sizeof(float));
    gk_silu_mul(y, x, up, count);
    double worst = 0, square = 0, top = -INFINITY, total = 0;
    for (int64_t i = 0; i < count; i++) {
        double v = (double)x[i];
        worst = fmax(worst, relative((double)y[i], v / (1 + exp(-v)) * (double)up[i], 1e-6));
        square += v * v;
        top = fmax(top, v);
    }
    check_within(worst, 1e-6, "%s: silu of %lld", set, (long long)count);
    gk_gelu_mul(y, x, up, count);
    worst = 0;
    for (int64_t i = 0; i < count; i++) {
        double v = (double)x[i], u = 0.7978845608028654 * (v + 0.044715 * v * v * v);
        double expected = 0.5 * v * (1 + tanh(u)) * (double)up[i];
        worst = fmax(worst, fabs((double)y[i] - expected) / (fabs(v * (double)up[i]) + 1e-6));
    }
    check_within(worst, 3e-6, "%s: gelu of %lld", set, (long long)count);
    for (int pass = 0; pass < 2; pass++) {
        gk_rms_norm(y, x, pass == 0 ? weight : NULL, 1, count, 1e-5f);
        worst = 0;
        for (int64_t i = 0; i < count; i++) {
            double expected = (double)x[i] / sqrt(square / (double)count + 1e-5) * (pass == 0 ? (double)weight[i] : 1);
            worst = fmax(worst, relative((double)y[i], expected, 1e-9));
        }
        check_within(worst, 2e-6, "%s: norm of %lld", set, (long long)count);
    }
    gk_softmax(y, x, count);
    for (int64_t i = 0; i < count; i++) total += exp((double)x[i] - top);
    worst = 0;
    // Plain C, which AVX2 has too, sums in float32, the others in double.
    double summing = gk_isa_current() == GK_ISA_SCALAR || gk_isa_current() == GK_ISA_AVX2 ? 6e-8 * (double)count : 0;
    for (int64_t i = 0; i < count; i++) {
        // The difference is rounded before the exponential: an error of half a unit of its last place.
        double d = (double)x[i] - top;
        worst = fmax(worst, relative((double)y[i], exp(d) / total, 1e-30) / (6e-7 + summing + 6e-8 * fabs(d)));
    }
    check_within(worst, 1, "%s: softmax of %lld", set, (long long)count);
    float largest = 0;
    double sum = 0;
    gk_sum_exp(x, count, &largest, &sum);
    check_within(fabs((double)largest - top), 1e-30, "%s: largest of %lld", set, (long long)count);
    check_within(relative(sum, total, 0), 3e-7, "%s: sum of exponentials of %lld", set, (long long)count);
    // In place.
    memcpy(y, x, (size_t)count * sizeof(float));
    gk_silu_mul(y, y, up, count);
    float *apart = check_memory((size_t)count * sizeof(float));
    gk_silu_mul(apart, x, up, count);
    check_equal(y, apart, (size_t)count * sizeof(float), "%s: silu in place", set);
}

/// Where exponentials overflow, underflow, and are none.
static void extremes(const char *set) {
    const float x[] = {-INFINITY, -1e30f, -104, -103, -100, -88, -1e-30f, 0, 1e-30f, 88, 88.7f, 89, 1e30f, NAN};
    enum { count = sizeof(x) / sizeof(x[0]) };
    float y[count], ones[count];
    for (int i = 0; i < count; i++) ones[i] = 1;
    gk_silu_mul(y, x + 1, ones, count - 2);
    for (int i = 0; i < count - 2; i++) {
        double v = (double)x[i + 1], expected = v / (1 + exp(-v));
        check_within(relative((double)y[i], expected, 1e-30), fabs(expected) < 1e-37 ? 1 : 1e-6, "%s: silu of %g", set, v);
    }
    gk_silu_mul(y, x + count - 1, ones, 1);
    check_within(isnan(y[0]) ? 0 : 1, 0.5, "%s: silu of NaN", set);
    gk_softmax(y, x, count - 1);
    check_within(fabs((double)y[count - 2] - 1) + (double)y[0], 1e-6, "%s: softmax of extremes", set);
}

static void argmax(const char *set) {
    float *x = check_memory(77 * sizeof(float));
    for (int i = 0; i < 77; i++) x[i] = -2;
    int64_t found[6] = {gk_argmax(x, 77)};
    x[40] = x[70] = 3;
    x[5] = NAN;
    found[1] = gk_argmax(x, 77);
    x[76] = 4;
    found[2] = gk_argmax(x, 77);
    found[3] = gk_argmax(x, 0);
    for (int i = 0; i < 77; i++) x[i] = NAN;
    found[4] = gk_argmax(x, 77);
    x[9] = -INFINITY;
    found[5] = gk_argmax(x, 77);
    const int64_t expected[6] = {0, 40, 76, -1, -1, 9};
    check_equal(found, expected, sizeof(found), "%s: the first of the largest", set);
}

void check_elementwise(void) {
    static const int64_t counts[] = {1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 33, 64, 200, 1001};
    for (int s = 0; s < check_set_count; s++) {
        gk_isa_limit(check_sets[s]);
        const char *set = gk_isa_name(check_sets[s]);
        for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
            int64_t count = counts[n];
            formulas(set, random_floats(count, 5), random_floats(count, 1), random_floats(count, 1), count);
            check_forget();
        }
        extremes(set);
        argmax(set);
    }
}
