// The end of a token in the decode loop: which token comes next.
#pragma once
#include "DecodeState.cuh"

/// Uniform in (0, 1) from a counter (Philox would be longer; this is the finaliser of MurmurHash3 over both words).
DEVICE float uniform(u32 seed, u32 a, u32 b) {
    u32 x = seed ^ a * 0x9e3779b9u;
    x ^= x >> 16; x *= 0x85ebca6bu; x ^= x >> 13; x *= 0xc2b2ae35u; x ^= x >> 16;
    x ^= b * 0x7feb352du;
    x ^= x >> 16; x *= 0x85ebca6bu; x ^= x >> 13; x *= 0xc2b2ae35u; x ^= x >> 16;
    return ((x >> 8) + 0.5f) * (1.0f / 16777216.0f);
}

/// The best row so far, lowest first among equals, and the sum of exponentials of all.
struct Candidate {
    float best, logit;
    int row;
    /// Σ exp(logit - top)
    float top, total;

    DEVICE void clear(int vocabulary) {
        best = top = NEGATIVE_INFINITY;
        total = logit = 0;
        row = vocabulary;
    }
    DEVICE void consider(float score, int newRow, float newLogit) {
        if (score > best || (score == best && newRow < row)) { best = score; row = newRow; logit = newLogit; }
    }
    /// Joins another sum of exponentials, relative to its own largest exponent.
    DEVICE void addShare(float otherTop, float otherTotal) {
        const float next = fmaxf(top, otherTop);
        if (next == NEGATIVE_INFINITY) return;
        total = total * __expf(top - next) + otherTotal * __expf(otherTop - next);
        top = next;
    }
    /// The block's candidate, in every thread. `scratch` holds 5 words a warp.
    DEVICE void reduce(float* scratch, int lane, int warp) {
#pragma unroll
        for (int d = 16; d; d >>= 1) {
            const float y = __shfl_xor_sync(FULL, best, d), l = __shfl_xor_sync(FULL, logit, d);
            const float m = __shfl_xor_sync(FULL, top, d), s = __shfl_xor_sync(FULL, total, d);
            consider(y, __shfl_xor_sync(FULL, row, d), l);
            addShare(m, s);
        }
        consumerBarrier();
        if (lane == 0) {
            scratch[warp] = best;
            ((int*)scratch)[WARPS + warp] = row;
            scratch[2 * WARPS + warp] = logit;
            scratch[3 * WARPS + warp] = top;
            scratch[4 * WARPS + warp] = total;
        }
        consumerBarrier();
        top = NEGATIVE_INFINITY;
        total = 0;
        for (int w = 0; w < WARPS; w++) {
            consider(scratch[w], ((int*)scratch)[WARPS + w], scratch[2 * WARPS + w]);
            addShare(scratch[3 * WARPS + w], scratch[4 * WARPS + w]);
        }
        consumerBarrier();
    }
};

/// Sends the block's candidate, and returns the best of all blocks'.
DEVICE int chooseToken(const DecodeState& state, Candidate mine, int step, u32 epoch) {
    const DecodeArguments& args = state.args;
    const Thread thread;
    mine.reduce(state.partial(), thread.lane(), thread.warp());
    if (thread.index == 0) {
        // Makes this step's cache rows visible before anyone starts the next step.
        __threadfence();
        u64* to = state.candidates() + 6 * state.block();
        sendWord(to, mine.best, epoch);
        sendWord(to + 1, __int_as_float(mine.row), epoch);
        sendWord(to + 2, mine.logit, epoch);
        sendWord(to + 3, mine.top, epoch);
        sendWord(to + 4, mine.total, epoch);
        sendWord(to + 5, 0, epoch);
    }
    Candidate all;
    all.clear(args.vocabulary);
    for (int i = thread.index; i < state.blocks(); i += CONSUMERS) {
        float2 other[3];
        receivePairs<3>(other, state.candidates() + 6 * i, epoch);
        all.consider(other[0].x, __float_as_int(other[0].y), other[1].x);
        all.addShare(other[1].y, other[2].x);
    }
    all.reduce(state.partial(), thread.lane(), thread.warp());
    __threadfence();
    if (state.block() == 0 && thread.index == 0) args.chosen[step] = make_float2(all.logit, all.top + logf(all.total));
    // No number was largest: every logit is NaN. Any token is as good as another, as long as it is one.
    return min(all.row, args.vocabulary - 1);
}
