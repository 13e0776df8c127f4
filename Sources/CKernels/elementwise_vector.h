#pragma once

// Vector forms of element-wise functions; the plain ones are in elementwise.c, prepare.c and rope.c.

#include "gk_attention.h"
#include "matmul.h"

#if GK_X86

/// One row.
void gk_rms_norm_avx512(float *y, const float *x, const float *weight, int64_t cols, float eps);
void gk_silu_mul_avx512(float *y, const float *gate, const float *up, int64_t count);
void gk_gelu_mul_avx512(float *y, const float *gate, const float *up, int64_t count);
float gk_largest_avx512(const float *x, int64_t count);
/// y = exp(x - largest), if `y` is not null, and the sum.
void gk_exp_avx512(float *y, const float *x, float largest, int64_t count, double *sum);
int64_t gk_first_equal_avx512(const float *x, int64_t count, float value);
/// One head: `half` pairs.
void gk_rope_avx512(float *head, int64_t half, const float *cosines, const float *sines, gk_rope_layout layout);
/// To F16 or BF16, to nearest, ties to even.
void gk_halves_from_avx512(gk_type type, uint16_t *y, const float *x, int64_t count);
/// NF4 or FP4 codes of x * inverse, two a byte, for whole 32s of `count`; returns how many elements.
int64_t gk_codes_4bit_avx512(
    gk_type type, const float *x, int64_t count, float inverse, const float *nf4_thresholds, const float *fp4_thresholds,
    uint8_t *packed);
void gk_prepare_codes_avx512(const float *x, int64_t blocks, gk_code_row row);
/// To the nearest bfloat16, as floats, in place.
void gk_round_bf16_avx512(float *x, int64_t count);

#endif
