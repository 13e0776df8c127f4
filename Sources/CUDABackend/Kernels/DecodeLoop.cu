// Greedy or temperature decoding of a Llama-shaped model as one persistent cooperative kernel.
//
// One block per multiprocessor runs every layer of every token. Blocks hand values to each other as 64-bit words,
// value and epoch in one atomic store: a reader polls the words it needs, so there is neither a grid barrier nor a
// second trip for the data behind a flag. Weights do not depend on activations, so every lane keeps STAGES tiles of
// upcoming weights in flight in shared memory, across phases, layers and tokens.
//
// A buffer of words is written once a token in each layer. It can be written again at the next token without a
// barrier: a block begins the next token only after it has read every block's candidate for this one, and a block
// sends its candidate after its last read of this token.
#include "Weights.cuh"

#define WARPS 16
#define THREADS 512
#define MAX_HEAD 256
#define NEGATIVE_INFINITY __int_as_float(0xff800000)

struct DecodeLayer {
    // q, k, v, o, gate, up, down
    Segment weights[7];
    const float* attentionNorm;
    const float* feedForwardNorm;
    void* keys;
    void* values;
};

struct DecodeArguments {
    const DecodeLayer* layers;
    Segment head;
    const void* embedding;
    const float* finalNorm;
    const float* inverseFrequencies;
    const float* table;
    const float* map;
    /// Words of value and epoch: each layer's, then the candidates (6 a block).
    u64* words;
    /// In: tokens[position]. Out: tokens[position + 1 ...].
    int* tokens;
    /// float32 [steps, vocabulary], or null.
    float* logits;
    /// For each step the chosen token's logit and ln Σ exp(logit).
    float2* chosen;
    float epsilon, attentionScale, ropeFactor;
    /// 0: greedy. Otherwise the logits are divided by it and Gumbel noise is added: a sample from the softmax.
    float temperature;
    int layerCount, hidden, intermediate, headCount, kvHeadCount, headSize, vocabulary;
    int position, steps, blockShift, interleavedRope;
    /// Elements between positions and between heads of the cache.
    int positionStride, headStride;
    u32 epoch, seed;
    /// Clock of block 0 at the end of each phase's wait and of its product, for measuring; or null.
    u64* clocks;
};

static_assert(sizeof(DecodeLayer) == 368 && sizeof(DecodeArguments) == 216, "KernelArguments.swift describes the same bytes");

DEVICE u64 makeWord(float value, u32 epoch) { return (u64)epoch << 32 | __float_as_uint(value); }
DEVICE void sendWord(u64* p, float value, u32 epoch) {
    asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(p), "l"(makeWord(value, epoch)) : "memory");
}
DEVICE void receiveFailed() { asm volatile("trap;"); }
/// `count` pairs of words, `step` words apart; waits until all carry `epoch`. All loads are under way before the first
/// is looked at. Pairs at or past `end` are left alone. Gives up (and faults the launch) after some seconds.
template <int count> DEVICE void receivePairs(float2 (&out)[count], const u64* words, int start, int step, int end, u32 epoch) {
    u64 a[count], b[count];
    u32 tries = 0;
    bool missing = true;
    while (missing) {
        missing = false;
#pragma unroll
        for (int j = 0; j < count; j++) {
            a[j] = b[j] = (u64)epoch << 32;
            if (start + j * step < end) asm volatile("ld.relaxed.gpu.global.v2.u64 {%0,%1}, [%2];" : "=l"(a[j]), "=l"(b[j]) : "l"(words + start + j * step) : "memory");
        }
#pragma unroll
        for (int j = 0; j < count; j++) missing |= (u32)(a[j] >> 32) != epoch || (u32)(b[j] >> 32) != epoch;
        if (++tries == 1u << 24) receiveFailed();
    }
#pragma unroll
    for (int j = 0; j < count; j++) out[j] = make_float2(__uint_as_float((u32)a[j]), __uint_as_float((u32)b[j]));
}
/// Two words; waits until both carry `epoch`.
DEVICE float2 receivePair(const u64* p, u32 epoch) {
    u64 a, b;
    u32 tries = 0;
    while (true) {
        asm volatile("ld.relaxed.gpu.global.v2.u64 {%0,%1}, [%2];" : "=l"(a), "=l"(b) : "l"(p) : "memory");
        if ((u32)(a >> 32) == epoch && (u32)(b >> 32) == epoch) break;
        if (++tries == 1u << 24) receiveFailed();
    }
    return make_float2(__uint_as_float((u32)a), __uint_as_float((u32)b));
}
DEVICE float receive(const u64* p, u32 epoch) {
    u64 a;
    u32 tries = 0;
    while (true) {
        asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(a) : "l"(p) : "memory");
        if ((u32)(a >> 32) == epoch) break;
        if (++tries == 1u << 24) receiveFailed();
    }
    return __uint_as_float((u32)a);
}

/// Uniform in (0, 1) from a counter (Philox would be longer; this is the finaliser of MurmurHash3 over both words).
DEVICE float uniform(u32 seed, u32 a, u32 b) {
    u32 x = seed ^ a * 0x9e3779b9u;
    x ^= x >> 16; x *= 0x85ebca6bu; x ^= x >> 13; x *= 0xc2b2ae35u; x ^= x >> 16;
    x ^= b * 0x7feb352du;
    x ^= x >> 16; x *= 0x85ebca6bu; x ^= x >> 13; x *= 0xc2b2ae35u; x ^= x >> 16;
    return ((x >> 8) + 0.5f) * (1.0f / 16777216.0f);
}

enum Phase { QKV = 0, OUTPUT = 1, GATE_UP = 2, DOWN = 3, HEAD = 4 };

/// Where a warp is in its endless sequence of tiles.
struct Cursor {
    int layer, phase, group, tile, groups, tiles, rotation;
};

template <int format, int headFormat, typename Cache, int STAGES>
struct DecodeLoop {
    const DecodeArguments& args;
    char* shared;
    const DecodeLayer* layers;
    float* hidden;
    char* planes;
    float* blockSums;
    float* partial;
    float* squareSums;
    float* cosines;
    float* scores;
    u32 ring;
    Tables tables;
    int lane, warp, block, blocks;
    Cursor ahead;
    int aheadSlot, slot, stepsFetched;

    DEVICE DecodeLoop(const DecodeArguments& a) : args(a) {}

    DEVICE int groupsOf(int phase) const {
        const int kv = args.kvHeadCount * args.headSize, q = args.headCount * args.headSize;
        switch (phase) {
        case QKV: return (q + 2 * kv) / 16;
        case OUTPUT: case DOWN: return args.hidden / 16;
        case GATE_UP: return args.intermediate / 8;
        default: return (args.vocabulary + 15) / 16;
        }
    }
    DEVICE int columnsOf(int phase) const {
        return phase == OUTPUT ? args.headCount * args.headSize : phase == DOWN ? args.intermediate : args.hidden;
    }
    DEVICE int tilesOf(int phase) const {
        const int per = phase == HEAD ? tileColumns<headFormat>() : tileColumns<format>();
        return (columnsOf(phase) + per - 1) / per;
    }
    /// Groups go round the blocks; the next phase starts where this one ended, so that remainders even out.
    DEVICE int firstGroup(const Cursor& c) const { int f = block - c.rotation; return f < 0 ? f + blocks : f; }
    /// The step from one group of this warp to its next, and from one tile to its next.
    DEVICE int groupStep(int phase) const { return phase == HEAD ? blocks * WARPS : blocks; }
    DEVICE int tileStep(int phase) const { return phase == HEAD ? 1 : WARPS; }

    DEVICE void enter(Cursor& c) const {
        c.groups = groupsOf(c.phase);
        c.tiles = tilesOf(c.phase);
        c.group = firstGroup(c) + (c.phase == HEAD ? warp * blocks : 0);
        c.tile = c.phase == HEAD ? 0 : warp;
        settle(c);
    }
    /// Carries the tile index over into groups.
    DEVICE void settle(Cursor& c) const { while (c.tile >= c.tiles) { c.tile -= c.tiles; c.group += groupStep(c.phase); } }
    DEVICE bool done(const Cursor& c) const { return c.group >= c.groups; }
    DEVICE void nextPhase(Cursor& c) const {
        c.rotation = (c.rotation + c.groups) % blocks;
        if (c.phase == DOWN) { c.layer++; c.phase = c.layer < args.layerCount ? QKV : HEAD; }
        else if (c.phase == HEAD) { c.layer = 0; c.phase = QKV; }
        else c.phase++;
        enter(c);
    }

    /// The two segments and rows that the calling lane reads for a group.
    DEVICE void locate(int layer, int phase, int group, const Segment*& a, int& rowA, const Segment*& b, int& rowB) const {
        const int g = lane >> 2;
        if (phase == HEAD) {
            a = b = &args.head;
            rowA = min(group * 16 + g, args.vocabulary - 1);
            rowB = min(group * 16 + 8 + g, args.vocabulary - 1);
            return;
        }
        const Segment* w = layers[layer].weights;
        if (phase == GATE_UP) { a = w + 4; b = w + 5; rowA = rowB = group * 8 + g; return; }
        if (phase == QKV) {
            const int q = args.headCount * args.headSize / 16, kv = args.kvHeadCount * args.headSize / 16;
            if (group >= q + kv) { a = w + 2; group -= q + kv; }
            else if (group >= q) { a = w + 1; group -= q; }
            else a = w;
        } else a = phase == OUTPUT ? w + 3 : w + 6;
        b = a;
        rowA = group * 16 + g;
        rowB = rowA + 8;
    }

    static const int slotSize = slotBytes<format>() > slotBytes<headFormat>() ? slotBytes<format>() : slotBytes<headFormat>();

    DEVICE void fetchNext() {
        while (done(ahead)) {
            if (ahead.phase == HEAD) {
                stepsFetched++;
                if (stepsFetched >= args.steps) break;
            }
            nextPhase(ahead);
        }
        if (stepsFetched < args.steps) {
            const Segment *a, *b;
            int rowA, rowB;
            locate(ahead.layer, ahead.phase, ahead.group, a, rowA, b, rowB);
            const u32 to = ring + aheadSlot * slotSize;
            if (ahead.phase == HEAD) fetchTile<headFormat>(to, lane, *a, rowA, *b, rowB, ahead.tile, columnsOf(HEAD), args.blockShift);
            else fetchTile<format>(to, lane, *a, rowA, *b, rowB, ahead.tile, columnsOf(ahead.phase), args.blockShift);
            ahead.tile += tileStep(ahead.phase);
            settle(ahead);
        }
        copyAsyncCommit();
        aheadSlot = aheadSlot + 1 == STAGES ? 0 : aheadSlot + 1;
    }

    DEVICE u64* wordsOf(int layer) const {
        const int qkv = (args.headCount + 2 * args.kvHeadCount) * args.headSize;
        const int partials = blocks * (args.headSize + 2);
        return args.words + (u64)layer * (qkv + args.headCount * args.headSize + 2 * args.hidden + args.intermediate + partials + 1 & ~1);
    }
    DEVICE u64* wordsOf(int layer, int phase) const {
        const int q = args.headCount * args.headSize, qkv = q + 2 * args.kvHeadCount * args.headSize;
        u64* w = wordsOf(layer);
        if (phase == QKV) return w;
        w += qkv;
        if (phase == 5) return w;  // attention's output
        w += q;
        if (phase == OUTPUT) return w;
        w += args.hidden;
        if (phase == GATE_UP) return w;
        w += args.intermediate;
        if (phase == DOWN) return w;
        return w + args.hidden;  // attention's partial results
    }

    /// hidden += what the previous phase sent (if any), then hidden × norm into the parts of `F`.
    template <int F> DEVICE void stageNorm(const u64* words, u32 epoch, const float* norm) {
        const int step = THREADS * 2, batch = 4, stride = planeStride<F>(args.hidden);
        // The norm's weights come from memory: they are asked for before the wait.
        float2 weights[batch];
#pragma unroll
        for (int j = 0; j < batch; j++) {
            const int i = threadIdx.x * 2 + j * step;
            weights[j] = i < args.hidden ? *(const float2*)(norm + i) : make_float2(0, 0);
        }
        float squares = 0;
        for (int start = threadIdx.x * 2; start < args.hidden; start += batch * step) {
            float2 delta[batch];
#pragma unroll
            for (int j = 0; j < batch; j++) delta[j] = make_float2(0, 0);
            if (words) receivePairs<batch>(delta, words, start, step, args.hidden, epoch);
#pragma unroll
            for (int j = 0; j < batch; j++) {
                const int i = start + j * step;
                if (i < args.hidden) {
                    float2 h = *(float2*)(hidden + i);
                    h.x += delta[j].x;
                    h.y += delta[j].y;
                    *(float2*)(hidden + i) = h;
                    squares = fmaf(h.x, h.x, fmaf(h.y, h.y, squares));
                    if (start != (int)threadIdx.x * 2) weights[j] = *(const float2*)(norm + i);
                    storeParts<F>(planes, stride, i, h.x * weights[j].x);
                    storeParts<F>(planes, stride, i + 1, h.y * weights[j].y);
                }
            }
        }
        clearPadding<F>(planes, stride, args.hidden);
        // rsqrt(mean square) is one factor of all outputs: it is applied to them, so that products need not wait for it.
        squares = warpSum(squares);
        if (lane == 0) squareSums[warp] = squares;
        __syncthreads();
        sumBlocks<F>(stride, args.hidden);
    }
    /// The factor that `stageNorm` left out.
    DEVICE float normFactor() const {
        float squares = 0;
#pragma unroll
        for (int w = 0; w < WARPS; w++) squares += squareSums[w];
        return rsqrtf(squares / args.hidden + args.epsilon);
    }
    template <int F> DEVICE void stagePlain(const u64* words, u32 epoch, int columns) {
        const int step = THREADS * 2, batch = 6, stride = planeStride<F>(columns);
        for (int start = threadIdx.x * 2; start < columns; start += batch * step) {
            float2 x[batch];
            receivePairs<batch>(x, words, start, step, columns, epoch);
#pragma unroll
            for (int j = 0; j < batch; j++) {
                const int i = start + j * step;
                if (i < columns) {
                    storeParts<F>(planes, stride, i, x[j].x);
                    storeParts<F>(planes, stride, i + 1, x[j].y);
                }
            }
        }
        clearPadding<F>(planes, stride, columns);
        __syncthreads();
        sumBlocks<F>(stride, columns);
    }
    template <int F> DEVICE void sumBlocks(int stride, int columns) {
        if constexpr (F == Q4_1) {
        for (int b = warp; b < columns / 32; b += WARPS) {
            const int i = b * 32 + lane;
            const float x = (toFloat(((f16*)planes)[i]) + toFloat(((f16*)(planes + stride))[i])) * PART_SCALE;
            const float s = warpSum(x);
            if (lane == 0) blockSums[b] = s;
        }
        __syncthreads();
        }
    }

    /// Multiplies this block's groups of a layer's phase and sends the results.
    DEVICE void multiply(int layer, int phase, int rotation, u32 epoch) {
        Cursor c = { layer, phase, 0, 0, 0, 0, rotation };
        enter(c);
        const int columns = columnsOf(phase), stride = planeStride<format>(columns);
        const u32 planesAddress = sharedAddress(planes);
        const int first = firstGroup(c);
        int own = 0;
        for (int group = first; group < c.groups; group += blocks, own++) {
            const Segment *a, *b;
            int rowA, rowB;
            locate(layer, phase, group, a, rowA, b, rowB);
            Accumulator<format> sum;
            sum.clear();
            while (c.group == group) {
                copyAsyncWait<STAGES - 1>();
                addTile<format>(sum, ring + slot * slotSize, planesAddress, stride, blockSums, lane, rowA, rowB, *a, *b, c.tile, columns, args.blockShift, tables);
                slot = slot + 1 == STAGES ? 0 : slot + 1;
                fetchNext();
                c.tile += WARPS;
                settle(c);
            }
            float resultA, resultB;
            sum.finish(resultA, resultB);
            float* to = partial + (own * WARPS + warp) * 16 + (lane >> 2);
            if ((lane & 3) == 0) { to[0] = resultA; to[8] = resultB; }
        }
        __syncthreads();
        u64* words = wordsOf(layer, phase);
        const int each = phase == GATE_UP ? 8 : 16;
        const float factor = phase == QKV || phase == GATE_UP ? normFactor() : 1.0f;
        for (int i = threadIdx.x; i < own * each; i += THREADS) {
            const int which = i / each, r = i - which * each, group = first + which * blocks;
            const float* from = partial + which * WARPS * 16 + r;
            float y = 0;
#pragma unroll
            for (int w = 0; w < WARPS; w++) y += from[w * 16];
            y *= factor;
            if (phase == GATE_UP) {
                float z = 0;
#pragma unroll
                for (int w = 0; w < WARPS; w++) z += from[w * 16 + 8];
                z *= factor;
                const Segment* s = layers[layer].weights + 4;
                const int row = group * 8 + r;
                if (s[0].bias) y += s[0].bias[row];
                if (s[1].bias) z += s[1].bias[row];
                sendWord(words + row, y / (1.0f + __expf(-y)) * z, epoch);
            } else {
                const Segment* s = layers[layer].weights + (phase == OUTPUT ? 3 : phase == DOWN ? 6 : 0);
                const int row = group * 16 + r;
                if (phase == QKV) {
                    const int q = args.headCount * args.headSize, kv = args.kvHeadCount * args.headSize;
                    int local = row;
                    if (local >= q + kv) { s += 2; local -= q + kv; } else if (local >= q) { s += 1; local -= q; }
                    if (s->bias) y += s->bias[local];
                } else if (s->bias) y += s->bias[row];
                sendWord(words + row, y, epoch);
            }
        }
        // `partial` is used again by the next phase's reductions.
        __syncthreads();
    }

    /// Attention of one query head over one span of positions; blocks beyond heads × spans have nothing to do.
    DEVICE void attend(int layer, int position, u32 epoch) {
        const int count = position + 1;
        int spans = min(blocks / args.headCount, (count + 255) / 256);
        if (spans < 1) spans = 1;
        const int length = (count + spans - 1) / spans;
        for (int unit = block; unit < args.headCount * spans; unit += blocks) attendSpan(layer, position, unit % args.headCount, unit / args.headCount, spans, length, epoch);
    }

    /// Asks for a layer's earlier keys and values to be in L2 when attention comes to them. A load from memory waits
    /// behind all the weights that are on their way already, so it must be asked for a phase or two ahead.
    DEVICE void prefetchCache(int layer, int position) const {
        if (block >= args.headCount) return;
        const int kvHead = block / (args.headCount / args.kvHeadCount), bytes = args.headSize * sizeof(Cache), lines = (bytes + 127) / 128;
        for (int i = threadIdx.x; i < position * lines * 2; i += THREADS) {
            const char* from = (const char*)(i & 1 ? layers[layer].values : layers[layer].keys);
            const int p = (i >> 1) / lines, part = (i >> 1) - p * lines;
            from += ((u64)p * args.positionStride + (u64)kvHead * args.headStride) * sizeof(Cache) + part * 128;
            asm volatile("prefetch.global.L2 [%0];" ::"l"(from));
        }
    }

    /// Element `i` of a head after its rotation by this position's angles.
    DEVICE float rotated(const float* head, int i) const {
        const int half = args.headSize / 2;
        int pair, other;
        bool isFirst;
        if (args.interleavedRope) { pair = i >> 1; isFirst = !(i & 1); other = i ^ 1; }
        else { isFirst = i < half; pair = isFirst ? i : i - half; other = isFirst ? i + half : i - half; }
        const float c = cosines[pair], s = cosines[half + pair];
        return isFirst ? head[i] * c - head[other] * s : head[i] * c + head[other] * s;
    }

    /// Every warp takes positions of its own, keeps its own maximum and sums, and they are joined once at the end.
    /// Keys and values of earlier positions do not depend on this token: the first AHEAD steps of them are on their
    /// way before the query is there.
    DEVICE void attendSpan(int layer, int position, int head, int span, int spans, int length, u32 epoch) {
        const int AHEAD = 3;
        const int size = args.headSize, kvHead = head / (args.headCount / args.kvHeadCount);
        const int q = args.headCount * size, kv = args.kvHeadCount * size;
        const int from = span * length, to = min(from + length, position + 1);
        Cache* keys = (Cache*)layers[layer].keys + (u64)kvHead * args.headStride;
        Cache* values = (Cache*)layers[layer].values + (u64)kvHead * args.headStride;
        float* query = scores;
        float *key = query + MAX_HEAD, *value = key + MAX_HEAD;
        float* sums = value + MAX_HEAD;  // [WARPS][size], then a maximum and a total for each warp
        const int each = Vector<Cache>::count, lanes = size / each, side = 32 / lanes;  // lanes a position, positions a warp
        const int part = lane % lanes, which = lane / lanes, step = WARPS * side;
        const int first = from + warp * side + which;

        uint4 earlyKeys[AHEAD], earlyValues[AHEAD];
#pragma unroll
        for (int n = 0; n < AHEAD; n++) {
            const int p = first + n * step;
            earlyKeys[n] = earlyValues[n] = make_uint4(0, 0, 0, 0);
            if (p < to && p < position) {
                earlyKeys[n] = __ldcg((const uint4*)(keys + (u64)p * args.positionStride) + part);
                earlyValues[n] = __ldcg((const uint4*)(values + (u64)p * args.positionStride) + part);
            }
        }
        const u64* words = wordsOf(layer, QKV);
        for (int i = threadIdx.x; i < 3 * size; i += THREADS) {
            const int kind = i / size, j = i - kind * size;
            const float x = receive(words + (kind == 0 ? head * size : kind == 1 ? q + kvHead * size : q + kv + kvHead * size) + j, epoch);
            query[kind * MAX_HEAD + j] = kind == 0 ? x * args.attentionScale : x;
        }
        __syncthreads();
        float qr[Vector<Cache>::count], acc[Vector<Cache>::count];
#pragma unroll
        for (int j = 0; j < each; j++) { qr[j] = rotated(query, part * each + j); acc[j] = 0; }
        float top = NEGATIVE_INFINITY, total = 0;

        auto visit = [&](bool seen, const float (&k)[Vector<Cache>::count], const float (&v)[Vector<Cache>::count]) {
            float dot = 0;
#pragma unroll
            for (int j = 0; j < each; j++) dot = fmaf(qr[j], k[j], dot);
            for (int d = 1; d < lanes; d <<= 1) dot += __shfl_xor_sync(FULL, dot, d);
            if (!seen) return;
            const float next = fmaxf(top, dot), keep = __expf(top - next), weight = __expf(dot - next);
            total = total * keep + weight;
            top = next;
#pragma unroll
            for (int j = 0; j < each; j++) acc[j] = fmaf(weight, v[j], acc[j] * keep);
        };
        const int past = min(to, position);
#pragma unroll
        for (int n = 0; n < AHEAD; n++) {
            if (from + warp * side + n * step >= past) break;
            float k[Vector<Cache>::count], v[Vector<Cache>::count];
            unpack(earlyKeys[n], k, (Cache*)0);
            unpack(earlyValues[n], v, (Cache*)0);
            visit(which < side && first + n * step < past, k, v);
        }
#pragma unroll 1
        for (int base = from + warp * side + AHEAD * step; base < past; base += step) {
            const int p = base + which;
            const bool seen = which < side && p < past;
            uint4 k4 = make_uint4(0, 0, 0, 0), v4 = k4;
            if (seen) {
                k4 = __ldcg((const uint4*)(keys + (u64)p * args.positionStride) + part);
                v4 = __ldcg((const uint4*)(values + (u64)p * args.positionStride) + part);
            }
            float k[Vector<Cache>::count], v[Vector<Cache>::count];
            unpack(k4, k, (Cache*)0);
            unpack(v4, v, (Cache*)0);
            visit(seen, k, v);
        }
        if (to > position && warp == WARPS - 1) {
            // This token's own key and value: blocks that share a kv head write the same bytes to the cache.
            float k[Vector<Cache>::count], v[Vector<Cache>::count];
#pragma unroll
            for (int j = 0; j < each; j++) {
                const int i = part * each + j;
                Cache x, y;
                fromFloat(rotated(key, i), x);
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
        // Positions of one warp sit in groups of `lanes` lanes: join those, then the warps.
        for (int d = lanes; d < lanes * side; d <<= 1) {
            const float otherTop = __shfl_xor_sync(FULL, top, d), otherTotal = __shfl_xor_sync(FULL, total, d);
            const float next = fmaxf(top, otherTop);
            const float keep = next == NEGATIVE_INFINITY ? 0.0f : __expf(top - next), add = next == NEGATIVE_INFINITY ? 0.0f : __expf(otherTop - next);
            total = total * keep + otherTotal * add;
            top = next;
#pragma unroll
            for (int j = 0; j < each; j++) { const float other = __shfl_xor_sync(FULL, acc[j], d); acc[j] = acc[j] * keep + other * add; }
        }
        if (which == 0) {
#pragma unroll
            for (int j = 0; j < each; j++) sums[warp * size + part * each + j] = acc[j];
        }
        float *tops = sums + WARPS * size, *totals = tops + WARPS;
        if (lane == 0) { tops[warp] = top; totals[warp] = total; }
        __syncthreads();

        u64* out = wordsOf(layer, 5) + head * size;
        u64* partials = wordsOf(layer, 6);
        u64* mine = partials + (u64)(span * args.headCount + head) * (size + 2);
        for (int i = threadIdx.x; i < size; i += THREADS) {
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
            if (spans == 1) sendWord(out + i, y / sum, epoch);
            else {
                sendWord(mine + i, y, epoch);
                if (i == 0) { sendWord(mine + size, best, epoch); sendWord(mine + size + 1, sum, epoch); }
            }
        }
        if (spans > 1 && span == 0) {
            for (int i = threadIdx.x; i < size; i += THREADS) {
                float best = NEGATIVE_INFINITY, sum = 0, y = 0;
                for (int s = 0; s < spans; s++) {
                    const u64* other = partials + (u64)(s * args.headCount + head) * (size + 2);
                    const float m = receive(other + size, epoch), l = receive(other + size + 1, epoch), v = receive(other + i, epoch);
                    const float next = fmaxf(best, m), keep = __expf(best - next), add = __expf(m - next);
                    y = y * keep + v * add;
                    sum = sum * keep + l * add;
                    best = next;
                }
                sendWord(out + i, y / sum, epoch);
            }
        }
        __syncthreads();
    }

    /// Logits of this block's rows; sends the block's best and returns the best of all.
    DEVICE int chooseToken(int step, int rotation, u32 epoch) {
        Cursor c = { args.layerCount, HEAD, 0, 0, 0, 0, rotation };
        enter(c);
        const int columns = args.hidden, stride = planeStride<headFormat>(columns);
        const u32 planesAddress = sharedAddress(planes);
        const float factor = normFactor();
        float best = NEGATIVE_INFINITY, bestLogit = 0, top = NEGATIVE_INFINITY, total = 0;
        int bestRow = args.vocabulary;
        while (!done(c)) {
            const int group = c.group;
            const Segment *a, *b;
            int rowA, rowB;
            locate(c.layer, HEAD, group, a, rowA, b, rowB);
            Accumulator<headFormat> sum;
            sum.clear();
            while (c.group == group) {
                copyAsyncWait<STAGES - 1>();
                addTile<headFormat>(sum, ring + slot * slotSize, planesAddress, stride, blockSums, lane, rowA, rowB, *a, *b, c.tile, columns, args.blockShift, tables);
                slot = slot + 1 == STAGES ? 0 : slot + 1;
                fetchNext();
                c.tile++;
                settle(c);
            }
            float results[2];
            sum.finish(results[0], results[1]);
            if ((lane & 3) == 0) {
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    const int row = group * 16 + i * 8 + (lane >> 2);
                    if (row < args.vocabulary) {
                        float y = results[i] * factor;
                        if (args.head.bias) y += args.head.bias[row];
                        if (args.logits) args.logits[(u64)step * args.vocabulary + row] = y;
                        const float logit = y;
                        if (logit > top) { total = total * __expf(top - logit) + 1; top = logit; } else total += __expf(logit - top);
                        if (args.temperature > 0) y = y / args.temperature - logf(-logf(uniform(args.seed, epoch, row)));
                        if (y > best || (y == best && row < bestRow)) { best = y; bestRow = row; bestLogit = logit; }
                    }
                }
            }
        }
        u64* candidates = wordsOf(args.layerCount);
        reduceBest(best, bestRow, bestLogit, top, total);
        if (threadIdx.x == 0) {
            // Makes this step's cache rows visible before anyone starts the next step.
            __threadfence();
            u64* mine = candidates + 6 * block;
            sendWord(mine, best, epoch);
            sendWord(mine + 1, __int_as_float(bestRow), epoch);
            sendWord(mine + 2, bestLogit, epoch);
            sendWord(mine + 3, top, epoch);
            sendWord(mine + 4, total, epoch);
            sendWord(mine + 5, 0, epoch);
        }
        best = top = NEGATIVE_INFINITY;
        total = bestLogit = 0;
        bestRow = args.vocabulary;
        for (int i = threadIdx.x; i < blocks; i += THREADS) {
            float2 other[3];
            receivePairs<3>(other, candidates + 6 * i, 0, 2, 6, epoch);
            const int row = __float_as_int(other[0].y);
            if (other[0].x > best || (other[0].x == best && row < bestRow)) { best = other[0].x; bestRow = row; bestLogit = other[1].x; }
            addShare(top, total, other[1].y, other[2].x);
        }
        reduceBest(best, bestRow, bestLogit, top, total);
        __threadfence();
        if (block == 0 && threadIdx.x == 0) args.chosen[step] = make_float2(bestLogit, top + logf(total));
        // No number was largest: every logit is NaN. Any token is as good as another, as long as it is one.
        return min(bestRow, args.vocabulary - 1);
    }
    /// Joins two sums of exponentials, each relative to its own largest exponent.
    DEVICE static void addShare(float& top, float& total, float otherTop, float otherTotal) {
        const float next = fmaxf(top, otherTop);
        if (next == NEGATIVE_INFINITY) return;
        total = total * __expf(top - next) + otherTotal * __expf(otherTop - next);
        top = next;
    }
    /// The block's best score, lowest row first among equals, and its sum of exponentials, in every thread.
    DEVICE void reduceBest(float& best, int& row, float& logit, float& top, float& total) {
#pragma unroll
        for (int d = 16; d; d >>= 1) {
            const float y = __shfl_xor_sync(FULL, best, d), l = __shfl_xor_sync(FULL, logit, d);
            const float m = __shfl_xor_sync(FULL, top, d), s = __shfl_xor_sync(FULL, total, d);
            const int r = __shfl_xor_sync(FULL, row, d);
            if (y > best || (y == best && r < row)) { best = y; row = r; logit = l; }
            addShare(top, total, m, s);
        }
        __syncthreads();
        if (lane == 0) {
            partial[warp] = best;
            ((int*)partial)[WARPS + warp] = row;
            partial[2 * WARPS + warp] = logit;
            partial[3 * WARPS + warp] = top;
            partial[4 * WARPS + warp] = total;
        }
        __syncthreads();
        top = NEGATIVE_INFINITY;
        total = 0;
        for (int w = 0; w < WARPS; w++) {
            const float y = partial[w];
            const int r = ((int*)partial)[WARPS + w];
            if (y > best || (y == best && r < row)) { best = y; row = r; logit = partial[2 * WARPS + w]; }
            addShare(top, total, partial[3 * WARPS + w], partial[4 * WARPS + w]);
        }
        __syncthreads();
    }

    /// Copies the token's embedding and this position's rotation angles.
    template <typename Embedding> DEVICE void begin(int token, int position) {
        const Embedding* row = (const Embedding*)args.embedding + (u64)token * args.hidden;
        for (int i = threadIdx.x; i < args.hidden; i += THREADS) hidden[i] = toFloat(row[i]);
        const int half = args.headSize / 2;
        for (int i = threadIdx.x; i < half; i += THREADS) {
            float s, c;
            sincosf((float)position * args.inverseFrequencies[i], &s, &c);
            cosines[i] = c * args.ropeFactor;
            cosines[half + i] = s * args.ropeFactor;
        }
        __syncthreads();
    }

    template <typename Embedding> DEVICE void run(u32* pairs, float* map) {
        extern __shared__ __align__(16) char dynamicMemory[];
        lane = threadIdx.x & 31;
        warp = threadIdx.x >> 5;
        block = blockIdx.x;
        blocks = gridDim.x;
        // The layout below is repeated in DecodeLoop.sharedBytes on the Swift side.
        char* p = dynamicMemory;
        layers = (const DecodeLayer*)p;
        for (int i = threadIdx.x; i < args.layerCount * (int)(sizeof(DecodeLayer) / 8); i += THREADS) ((u64*)p)[i] = ((const u64*)args.layers)[i];
        p += (args.layerCount * sizeof(DecodeLayer) + 15) & ~15;
        hidden = (float*)p; p += (args.hidden * 4 + 15) & ~15;
        squareSums = (float*)p; p += WARPS * 4;
        cosines = (float*)p; p += MAX_HEAD * 4;
        scores = (float*)p; p += (3 * MAX_HEAD + WARPS * args.headSize + 2 * WARPS) * 4;
        int most = groupsOf(QKV);
        if (groupsOf(GATE_UP) > most) most = groupsOf(GATE_UP);
        if (groupsOf(OUTPUT) > most) most = groupsOf(OUTPUT);
        partial = (float*)p; p += (most + blocks - 1) / blocks * WARPS * 16 * 4;
        int widest = args.hidden > args.intermediate ? args.hidden : args.intermediate;
        if (args.headCount * args.headSize > widest) widest = args.headCount * args.headSize;
        int planesBytes = planeStride<format>(widest) * Layout<format>::planes;
        const int headPlanes = planeStride<headFormat>(args.hidden) * Layout<headFormat>::planes;
        if (headPlanes > planesBytes) planesBytes = headPlanes;
        planes = p; p += planesBytes;
        blockSums = (float*)p; p += format == Q4_1 || headFormat == Q4_1 ? (widest / 32 * 4 + 15) & ~15 : 0;
        ring = sharedAddress(p) + warp * STAGES * slotSize;
        tables.pairs = pairs;
        tables.map = map;
        if (Layout<format>::table) fillPairs(pairs, args.table);
        if (Layout<format>::nested) for (int i = threadIdx.x; i < 256; i += THREADS) map[i] = args.map[i];
        __syncthreads();

        ahead = { 0, QKV, 0, 0, 0, 0, 0 };
        aheadSlot = slot = stepsFetched = 0;
        enter(ahead);
        for (int i = 0; i < STAGES; i++) fetchNext();

        int rotation = 0, token = args.tokens[args.position];
        auto turn = [&](int phase) { const int now = rotation; rotation = (rotation + groupsOf(phase)) % blocks; return now; };
        for (int step = 0; step < args.steps; step++) {
            const int position = args.position + step;
            const u32 epoch = args.epoch + step;
            begin<Embedding>(token, position);
            for (int layer = 0; layer < args.layerCount; layer++) {
#pragma unroll 1
                for (int phase = QKV; phase <= DOWN; phase++) {
                    // One call of each: the code of a phase is large.
                    if (phase == QKV || phase == GATE_UP) {
                        const u64* words = phase == GATE_UP ? wordsOf(layer, OUTPUT) : layer ? wordsOf(layer - 1, DOWN) : 0;
                        stageNorm<format>(words, epoch, phase == QKV ? layers[layer].attentionNorm : layers[layer].feedForwardNorm);
                    } else {
                        if (phase == OUTPUT) attend(layer, position, epoch);
                        else prefetchCache(layer + 1 < args.layerCount ? layer + 1 : 0, position);
                        stagePlain<format>(wordsOf(layer, phase == OUTPUT ? 5 : GATE_UP), epoch, columnsOf(phase));
                    }
                    if (args.clocks && block == 0 && threadIdx.x == 0) args.clocks[(layer * 4 + phase) * 2] = clock64();
                    multiply(layer, phase, turn(phase), epoch);
                    if (args.clocks && block == 0 && threadIdx.x == 0) args.clocks[(layer * 4 + phase) * 2 + 1] = clock64();
                }
            }
            stageNorm<headFormat>(wordsOf(args.layerCount - 1, DOWN), epoch, args.finalNorm);
            token = chooseToken(step, turn(HEAD), epoch);
            if (block == 0 && threadIdx.x == 0) args.tokens[position + 1] = token;
        }
        copyAsyncWait<0>();
    }
};

#define DECODE(name, format, headFormat, Cache, Embedding, stages) \
    extern "C" __global__ void __launch_bounds__(THREADS, 1) decode_##name(const __grid_constant__ DecodeArguments args) { \
        __shared__ u32 pairs[Layout<format>::table ? 8192 : 1]; \
        __shared__ float map[Layout<format>::nested ? 256 : 1]; \
        DecodeLoop<format, headFormat, Cache, stages> loop(args); \
        loop.template run<Embedding>(pairs, map); \
    }
#ifdef SELECT_f32
DECODE(f32, F32, F32, float, float, 10)
#endif
#ifdef SELECT_f16
DECODE(f16, F16, F16, f16, f16, 9)
#endif
#ifdef SELECT_bf16
DECODE(bf16, BF16, BF16, bf16, bf16, 9)
#endif
#ifdef SELECT_n4
DECODE(n4, N4, BF16, bf16, bf16, 6)
#endif
#ifdef SELECT_n4dq
DECODE(n4dq, N4DQ, BF16, bf16, bf16, 5)
#endif
#ifdef SELECT_int8
DECODE(int8, INT8, BF16, bf16, bf16, 6)
#endif
#ifdef SELECT_q4_0
DECODE(q4_0, Q4_0, Q8_0, f16, f16, 6)
#endif
#ifdef SELECT_q8_0
DECODE(q8_0, Q8_0, Q8_0, f16, f16, 6)
#endif
