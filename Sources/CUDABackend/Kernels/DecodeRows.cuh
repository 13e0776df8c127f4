// The warps of the decode loop that finish rows: what is summed up over all warps goes to the other blocks.
#pragma once
#include "DecodeInputs.cuh"

struct DecodeRows : DecodeInputs {
    DEVICE DecodeRows(const DecodeArguments& a) : DecodeInputs(a) {}

    /// What a row's sum needs beside the norm's factor: asked for before the sums are there, since it comes from memory.
    struct RowEnd { float scale, bias; };
    template <int format> DEVICE RowEnd rowEnd(int layer, int phase, int i, int rows) const {
        RowEnd end = { 1, 0 };
        if (i < rows) {
            int row;
            const KernelSegment& weight = locate(layer, phase, i, row);
            if (Layout<format>::rowScaled) end.scale = ((const float*)weight.scales)[row];
            if (weight.bias) end.bias = weight.bias[row];
        }
        return end;
    }
    /// Gate and up where their results go two a word: a slot's are sent when they are there, while later slots are multiplied.
    /// One warp.
    DEVICE void finishGated(int layer, u32 round, u32 parity, float factor) {
        const int lane = threadIdx.x & 31, units = unitCount(GATE_UP);
        u32* words = vectorOf(layer, GATE_UP);
        u32 barrier = summed(GATE_UP);
#pragma unroll 1
        for (int start = 0; start < units; start += 8, barrier += 8) {
            // Rows of a gate in the lower lanes, those of an up-projection above them.
            const int count = min(8, units - start), each = lane < count ? lane : lane - count, unit = gatedUnit(start + each);
            const float* bias = layers()[layer].weights[lane < count ? 4 : 5].bias;
            float y = 0;
            if (bias && lane < 2 * count) y = bias[unit];
            waitBarrier(barrier, parity);
            if (lane < 2 * count) y = fmaf(total(2 * start + lane), factor, y);
            const float z = __shfl_sync(FULL, y, lane + count & 31);
            sendTaggedPair(words + wordAt(unit / 2), gatedValue(y, z), lane < count, round);
        }
    }
    /// silu(gate) × up
    DEVICE static float gatedValue(float gate, float up) { return __fdividef(gate, 1.0f + __expf(-gate)) * up; }

    /// Sends what rows of a phase come to: three warps, of which two have the down-projection's input to stage while gate and up
    /// are multiplied.
    template <int format, bool inPairs> DEVICE void finishPhase(int layer, int phase, u32 round, u32 parity) {
        const int first = threadIdx.x - (THREADS - FINISHERS), lane = first & 31;
        const int units = unitCount(phase), slots = (rowCount(phase) + SLOT_ROWS - 1) / SLOT_ROWS;
        float factor = 1;
        if (phase == QKV || phase == GATE_UP) {
            awaitSquares();
            factor = normFactor(lane);
        }
        if constexpr (inPairs) {
            if (phase == GATE_UP) {
                if (first < 32) finishGated(layer, round, parity, factor);
                else stageGated(layer, round);
                return;
            }
        }
        u32* words = vectorOf(layer, phase);
        const bool isGated = !inPairs && phase == GATE_UP;
        // A warp has 16 rows at a time: those of a slot, or of gate and up when all is multiplied.
#pragma unroll 1
        for (int start = (first >> 5) * SLOT_ROWS; start < units; start += FINISHERS / 32 * SLOT_ROWS) {
            const int i = start + lane;
            const bool isMine = lane < SLOT_ROWS && i < units;
            const RowEnd a = rowEnd<format>(layer, phase, i, isMine ? units : 0);
            const RowEnd b = rowEnd<format>(layer, phase, units + i, isGated && isMine ? 2 * units : 0);
            waitBarrier(summed(phase) + (isGated ? slots - 1 : start / SLOT_ROWS) * 8, parity);
            float y = 0;
            if (isMine) {
                y = total(i) * (factor * a.scale) + a.bias;
                if (isGated) y = gatedValue(y, total(units + i) * (factor * b.scale) + b.bias);
            }
            const int row = firstUnit(phase) + i;
            if (inPairs && phase != QKV) sendTaggedPair(words + wordAt(row / 2), y, isMine, round);
            else if (isMine) sendTagged(words + wordAt(row), y, round);
        }
    }
};
