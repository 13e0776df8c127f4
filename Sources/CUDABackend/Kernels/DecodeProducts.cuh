// Products of the decode loop: the rows of a phase that a block has, from the ring's slots and the parts of the input.
#pragma once
#include "DecodeState.cuh"

struct DecodeProducts : DecodeState {
    DEVICE DecodeProducts(const DecodeArguments& a) : DecodeState(a) {}

    /// Pieces of 64 bytes that a warp takes of each row of a slot.
    static const int pieces = SLOT_ROW_BYTES / 64 / WARPS;
    /// Two neighbouring lanes' codes have one scale, and a part of the input is enough.
    template <int F> DEVICE static constexpr bool paired() {
        static_assert(!Layout<F>::sendsPairs || Layout<F>::block >= 2 * Layout<F>::perLane, "a pair of lanes would have two scales");
        return Layout<F>::sendsPairs;
    }
    /// What a lane reads of a slot: of each piece its 16 bytes of rows g and g + 8, and their scales.
    struct Taken {
        uint4 a[pieces], b[pieces];
        LaneScales scales[pieces];
    };
    /// Reads the calling lane's part of the slot at `place`; waits until it is there.
    template <int F, int slotBytes> DEVICE void take(Taken& taken, int rowBytes, int chunk, int lane, int warp) {
        const int g = lane >> 2, t = lane & 3, left = rowBytes - chunk * SLOT_ROW_BYTES;
        const u32 slot = slotAt<slotBytes>(place.slot);
        // A row's scales, and those of a chunk, are whole 16 bytes.
        const bool whole = (rowBytes >> (args.blockShift - 1) & 3) == 0 && args.blockShift <= 9;
        const u32 own = slot + g * SLOT_ROW_PITCH + warp * (pieces * 64) + t * 16;
        waitBarrier(full(place.slot), place.parity);
#pragma unroll
        for (int p = 0; p < pieces; p++) {
            const int piece = warp * (pieces * 64) + p * 64;
            // Codes past the end of a row are any: they are multiplied by zeros.
            if (Layout<F>::table || piece + t * 16 < left) {
                taken.a[p] = sharedQuad(own + p * 64);
                taken.b[p] = sharedQuad(own + p * 64 + 8 * SLOT_ROW_PITCH);
            } else taken.a[p] = taken.b[p] = make_uint4(0, 0, 0, 0);
            if constexpr (blockScaled<F>()) {
                taken.scales[p] = { 1, 1, 0, 0, 0 };
                // Of a pair's four lanes the upper two get sums of zeros, and so does what lies past the end: any scale will do there
                // that is a number.
                const int at = paired<F>() ? piece + (t & 1) * 32 : piece + t * 16;
                const u32 scale = (at < left ? at : 0) / 16 * Layout<F>::perLane >> (Layout<F>::flat ? args.blockShift : 5);
                readScale<F>(taken.scales[p].a, taken.scales[p].minimumA, slot, g, scale, whole, map());
                readScale<F>(taken.scales[p].b, taken.scales[p].minimumB, slot, g + 8, scale, whole, map());
            }
        }
    }
    /// Sums of the next `rows` rows of this block in a phase, each warp's own share of the columns, into `partial`.
    /// `taken` has been read from the first slot. A slot is given back when what was read of it has been multiplied.
    /// `announces`: the sums of each slot are announced. Past the first, 1024 bytes' columns of the input are there when the barriers
    /// from `input` on, `inputStep` bytes apart, have ended the phase before `inputTurn`.
    template <int F, int slotBytes, bool announces> DEVICE void multiplyRows(Taken& taken, int phase, int rows, u32 input, u32 inputStep, u32 inputTurn) {
        const Thread thread;
        const int lane = thread.lane(), warp = thread.warp(), g = lane >> 2, t = lane & 3;
        const int columns = columnsOf(phase), stride = planeStride<F>(columns);
        const int rowBytes = columns / Layout<F>::perLane * 16;
        const u32 planesAddress = sharedAddress(paired<F>() && phase == DOWN ? gated() : planes());
        u32 announced = 0;
        if (announces) announced = summed(phase);
        const WidePairs pairs(lane);
        uint4 x[pieces][piecesOf<F>()];
        Accumulator<F> sum;
        sum.clear();
        int first = 0, chunk = 0;
        while (true) {
            const int start = warp * (pieces * 64), left = rowBytes - chunk * SLOT_ROW_BYTES;
#pragma unroll
            for (int p = 0; p < pieces; p++) {
                // What lies past the end of a row of bitsandbytes' codes is multiplied by zeros: with no branch between them two
                // pieces' products overlap.
                if (!paired<F>() && start + p * 64 >= left) break;
                const int column = ((chunk * SLOT_ROW_BYTES + start + p * 64) / 16 + t) * Layout<F>::perLane;
                if (first == 0 || rowBytes > SLOT_ROW_BYTES) loadPieces<F, paired<F>()>(x[p], planesAddress, stride, column, lane, !Layout<F>::table || column < columns);
                LaneScales scales = { 1, 1, 0, 0, 0 };
                if constexpr (blockScaled<F>()) scales = taken.scales[p];
                if (Layout<F>::hasMinimum && column < columns) scales.block = blockSums()[column >> 5];
                if (Layout<F>::table && rows - first <= 8) multiplyTile<F, false>(sum, taken.a[p], taken.b[p], x[p], scales, pairs);
                else multiplyTile<F>(sum, taken.a[p], taken.b[p], x[p], scales, pairs);
            }
            __syncwarp();
            if (lane == 0) arrive(empty(place.slot));
            place.advance(args.slots);
            chunk++;
            if (chunk * SLOT_ROW_BYTES >= rowBytes) {
                float a = sum.d[0] + sum.d[1], b = sum.d[2] + sum.d[3];
                // Two lanes go on with row g, two with row g + 8.
                const float other = __shfl_xor_sync(FULL, t & 1 ? a : b, 1);
                a = (t & 1 ? b : a) + other;
                if (!paired<F>()) a += __shfl_xor_sync(FULL, a, 2);
                if (Layout<F>::isFloat16) a *= PART_SCALE;
                if (t < 2) partial()[warp * args.partialRows + first + g + 8 * t] = a;
                if (announces) {
                    __syncwarp();
                    if (lane == 0) arrive(announced + first / (SLOT_ROWS / 8));
                }
                sum.clear();
                chunk = 0;
                first += SLOT_ROWS;
                if (first >= rows) break;
            }
            take<F, slotBytes>(taken, rowBytes, chunk, lane, warp);
            if (paired<F>()) waitBarrier(input + chunk * inputStep, inputTurn);
        }
    }
    /// Reads the first slot of a phase, before what is multiplied is there. Every block has a row of every matrix.
    template <int F, int slotBytes> DEVICE void prepare(Taken& taken, int phase) {
        const Thread thread;
        take<F, slotBytes>(taken, columnsOf(phase) / Layout<F>::perLane * 16, 0, thread.lane(), thread.warp());
    }
    /// The sum of all warps' shares of row `i`.
    DEVICE float total(int i) const {
        const float* from = partial() + i;
        float part[WARPS];
#pragma unroll
        for (int w = 0; w < WARPS; w++) { part[w] = *from; from += args.partialRows; }
        return (part[0] + part[1]) + (part[2] + part[3]) + ((part[4] + part[5]) + (part[6] + part[7]));
    }
};
