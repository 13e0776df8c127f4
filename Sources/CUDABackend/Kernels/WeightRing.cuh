// Weights on their way into shared memory: a ring of slots that one warp fills with the bulk copy engine and eight
// warps empty. Weights do not depend on activations, so the ring runs ahead across phases, layers and tokens.
//
// A slot holds up to 16 rows × 1024 bytes of codes, each row with what scales it needs. Rows are 1088 bytes apart, so
// that the two rows and four 16-byte pieces that eight neighbouring lanes read lie on different banks.
//
// All free slots are asked for at once: with one to three in flight decoding took 1 to 5 % longer.
#pragma once
#include "Weights.cuh"

/// Bytes from a segment's start; NVRTC has no offsetof.
#define SEGMENT_SCALES ((u32)(u64)&((KernelSegment*)0)->scales)
#define SEGMENT_NESTED ((u32)(u64)&((KernelSegment*)0)->nested)
#define SEGMENT_OFFSET ((u32)(u64)&((KernelSegment*)0)->offset)

/// Bytes of a row's scales in a slot.
template <int format> DEVICE constexpr int scalePitch() {
    return Layout<format>::scalePitch;
}
/// Where a row's scales begin: what depends on its place in memory.
struct RowScales {
    /// Bytes from the start of the row's scales in the slot.
    u32 start;
    /// Nested scales: the first scale's place among the 256 that share a scale of scales, and the bytes to that.
    u32 place, nested;
    float offset;
};

template <int format> DEVICE constexpr bool blockScaled() { return Layout<format>::blockScaled; }
static_assert(sizeof(RowScales) == 16, "kernelFormatTraits reckons with it");
template <int format> DEVICE constexpr int ringSlotBytes() { return Layout<format>::ringSlotBytes; }

DEVICE void initBarrier(u32 barrier, u32 count) { asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(count) : "memory"); }
DEVICE void arrive(u32 barrier) { asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory"); }
DEVICE void arriveExpecting(u32 barrier, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
DEVICE void waitBarrier(u32 barrier, u32 parity) {
    u32 done;
    do {
        asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, p; }"
            : "=r"(done) : "r"(barrier), "r"(parity) : "memory");
    } while (!done);
}
/// Starts a copy of whole 16 bytes, both ends aligned to 16. Weights are read once a token: they should not push out of
/// L2 what is read often. (The policy is what `createpolicy.fractional.L2::evict_first` with fraction 1 makes.)
DEVICE void bulkCopy(u32 to, u64 from, u32 bytes, u32 barrier) {
    const u64 policy = 0x12f0000000000000ull;
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint [%0], [%1], %2, [%3], %4;"
        ::"r"(to), "l"(from), "r"(bytes), "r"(barrier), "l"(policy) : "memory");
}

/// Place in the ring, and the parity of its round.
struct RingPlace {
    int slot;
    u32 parity;
    DEVICE void advance(int slots) { if (++slot == slots) { slot = 0; parity ^= 1; } }
};

/// Bytes of scales of one element's block, as a power of two.
template <int format> DEVICE constexpr int scaleShift() { return Layout<format>::scaleBytes >> 1; }
DEVICE u64 sharedLong(u32 address) { u64 v; asm volatile("ld.shared.u64 %0, [%1];" : "=l"(v) : "r"(address)); return v; }

/// Rows of a slot that follow one another in a matrix: one lane asks for what they have in common.
struct RowRun { int first, count; };

/// The calling lane's run; a whole warp calls. Doubly quantised scales alone come for several rows at once: copies of 32 bytes
/// take the copy engine as long as those of a row's codes, and there were twice as many.
template <int format> DEVICE RowRun runOf(bool mine, int lane, u32 weight, u32 row, int columns, int blockShift) {
    if (!Layout<format>::nested) return { lane, 1 };
    // 32 bytes of scales of scales reach over 1024 scales, wherever they begin.
    const int scales = columns >> blockShift, most = SLOT_ROWS * scales <= 1024 ? SLOT_ROWS : SLOT_ROWS / 2 * scales <= 1024 ? SLOT_ROWS / 2 : 1;
    const u32 weightBefore = __shfl_up_sync(FULL, weight, 1), rowBefore = __shfl_up_sync(FULL, row, 1);
    const u32 leaders = __ballot_sync(FULL, mine && ((lane & (most - 1)) == 0 || weight != weightBefore || row != rowBefore + 1));
    const int rows = __popc(__ballot_sync(FULL, mine)), first = 31 - __clz(leaders & ((2u << lane) - 1));
    const u32 later = leaders & ~((2u << lane) - 1);
    return { first, (later ? __ffs(later) - 1 : rows) - first };
}

/// Asks for one lane's row of the slot at `to`: its codes and scales. `weight` is the shared address of a segment;
/// `chunk` counts 1024 bytes along the row. Blocks of scales end where rows do.
template <int format> DEVICE void fetchRow(u32 to, u32 barrier, int place, u32 weight, u32 row, int chunk, int columns, int blockShift, RowRun run) {
    const u32 rowBytes = (u32)columns / Layout<format>::perLane * 16, start = chunk * SLOT_ROW_BYTES;
    const u32 bytes = min(rowBytes - start, (u32)SLOT_ROW_BYTES);
    u32 first = 0, scaleBytes = 0;
    if constexpr (blockScaled<format>()) {
        const int shift = Layout<format>::flat ? blockShift : 5;
        first = (row * columns + start / 16 * Layout<format>::perLane) >> shift;
        const u32 count = (bytes / 16 * Layout<format>::perLane + (1 << shift) - 1) >> shift;
        scaleBytes = (((first + count) << scaleShift<format>()) + 15 & ~15u) - ((first << scaleShift<format>()) & ~15u);
        if constexpr (Layout<format>::nested) {
            // Scales of whole rows, and of whole pieces of 16 bytes, lie as they do in the matrix.
            const u32 scales = (u32)columns >> shift, before = place - run.first, begin = first - before * scales;
            const bool leads = before == 0, together = rowBytes <= SLOT_ROW_BYTES && (scales & 15) == 0;
            const int last = run.first + run.count - 1;
            if (together) scaleBytes = leads ? run.count * scales : 0;
            const u32 area = to + SLOT_ROWS * SLOT_ROW_PITCH;
            asm volatile("st.shared.v4.u32 [%0], {%1,%2,%3,%4};" ::"r"(area + SLOT_ROWS * scalePitch<format>() + place * (u32)sizeof(RowScales)),
                "r"(together ? 0u - before * (scalePitch<format>() - scales) : first & 15u), "r"(first & 255),
                "r"((last - place) * scalePitch<format>() + 48 + ((begin >> 8) * 4 & 15) + ((first >> 8) - (begin >> 8)) * 4),
                "r"(sharedWord(weight + SEGMENT_OFFSET)) : "memory");
            arriveExpecting(barrier, bytes + scaleBytes + (leads ? 32 : 0));
            bulkCopy(to + place * SLOT_ROW_PITCH, sharedLong(weight) + ((u64)row * rowBytes + start), bytes, barrier);
            if (scaleBytes) bulkCopy(area + place * scalePitch<format>(), sharedLong(weight + SEGMENT_SCALES) + (first & ~15u), scaleBytes, barrier);
            if (leads) bulkCopy(area + last * scalePitch<format>() + 48, sharedLong(weight + SEGMENT_NESTED) + ((begin >> 8) * 4 & ~15u), 32, barrier);
            return;
        }
        const u32 described = to + SLOT_ROWS * (SLOT_ROW_PITCH + scalePitch<format>()) + place * sizeof(RowScales);
        asm volatile("st.shared.v4.u32 [%0], {%1,%2,%3,%4};" ::"r"(described), "r"((first << scaleShift<format>()) & 15u), "r"(0), "r"(0), "r"(0) : "memory");
    }
    arriveExpecting(barrier, bytes + scaleBytes);
    bulkCopy(to + place * SLOT_ROW_PITCH, sharedLong(weight) + ((u64)row * rowBytes + start), bytes, barrier);
    if constexpr (blockScaled<format>()) {
        const u32 scales = to + SLOT_ROWS * SLOT_ROW_PITCH + place * scalePitch<format>();
        bulkCopy(scales, sharedLong(weight + SEGMENT_SCALES) + ((first << scaleShift<format>()) & ~15u), scaleBytes, barrier);
    }
}
/// For a row that a slot lacks: its sums are never looked at, but its scales are.
template <int format> DEVICE void fetchNothing(u32 to, u32 barrier, int place) {
    if constexpr (blockScaled<format>())
        asm volatile("st.shared.v4.u32 [%0], {%1,%1,%1,%1};" ::"r"(to + SLOT_ROWS * (SLOT_ROW_PITCH + scalePitch<format>()) + place * (u32)sizeof(RowScales)), "r"(0) : "memory");
    arrive(barrier);
}

/// The scale number `index` of row `place` in the slot at `slot`. `whole`: every row's scales are whole 16 bytes (float32).
template <int format> DEVICE void readScale(float& scale, float& minimum, u32 slot, int place, u32 index, bool whole, const float* map) {
    const u32 area = slot + SLOT_ROWS * SLOT_ROW_PITCH + place * scalePitch<format>();
    if (Layout<format>::floatScaled && whole) { scale = __uint_as_float(sharedWord(area + index * 4)); return; }
    const uint4 row = sharedQuad(slot + SLOT_ROWS * (SLOT_ROW_PITCH + scalePitch<format>()) + place * sizeof(RowScales));
    const u32 address = area + row.x + (index << scaleShift<format>());
    if (Layout<format>::floatScaled) scale = __uint_as_float(sharedWord(address));
    else if (Layout<format>::nested) {
        u32 code;
        asm volatile("ld.shared.u8 %0, [%1];" : "=r"(code) : "r"(address));
        scale = nestedScale(map, code, __uint_as_float(sharedWord(area + row.z + (row.y + index >> 8) * 4)), __uint_as_float(row.w));
    } else if (Layout<format>::hasMinimum) {
        const u32 word = sharedWord(address);
        scale = halfOf(word, 0);
        minimum = halfOf(word, 1);
    } else {
        u16 bits;
        asm volatile("ld.shared.u16 %0, [%1];" : "=h"(bits) : "r"(address));
        f16 h = { bits };
        scale = toFloat(h);
    }
}
