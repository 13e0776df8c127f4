#pragma once

#include "gk_quantize.h"

/// Dequantises `blocks` blocks of a GGUF or plain type. The type is known to be one of those.
void gk_dequantize_blocks(gk_type type, const void *source, int64_t blocks, float *destination);

/// Values first ..< first + count of the flattened matrix of an NF4, FP4 or INT8 weight in layout ROWS.
void gk_dequantize_codes(const gk_weight *weight, int64_t first, int64_t count, float *destination);

/// Columns of one row, any type and layout; arguments are known to be good.
void gk_dequantize_row(const gk_weight *weight, int64_t row, float *destination);

/// Whether the descriptor can be read: shape, pointers, block size.
gk_status gk_weight_check(const gk_weight *weight);

/// The absmax of block `i` of an NF4 or FP4 weight.
static inline float gk_block_absmax(const gk_weight *weight, int64_t i) {
    if (weight->absmax != NULL) return weight->absmax[i];
    float restored = weight->absmax_map[weight->absmax_codes[i]] * weight->absmax_state2[i >> 8];
    return restored + weight->absmax_offset;
}

/// 127 and its reciprocal, as LLM.int8 dequantises: value = code * absmax * (1/127).
#define GK_INT8_FACTOR 0.007874015718698502f
