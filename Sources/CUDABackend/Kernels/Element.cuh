// One element of a weight at a time: slow, for any shape. Embeddings, odd widths, and the fast kernels' referee.
#pragma once
#include "Weights.cuh"

template <int format> DEVICE float element(const Segment& w, int row, int column, int columns, int blockShift, const float* table, const float* map) {
    const u64 i = (u64)row * columns + column;
    if (format == F32) return ((const float*)w.codes)[i];
    if (format == F16) return toFloat(((const f16*)w.codes)[i]);
    if (format == BF16) return toFloat(((const bf16*)w.codes)[i]);
    if (format == INT8) return ((const i8*)w.codes)[i] * ((const float*)w.scales)[row];
    if (format == Q8_0) return ((const i8*)w.codes)[i] * toFloat(((const f16*)w.scales)[i >> 5]);
    const u8 byte = w.codes[i >> 1];
    const int code = i & 1 ? byte & 15 : byte >> 4;
    if (format == N4) return table[code] * ((const float*)w.scales)[i >> blockShift];
    if (format == N4DQ) {
        const u64 s = i >> blockShift;
        return table[code] * __fadd_rn(__fmul_rn(map[w.scales[s]], w.nested[s >> 8]), w.offset);
    }
    if (format == Q4_0) return (code - 8) * toFloat(((const f16*)w.scales)[i >> 5]);
    const f16* dm = (const f16*)w.scales + 2 * (i >> 5);
    return fmaf((float)code, toFloat(dm[0]), toFloat(dm[1]));
}
