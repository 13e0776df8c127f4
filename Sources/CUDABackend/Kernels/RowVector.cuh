// y = W x for one row of activations where weights are numbers as they are: float32, float16, bfloat16, int8.
//
// Weights are read once, 16 bytes a lane, and multiplied in float32 with an input that a block keeps in shared memory. One to
// sixteen warps, a team, have two rows at a time: few rows want large teams, many rows small ones (GPUProgram+Products.swift).
#pragma once
#include "Weights.cuh"

#define ROW_WARPS VECTOR_WARPS
#define ROW_THREADS (ROW_WARPS * 32)
/// Times 2048 columns that a block keeps in registers between reading the input and storing it.
#define ROW_HELD 8

DEVICE uint4 streamed(const u8* from) {
    uint4 v;
    asm volatile("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(from));
    return v;
}

/// int8 as float32: 0x4B000000 | (q + 128) is 8388608 + 128 + q exactly.
DEVICE float int8Value(u32 word, u32 which) { return __uint_as_float(__byte_perm(word ^ 0x80808080u, 0x4B000000u, 0x7440 | which)) - 8388736.0f; }

/// Adds the products of a lane's 16 bytes and its columns of the input.
template <int format> DEVICE float rowProduct(uint4 w, const float4 (&x)[Layout<format>::perLane / 4], float sum) {
    const u32 words[4] = { w.x, w.y, w.z, w.w };
    if (Layout<format>::isFloat32) {
        sum = fmaf(__uint_as_float(w.x), x[0].x, sum);
        sum = fmaf(__uint_as_float(w.y), x[0].y, sum);
        sum = fmaf(__uint_as_float(w.z), x[0].z, sum);
        return fmaf(__uint_as_float(w.w), x[0].w, sum);
    }
    if (Layout<format>::rowScaled) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const float4 v = x[i % (Layout<format>::perLane / 4)];
            sum = fmaf(int8Value(words[i], 0), v.x, sum);
            sum = fmaf(int8Value(words[i], 1), v.y, sum);
            sum = fmaf(int8Value(words[i], 2), v.z, sum);
            sum = fmaf(int8Value(words[i], 3), v.w, sum);
        }
        return sum;
    }
    float y[8];
    if (Layout<format>::isBFloat16) unpack(w, y, (bf16*)0);
    else unpack(w, y, (f16*)0);
#pragma unroll
    for (int i = 0; i < 2; i++) {
        const float4 v = x[i % (Layout<format>::perLane / 4)];
        sum = fmaf(y[4 * i], v.x, sum);
        sum = fmaf(y[4 * i + 1], v.y, sum);
        sum = fmaf(y[4 * i + 2], v.z, sum);
        sum = fmaf(y[4 * i + 3], v.w, sum);
    }
    return sum;
}

template <int format> DEVICE void rowVector(const MatrixVectorArguments& args) {
    const int E = Layout<format>::perLane, quads = E / 4, unroll = Layout<format>::rowScaled ? 2 : 4;
    extern __shared__ __align__(16) char dynamicMemory[];
    __shared__ float scratch[ROW_WARPS];
    __shared__ float2 parts[2][ROW_WARPS];
    float* const x = (float*)dynamicMemory;
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, columns = args.columns;
    const int team = args.team, teams = ROW_WARPS / team, member = warp % team, mine = warp / team;
    // Four columns of each lane's E follow those of the lane before: lanes read 16 bytes side by side.
    const int plane = (columns / E + 1) * 4;
    const u64 rowBytes = (u64)(columns / E) * 16;
    const int pieces = (columns / E + 31) / 32;

    // Units: pairs of rows, or a gate's row and an up-projection's.
    const bool isGated = args.activation != 0;
    int units = 0;
    for (int s = 0; s < (isGated ? 1 : args.segmentCount); s++) units += isGated ? args.segments[s].rows : (args.segments[s].rows + 1) / 2;
    const int firstUnit = (int)((u64)units * blockIdx.x / gridDim.x), count = (int)((u64)units * (blockIdx.x + 1) / gridDim.x) - firstUnit;
    auto locate = [&](int unit, int& s, int& row) {
        s = 0;
        if (isGated) { row = unit; return; }
        while (s + 1 < args.segmentCount && unit >= (args.segments[s].rows + 1) / 2) { unit -= (args.segments[s].rows + 1) / 2; s++; }
        row = 2 * unit;
    };
    uint4 a[unroll], b[unroll];
    auto fetch = [&](int s, int row, int first) {
        const u8* from = args.segments[s].codes + row * rowBytes;
        const u8* other = isGated ? args.segments[1].codes + row * rowBytes : row + 1 < args.segments[s].rows ? from + rowBytes : from;
#pragma unroll
        for (int u = 0; u < unroll; u++) {
            const int at = (first + u * team) * 32 + lane;
            const bool valid = at < columns / E;
            a[u] = valid ? streamed(from + (u64)at * 16) : make_uint4(0, 0, 0, 0);
            b[u] = valid ? streamed(other + (u64)at * 16) : make_uint4(0, 0, 0, 0);
        }
    };

    letNextBegin();
    int s = 0, row = 0;
    if (mine < count) { locate(firstUnit + mine, s, row); fetch(s, row, member); }
    awaitEarlier();
    float squares = 0;
#pragma unroll
    for (int j = 0; j < ROW_HELD; j++) {
        const int i = 4 * (threadIdx.x + j * ROW_THREADS);
        if (i < columns) {
            float4 v = *(const float4*)(args.input + i);
            if (args.norm) {
                const float4 n = *(const float4*)(args.norm + i);
                squares = fmaf(v.x, v.x, fmaf(v.y, v.y, fmaf(v.z, v.z, fmaf(v.w, v.w, squares))));
                v = make_float4(v.x * n.x, v.y * n.y, v.z * n.z, v.w * n.w);
            }
            *(float4*)(x + (i % E) / 4 * plane + i / E * 4) = v;
        }
    }
    for (int i = 4 * (threadIdx.x + ROW_HELD * ROW_THREADS); i < columns; i += 4 * ROW_THREADS) {
        float4 v = *(const float4*)(args.input + i);
        if (args.norm) {
            const float4 n = *(const float4*)(args.norm + i);
            squares = fmaf(v.x, v.x, fmaf(v.y, v.y, fmaf(v.z, v.z, fmaf(v.w, v.w, squares))));
            v = make_float4(v.x * n.x, v.y * n.y, v.z * n.z, v.w * n.w);
        }
        *(float4*)(x + (i % E) / 4 * plane + i / E * 4) = v;
    }
    squares = warpSum(squares);
    if (lane == 0) scratch[warp] = squares;
    __syncthreads();
    // The norm's factor comes to the sums: products need not wait for it.
    float factor = 1;
    if (args.norm) {
        float sum = lane < ROW_WARPS ? scratch[lane] : 0;
        factor = rsqrtf(warpSum(sum) / columns + args.epsilon);
    }

    const int turns = (count + teams - 1) / teams;
    for (int turn = 0; turn < turns; turn++) {
        const int unit = turn * teams + mine;
        const bool isMine = unit < count;
        float sumA = 0, sumB = 0, addA = 0, addB = 0, scaleA = factor, scaleB = factor;
        if (isMine) {
            const KernelSegment& own = args.segments[s];
            const KernelSegment& other = isGated ? args.segments[1] : own;
            const int second = isGated ? row : min(row + 1, own.rows - 1);
            // What comes to the sums is asked for while they are made.
            if (lane == 0 && member == 0) {
                if (own.bias) addA = own.bias[row];
                if (other.bias) addB = other.bias[second];
                if (args.residual && s == 0 && !isGated) { addA += args.residual[row]; addB += args.residual[second]; }
                if (Layout<format>::rowScaled) { scaleA *= ((const float*)own.scales)[row]; scaleB *= ((const float*)other.scales)[second]; }
            }
            for (int first = member; first < pieces; first += unroll * team) {
                if (turn > 0 || first != member) fetch(s, row, first);
#pragma unroll
                for (int u = 0; u < unroll; u++) {
                    const int at = (first + u * team) * 32 + lane;
                    if (at < columns / E) {
                        float4 v[quads];
#pragma unroll
                        for (int q = 0; q < quads; q++) v[q] = *(const float4*)(x + q * plane + at * 4);
                        sumA = rowProduct<format>(a[u], v, sumA);
                        sumB = rowProduct<format>(b[u], v, sumB);
                    }
                }
            }
            sumA = warpSum(sumA);
            sumB = warpSum(sumB);
        }
        if (team > 1) {
            if (lane == 0) parts[turn & 1][warp] = make_float2(sumA, sumB);
            __syncthreads();
            if (lane == 0 && member == 0) for (int w = 1; w < team; w++) { sumA += parts[turn & 1][warp + w].x; sumB += parts[turn & 1][warp + w].y; }
        }
        if (isMine && lane == 0 && member == 0) {
            const float y = sumA * scaleA + addA, z = sumB * scaleB + addB;
            const KernelSegment& own = args.segments[s];
            if (isGated) own.out[row] = activated(y, args.activation) * z;
            else {
                own.out[row] = y;
                if (row + 1 < own.rows) own.out[row + 1] = z;
            }
        }
        if (unit + teams < count) locate(firstUnit + unit + teams, s, row);
    }
}
