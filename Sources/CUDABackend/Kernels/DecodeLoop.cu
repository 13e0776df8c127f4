// Greedy or temperature decoding of a Llama-shaped model as one persistent cooperative kernel.
//
// One block() per multiprocessor runs every layer of every token: 8 warps multiply, one keeps weights coming
// (WeightRing.cuh). Every block() has the residual stream and multiplies its own rows of each matrix; results go to all
// others through words in memory (Handover.cuh).
//
// A buffer of words is written once a token in each layer. It can be written again at the next token without a
// barrier: a block() begins the next token only after it has read every block's candidate for this one, and a block
// sends its candidate after its last read of this token.
#include "DecodeAttention.cuh"
#include "DecodeChoice.cuh"
#include "DecodeProducts.cuh"
#include "Element.cuh"

template <int format, int headFormat, int embeddingFormat, typename Cache>
struct DecodeLoop : DecodeProducts {
    DEVICE DecodeLoop(const DecodeArguments& a) : DecodeProducts(a) {}

    static const int slotBytes = ringSlotBytes<format>() > ringSlotBytes<headFormat>() ? ringSlotBytes<format>() : ringSlotBytes<headFormat>();

    /// Whether all vectors but queries, keys and values are sent two values a word: every block asks for half as much, again and
    /// again. Weights of 4 bits have lost more than the ten bits that are left of an activation lose.
    static const bool inPairs = format == N4 || format == N4DQ;

    // MARK: the warp that fills the ring

    template <int F> DEVICE void fetchPhase(int layer, int phase, RingPlace& to) {
        const int rows = rowCount(phase);
#pragma unroll 1
        for (int first = 0; first < rows; first += SLOT_ROWS) {
            const Thread thread;
            const int lane = thread.lane();
            int row = 0;
            const bool mine = lane < SLOT_ROWS && first + lane < rows;
            const u32 weight = sharedAddress(&locate(layer, phase, mine ? first + lane : 0, row));
            const RowRun run = runOf<F>(mine, lane, weight, row, columnsOf(phase), args.blockShift);
            const int chunks = (columnsOf(phase) / Layout<F>::perLane * 16 + ROW_BYTES - 1) / ROW_BYTES;
#pragma unroll 1
            for (int chunk = 0; chunk < chunks; chunk++) {
                const Thread thread;
                const int lane = thread.lane();
                int columns = columnsOf(phase);
                asm volatile("" : "+r"(columns));
                waitBarrier(empty(to.slot), to.parity ^ 1);
                const u32 slot = ring() + to.slot * slotBytes;
                if (mine) fetchRow<F>(slot, full(to.slot), lane, weight, row, chunk, columns, args.blockShift, run);
                else if (lane < SLOT_ROWS) fetchNothing<F>(slot, full(to.slot), lane);
                to.advance(args.slots);
            }
        }
    }
    DEVICE void fetchAll() {
        RingPlace to = { 0, 0 };
#pragma unroll 1
        for (int step = 0; step < args.steps; step++) {
#pragma unroll 1
            for (int i = 0; i < args.layerCount * 4; i++) fetchPhase<format>(i >> 2, i & 3, to);
            fetchPhase<headFormat>(args.layerCount, HEAD, to);
        }
    }

    // MARK: activations

    /// Four elements from `i` on into the parts that `F` multiplies with.
    template <int F> DEVICE void storeFour(int stride, int i, float4 x) {
        if constexpr (F == F32) { *(float4*)(planes() + i * 4) = x; return; }
        float v[4] = { x.x, x.y, x.z, x.w };
        char* to = planes() + i * 2;
        if constexpr (F == BF16) {
#pragma unroll
            for (int part = 0; part < 3; part++) {
                const u32 low = Pack<bf16>::pack(v[0], v[1]), high = Pack<bf16>::pack(v[2], v[3]);
                *(uint2*)(to + part * stride) = make_uint2(low, high);
                v[0] -= __uint_as_float(low << 16);
                v[1] -= __uint_as_float(low & 0xffff0000u);
                v[2] -= __uint_as_float(high << 16);
                v[3] -= __uint_as_float(high & 0xffff0000u);
            }
        } else {
#pragma unroll
            for (int j = 0; j < 4; j++) v[j] = fminf(fmaxf(v[j] * (1.0f / PART_SCALE), -65504.0f), 65504.0f);
            const u32 low = Pack<f16>::pack(v[0], v[1]), high = Pack<f16>::pack(v[2], v[3]);
            *(uint2*)to = make_uint2(low, high);
            *(uint2*)(to + stride) = make_uint2(
                Pack<f16>::pack(v[0] - halfOf(low, 0), v[1] - halfOf(low, 1)), Pack<f16>::pack(v[2] - halfOf(high, 0), v[3] - halfOf(high, 1)));
        }
    }
    /// Stores four elements, zeros past the end, and sums blocks of 32 where the format needs them. A whole warp calls.
    template <int F> DEVICE void stageFour(const Thread& thread, int stride, int i, int columns, float4 x) {
        if (i < paddedColumns(columns)) storeFour<F>(stride, i, x);
        if (F == Q4_1) {
            float s = x.x + x.y + (x.z + x.w);
#pragma unroll
            for (int d = 1; d < 8; d <<= 1) s += __shfl_xor_sync(FULL, s, d);
            if ((thread.lane() & 7) == 0 && i < columns) blockSums()[i >> 5] = s;
        }
    }
    /// hidden += what the previous phase sent (if any), then hidden × norm into the parts of `F`.
    template <int F> DEVICE void stageNorm(const u32* words, u32 epoch, const float* norm, bool isLayer) {
        const Thread thread;
        float sum = 0;
        // Two ways that are much alike, but code common to both made bfloat16 2 % slower.
        if constexpr (inPairs) {
            // Columns that a thread has of a step: those of a quad of words.
            const int EACH = 8, step = CONSUMERS * EACH, columns = args.hidden, stride = planeStride<F>(columns);
            const int batch = 64 / WARPS / EACH;
            for (int start = thread.index * EACH; start - thread.index * EACH < paddedColumns(columns); start += batch * step) {
                float4 weight[batch][EACH / 4];
                uint4 delta[batch];
                // The norm's weights come from memory: they are asked for before the wait.
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    const int i = start + j * step;
#pragma unroll
                    for (int k = 0; k < EACH / 4; k++) {
                        weight[j][k] = make_float4(0, 0, 0, 0);
                        if (i < columns) weight[j][k] = *(const float4*)(norm + i + 4 * k);
                    }
                    delta[j] = make_uint4(0, 0, 0, 0);
                }
                if (words) receiveQuads<batch>(delta, words, start * 4 / EACH, step * 4 / EACH, columns * 4 / EACH, epoch);
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    const u32 word[4] = { delta[j].x, delta[j].y, delta[j].z, delta[j].w };
                    if (start + j * step - thread.index * EACH >= paddedColumns(columns)) break;
#pragma unroll
                    for (int k = 0; k < EACH / 4; k++) {
                        const int i = start + j * step + 4 * k;
                        float4 h;
                        const u32 low = untaggedPair(word[2 * k]), high = untaggedPair(word[2 * k + 1]);
                        h = make_float4(halfOf(low, 0) * PART_SCALE, halfOf(low, 1) * PART_SCALE, halfOf(high, 0) * PART_SCALE, halfOf(high, 1) * PART_SCALE);
                        if (i < columns) {
                            const float4 old = *(float4*)(hidden() + i);
                            h = make_float4(h.x + old.x, h.y + old.y, h.z + old.z, h.w + old.w);
                            *(float4*)(hidden() + i) = h;
                        }
                        const float4 w = weight[j][k];
                        sum = fmaf(h.x, h.x, fmaf(h.y, h.y, fmaf(h.z, h.z, fmaf(h.w, h.w, sum))));
                        stageFour<F>(thread, stride, i, columns, make_float4(h.x * w.x, h.y * w.y, h.z * w.z, h.w * w.w));
                    }
                }
            }
        } else {
            const int step = CONSUMERS * 4, columns = args.hidden, stride = planeStride<F>(columns);
            const int batch = 16 / WARPS;
            for (int start = thread.index * 4; start - thread.index * 4 < paddedColumns(columns); start += batch * step) {
                float4 weight[batch];
                uint4 delta[batch];
                // The norm's weights come from memory: they are asked for before the wait.
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    const int i = start + j * step;
                    weight[j] = make_float4(0, 0, 0, 0);
                    if (i < columns) weight[j] = *(const float4*)(norm + i);
                    delta[j] = make_uint4(0, 0, 0, 0);
                }
                if (words) receiveQuads<batch>(delta, words, start, step, columns, epoch);
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    const int i = start + j * step;
                    if (i - thread.index * 4 >= paddedColumns(columns)) break;
                    float4 h = make_float4(untagged(delta[j].x), untagged(delta[j].y), untagged(delta[j].z), untagged(delta[j].w));
                    if (i < columns) {
                        const float4 old = *(float4*)(hidden() + i);
                        h = make_float4(h.x + old.x, h.y + old.y, h.z + old.z, h.w + old.w);
                        *(float4*)(hidden() + i) = h;
                    }
                    sum = fmaf(h.x, h.x, fmaf(h.y, h.y, fmaf(h.z, h.z, fmaf(h.w, h.w, sum))));
                    stageFour<F>(thread, stride, i, columns, make_float4(h.x * weight[j].x, h.y * weight[j].y, h.z * weight[j].z, h.w * weight[j].w));
                }
            }
        }
        // rsqrt(mean square) is one factor of all outputs: it is applied to them, so that products need not wait for it.
        squares()[thread.index] = sum;
        if (isLayer) announceSquares();
        consumerBarrier();
    }
    /// The factor that `stageNorm` left out; a whole warp calls.
    DEVICE float normFactor(int lane) const {
        float sum = 0;
#pragma unroll 4
        for (int i = 0; i < CONSUMERS; i += 32) sum += squares()[i + lane];
        return rsqrtf(warpSum(sum) / args.hidden + args.epsilon);
    }
    template <int F> DEVICE void stagePlain(const u32* words, u32 epoch, int columns) {
        const Thread thread;
        if constexpr (inPairs) {
            const int stride = planeStride<F>(columns), EACH = 8, step = CONSUMERS * EACH, batch = 192 / WARPS / EACH;
            for (int start = 0; start < paddedColumns(columns); start += batch * step) {
                uint4 x[batch];
                receiveQuads<batch>(x, words, start * 4 / EACH + thread.index * 4, step * 4 / EACH, columns * 4 / EACH, epoch);
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    const int i = start + j * step + thread.index * EACH;
                    if (start + j * step >= paddedColumns(columns)) break;
                    // Float16 of such parts as `storeFour` makes: the upper is all there is.
                    if (i >= paddedColumns(columns)) break;
                    *(uint4*)(planes() + i * 2) = make_uint4(untaggedPair(x[j].x), untaggedPair(x[j].y), untaggedPair(x[j].z), untaggedPair(x[j].w));
                    *(uint4*)(planes() + stride + i * 2) = make_uint4(0, 0, 0, 0);
                }
            }
        } else {
            const int step = CONSUMERS * 4, batch = 48 / WARPS, stride = planeStride<F>(columns);
            for (int start = 0; start < paddedColumns(columns); start += batch * step) {
                uint4 x[batch];
                receiveQuads<batch>(x, words, start + thread.index * 4, step, columns, epoch);
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    if (start + j * step >= paddedColumns(columns)) break;
                    stageFour<F>(thread, stride, start + j * step + thread.index * 4, columns, make_float4(untagged(x[j].x), untagged(x[j].y), untagged(x[j].z), untagged(x[j].w)));
                }
            }
        }
        consumerBarrier();
    }

    // MARK: the warps that finish rows

    /// What a row's sum needs beside the norm's factor: asked for before the sums are there, since it comes from memory.
    struct RowEnd { float scale, bias; };
    DEVICE RowEnd rowEnd(int layer, int phase, int i, int rows) const {
        RowEnd end = { 1, 0 };
        if (i < rows) {
            int row;
            const Segment& weight = locate(layer, phase, i, row);
            if (format == INT8) end.scale = ((const float*)weight.scales)[row];
            if (weight.bias) end.bias = weight.bias[row];
        }
        return end;
    }
    DEVICE void finishAll() {
        const int first = threadIdx.x - (THREADS - FINISHERS);
#pragma unroll 1
        for (u32 epoch = args.epoch; epoch != args.epoch + args.steps; epoch++) {
#pragma unroll 1
            for (int layer = 0; layer < args.layerCount; layer++) {
#pragma unroll 1
                for (int phase = QKV; phase <= DOWN; phase++) {
                    const int units = unitCount(phase);
                    u32* words = vectorOf(layer, phase) + (inPairs ? 0 : firstUnit(phase));
                    RowEnd a = rowEnd(layer, phase, first, units), b = { 1, 0 };
                    if (phase == GATE_UP) b = rowEnd(layer, phase, units + first, first < units ? 2 * units : 0);
                    float factor = 1;
                    if (phase == QKV || phase == GATE_UP) {
                        awaitSquares();
                        factor = normFactor(threadIdx.x & 31);
                    }
                    awaitSums();
                    if constexpr (inPairs) {
                        for (int start = 0; start < units; start += FINISHERS) {
                            const int i = start + first, row = firstUnit(phase) + i;
                            if (start) {
                                a = rowEnd(layer, phase, i, units);
                                if (phase == GATE_UP) b = rowEnd(layer, phase, units + i, i < units ? 2 * units : 0);
                            }
                            float y = 0;
                            if (i < units) y = total(i) * (factor * a.scale) + a.bias;
                            if (phase == GATE_UP && i < units) {
                                const float z = total(units + i) * (factor * b.scale) + b.bias;
                                y = __fdividef(y, 1.0f + __expf(-y)) * z;
                            }
                            if (phase != QKV) sendTaggedPair(words + row / 2, y, i < units, epoch);
                            else if (i < units) sendTagged(words + row, y, epoch);
                        }
                    } else {
                        for (int i = first; i < units; i += FINISHERS) {
                            if (i != first) {
                                a = rowEnd(layer, phase, i, units);
                                if (phase == GATE_UP) b = rowEnd(layer, phase, units + i, 2 * units);
                            }
                            float y = total(i) * (factor * a.scale) + a.bias;
                            if (phase == GATE_UP) {
                                const float z = total(units + i) * (factor * b.scale) + b.bias;
                                y = __fdividef(y, 1.0f + __expf(-y)) * z;
                            }
                            sendTagged(words + i, y, epoch);
                        }
                    }
                }
            }
        }
    }

    // MARK: tokens

    /// Logits of this block's rows; sends the block's best and returns the best of all.
    DEVICE int choose(int step, u32 epoch) {
        const Thread thread;
        const int rows = rowCount(HEAD), row0 = firstUnit(HEAD);
        const float factor = normFactor(thread.lane());
        Candidate mine;
        mine.clear(args.vocabulary);
        for (int from = 0; from < rows; from += args.partialRows) {
            const int here = min(rows - from, args.partialRows);
            Taken taken;
            prepare<headFormat, slotBytes>(taken, HEAD);
            multiplyRows<headFormat, slotBytes>(taken, HEAD, here);
            consumerBarrier();
            for (int i = thread.index; i < here; i += CONSUMERS) {
                const int row = row0 + from + i;
                float y = total(i) * factor;
                if (headFormat == INT8) y *= ((const float*)args.head.scales)[row];
                if (args.head.bias) y += args.head.bias[row];
                if (args.logits) args.logits[(u64)step * args.vocabulary + row] = y;
                const float logit = y;
                mine.addShare(logit, 1);
                if (args.temperature > 0) y = y / args.temperature - logf(-logf(uniform(args.seed, epoch, row)));
                mine.consider(y, row, logit);
            }
            consumerBarrier();
        }
        return chooseToken(*this, mine, step, epoch);
    }

    /// Copies the token's embedding and this position's rotation angles.
    DEVICE void begin(int token, int position) {
        for (int i = threadIdx.x; i < args.hidden; i += CONSUMERS)
            hidden()[i] = element<embeddingFormat>(args.embedding, token, i, args.hidden, args.blockShift, args.table, args.map);
        if (threadIdx.x == 0) ownAttention() = attentionShare(block(), position);
        const int half = args.headSize / 2;
        for (int i = threadIdx.x; i < half; i += CONSUMERS) {
            float s, c;
            sincosf((float)position * args.inverseFrequencies[i], &s, &c);
            cosines()[i] = c * args.ropeFactor;
            cosines()[half + i] = s * args.ropeFactor;
        }
        consumerBarrier();
    }

    DEVICE void decode() {
        int token = args.tokens[args.position];
        for (int step = 0; step < args.steps; step++) {
            const int position = args.position + step;
            const u32 epoch = args.epoch + step;
            begin(token, position);
            for (int layer = 0; layer < args.layerCount; layer++) {
#pragma unroll 1
                for (int phase = QKV; phase <= DOWN; phase++) {
                    // One call of each: the code of a phase is large.
                    if (phase == OUTPUT) attend<Cache, inPairs>(*this, layer, position, epoch);
                    Taken taken;
                    prepare<format, slotBytes>(taken, phase);
                    if (phase == QKV || phase == GATE_UP) {
                        const u32* words = phase == GATE_UP ? vectorOf(layer, OUTPUT) : layer ? vectorOf(layer - 1, DOWN) : 0;
                        stageNorm<format>(words, epoch, phase == QKV ? layers()[layer].attentionNorm : layers()[layer].feedForwardNorm, true);
                    } else {
                        stagePlain<format>(phase == OUTPUT ? attentionOf(layer) : vectorOf(layer, GATE_UP), epoch, columnsOf(phase));
                    }
                    if (args.clocks && block() == 0 && threadIdx.x == 0) args.clocks[(layer * 4 + phase) * 2] = clock64();
                    multiplyRows<format, slotBytes>(taken, phase, rowCount(phase));
                    announceSums();
                    // What the next phase multiplies is written over this one's as it comes, and other blocks may be ahead.
                    consumerBarrier();
                    if (args.clocks && block() == 0 && threadIdx.x == 0) args.clocks[(layer * 4 + phase) * 2 + 1] = clock64();
                }
            }
            stageNorm<headFormat>(vectorOf(args.layerCount - 1, DOWN), epoch, args.finalNorm, false);
            token = choose(step, epoch);
            if (block() == 0 && threadIdx.x == 0) args.tokens[position + 1] = token;
        }
    }

    DEVICE void run() {
        if (Layout<format>::table) fillWidePairs(args.table);
        if (Layout<format>::nested) for (int i = threadIdx.x; i < 256; i += THREADS) ((float*)map())[i] = args.map[i];
        const int layerWords = args.layerCount * (int)(sizeof(DecodeLayer) / 8);
        for (int i = threadIdx.x; i < layerWords; i += THREADS) ((u64*)layers())[i] = ((const u64*)args.layers)[i];
        if (threadIdx.x == 0) *(Segment*)((u64*)layers() + layerWords) = args.head;
        share(inPairs);
        if (threadIdx.x < args.slots) {
            initBarrier(full(threadIdx.x), SLOT_ROWS);
            initBarrier(empty(threadIdx.x), WARPS);
        }
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
        __syncthreads();
        place = { 0, 0 };
        if (threadIdx.x >= CONSUMERS) {
            if (threadIdx.x < CONSUMERS + 32) fetchAll();
            else finishAll();
        } else {
            decode();
        }
    }
};

#define DECODE(name, format, headFormat, embeddingFormat, Cache) \
    extern "C" __global__ void __launch_bounds__(THREADS, 1) decode_##name(const __grid_constant__ DecodeArguments args) { \
        DecodeLoop<format, headFormat, embeddingFormat, Cache> loop(args); \
        loop.run(); \
    }
#ifdef SELECT_f32
DECODE(f32, F32, F32, F32, float)
#endif
#ifdef SELECT_f16
DECODE(f16, F16, F16, F16, f16)
#endif
#ifdef SELECT_bf16
DECODE(bf16, BF16, BF16, BF16, bf16)
#endif
#ifdef SELECT_n4
DECODE(n4, N4, BF16, BF16, bf16)
#endif
#ifdef SELECT_n4dq
DECODE(n4dq, N4DQ, BF16, BF16, bf16)
#endif
#ifdef SELECT_int8
DECODE(int8, INT8, BF16, BF16, bf16)
#endif
#ifdef SELECT_q4_0
DECODE(q4_0, Q4_0, Q8_0, Q8_0, f16)
#endif
#ifdef SELECT_q4_1
DECODE(q4_1, Q4_1, Q8_0, Q8_0, f16)
#endif
#ifdef SELECT_q8_0
DECODE(q8_0, Q8_0, Q8_0, Q8_0, f16)
#endif
