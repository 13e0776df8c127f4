#pragma once

// The layout PACKED: sixteen rows interleaved, one row a 32-bit lane.
//
// A matrix is a run of groups of sixteen rows. A group is three runs, each 64-byte aligned from the group's
// start; `b` counts blocks of 32 columns, `s` superblocks of 256:
//   scales   Q4_0, Q5_0, Q8_0: half d[b][16]. Q4_1, Q5_1: half d[b][16] and m[b][16], alternating by block.
//            Q4_K, Q5_K: by superblock half d[16], half dmin[16], then uint8 scale[8][16], uint8 min[8][16].
//            Q6_K: by superblock half d[16], then int8 scale[16][16], then 32 bytes unused.
//   high     Q5_*: [b][8] 64-bit masks, mask c bit 4r + k = bit 4 of row r's column 4c + k.
//            Q6_K: [b][2][64] bytes, byte 4r + k of vector c / 4, bits 2 (c % 4) = bits 4, 5 of column 4c + k.
//   low      4-bit types: [b][4][64] bytes, byte 4r + k of vector g: low nibble column 4g + k of row r, high
//            nibble column 16 + 4g + k. Q8_0: [b][8][64] bytes, column 4g + k plus 128 (unsigned).

#include "gk_weight.h"

#include "platform.h"

enum { GK_GROUP_ROWS = 16 };

/// Where the runs of one group lie, in bytes from its start.
typedef struct {
    /// Bytes of scales a block of 32 (a superblock of 256 for the K types).
    int64_t scale_step;
    int64_t high_offset;
    int64_t low_offset;
    int64_t group_bytes;
    int64_t blocks;
} gk_packed_shape;

GK_INLINE bool gk_is_packable(gk_type type) {
    switch (type) {
    case GK_Q4_0: case GK_Q4_1: case GK_Q5_0: case GK_Q5_1: case GK_Q8_0: case GK_Q4_K: case GK_Q5_K: case GK_Q6_K:
        return true;
    default: return false;
    }
}

GK_INLINE int64_t gk_round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

/// The shape for `cols` columns of a packable type; cols is a multiple of the type's block.
GK_INLINE gk_packed_shape gk_packed_shape_of(gk_type type, int64_t cols) {
    gk_packed_shape s = {.blocks = cols / 32};
    bool is_super = type == GK_Q4_K || type == GK_Q5_K || type == GK_Q6_K;
    s.scale_step = is_super ? 320 : type == GK_Q4_1 || type == GK_Q5_1 ? 64 : 32;
    s.high_offset = gk_round_up(s.scale_step * (is_super ? cols / 256 : s.blocks), 64);
    int64_t high = type == GK_Q5_0 || type == GK_Q5_1 || type == GK_Q5_K ? 64 : type == GK_Q6_K ? 128 : 0;
    s.low_offset = s.high_offset + s.blocks * high;
    s.group_bytes = s.low_offset + s.blocks * (type == GK_Q8_0 ? 512 : 256);
    return s;
}

/// One row's 32 columns of a packed matrix: value = scale[column / 16] * code + minimum, rounded once.
typedef struct {
    int16_t codes[32];
    float scale[2];
    float minimum;
} gk_packed_block;

/// Reads block `b` of `row`.
void gk_read_packed_block(
    gk_type type, const gk_packed_shape *shape, const void *data, int64_t row, int64_t b, gk_packed_block *block);

/// Dequantises a row.
void gk_packed_row(const gk_weight *weight, int64_t row, float *destination);

#ifdef GK_VECTOR
/// Packs sixteen whole rows of Q4_0, Q4_1 or Q8_0.
void GK_VECTOR(gk_pack_group)(
    gk_type type, const gk_packed_shape *shape, const uint8_t *rows, int64_t row_bytes, uint8_t *group);
#endif
