// Inputs of the decode loop's products: what other blocks sent, in the parts that a format multiplies with.
#pragma once
#include "DecodeProducts.cuh"

/// Nanoseconds between two questions for what is not needed soon.
#define GATED_PAUSE 300

struct DecodeInputs : DecodeProducts {
    DEVICE DecodeInputs(const DecodeArguments& a) : DecodeProducts(a) {}

    /// Four elements from `i` on into the parts that `F` multiplies with.
    template <int F> DEVICE void storeFour(int stride, int i, float4 x) {
        if constexpr (Layout<F>::isFloat32) { *(float4*)(planes() + i * 4) = x; return; }
        float v[4] = { x.x, x.y, x.z, x.w };
        char* to = planes() + i * 2;
        if constexpr (Layout<F>::isBFloat16) {
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
            // Float16 is as much as weights of 4 bits are worth; their other inputs come with less.
            if constexpr (paired<F>()) return;
            *(uint2*)(to + stride) = make_uint2(
                Pack<f16>::pack(v[0] - halfOf(low, 0), v[1] - halfOf(low, 1)), Pack<f16>::pack(v[2] - halfOf(high, 0), v[3] - halfOf(high, 1)));
        }
    }
    /// Stores four elements, zeros past the end, and sums blocks of 32 where the format needs them. A whole warp calls.
    template <int F> DEVICE void stageFour(const Thread& thread, int stride, int i, int columns, float4 x) {
        if (i < paddedColumns(columns)) storeFour<F>(stride, i, x);
        if (Layout<F>::hasMinimum) {
            float s = x.x + x.y + (x.z + x.w);
#pragma unroll
            for (int d = 1; d < 8; d <<= 1) s += __shfl_xor_sync(FULL, s, d);
            if ((thread.lane() & 7) == 0 && i < columns) blockSums()[i >> 5] = s;
        }
    }
    /// hidden += what the previous phase sent (if any), then hidden × norm into the parts of `F`.
    template <int F, bool inPairs> DEVICE void stageNorm(const u32* words, u32 round, const float* norm, bool isLayer) {
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
                if (words) receiveQuads<batch>(delta, words, start * 4 / EACH, step * 4 / EACH, columns * 4 / EACH, round);
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
                if (words) receiveQuads<batch>(delta, words, start, step, columns, round);
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
    /// What was sent, into the parts of `F`.
    template <int F, bool inPairs> DEVICE void stagePlain(const u32* words, u32 round, int columns) {
        const Thread thread;
        if constexpr (inPairs) {
            const int EACH = 8, step = CONSUMERS * EACH, batch = 64 / WARPS / EACH;
            for (int start = 0; start < paddedColumns(columns); start += batch * step) {
                uint4 x[batch];
                receiveQuads<batch>(x, words, start * 4 / EACH + thread.index * 4, step * 4 / EACH, columns * 4 / EACH, round);
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    const int i = start + j * step + thread.index * EACH;
                    if (start + j * step >= paddedColumns(columns)) break;
                    // Float16 of such parts as `storeFour` makes: the upper is all there is.
                    if (i >= paddedColumns(columns)) break;
                    *(uint4*)(planes() + i * 2) = untaggedPairs(x[j]);
                }
            }
        } else {
            const int step = CONSUMERS * 4, batch = 48 / WARPS, stride = planeStride<F>(columns);
            for (int start = 0; start < paddedColumns(columns); start += batch * step) {
                uint4 x[batch];
                receiveQuads<batch>(x, words, start + thread.index * 4, step, columns, round);
#pragma unroll
                for (int j = 0; j < batch; j++) {
                    if (start + j * step >= paddedColumns(columns)) break;
                    stageFour<F>(thread, stride, start + j * step + thread.index * 4, columns, make_float4(untagged(x[j].x), untagged(x[j].y), untagged(x[j].z), untagged(x[j].w)));
                }
            }
        }
        consumerBarrier();
    }
    /// The down-projection's input where it comes in pairs, two warps: its columns are stored as they come, while gate and up are
    /// still multiplied.
    DEVICE void stageGated(int layer, u32 round) {
        const int thread = threadIdx.x - (THREADS - 64), columns = args.intermediate, EACH = 8;
        const u32* words = vectorOf(layer, GATE_UP);
        u32 barrier = staged();
#pragma unroll 1
        for (int start = 0; start < columns; start += GATED_COLUMNS, barrier += 8) {
            const int count = GATED_COLUMNS / EACH / 64;
            uint4 x[count];
            receiveQuads<count>(x, words, start / 2 + thread * 4, 64 * 4, columns / 2, round, start + GATED_COLUMNS >= columns ? 0 : GATED_PAUSE);
#pragma unroll
            for (int j = 0; j < count; j++) {
                const int i = start + (j * 64 + thread) * EACH;
                if (i < paddedColumns(columns)) *(uint4*)(gated() + i * 2) = untaggedPairs(x[j]);
            }
            __syncwarp();
            if ((thread & 31) == 0) arrive(barrier);
        }
    }
};
