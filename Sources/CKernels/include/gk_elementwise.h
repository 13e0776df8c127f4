#pragma once

#include "gk_pool.h"

#pragma clang assume_nonnull begin

// Float32 in and out, sizes in elements; negative counts do nothing. In place where destination = source.
// The exponential inside silu, gelu and softmax is within 2 ulp of the exact one.

/// y[i][j] = x[i][j] * weight[j] / sqrt(mean(x[i]^2) + eps) for `rows` rows of `cols`. In place. A null
/// weight is all ones.
void gk_rms_norm(float *y, const float *x, const float *_Nullable weight, int64_t rows, int64_t cols, float eps);

/// y = a + b. In place.
void gk_add(float *y, const float *a, const float *b, int64_t count);

/// y = a * b. In place.
void gk_multiply(float *y, const float *a, const float *b, int64_t count);

/// y = x * factor. In place.
void gk_scale(float *y, const float *x, float factor, int64_t count);

/// y = gate / (1 + exp(-gate)) * up. In place.
void gk_silu_mul(float *y, const float *gate, const float *up, int64_t count);

/// y = gelu(gate) * up, gelu(x) = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). In place.
void gk_gelu_mul(float *y, const float *gate, const float *up, int64_t count);

/// y = x/2 (1 + erf(x / sqrt(2))) * up with x = gate. In place. These four have no vector form: few models use them.
void gk_erf_gelu_mul(float *y, const float *gate, const float *up, int64_t count);

/// y = gate / (1 + exp(-1.702 gate)) * up. In place.
void gk_quick_gelu_mul(float *y, const float *gate, const float *up, int64_t count);

/// y = max(gate, 0) * up. In place.
void gk_relu_mul(float *y, const float *gate, const float *up, int64_t count);

/// y = max(gate, 0)^2 * up. In place.
void gk_squared_relu_mul(float *y, const float *gate, const float *up, int64_t count);

/// y = cap * tanh(x / cap). In place.
void gk_softcap(float *y, const float *x, float cap, int64_t count);

/// y = exp(x - max x) / sum, one row. In place.
void gk_softmax(float *y, const float *x, int64_t count);

/// Index of the first largest element; NaN is never the largest; -1 if there is none.
int64_t gk_argmax(const float *x, int64_t count);

/// The largest element, and the sum of exp(x - largest) in double: log-softmax of x[i] is
/// x[i] - largest - log(sum). Nothing for a count of 0.
void gk_sum_exp(const float *x, int64_t count, float *largest, double *sum);

#pragma clang assume_nonnull end
