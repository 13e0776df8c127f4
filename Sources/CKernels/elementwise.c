// Element by element, and the reductions over a row.

#include "gk_elementwise.h"

#include "elementwise_vector.h"
#include "platform.h"

#include <math.h>

void gk_rms_norm(float *y, const float *x, const float *weight, int64_t rows, int64_t cols, float eps) {
    for (int64_t i = 0; i < rows && cols > 0; i++) {
        const float *row = x + i * cols;
#ifdef GK_VECTOR
        if (gk_has_vectors()) {
            GK_VECTOR(gk_rms_norm)(y + i * cols, row, weight, cols, eps);
            continue;
        }
#endif
        float sums[16] = {0};
        int64_t whole = cols / 16 * 16;
        for (int64_t k = 0; k < whole; k += 16) {
            for (int l = 0; l < 16; l++) sums[l] += row[k + l] * row[k + l];
        }
        for (int64_t k = whole; k < cols; k++) sums[k - whole] += row[k] * row[k];
        for (int step = 8; step > 0; step /= 2) {
            for (int l = 0; l < step; l++) sums[l] += sums[l + step];
        }
        float factor = 1.0f / sqrtf(sums[0] / (float)cols + eps);
        if (weight == NULL) {
            for (int64_t k = 0; k < cols; k++) y[i * cols + k] = row[k] * factor;
        } else {
            for (int64_t k = 0; k < cols; k++) y[i * cols + k] = row[k] * factor * weight[k];
        }
    }
}

void gk_add(float *y, const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = a[i] + b[i];
}

void gk_multiply(float *y, const float *a, const float *b, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = a[i] * b[i];
}

void gk_scale(float *y, const float *x, float factor, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = x[i] * factor;
}

void gk_silu_mul(float *y, const float *gate, const float *up, int64_t count) {
#ifdef GK_VECTOR
    if (gk_has_vectors()) {
        GK_VECTOR(gk_silu_mul)(y, gate, up, count);
        return;
    }
#endif
    for (int64_t i = 0; i < count; i++) y[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}

void gk_gelu_mul(float *y, const float *gate, const float *up, int64_t count) {
#ifdef GK_VECTOR
    if (gk_has_vectors()) {
        GK_VECTOR(gk_gelu_mul)(y, gate, up, count);
        return;
    }
#endif
    const float factor = 0.79788456080286535588f;
    for (int64_t i = 0; i < count; i++) {
        float x = gate[i];
        y[i] = 0.5f * x * (1.0f + tanhf(factor * (x + 0.044715f * x * x * x))) * up[i];
    }
}

void gk_erf_gelu_mul(float *y, const float *gate, const float *up, int64_t count) {
    const float root = 0.70710678118654752440f;
    for (int64_t i = 0; i < count; i++) y[i] = 0.5f * gate[i] * (1.0f + erff(gate[i] * root)) * up[i];
}

void gk_quick_gelu_mul(float *y, const float *gate, const float *up, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = gate[i] / (1.0f + expf(-1.702f * gate[i])) * up[i];
}

void gk_relu_mul(float *y, const float *gate, const float *up, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = (gate[i] < 0 ? 0 : gate[i]) * up[i];
}

void gk_squared_relu_mul(float *y, const float *gate, const float *up, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float x = gate[i] < 0 ? 0 : gate[i];
        y[i] = x * x * up[i];
    }
}

void gk_softcap(float *y, const float *x, float cap, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = cap * tanhf(x[i] / cap);
}

void gk_softmax(float *y, const float *x, int64_t count) {
    if (count <= 0) return;
    float largest = -INFINITY, sum = 0;
#ifdef GK_VECTOR
    if (gk_has_vectors()) {
        double total;
        GK_VECTOR(gk_exp)(y, x, GK_VECTOR(gk_largest)(x, count), count, &total);
        gk_scale(y, y, (float)(1 / total), count);
        return;
    }
#endif
    for (int64_t i = 0; i < count; i++) largest = fmaxf(largest, x[i]);
    for (int64_t i = 0; i < count; i++) {
        y[i] = expf(x[i] - largest);
        sum += y[i];
    }
    float factor = 1.0f / sum;
    for (int64_t i = 0; i < count; i++) y[i] *= factor;
}

int64_t gk_argmax(const float *x, int64_t count) {
#ifdef GK_VECTOR
    if (gk_has_vectors()) return GK_VECTOR(gk_first_equal)(x, count, GK_VECTOR(gk_largest)(x, count));
#endif
    int64_t best = -1;
    float largest = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        if (x[i] > largest || (best < 0 && x[i] == largest)) {
            largest = x[i];
            best = i;
        }
    }
    return best;
}

void gk_sum_exp(const float *x, int64_t count, float *largest, double *sum) {
    if (count <= 0) return;
    float top = -INFINITY;
#ifdef GK_VECTOR
    if (gk_has_vectors()) {
        *largest = GK_VECTOR(gk_largest)(x, count);
        GK_VECTOR(gk_exp)(NULL, x, *largest, count, sum);
        return;
    }
#endif
    for (int64_t i = 0; i < count; i++) top = fmaxf(top, x[i]);
    double total = 0;
    for (int64_t i = 0; i < count; i++) total += (double)expf(x[i] - top);
    *largest = top;
    *sum = total;
}
