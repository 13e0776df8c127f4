// Greedy or temperature decoding of a Llama-shaped model as one persistent cooperative kernel.
//
// One block per multiprocessor runs every layer of every token: 8 warps multiply, one keeps weights coming (WeightRing.cuh),
// three finish rows (DecodeRows.cuh). Every block has the residual stream and multiplies its own rows of each matrix; results
// go to all others through words in memory (Handover.cuh).
//
// Layers take turns with four sets of words. A set can be written again without a barrier: what a block sends depends on what
// all others sent a phase earlier, and they sent that after their last read of the layer before.
// build: ptx=90 machine=90a formats
#include "DecodeAttention.cuh"
#include "DecodeChoice.cuh"
#include "DecodeRows.cuh"
#include "Element.cuh"

template <int format, int headFormat, int embeddingFormat, typename Cache>
struct DecodeLoop : DecodeRows {
    DEVICE DecodeLoop(const DecodeArguments& a) : DecodeRows(a) {}

    static const int slotBytes = ringSlotBytes<format>() > ringSlotBytes<headFormat>() ? ringSlotBytes<format>() : ringSlotBytes<headFormat>();

    /// Whether all vectors but queries, keys and values are sent two values a word: every block asks for half as much, again and
    /// again. Weights of 4 bits have lost more than the ten bits that are left of an activation lose.
    static const bool inPairs = Layout<format>::sendsPairs;

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
            const int chunks = (columnsOf(phase) / Layout<F>::perLane * 16 + SLOT_ROW_BYTES - 1) / SLOT_ROW_BYTES;
#pragma unroll 1
            for (int chunk = 0; chunk < chunks; chunk++) {
                const Thread thread;
                const int lane = thread.lane();
                int columns = columnsOf(phase);
                asm volatile("" : "+r"(columns));
                waitBarrier(empty(to.slot), to.parity ^ 1);
                const u32 slot = slotAt<slotBytes>(to.slot);
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

    // MARK: the warps that finish rows

    DEVICE void finishAll() {
        u32 parity = 0;
#pragma unroll 1
        for (u32 epoch = args.epoch; epoch != args.epoch + args.steps; epoch++) {
#pragma unroll 1
            for (int layer = 0; layer < args.layerCount; layer++, parity ^= 1) {
#pragma unroll 1
                for (int phase = QKV; phase <= DOWN; phase++) {
                    const u32 round = roundOf(epoch, layer);
                    finishPhase<format, inPairs>(layer, phase, round, parity);
                    if (phase == QKV && threadIdx.x >= THREADS - 64)
                        receiveQueries<Cache>(*this, layer, args.position + (int)(epoch - args.epoch), round, threadIdx.x - (THREADS - 64));
                }
            }
        }
    }

    // MARK: tokens

    /// Logits of this block's rows; sends the block's best and returns the best of all.
    DEVICE int choose(int step, int position, u32 epoch) {
        const Thread thread;
        const int rows = rowCount(HEAD), row0 = firstUnit(HEAD);
        const float factor = normFactor(thread.lane());
        Candidate mine;
        mine.clear(args.vocabulary);
        for (int from = 0; from < rows; from += args.partialRows) {
            const int here = min(rows - from, args.partialRows);
            Taken taken;
            prepare<headFormat, slotBytes>(taken, HEAD);
            multiplyRows<headFormat, slotBytes, false>(taken, HEAD, here, open(), 0, 1);
            consumerBarrier();
            for (int i = thread.index; i < here; i += CONSUMERS) {
                const int row = row0 + from + i;
                float y = total(i) * factor;
                if (Layout<headFormat>::rowScaled) y *= ((const float*)args.head.scales)[row];
                if (args.head.bias) y += args.head.bias[row];
                if (args.logits) args.logits[(u64)step * args.vocabulary + row] = y;
                const float logit = y;
                mine.addShare(logit, 1);
                if (args.temperature > 0) y = y / args.temperature - logf(-logf(uniform(args.seed, epoch, row)));
                mine.consider(y, row, logit);
            }
            consumerBarrier();
        }
        // Blocks attend to rows of the cache that others wrote where a head's positions are shared.
        const bool isShared = position + 2 > SPAN;
        sendChoice(*this, mine, epoch, isShared);
        // What does not depend on the token is made ready while the others' candidates are under way.
        beginPosition(position + 1);
        return receiveChoice(*this, step, epoch, isShared);
    }

    /// A position's share of attention and its rotation angles. What is written is read behind the barrier of `beginToken`.
    DEVICE void beginPosition(int position) {
        if (threadIdx.x == 0) ownAttention() = attentionShare(block(), position);
        const int half = args.headSize / 2;
        for (int i = threadIdx.x; i < half; i += CONSUMERS) {
            float s, c;
            sincosf((float)position * args.inverseFrequencies[i], &s, &c);
            cosines()[i] = c * args.ropeFactor;
            cosines()[half + i] = s * args.ropeFactor;
        }
    }
    /// Copies the token's embedding.
    DEVICE void beginToken(int token) {
        for (int i = threadIdx.x; i < args.hidden; i += CONSUMERS)
            hidden()[i] = element<embeddingFormat>(args.embedding, token, i, args.hidden, args.blockShift, args.table, args.map);
        consumerBarrier();
    }

    DEVICE void decode() {
        int token = args.tokens[args.position];
        u32 parity = 0;
        beginPosition(args.position);
        for (int step = 0; step < args.steps; step++) {
            const int position = args.position + step;
            const u32 epoch = args.epoch + step;
            beginToken(token);
            for (int layer = 0; layer < args.layerCount; layer++) {
#pragma unroll 1
                for (int phase = QKV; phase <= DOWN; phase++) {
                    // One call of each: the code of a phase is large.
                    if (phase == OUTPUT) attend<Cache, inPairs>(*this, layer, position, roundOf(epoch, layer));
                    Taken taken;
                    prepare<format, slotBytes>(taken, phase);
                    // What is multiplied next is written over the last input as it comes, and other blocks may be ahead.
                    if (inPairs && phase == DOWN) __syncwarp();
                    else consumerBarrier();
                    if (phase == QKV || phase == GATE_UP) {
                        const u32* words = phase == GATE_UP ? vectorOf(layer, OUTPUT) : layer ? vectorOf(layer - 1, DOWN) : 0;
                        const u32 round = roundOf(epoch, phase == QKV && layer ? layer - 1 : layer);
                        const float* norm = phase == QKV ? layers()[layer].attentionNorm : layers()[layer].feedForwardNorm;
                        stageNorm<format, inPairs>(words, round, norm, true);
                    } else if (!inPairs || phase == OUTPUT) {
                        stagePlain<format, inPairs>(phase == OUTPUT ? attentionOf(layer) : vectorOf(layer, GATE_UP), roundOf(epoch, layer), columnsOf(phase));
                    }
                    if (args.clocks && block() == 0 && threadIdx.x == 0) args.clocks[(layer * 4 + phase) * 2] = clock64();
                    const bool isLate = inPairs && phase == DOWN;
                    if (isLate) waitBarrier(staged(), parity);
                    multiplyRows<format, slotBytes, true>(taken, phase, rowCount(phase), isLate ? staged() : open(), isLate ? 8 : 0, isLate ? parity : 1);
                    if (args.clocks && block() == 0 && threadIdx.x == 0) args.clocks[(layer * 4 + phase) * 2 + 1] = clock64();
                }
                parity ^= 1;
            }
            consumerBarrier();
            stageNorm<headFormat, inPairs>(vectorOf(args.layerCount - 1, DOWN), roundOf(epoch, args.layerCount - 1), args.finalNorm, false);
            token = choose(step, position, epoch);
            if (block() == 0 && threadIdx.x == 0) args.tokens[position + 1] = token;
        }
    }

    DEVICE void run() {
        if (Layout<format>::table) fillWidePairs(args.table);
        if (Layout<format>::nested) for (int i = threadIdx.x; i < 256; i += THREADS) ((float*)map())[i] = args.map[i];
        const int layerWords = args.layerCount * (int)(sizeof(DecodeLayerArguments) / 8);
        for (int i = threadIdx.x; i < layerWords; i += THREADS) ((u64*)layers())[i] = ((const u64*)args.layers)[i];
        if (threadIdx.x == 0) *(KernelSegment*)((u64*)layers() + layerWords) = args.head;
        share(inPairs);
        if (threadIdx.x < args.slots) {
            initBarrier(full(threadIdx.x), SLOT_ROWS);
            initBarrier(empty(threadIdx.x), WARPS);
        }
        for (int i = threadIdx.x; i < barrierCount(); i += THREADS) initBarrier(summed(QKV) + i * 8, summed(QKV) + i * 8 < staged() ? WARPS : 2);
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

extern "C" __global__ void __launch_bounds__(THREADS, 1) NAMED(decode, COMPILED_NAME)(const __grid_constant__ DecodeArguments args) {
    const int head = Layout<COMPILED_FORMAT>::headFormat;
    DecodeLoop<COMPILED_FORMAT, head, head, ProductType<COMPILED_FORMAT>> loop(args);
    loop.run();
}
