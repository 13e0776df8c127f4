// The embedding of the token at a generation's position, and the angles of that position, which all layers need.
#pragma once
#include "Element.cuh"

template <int format> DEVICE void embedNext(const EmbeddingArguments& args) {
    letNextBegin();
    awaitEarlier();
    const Rotations& rotations = args.rotations;
    const int position = args.place->position, token = args.tokens[position], first = blockIdx.x * blockDim.x + threadIdx.x;
    for (int i = first; i < args.columns; i += gridDim.x * blockDim.x)
        args.out[i] = element<format>(args.weight, token, i, args.columns, args.blockShift, args.table, args.map) * args.scale;
    for (int i = first; i < rotations.count * rotations.each; i += gridDim.x * blockDim.x) {
        float s, c;
        sincosf((float)position * rotations.frequencies[i], &s, &c);
        const float amplitude = rotations.amplitudes[i / rotations.each];
        rotations.turns[i] = make_float2(c * amplitude, s * amplitude);
    }
}
