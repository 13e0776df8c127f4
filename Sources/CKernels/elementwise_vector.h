#pragma once

// Vector forms of element-wise functions; the plain ones are in elementwise.c, prepare.c and rope.c.

#include "gk_attention.h"
#include "matmul.h"

#ifdef GK_VECTOR

/// One row.
void GK_VECTOR(gk_rms_norm)(float *y, const float *x, const float *weight, int64_t cols, float eps);
void GK_VECTOR(gk_silu_mul)(float *y, const float *gate, const float *up, int64_t count);
void GK_VECTOR(gk_gelu_mul)(float *y, const float *gate, const float *up, int64_t count);
float GK_VECTOR(gk_largest)(const float *x, int64_t count);
/// y = exp(x - largest), if `y` is not null, and the sum.
void GK_VECTOR(gk_exp)(float *y, const float *x, float largest, int64_t count, double *sum);
int64_t GK_VECTOR(gk_first_equal)(const float *x, int64_t count, float value);
/// One head: `half` pairs.
void GK_VECTOR(gk_rope)(float *head, int64_t half, const float *cosines, const float *sines, gk_rope_layout layout);
/// To F16 or BF16, to nearest, ties to even.
void GK_VECTOR(gk_halves_from)(gk_type type, uint16_t *y, const float *x, int64_t count);
/// NF4 or FP4 codes of x * inverse, two a byte, for whole 32s of `count`; returns how many elements.
int64_t GK_VECTOR(gk_codes_4bit)(
    gk_type type, const float *x, int64_t count, float inverse, const float *nf4_thresholds, const float *fp4_thresholds,
    uint8_t *packed);
void GK_VECTOR(gk_prepare_codes)(const float *x, int64_t blocks, gk_code_row row);
/// To the nearest bfloat16, as floats, in place.
void GK_VECTOR(gk_round_bf16)(float *x, int64_t count);

#endif
