// The end of a step: which token comes next, and the position moves on.
#pragma once
#include "Common.cuh"

// The largest logit, the lowest row among equals, and ln Σ exp(logit): the token goes to tokens[position + 1], its logit and
// the logarithm to chosen[made]; then the position moves on. parts: one for each block. Without `tokens` only the position moves.
DEVICE void chooseNext(const NextChoiceArguments& args) {
    const float* const logits = args.logits;
    ChoicePart* const parts = args.parts;
    DecodePlace* const place = args.place;
    const int count = args.count;
    __shared__ float scratch[32];
    __shared__ int rows[8];
    __shared__ bool isLast;
    letNextBegin();
    awaitEarlier();
    if (!args.tokens) { if (blockIdx.x == 0 && threadIdx.x == 0) place->position++; return; }
    float top = NEGATIVE_INFINITY;
    int row = count;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        const float x = logits[i];
        if (x > top) { top = x; row = i; }
    }
    const float best = blockMax(top, scratch);
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) sum += expf(logits[i] - best);
    sum = blockSum(sum, scratch);
    if (top != best) row = count;
#pragma unroll
    for (int d = 16; d; d >>= 1) row = min(row, __shfl_xor_sync(FULL, row, d));
    if ((threadIdx.x & 31) == 0) rows[threadIdx.x >> 5] = row;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < 8; w++) row = min(row, rows[w]);
        const ChoicePart part = { best, sum, row, 0 };
        *(uint4*)(parts + blockIdx.x) = *(const uint4*)&part;
        __threadfence();
        isLast = atomicAdd(args.arrived, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (!isLast || threadIdx.x >= 32) return;
    __threadfence();
    top = NEGATIVE_INFINITY;
    row = count;
    for (int b = threadIdx.x; b < (int)gridDim.x; b += 32) {
        const float x = __ldcg(&parts[b].top);
        const int r = __ldcg(&parts[b].row);
        if (x > top || (x == top && r < row)) { top = x; row = r; }
    }
    const float largest = warpMax(top);
    if (top != largest) row = count;
#pragma unroll
    for (int d = 16; d; d >>= 1) row = min(row, __shfl_xor_sync(FULL, row, d));
    float total = 0;
    for (int b = threadIdx.x; b < (int)gridDim.x; b += 32) total = fmaf(__ldcg(&parts[b].sum), expf(__ldcg(&parts[b].top) - largest), total);
    total = warpSum(total);
    if (threadIdx.x == 0) {
        // Not a number anywhere: some token, as `choose` gives.
        args.tokens[place->position + 1] = min(row, count - 1);
        args.chosen[place->made] = make_float2(largest, largest + logf(total));
        place->position++;
        place->made++;
        *args.arrived = 0;
    }
}
