// What matrix products for prompts share: the shape of tiles in shared memory, weights on their way into it.
#pragma once
#include "Weights.cuh"

#define DEPTH PRODUCT_DEPTH

/// Rows of 128 bytes; 16-byte pieces are permuted so that ldmatrix meets no bank twice.
DEVICE u32 swizzled(int row, int piece) { return row * 128 + ((piece ^ (row & 7)) << 4); }

/// A thread's COUNT elements (16 or 32) of one row and step, on their way from codes to 16-bit floats.
template <int format, int COUNT = 32> struct Held {
    static const int count = COUNT, words = COUNT * 4 / Layout<format>::perLane;
    u32 codes[words];
    float scale, minimum;
};

template <int format, typename Holder> DEVICE void hold(Holder& h, const MatrixProductArguments& args, const KernelSegment& weight, int row, int column) {
    const bool valid = row < weight.rows && column < args.columns;
#pragma unroll
    for (int i = 0; i < Holder::words; i++) h.codes[i] = 0;
    h.scale = h.minimum = 0;
    if (!valid) return;
    const u64 rowBytes = (u64)args.columns * 16 / Layout<format>::perLane;
    const u8* from = weight.codes + row * rowBytes + (u64)column * 16 / Layout<format>::perLane;
    if constexpr (Holder::words == 2) {
        const uint2 q = *(const uint2*)from;
        h.codes[0] = q.x; h.codes[1] = q.y;
    } else {
#pragma unroll
        for (int i = 0; i < Holder::words / 4; i++) {
            // Rows are whole pieces of 16 bytes, but not whole pieces of 32.
            if (column + i * Layout<format>::perLane >= args.columns) break;
            const uint4 q = ((const uint4*)from)[i];
            h.codes[4 * i] = q.x; h.codes[4 * i + 1] = q.y; h.codes[4 * i + 2] = q.z; h.codes[4 * i + 3] = q.w;
        }
    }
    const u32 index = scaleIndex<format>(row, column, args.columns, args.blockShift);
    scaleAt<format>(weight, index, args.map, h.scale, h.minimum);
}

/// Writes what a thread holds as the `part`th of a row's 64 elements.
template <int format, typename Compute, typename Holder> DEVICE void expand(const Holder& h, char* stage, int row, int part, const float* table) {
    u32 out[Holder::count / 2];
#pragma unroll
    for (int i = 0; i < Holder::count / 2; i++) {
        if (Layout<format>::perLane == 32) {
            const u32 byte = h.codes[i >> 2] >> (8 * (i & 3));
            out[i] = Pack<Compute>::pack(fmaf(table[(byte >> 4) & 15], h.scale, h.minimum), fmaf(table[byte & 15], h.scale, h.minimum));
        } else {
            const u32 word = h.codes[i >> 1] >> (16 * (i & 1));
            out[i] = Pack<Compute>::pack((float)(i8)word * h.scale, (float)(i8)(word >> 8) * h.scale);
        }
    }
#pragma unroll
    for (int i = 0; i < Holder::count / 8; i++)
        *(uint4*)(stage + swizzled(row, part * (Holder::count / 8) + i)) = make_uint4(out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3]);
}

/// The segment that a block's column of tiles falls into, and the tile within it.
DEVICE const KernelSegment& segmentOfTile(const MatrixProductArguments& args, int tileOutputs, int& tile) {
    int which = 0;
    while (which + 1 < args.segmentCount && tile >= (args.segments[which].rows + tileOutputs - 1) / tileOutputs) {
        tile -= (args.segments[which].rows + tileOutputs - 1) / tileOutputs;
        which++;
    }
    return args.segments[which];
}
