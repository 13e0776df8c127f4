#pragma once

#include "gk_pool.h"

#pragma clang assume_nonnull begin

/// How a weight's bytes lie in memory.
typedef enum gk_layout : int32_t {
    /// Row after row as in the file: GGUF blocks, plain elements, int8 codes, or nibble pairs.
    GK_LAYOUT_ROWS = 0,
    /// As `gk_pack` leaves it: sixteen rows interleaved, block by block, rows padded with zeros to a
    /// multiple of sixteen. Opaque to the caller; the same on every machine with this byte order.
    GK_LAYOUT_PACKED = 1,
} gk_layout;

/// A matrix of `rows` outputs by `cols` inputs that a product multiplies with. Borrows all its memory.
typedef struct gk_weight {
    gk_type type;
    gk_layout layout;
    int64_t rows;
    int64_t cols;
    /// ROWS: rows * cols elements. PACKED: `gk_packed_bytes` bytes. NF4, FP4: (rows * cols + 1) / 2 bytes.
    const void *data;

    // INT8: `absmax` has one float a row.
    // NF4, FP4: one scale for every `block_size` elements along the flattened matrix (the last block may
    // be short): `absmax`, or, double-quantised, absmax = map[codes[i]] * state2[i / 256] + offset.
    int64_t block_size;
    const float *_Nullable absmax;
    const uint8_t *_Nullable absmax_codes;
    const float *_Nullable absmax_map;
    const float *_Nullable absmax_state2;
    float absmax_offset;
} gk_weight;

/// Bytes of a matrix of GGUF type, plain type or INT8 in the layout ROWS; -1 if the shape is impossible.
int64_t gk_rows_bytes(gk_type type, int64_t rows, int64_t cols);

/// Bytes of the layout PACKED; -1 where `type` has none or the shape is impossible. At most 4 % more
/// than ROWS, for whole groups of sixteen rows.
int64_t gk_packed_bytes(gk_type type, int64_t rows, int64_t cols);

/// Rearranges a matrix from ROWS to PACKED, with all values kept. `packed` has `gk_packed_bytes` bytes
/// and overlaps nothing.
gk_status gk_pack(gk_pool *_Nullable pool, gk_type type, int64_t rows, int64_t cols, const void *source, void *packed);

/// Writes one row's `cols` values, dequantised, to `destination`: an embedding look-up. Any type and layout.
gk_status gk_weight_row(const gk_weight *weight, int64_t row, float *destination);

#pragma clang assume_nonnull end
