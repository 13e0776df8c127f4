#pragma once

#include "gk_weight.h"

#pragma clang assume_nonnull begin

/// Converts among F32, F16 and BF16, rounding to nearest, ties to even; NaN stays NaN.
gk_status gk_convert(
    gk_pool *_Nullable pool, gk_type source_type, const void *source, gk_type destination_type, void *destination,
    int64_t count);

/// Sets `is_finite` to 0 where `count` elements of a GGUF or plain type in file order have a NaN or an infinity
/// among them or among their blocks' scales, else to 1.
gk_status gk_check_finite(
    gk_pool *_Nullable pool, gk_type type, const void *source, int64_t count, int32_t *is_finite);

/// Dequantises `count` elements of any GGUF or plain type in file order (a whole number of blocks) to F32,
/// F16 or BF16.
gk_status gk_dequantize(
    gk_pool *_Nullable pool, gk_type source_type, const void *source, gk_type destination_type, void *destination,
    int64_t count);

/// Dequantises rows first ..< first + rows of any weight to F32, F16 or BF16 [rows][cols]. NF4 and FP4:
/// table[code] * absmax in float32, rounded once, as bitsandbytes does.
gk_status gk_dequantize_weight(
    gk_pool *_Nullable pool, const gk_weight *weight, int64_t first, int64_t rows, gk_type destination_type,
    void *destination);

/// NF4 or FP4 codes of `count` floats in blocks of `block_size` (even): `packed` gets (count + 1) / 2
/// bytes, `absmax` one float a block. Scaling is by the GPU's reciprocal of absmax, and subnormal numbers count as
/// zero; a block of zeros has absmax 0 and codes 0.
gk_status gk_quantize_4bit(
    gk_pool *_Nullable pool, gk_type type, const float *source, int64_t count, int64_t block_size, uint8_t *packed,
    float *absmax);

/// 1/x as NVIDIA's GPUs approximate it (rcp.approx.ftz.f32), within an ulp; subnormal numbers count as zero.
float gk_approximate_reciprocal(float x);

/// Double quantisation of `count` absmax values: `offset` becomes their mean, `codes` the nearest entries
/// of the signed 8-bit dynamic map for (absmax - offset) / state2, `state2` one absmax for each 256.
void gk_quantize_absmax(const float *absmax, int64_t count, const float *map, uint8_t *codes, float *state2, float *offset);

/// Sixteen values of NF4 or FP4 by code; null for other types. Static storage.
const float *_Nullable gk_table_4bit(gk_type type);

/// The signed 8-bit dynamic map of bitsandbytes: 256 ascending floats. Static storage.
const float *gk_dynamic_map(void);

/// Row-wise int8: absmax by row, code = round(x * (127 / absmax)) to nearest, ties to even.
gk_status gk_quantize_int8(
    gk_pool *_Nullable pool, const float *source, int64_t rows, int64_t cols, int8_t *codes, float *absmax);

/// GGUF blocks of Q8_0, Q4_0 or Q4_1 of `count` floats (a multiple of 32), rounded as ggml's reference
/// quantiser does.
gk_status gk_quantize_gguf(gk_pool *_Nullable pool, gk_type type, const float *source, int64_t count, void *destination);

#pragma clang assume_nonnull end
