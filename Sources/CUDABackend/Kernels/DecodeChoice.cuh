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
    /// The warp's candidate, in every lane.
    DEVICE void reduceWarp() {
        const u32 key = ordered(best), most = __reduce_max_sync(FULL, key);
        const int lowest = __reduce_min_sync(FULL, key == most ? row : 0x7fffffff);
        const int from = __ffs(__ballot_sync(FULL, key == most && row == lowest)) - 1;
        best = __shfl_sync(FULL, best, from);
        logit = __shfl_sync(FULL, logit, from);
        row = lowest;
        const float own = top;
        top = unordered(__reduce_max_sync(FULL, ordered(top)));
        if (own != NEGATIVE_INFINITY) total *= __expf(own - top);
#pragma unroll
        for (int d = 16; d; d >>= 1) total += __shfl_xor_sync(FULL, total, d);
    }
    /// The block's candidate, in every thread. `scratch` holds 5 words a warp.
    DEVICE void reduce(float* scratch, int lane, int warp) {
        reduceWarp();
        if (lane == 0) {
            scratch[warp] = best;
            ((int*)scratch)[WARPS + warp] = row;
            scratch[2 * WARPS + warp] = logit;
            scratch[3 * WARPS + warp] = top;
            scratch[4 * WARPS + warp] = total;
        }
        consumerBarrier();
        clear(0x7fffffff);
        if (lane < WARPS) {
            best = scratch[lane];
            row = ((int*)scratch)[WARPS + lane];
            logit = scratch[2 * WARPS + lane];
            top = scratch[3 * WARPS + lane];
            total = scratch[4 * WARPS + lane];
        }
        reduceWarp();
    }

    /// Numbers' order as that of unsigned integers.
    DEVICE static u32 ordered(float x) {
        const u32 bits = __float_as_uint(x);
        return bits ^ ((int)bits < 0 ? 0xffffffffu : 0x80000000u);
    }
    DEVICE static float unordered(u32 key) { return __uint_as_float(key ^ (key >> 31 ? 0x80000000u : 0xffffffffu)); }
};

/// Sends the block's candidate; the best of all blocks' comes with `receiveChoice`.
DEVICE void sendChoice(const DecodeState& state, Candidate mine, u32 epoch, bool isShared) {
    const Thread thread;
    mine.reduce(state.partial(), thread.lane(), thread.warp());
    if (thread.index == 0) {
        // Makes the cache's rows visible before another block reads them.
        if (isShared) __threadfence();
        u64* to = state.candidates() + CANDIDATE_WORDS * state.block();
        sendWord(to, mine.best, epoch);
        sendWord(to + 1, __int_as_float(mine.row), epoch);
        sendWord(to + 2, mine.logit, epoch);
        sendWord(to + 3, mine.top, epoch);
        sendWord(to + 4, mine.total, epoch);
        sendWord(to + 5, 0, epoch);
    }
}
DEVICE int receiveChoice(const DecodeState& state, int step, u32 epoch, bool isShared) {
    const DecodeArguments& args = state.args;
    const Thread thread;
    Candidate all;
    all.clear(args.vocabulary);
    for (int i = thread.index; i < state.blocks(); i += CONSUMERS) {
        float2 other[3];
        receivePairs<3>(other, state.candidates() + CANDIDATE_WORDS * i, epoch);
        all.consider(other[0].x, __float_as_int(other[0].y), other[1].x);
        all.addShare(other[1].y, other[2].x);
    }
    // Behind what `sendChoice` may still be read of.
    all.reduce(state.partial() + 5 * WARPS, thread.lane(), thread.warp());
    if (isShared) __threadfence();
    if (state.block() == 0 && thread.index == 0) args.chosen[step] = make_float2(all.logit, all.top + logf(all.total));
    // No number was largest: every logit is NaN. Any token is as good as another, as long as it is one.
    return min(all.row, args.vocabulary - 1);
}
