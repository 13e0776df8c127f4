// One element of a weight at a time: slow, for any shape. Embeddings, odd widths, and the fast kernels' referee.
#pragma once
#include "Weights.cuh"

template <int format> DEVICE float element(const KernelSegment& w, int row, int column, int columns, int blockShift, const float* table, const float* map) {
    const u64 i = (u64)row * columns + column;
    if (!Layout<format>::scaled) {
        if (Layout<format>::isFloat32) return ((const float*)w.codes)[i];
        if (Layout<format>::isBFloat16) return toFloat(((const bf16*)w.codes)[i]);
        return toFloat(((const f16*)w.codes)[i]);
    }
    float code, scale = 0, minimum = 0;
    if (Layout<format>::table) {
        const u8 byte = w.codes[i >> 1];
        code = table[i & 1 ? byte & 15 : byte >> 4];
    } else code = ((const i8*)w.codes)[i];
    scaleAt<format>(w, Layout<format>::rowScaled ? (u64)row : Layout<format>::flat ? i >> blockShift : i >> 5, map, scale, minimum);
    return Layout<format>::hasMinimum ? fmaf(code, scale, minimum) : code * scale;
}
