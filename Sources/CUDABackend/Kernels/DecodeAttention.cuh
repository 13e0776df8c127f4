// Attention of the decode loop: one row of queries over the cache.
#pragma once
#include "DecodeState.cuh"
#ifndef AHEAD_STEPS
#define AHEAD_STEPS (48 / WARPS)
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
    DEVICE void scale(float by) {
        total *= by;
#pragma unroll
        for (int j = 0; j < count; j++) sum[j] *= by;
    }
    DEVICE void take(float weight, const float (&v)[count]) {
        total += weight;
#pragma unroll
        for (int j = 0; j < count; j++) sum[j] = fmaf(weight, v[j], sum[j]);
    }
    /// Joins what groups of `lanes` lanes have: `top` and `total` of all are in every lane, and of the sums each group keeps its share,
    /// as many as it then has from element `result` on.
    DEVICE int joinGroups(int lane, int lanes) {
        const float own = top;
#pragma unroll
        for (int d = lanes; d < 32; d <<= 1) top = fmaxf(top, __shfl_xor_sync(FULL, top, d));
        scale(own == NEGATIVE_INFINITY ? 0.0f : __expf(own - top));
        int kept = count, offset = 0;
#pragma unroll
        for (int d = lanes; d < 32; d <<= 1) {
            const bool isUpper = lane & d;
            total += __shfl_xor_sync(FULL, total, d);
            kept /= 2;
            if (isUpper) offset += kept;
#pragma unroll
            for (int j = 0; j < count / 2; j++) {
                if (j >= kept) break;
                const float other = __shfl_xor_sync(FULL, isUpper ? sum[j] : sum[j + kept], d);
                sum[j] = (isUpper ? sum[j + kept] : sum[j]) + other;
            }
        }
        return offset;
    }
};

/// Four elements of the cache.
template <typename Cache> struct alignas(4 * sizeof(Cache)) Four { Cache v[4]; };

/// This token's query, key and value of a head, rotated, into `scratch`, and key and value into the cache: two warps, `thread`
/// of 64.
template <typename Cache, int size>
DEVICE void receiveQuery(const DecodeState& state, int layer, int position, const DecodeState::AttentionShare& share, u32 round, int thread) {
    const int from = share.span * share.length, to = min(from + share.length, position + 1);
    const u32* words = state.vectorOf(layer, QKV);
    const u64 offset = (u64)share.kvHead * state.args.headStride + (u64)position * state.args.positionStride;
    float* query = state.scratch();
    const DecodeLayerArguments& described = state.layers()[layer];
    const bool isNormed = described.queryNorm;
#pragma unroll
    for (int i = thread * 4; i < (3 * size + 127 & ~127); i += 256) {
        const int kind = i / size, j = i - kind * size;
        const int start = kind == 0 ? share.head * size : state.queryWidth() + (kind - 1) * state.keyValueWidth() + share.kvHead * size;
        uint4 word[1];
        receiveQuads<1>(word, words, start + j, 0, kind < 3 ? start + j + 1 : 0, round);
        float4 x = make_float4(untagged(word[0].x), untagged(word[0].y), untagged(word[0].z), untagged(word[0].w));
        if (isNormed) {
            // The lanes of a head hold all of it; those past the third have zeros.
            float squares = fmaf(x.x, x.x, fmaf(x.y, x.y, fmaf(x.z, x.z, x.w * x.w)));
#pragma unroll
            for (int d = size / 8; d; d >>= 1) squares += __shfl_xor_sync(FULL, squares, d);
            if (kind < 2) {
                const float factor = rsqrtf(squares / size + state.args.epsilon);
                const float4 n = *(const float4*)((kind == 0 ? described.queryNorm : described.keyNorm) + j);
                x = make_float4(x.x * factor * n.x, x.y * factor * n.y, x.z * factor * n.z, x.w * factor * n.w);
            }
        }
        const float4 turned = rotated<size>(state, x, j);
        if (kind < 2) x = turned;
        if (kind == 0) {
            const float scale = state.args.attentionScale;
            *(float4*)(query + j) = make_float4(x.x * scale, x.y * scale, x.z * scale, x.w * scale);
        } else if (kind < 3) {
            Four<Cache> four;
            fromFloat(x.x, four.v[0]); fromFloat(x.y, four.v[1]); fromFloat(x.z, four.v[2]); fromFloat(x.w, four.v[3]);
            *(Four<Cache>*)((Cache*)(query + kind * MOST_HEAD_SIZE) + j) = four;
            // Blocks that share a kv head write the same bytes to the cache.
            if (to > position) *(Four<Cache>*)((Cache*)(kind == 1 ? state.layers()[layer].keys : state.layers()[layer].values) + offset + j) = four;
        }
    }
}

/// One query head over the positions [from, to) of one span. Every warp takes positions of its own, and they are joined
/// once at the end. Keys and values of earlier positions do not depend on this token: the first AHEAD steps of them are
/// on their way before the query is there.
/// `inPairs`: the result goes two values a word.
template <typename Cache, int size, bool inPairs> DEVICE void attendSpan(const DecodeState& state, int layer, int position, const DecodeState::AttentionShare& share, u32 round) {
    const int AHEAD = AHEAD_STEPS, EACH = Vector<Cache>::count;
    const DecodeArguments& args = state.args;
    const Thread thread;
    const int lane = thread.lane(), warp = thread.warp();
    const int head = share.head, kvHead = share.kvHead, span = share.span, spans = share.spans;
    const int from = span * share.length, to = min(from + share.length, position + 1), past = min(to, position);
    Cache* keys = (Cache*)state.layers()[layer].keys + (u64)kvHead * args.headStride;
    Cache* values = (Cache*)state.layers()[layer].values + (u64)kvHead * args.headStride;
    float* query = state.scratch();
    Cache *key = (Cache*)(query + MOST_HEAD_SIZE), *value = (Cache*)(query + 2 * MOST_HEAD_SIZE);
    float* sums = query + 3 * MOST_HEAD_SIZE;  // [WARPS][size], then a maximum and a total for each warp
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
    awaitQuery();
    float q[EACH];
#pragma unroll
    for (int j = 0; j < EACH; j++) q[j] = query[part * EACH + j];
    auto score = [&](uint4 k4) {
        float k[EACH], dot = 0;
        unpack(k4, k, (Cache*)0);
#pragma unroll
        for (int j = 0; j < EACH; j++) dot = fmaf(q[j], k[j], dot);
#pragma unroll
        for (int d = 1; d < lanes; d <<= 1) dot += __shfl_xor_sync(FULL, dot, d);
        return dot;
    };
    const uint4 ownKey = *((const uint4*)key + part), ownValue = *((const uint4*)value + part);
    // A half of the positions that are here at a time: all scores first and with no branches, so that their sums and exponentials
    // overlap. This token's own are the last warp's.
    const int HALF = AHEAD / 2;
    Softmax<EACH> softmax;
    softmax.clear();
#pragma unroll
    for (int half = 0; half < 2; half++) {
        if (half && from + HALF * step >= past) break;
        float scores[HALF + 1];
        float next = softmax.top;
#pragma unroll
        for (int n = 0; n < HALF + !half; n++) {
            const float dot = score(n < HALF ? earlyKeys[half * HALF + n] : ownKey);
            const bool isSeen = n < HALF ? first + (half * HALF + n) * step < past : to > position && warp == WARPS - 1 && which == 0;
            scores[n] = isSeen ? dot : NEGATIVE_INFINITY;
            next = fmaxf(next, scores[n]);
        }
        const float base = next == NEGATIVE_INFINITY ? 0.0f : next;
        if (half) softmax.scale(__expf(softmax.top - base));
        softmax.top = next;
#pragma unroll
        for (int n = 0; n < HALF + !half; n++) {
            float v[EACH];
            unpack(n < HALF ? earlyValues[half * HALF + n] : ownValue, v, (Cache*)0);
            softmax.take(__expf(scores[n] - base), v);
        }
    }
#pragma unroll 1
    for (int base = from + warp * side + AHEAD * step; base < past; base += step) {
        const int p = base + which;
        uint4 k4 = make_uint4(0, 0, 0, 0), v4 = k4;
        if (p < past) { k4 = at(keys, p); v4 = at(values, p); }
        float v[EACH];
        unpack(v4, v, (Cache*)0);
        const float dot = score(k4);
        if (p < past) {
            const float next = fmaxf(softmax.top, dot);
            softmax.scale(__expf(softmax.top - next));
            softmax.top = next;
            softmax.take(__expf(dot - next), v);
        }
    }
    const int column = part * EACH + softmax.joinGroups(lane, lanes);
#pragma unroll
    for (int j = 0; j < EACH / side; j++) sums[warp * size + column + j] = softmax.sum[j];
    float *tops = sums + WARPS * size, *totals = tops + WARPS;
    if (lane == 0) { tops[warp] = softmax.top; totals[warp] = softmax.total; }
    consumerBarrier();

    u32* out = state.attentionOf(layer);
    auto send = [&](int i, float y) {
        if constexpr (inPairs) sendTaggedPair(out + wordAt((head * size + i) / 2), y, true, round);
        else sendTagged(out + wordAt(head * size + i), y, round);
    };
    u64* partials = state.partialsOf(layer);
    u64* mine = partials + (u64)(span * args.headCount + head) * (size + 2);
    if (const int i = thread.index; i < size) {
        float top[WARPS], total[WARPS];
#pragma unroll
        for (int w = 0; w < WARPS; w += 4) {
            const float4 a = *(const float4*)(tops + w), b = *(const float4*)(totals + w);
            top[w] = a.x; top[w + 1] = a.y; top[w + 2] = a.z; top[w + 3] = a.w;
            total[w] = b.x; total[w + 1] = b.y; total[w + 2] = b.z; total[w + 3] = b.w;
        }
        float best = top[0], y = 0, sum = 0;
#pragma unroll
        for (int w = 1; w < WARPS; w++) best = fmaxf(best, top[w]);
#pragma unroll
        for (int w = 0; w < WARPS; w++) {
            const float share = __expf(top[w] - best);
            y = fmaf(sums[w * size + i], share, y);
            sum = fmaf(total[w], share, sum);
        }
        if (spans == 1) {
            send(i, __fdividef(y, sum));
        } else {
            sendWord(mine + i, y, round);
            if (i == 0) { sendWord(mine + size, best, round); sendWord(mine + size + 1, sum, round); }
        }
    }
    if (spans > 1 && span == 0) {
        if (const int i = thread.index; i < size) {
            float best = NEGATIVE_INFINITY, sum = 0, y = 0;
            for (int s = 0; s < spans; s++) {
                const u64* other = partials + (u64)(s * args.headCount + head) * (size + 2);
                const float m = receiveWord(other + size, round), l = receiveWord(other + size + 1, round), v = receiveWord(other + i, round);
                const float next = fmaxf(best, m), keep = __expf(best - next), add = __expf(m - next);
                y = y * keep + v * add;
                sum = sum * keep + l * add;
                best = next;
            }
            send(i, __fdividef(y, sum));
        }
    }
    consumerBarrier();
}

/// This block's part of a layer's attention; blocks beyond heads × spans have none. Two warps receive what eight multiply.
template <typename Cache, bool inPairs> DEVICE void attend(const DecodeState& state, int layer, int position, u32 round) {
    DecodeState::AttentionShare share = state.ownAttention();
    const int units = state.args.headCount * share.spans;
    for (int unit = state.block(); unit < units; unit += state.blocks()) {
        if (unit != state.block()) {
            share = state.attentionShare(unit, position);
            announceAttended();
        }
        if (state.args.headSize == 64) attendSpan<Cache, 64, inPairs>(state, layer, position, share, round);
        else attendSpan<Cache, 128, inPairs>(state, layer, position, share, round);
    }
}
template <typename Cache> DEVICE void receiveQueries(const DecodeState& state, int layer, int position, u32 round, int thread) {
    DecodeState::AttentionShare share = state.ownAttention();
    const int units = state.args.headCount * share.spans;
#pragma unroll 1
    for (int unit = state.block(); unit < units; unit += state.blocks()) {
        if (unit != state.block()) {
            share = state.attentionShare(unit, position);
            awaitAttended();
        }
        if (state.args.headSize == 64) receiveQuery<Cache, 64>(state, layer, position, share, round, thread);
        else receiveQuery<Cache, 128>(state, layer, position, share, round, thread);
        announceQuery();
    }
}
