// What the decode loop is told, and where things lie: parameters, shared memory, the words between blocks, which rows
// of which matrix a block multiplies.
#pragma once
#include "Handover.cuh"
#include "WeightRing.cuh"

#define WARPS int(DECODE_WARPS)
#define CONSUMERS int(DECODE_CONSUMERS)
#define FINISHERS int(DECODE_FINISHERS)
#define THREADS int(DECODE_THREADS)

enum Phase { QKV = 0, OUTPUT = 1, GATE_UP = 2, DOWN = 3, HEAD = 4 };

/// Positions of a head that one block attends to alone.
#define SPAN 256

/// A barrier among the warps that multiply.
DEVICE void consumerBarrier() { asm volatile("bar.sync 1, %0;" ::"n"(CONSUMERS) : "memory"); }
/// From the warps that multiply, which go on, to those that finish rows: the squares of the normed input are there.
DEVICE void announceSquares() { asm volatile("bar.arrive 3, %0;" ::"n"(CONSUMERS + FINISHERS) : "memory"); }
DEVICE void awaitSquares() { asm volatile("bar.sync 3, %0;" ::"n"(CONSUMERS + FINISHERS) : "memory"); }
/// From two of the warps that finish rows to those that multiply: a head's query, key and value are there; and back: they may go.
DEVICE void announceQuery() { asm volatile("bar.arrive 2, %0;" ::"n"(CONSUMERS + 64) : "memory"); }
DEVICE void awaitQuery() { asm volatile("bar.sync 2, %0;" ::"n"(CONSUMERS + 64) : "memory"); }
DEVICE void announceAttended() { asm volatile("bar.arrive 4, %0;" ::"n"(CONSUMERS + 64) : "memory"); }
DEVICE void awaitAttended() { asm volatile("bar.sync 4, %0;" ::"n"(CONSUMERS + 64) : "memory"); }

extern __shared__ __align__(128) char dynamicMemory[];

/// Two codes of a byte looked up at once: 256 bytes × 32 lanes of two float16, every lane in its own bank. Entries are
/// 256 bytes apart, and the table begins at the 64-KiB line of shared addresses, so that one byte permutation makes an
/// address of a code and a lane, and nothing is added to it.
#define PAIRS_ADDRESS 0x10000u
struct WidePairs {
    u32 column;  // PAIRS_ADDRESS + lane × 4
    DEVICE WidePairs(int lane) : column(PAIRS_ADDRESS + lane * 4) {}
    template <int byte> DEVICE u32 at(u32 word) const {
        u32 v;
        asm("ld.shared.u32 %0, [%1];" : "=r"(v) : "r"(__byte_perm(word, column, 0x7604 | byte << 4)));
        return v;
    }
};
DEVICE void fillWidePairs(const float* table) {
    for (int i = threadIdx.x; i < 256 * 32; i += blockDim.x) {
        const int code = i >> 5;
        const u32 pair = Pack<f16>::pack(table[code >> 4], table[code & 15]);
        asm volatile("st.shared.u32 [%0], %1;" ::"r"(PAIRS_ADDRESS + code * 256 + (i & 31) * 4), "r"(pair) : "memory");
    }
}

/// What a thread keeps is little: addresses in shared memory are made from the parameters each time, since registers
/// that spill go to memory behind the little L1 that the ring leaves.
/// The calling thread, anew for each piece of work: what is reckoned from it cannot be kept in registers across layers.
struct Thread {
    int index;
    DEVICE Thread() : index(threadIdx.x) { asm volatile("" : "+r"(index)); }
    DEVICE int lane() const { return index & 31; }
    DEVICE int warp() const { return index >> 5; }
};

struct DecodeState {
    const DecodeArguments& args;
    RingPlace place;

    DEVICE DecodeState(const DecodeArguments& a) : args(a) {}

    DEVICE static int block() { return blockIdx.x; }
    DEVICE static int blocks() { return gridDim.x; }
    DEVICE const DecodeLayerArguments* layers() const { return (const DecodeLayerArguments*)(dynamicMemory + args.shared.layers); }
    DEVICE float* hidden() const { return (float*)(dynamicMemory + args.shared.hidden); }
    DEVICE int* shares() const { return (int*)(dynamicMemory + args.shared.shares); }
    DEVICE float* squares() const { return (float*)(dynamicMemory + args.shared.squares); }
    DEVICE float* cosines() const { return (float*)(dynamicMemory + args.shared.cosines); }
    DEVICE float* scratch() const { return (float*)(dynamicMemory + args.shared.scratch); }
    DEVICE float* partial() const { return (float*)(dynamicMemory + args.shared.partial); }
    DEVICE float* blockSums() const { return (float*)(dynamicMemory + args.shared.blockSums); }
    DEVICE char* planes() const { return dynamicMemory + args.shared.planes; }
    /// The input of the down-projection where it comes while gate and up are multiplied.
    DEVICE char* gated() const { return dynamicMemory + args.shared.gated; }
    DEVICE const float* map() const { return (const float*)(dynamicMemory + args.shared.map); }
    /// The first slots may lie before the table of pairs, and the others behind it.
    template <int slotBytes> DEVICE u32 slotAt(int slot) const {
        return sharedAddress(dynamicMemory) + (slot < args.shared.frontSlots ? args.shared.front : args.shared.ring) + slot * slotBytes;
    }
    DEVICE u32 full(int slot) const { return sharedAddress(dynamicMemory) + args.shared.barriers + slot * 16; }
    DEVICE u32 empty(int slot) const { return full(slot) + 8; }
    /// A layer's barriers: one for the sums of each slot of each phase, one for each part of `gated`, and one where nobody is
    /// expected, so that to wait for the phase before its first takes no time.
    DEVICE u32 summed(int phase) const { return sharedAddress(dynamicMemory) + args.shared.summed + phase * (args.partialRows / SLOT_ROWS * 8); }
    DEVICE u32 staged() const { return summed(HEAD); }
    DEVICE u32 open() const { return staged() + gatedChunks() * 8; }
    DEVICE int gatedChunks() const { return (args.intermediate + GATED_COLUMNS - 1) / GATED_COLUMNS; }
    DEVICE int barrierCount() const { return args.partialRows / SLOT_ROWS * 4 + gatedChunks() + 1; }

    DEVICE int queryWidth() const { return args.headCount * args.headSize; }
    DEVICE int keyValueWidth() const { return args.keyValueHeadCount * args.headSize; }

    // MARK: rows of a block

    /// Units of a phase: rows, or pairs of a gate's and an up-projection's row.
    DEVICE int unitsOf(int phase) const {
        switch (phase) {
        case QKV: return queryWidth() + 2 * keyValueWidth();
        case OUTPUT: case DOWN: return args.hidden;
        case GATE_UP: return args.intermediate;
        default: return args.vocabulary;
        }
    }
    DEVICE int columnsOf(int phase) const { return phase == OUTPUT ? queryWidth() : phase == DOWN ? args.intermediate : args.hidden; }
    /// This block's units of a phase: consecutive ones, as evenly shared as whole units allow. Divisions are slow:
    /// `shares` keeps the first unit of each phase, then the counts.
    /// `inPairs`: whole pairs of what two values a word are sent of, and of gate and up first eight for each slot.
    DEVICE void share(bool inPairs) {
        if (threadIdx.x <= HEAD) {
            const int each = inPairs && threadIdx.x != QKV && threadIdx.x != HEAD ? 2 : 1;
            const u64 units = unitsOf(threadIdx.x) / each;
            const int first = (int)(units * block() / blocks()) * each;
            shares()[threadIdx.x] = first;
            shares()[8 + threadIdx.x] = (int)(units * (block() + 1) / blocks()) * each - first;
        }
        if (threadIdx.x == GATE_UP) {
            // What is left when every block has its slots is shared as the other phases are.
            const int slots = inPairs ? args.intermediate / (8 * blocks()) : 0, left = args.intermediate - slots * 8 * blocks(), each = inPairs ? 2 : 1;
            const u64 units = left / each;
            const int first = (int)(units * block() / blocks()) * each;
            shares()[5] = slots * 8;
            shares()[GATE_UP] = slots * 8 * blocks() + first;
            shares()[8 + GATE_UP] = slots * 8 + (int)(units * (block() + 1) / blocks()) * each - first;
        }
    }
    /// The part of attention that a block begins with at a position: heads × spans are dealt out to the blocks.
    struct AttentionShare { int head, kvHead, span, spans, length; };
    DEVICE AttentionShare attentionShare(int unit, int position) const {
        const int count = position + 1, heads = args.headCount;
        AttentionShare share = { unit, 0, 0, 1, count };
        if (count > SPAN && heads < blocks()) {
            share.spans = min(blocks() / heads, (count + SPAN - 1) / SPAN);
            share.length = (count + share.spans - 1) / share.spans;
        }
        if (unit >= heads) { share.span = unit / heads; share.head = unit - share.span * heads; }
        share.kvHead = share.head / (heads / args.keyValueHeadCount);
        return share;
    }
    DEVICE AttentionShare& ownAttention() const { return *(AttentionShare*)(shares() + 16); }
    DEVICE int firstUnit(int phase) const { return shares()[phase]; }
    DEVICE int unitCount(int phase) const { return shares()[8 + phase]; }
    /// Units of gate and up that this block has eight a slot: a gate's rows, then an up-projection's. What all blocks have in a
    /// slot follows one another, so that the first slots' results are the first columns of the down-projection.
    DEVICE int slottedUnits() const { return shares()[5]; }
    DEVICE int gatedUnit(int i) const {
        return i < slottedUnits() ? (i >> 3) * 8 * blocks() + block() * 8 + (i & 7) : firstUnit(GATE_UP) + i - slottedUnits();
    }
    DEVICE int rowCount(int phase) const { return unitCount(phase) << (phase == GATE_UP); }
    /// The matrix and row of this block's row `i` of a phase; of gate and up, all first rows of a slot come before all second.
    DEVICE const KernelSegment& locate(int layer, int phase, int i, int& row) const {
        row = firstUnit(phase) + i;
        // The head's segment lies behind the layers'.
        const KernelSegment* w = layers()[layer].weights;
        if (phase == HEAD) return w[0];
        if (phase == OUTPUT) return w[3];
        if (phase == DOWN) return w[6];
        if (phase == GATE_UP) {
            const int slotted = slottedUnits();
            if (i < 2 * slotted) {
                row = gatedUnit((i >> 4) * 8 + (i & 7));
                return w[i & 8 ? 5 : 4];
            }
            const int rest = unitCount(phase) - slotted, j = i - 2 * slotted;
            const bool isUp = j >= rest;
            row = firstUnit(phase) + j - (isUp ? rest : 0);
            return w[isUp ? 5 : 4];
        }
        const int q = queryWidth(), kv = keyValueWidth();
        if (row < q) return w[0];
        row -= q;
        if (row < kv) return w[1];
        row -= kv;
        return w[2];
    }

    // MARK: words between blocks. GPUSessionLayout reckons with the same sizes.

    /// Lines of the longest vector, and 64-bit words of all vectors.
    DEVICE int vectorLines() const { return (max(max(queryWidth() + 2 * keyValueWidth(), args.hidden), args.intermediate) + 31) / 32; }
    DEVICE u64 vectorWords() const { return (u64)vectorLines() * WORD_LINE_STRIDE / 2; }
    /// The vector that a phase sends; of `HEAD` attention's.
    DEVICE u32* vectorOf(int layer, int phase) const { return (u32*)args.words + ((layer & WORD_SETS - 1) * 5 + phase) * 32; }
    DEVICE u32* attentionOf(int layer) const { return vectorOf(layer, HEAD); }
    DEVICE u64* partialsOf(int layer) const { return args.words + vectorWords() + (u64)(layer & WORD_SETS - 1) * blocks() * (args.headSize + 2); }
    DEVICE u64* candidates() const { return args.words + vectorWords() + (u64)WORD_SETS * blocks() * (args.headSize + 2); }
    /// Counts the uses of a set of words.
    DEVICE u32 roundOf(u32 epoch, int layer) const { return epoch * ((args.layerCount + WORD_SETS - 1) / WORD_SETS) + layer / WORD_SETS; }
};
