// Attention of the decode loop: one row of queries over the cache.
#pragma once
#include "DecodeState.cuh"
#ifndef AHEAD_STEPS
#define AHEAD_STEPS (48 / WARPS)
#endif
#ifdef PROFILE
#define MARK(i) do { if (state.args.clocks && state.block() == 0 && threadIdx.x == 0 && layer == 5) state.args.clocks[22 * 8 + (i)] = clock64(); } while (0)
#else
#define MARK(i)
#endif

/// Four elements of a head from `j` on, rotated by this position's angles. The lanes of a head hold four each, one after
/// another, and all call.
template <int size> DEVICE float4 rotated(const DecodeState& state, float4 x, int j) {
    const int half = size / 2;
    const float* cosines = state.cosines();
    if (state.args.interleavedRope) {
        const float2 c = *(const float2*)(cosines + j / 2), s = *(const float2*)(cosines + half + j / 2);
        return make_float4(x.x * c.x - x.y * s.x, x.y * c.x + x.x * s.x, x.z * c.y - x.w * s.y, x.w * c.y + x.z * s.y);
    }
    const float4 c = *(const float4*)(cosines + (j & (half - 1)));
    float4 s = *(const float4*)(cosines + half + (j & (half - 1)));
    if (j < half) s = make_float4(-s.x, -s.y, -s.z, -s.w);
    const float4 other = make_float4(__shfl_xor_sync(FULL, x.x, size / 8), __shfl_xor_sync(FULL, x.y, size / 8), __shfl_xor_sync(FULL, x.z, size / 8), __shfl_xor_sync(FULL, x.w, size / 8));
    return make_float4(x.x * c.x + other.x * s.x, x.y * c.y + other.y * s.y, x.z * c.z + other.z * s.z, x.w * c.w + other.w * s.w);
}

/// A running softmax: the largest score, the sum of exponentials, and the weighted sum of `count` elements.
template <int count> struct Softmax {
    float top, total, sum[count];
    DEVICE void clear() {
        top = NEGATIVE_INFINITY;
        total = 0;
#pragma unroll
        for (int j = 0; j < count; j++) sum[j] = 0;
    }
    DEVICE void add(float score, const float (&v)[count]) {
        const float next = fmaxf(top, score), keep = __expf(top - next), weight = __expf(score - next);
        total = total * keep + weight;
        top = next;
#pragma unroll
        for (int j = 0; j < count; j++) sum[j] = fmaf(weight, v[j], sum[j] * keep);
    }
    /// Joins the softmax of the lane `distance` away.
    DEVICE void join(int distance) {
        const float otherTop = __shfl_xor_sync(FULL, top, distance), otherTotal = __shfl_xor_sync(FULL, total, distance);
        const float next = fmaxf(top, otherTop);
        const float keep = next == NEGATIVE_INFINITY ? 0.0f : __expf(top - next), add = next == NEGATIVE_INFINITY ? 0.0f : __expf(otherTop - next);
        total = total * keep + otherTotal * add;
        top = next;
#pragma unroll
        for (int j = 0; j < count; j++) { const float other = __shfl_xor_sync(FULL, sum[j], distance); sum[j] = sum[j] * keep + other * add; }
    }
};

/// One query head over the positions [from, to) of one span. Every warp takes positions of its own, and they are joined
/// once at the end. Keys and values of earlier positions do not depend on this token: the first AHEAD steps of them are
/// on their way before the query is there.
/// `inPairs`: the result goes two values a word.
template <typename Cache, int size, bool inPairs> DEVICE void attendSpan(const DecodeState& state, int layer, int position, const DecodeState::AttentionShare& share, u32 epoch) {
    const int AHEAD = AHEAD_STEPS, EACH = Vector<Cache>::count;
    const DecodeArguments& args = state.args;
    const Thread thread;
    const int lane = thread.lane(), warp = thread.warp();
    const int head = share.head, kvHead = share.kvHead, span = share.span, spans = share.spans;
    const int from = span * share.length, to = min(from + share.length, position + 1), past = min(to, position);
    Cache* keys = (Cache*)state.layers()[layer].keys + (u64)kvHead * args.headStride;
    Cache* values = (Cache*)state.layers()[layer].values + (u64)kvHead * args.headStride;
    float* query = state.scratch();
    float *key = query + MAX_HEAD, *value = key + MAX_HEAD;
    float* sums = value + MAX_HEAD;  // [WARPS][size], then a maximum and a total for each warp
    const int lanes = size / EACH, side = 32 / lanes;  // lanes a position, positions a warp
    const int part = lane % lanes, which = lane / lanes, step = WARPS * side;
    const int first = from + warp * side + which;
    auto at = [&](const Cache* base, int p) { return __ldcg((const uint4*)(base + (u64)p * args.positionStride) + part); };

    uint4 earlyKeys[AHEAD], earlyValues[AHEAD];
#pragma unroll
    for (int n = 0; n < AHEAD; n++) {
        const int p = first + n * step;
        earlyKeys[n] = earlyValues[n] = make_uint4(0, 0, 0, 0);
        if (p < past) { earlyKeys[n] = at(keys, p); earlyValues[n] = at(values, p); }
    }
    MARK(0);
    const u32* words = state.vectorOf(layer, QKV);
    if (warp * 128 < 3 * size) {
        const int i = thread.index * 4, kind = i / size, j = i - kind * size;
        const int start = kind == 0 ? head * size : state.queryWidth() + (kind - 1) * state.keyValueWidth() + kvHead * size;
        uint4 word[1];
        receiveQuads<1>(word, words + start + j, 0, 1, kind < 3, epoch);
        float4 x = make_float4(untagged(word[0].x), untagged(word[0].y), untagged(word[0].z), untagged(word[0].w));
        const float4 turned = rotated<size>(state, x, j);
        if (kind < 2) x = turned;
        const float scale = kind == 0 ? args.attentionScale : 1.0f;
        if (kind < 3) *(float4*)(query + kind * MAX_HEAD + j) = make_float4(x.x * scale, x.y * scale, x.z * scale, x.w * scale);
    }
    MARK(1);
    consumerBarrier();
    MARK(2);
    float q[EACH];
#pragma unroll
    for (int j = 0; j < EACH; j++) q[j] = query[part * EACH + j];
    Softmax<EACH> softmax;
    softmax.clear();
    auto visit = [&](bool seen, const float (&k)[EACH], const float (&v)[EACH]) {
        float dot = 0;
#pragma unroll
        for (int j = 0; j < EACH; j++) dot = fmaf(q[j], k[j], dot);
        #pragma unroll
        for (int d = 1; d < lanes; d <<= 1) dot += __shfl_xor_sync(FULL, dot, d);
        if (seen) softmax.add(dot, v);
    };
    auto visitPacked = [&](bool seen, uint4 k4, uint4 v4) {
        float k[EACH], v[EACH];
        unpack(k4, k, (Cache*)0);
        unpack(v4, v, (Cache*)0);
        visit(seen, k, v);
    };
#pragma unroll
    for (int n = 0; n < AHEAD; n++) {
        if (from + warp * side + n * step >= past) break;
        visitPacked(which < side && first + n * step < past, earlyKeys[n], earlyValues[n]);
    }
#pragma unroll 1
    for (int base = from + warp * side + AHEAD * step; base < past; base += step) {
        const int p = base + which;
        const bool seen = which < side && p < past;
        uint4 k4 = make_uint4(0, 0, 0, 0), v4 = k4;
        if (seen) { k4 = at(keys, p); v4 = at(values, p); }
        visitPacked(seen, k4, v4);
    }
    MARK(3);
    if (to > position && warp == WARPS - 1) {
        // This token's own key and value: blocks that share a kv head write the same bytes to the cache.
        float k[EACH], v[EACH];
#pragma unroll
        for (int j = 0; j < EACH; j++) {
            const int i = part * EACH + j;
            Cache x, y;
            fromFloat(key[i], x);
            fromFloat(value[i], y);
            if (which == 0) {
                keys[(u64)position * args.positionStride + i] = x;
                values[(u64)position * args.positionStride + i] = y;
            }
            k[j] = toFloat(x);
            v[j] = toFloat(y);
        }
        visit(which == 0, k, v);
    }
#pragma unroll
    for (int d = lanes; d < lanes * side; d <<= 1) softmax.join(d);
    if (which == 0) {
#pragma unroll
        for (int j = 0; j < EACH; j++) sums[warp * size + part * EACH + j] = softmax.sum[j];
    }
    float *tops = sums + WARPS * size, *totals = tops + WARPS;
    if (lane == 0) { tops[warp] = softmax.top; totals[warp] = softmax.total; }
    MARK(4);
    consumerBarrier();
    MARK(5);

    u32* out = state.attentionOf(layer) + (inPairs ? head * (size / 2) : head * size);
    auto sendPairs = [&](int i, float y) { if constexpr (inPairs) sendTaggedPair(out + i / 2, y, true, epoch); };
    u64* partials = state.partialsOf(layer);
    u64* mine = partials + (u64)(span * args.headCount + head) * (size + 2);
    if (const int i = thread.index; i < size) {
        float best = tops[0];
#pragma unroll
        for (int w = 1; w < WARPS; w++) best = fmaxf(best, tops[w]);
        float y = 0, sum = 0;
#pragma unroll
        for (int w = 0; w < WARPS; w++) {
            const float share = __expf(tops[w] - best);
            y = fmaf(sums[w * size + i], share, y);
            sum = fmaf(totals[w], share, sum);
        }
        if (spans == 1) {
            if constexpr (inPairs) sendPairs(i, y / sum);
            else sendTagged(out + i, y / sum, epoch);
        } else {
            sendWord(mine + i, y, epoch);
            if (i == 0) { sendWord(mine + size, best, epoch); sendWord(mine + size + 1, sum, epoch); }
        }
    }
    if (spans > 1 && span == 0) {
        if (const int i = thread.index; i < size) {
            float best = NEGATIVE_INFINITY, sum = 0, y = 0;
            for (int s = 0; s < spans; s++) {
                const u64* other = partials + (u64)(s * args.headCount + head) * (size + 2);
                const float m = receiveWord(other + size, epoch), l = receiveWord(other + size + 1, epoch), v = receiveWord(other + i, epoch);
                const float next = fmaxf(best, m), keep = __expf(best - next), add = __expf(m - next);
                y = y * keep + v * add;
                sum = sum * keep + l * add;
                best = next;
            }
            if constexpr (inPairs) sendPairs(i, y / sum);
            else sendTagged(out + i, y / sum, epoch);
        }
    }
    MARK(6);
    consumerBarrier();
}

/// This block's part of a layer's attention; blocks beyond heads × spans have none.
template <typename Cache, bool inPairs> DEVICE void attend(const DecodeState& state, int layer, int position, u32 epoch) {
    DecodeState::AttentionShare share = state.ownAttention();
    const int units = state.args.headCount * share.spans;
    for (int unit = state.block(); unit < units; unit += state.blocks()) {
        if (unit != state.block()) share = state.attentionShare(unit, position);
        if (state.args.headSize == 64) attendSpan<Cache, 64, inPairs>(state, layer, position, share, epoch);
        else attendSpan<Cache, 128, inPairs>(state, layer, position, share, epoch);
    }
}
