#pragma once

#include "gk_weight.h"

#pragma clang assume_nonnull begin

/// How a product is computed.
typedef enum gk_compute : int32_t {
    /// Dequantised weights times float32 activations, summed in float32. Every type.
    GK_COMPUTE_F32 = 0,
    /// Activations and weights rounded to bfloat16 (to nearest, ties to even), summed in float32. Every type.
    GK_COMPUTE_BF16 = 1,
    /// Activations rounded to int8 in blocks of 32 (scale = absmax / 127), summed in int32 a block, then in
    /// float32. Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K in layout PACKED; other weights of the same
    /// call are computed as with F32.
    GK_COMPUTE_INT8 = 2,
} gk_compute;

/// What is done to the input rows first, within the same parallel section.
typedef enum gk_input_kind : int32_t {
    /// x as it is.
    GK_INPUT_PLAIN = 0,
    /// x[i] * norm_weight[i] / sqrt(mean(x * x) + eps), by row.
    GK_INPUT_RMS_NORM = 1,
    /// silu(x) * x2.
    GK_INPUT_SILU_MUL = 2,
    /// gelu(x) * x2, gelu in its tanh form.
    GK_INPUT_GELU_MUL = 3,
    /// The same with the other functions of gk_elementwise.h: gelu by the error function, gelu by the sigmoid, relu and its square.
    GK_INPUT_ERF_GELU_MUL = 4,
    GK_INPUT_QUICK_GELU_MUL = 5,
    GK_INPUT_RELU_MUL = 6,
    GK_INPUT_SQUARED_RELU_MUL = 7,
} gk_input_kind;

/// The activations of one or more products.
typedef struct gk_input {
    gk_input_kind kind;
    gk_compute compute;
    /// Rows (tokens) and columns (the weights' `cols`).
    int64_t m;
    int64_t cols;
    /// [m][x_stride], of which the first `cols` of each row are used; the same for `x2`.
    const float *x;
    int64_t x_stride;
    const float *_Nullable x2;
    int64_t x2_stride;
    /// RMS_NORM: [cols] factors, and the epsilon.
    const float *_Nullable norm_weight;
    float eps;
} gk_input;

/// One product y = x W^T (+ bias) (+ residual).
typedef struct gk_product {
    const gk_weight *weight;
    /// [m][y_stride], the first `weight->rows` of each row are written. Must not overlap the input.
    float *y;
    int64_t y_stride;
    /// [rows]
    const float *_Nullable bias;
    /// [m][residual_stride]; may be `y` itself.
    const float *_Nullable residual;
    int64_t residual_stride;
} gk_product;

/// Scratch bytes that `gk_matmul` needs for `m` rows of `cols` activations on this pool, any weights.
/// Grows with `m`, so a buffer for the largest call serves the smaller ones. -1 if impossible.
int64_t gk_matmul_scratch_bytes(const gk_pool *_Nullable pool, int64_t m, int64_t cols);

/// Multiplies one input with `count` weights (q, k and v; gate and up): the input is prepared once and all
/// outputs are computed in one parallel section. m = 1 is a matrix-vector product bound by memory; larger
/// m is tiled. With COMPUTE_INT8 and COMPUTE_F32 a row's result does not depend on m.
gk_status gk_matmul(
    gk_pool *_Nullable pool, const gk_input *input, const gk_product *products, int32_t count,
    void *scratch, int64_t scratch_bytes);

#pragma clang assume_nonnull end
