// Causal attention over the KV cache for many query rows, with grouped heads and an optional sliding window.
//
// queries [rows, stride] float32: head h at h × size. Cache: key-value head h, position p at
// p × positionStride + h × headStride. out [rows, heads × size] float32.
// Row r has the position first + r and sees positions max(0, first + r - window + 1) ... first + r.
// build: ptx=80 machine=90
#include "Common.cuh"


/// One block for each head and row, any head size, sums in float32: decoding, and caches in float32.
template <typename Cache> DEVICE void attend(const AttentionArguments& args) {
    const int warps = 8, chunk = 1024;
    __shared__ float query[256], scores[chunk], scratch[32], sums[warps][256];
    const int head = blockIdx.x, row = blockIdx.y, size = args.size, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int kvHead = head / (args.heads / args.keyValueHeads), last = args.first + row;
    const int begin = args.window > 0 ? max(0, last - args.window + 1) : 0;
    const Cache* keys = (const Cache*)args.keys + (u64)kvHead * args.headStride;
    const Cache* values = (const Cache*)args.values + (u64)kvHead * args.headStride;
    awaitEarlier();
    for (int i = threadIdx.x; i < size; i += blockDim.x) query[i] = args.queries[(u64)row * args.stride + head * size + i] * args.scale;
    float acc[8];
#pragma unroll
    for (int j = 0; j < 8; j++) acc[j] = 0;
    float top = NEGATIVE_INFINITY, total = 0;
    __syncthreads();
    for (int start = begin; start <= last; start += chunk) {
        const int end = min(start + chunk, last + 1);
        for (int p = start + warp; p < end; p += warps) {
            const Cache* k = keys + (u64)p * args.positionStride;
            float dot = 0;
            for (int i = lane; i < size; i += 32) dot = fmaf(query[i], toFloat(k[i]), dot);
            dot = warpSum(dot);
            if (lane == 0) scores[p - start] = dot;
        }
        __syncthreads();
        float localTop = NEGATIVE_INFINITY;
        for (int i = threadIdx.x; i < end - start; i += blockDim.x) localTop = fmaxf(localTop, scores[i]);
        const float newTop = fmaxf(top, blockMax(localTop, scratch)), shrink = expf(top - newTop);
        float localSum = 0;
        for (int i = threadIdx.x; i < end - start; i += blockDim.x) { const float e = expf(scores[i] - newTop); scores[i] = e; localSum += e; }
        total = total * shrink + blockSum(localSum, scratch);
        top = newTop;
#pragma unroll
        for (int j = 0; j < 8; j++) acc[j] *= shrink;
        for (int p = start + warp; p < end; p += warps) {
            const Cache* v = values + (u64)p * args.positionStride;
            const float weight = scores[p - start];
#pragma unroll
            for (int j = 0; j < 8; j++) { const int i = lane + 32 * j; if (i < size) acc[j] = fmaf(weight, toFloat(v[i]), acc[j]); }
        }
        __syncthreads();
    }
#pragma unroll
    for (int j = 0; j < 8; j++) { const int i = lane + 32 * j; if (i < size) sums[warp][i] = acc[j]; }
    __syncthreads();
    for (int i = threadIdx.x; i < size; i += blockDim.x) {
        float y = 0;
        for (int w = 0; w < warps; w++) y += sums[w][i];
        args.out[((u64)row * args.heads + head) * size + i] = y / total;
    }
}
extern "C" __global__ void __launch_bounds__(256) attend_f32(const __grid_constant__ AttentionArguments args) { attend<float>(args); }
extern "C" __global__ void __launch_bounds__(256) attend_f16(const __grid_constant__ AttentionArguments args) { attend<f16>(args); }
extern "C" __global__ void __launch_bounds__(256) attend_bf16(const __grid_constant__ AttentionArguments args) { attend<bf16>(args); }

DEVICE void loadMatrices(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}
DEVICE void loadTransposed(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}

/// 64 query rows of one head a block, 64 keys at a time, running maximum and sum (Dao et al., arXiv 2205.14135).
template <typename T, int SIZE> DEVICE void attendTiles(const AttentionArguments& args) {
    const int keysPerTile = 64;
    __shared__ __align__(128) char tiles[2 * keysPerTile * SIZE * 2];
    const int head = blockIdx.x, firstRow = (gridDim.y - 1 - blockIdx.y) * 64, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int g = lane >> 2, t = lane & 3, kvHead = head / (args.heads / args.keyValueHeads);
    const T* keys = (const T*)args.keys + (u64)kvHead * args.headStride;
    const T* values = (const T*)args.values + (u64)kvHead * args.headStride;
    const u32 keyTile = sharedAddress(tiles), valueTile = keyTile + keysPerTile * SIZE * 2;
    const float factor = args.scale * 1.4426950408889634f;  // exponentials are taken to base 2

    awaitEarlier();
    const int row = firstRow + warp * 16 + g;
    u32 query[SIZE / 16][4];
#pragma unroll
    for (int k = 0; k < SIZE / 16; k++)
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int r = row + (i & 1) * 8, column = head * SIZE + k * 16 + (i >> 1) * 8 + 2 * t;
            float2 q = make_float2(0, 0);
            if (r < args.rows) q = *(const float2*)(args.queries + (u64)r * args.stride + column);
            query[k][i] = Pack<T>::pack(q.x, q.y);
        }
    float out[SIZE / 8][4], top[2] = { NEGATIVE_INFINITY, NEGATIVE_INFINITY }, total[2] = { 0, 0 };
#pragma unroll
    for (int j = 0; j < SIZE / 8; j++)
#pragma unroll
        for (int k = 0; k < 4; k++) out[j][k] = 0;

    const int lastPosition = args.first + min(firstRow + 63, args.rows - 1);
    int begin = args.window > 0 ? max(0, args.first + firstRow - args.window + 1) : 0;
    begin &= ~(keysPerTile - 1);
    for (int start = begin; start <= lastPosition; start += keysPerTile) {
        __syncthreads();
        for (int piece = threadIdx.x; piece < keysPerTile * SIZE / 8; piece += blockDim.x) {
            const int key = piece / (SIZE / 8), p = piece % (SIZE / 8);
            const bool valid = start + key <= lastPosition;
            const u64 from = valid ? (u64)(start + key) * args.positionStride + p * 8 : 0;
            const u32 at = key * SIZE * 2 + ((p ^ (key & 7)) << 4);
            copyAsync16(keyTile + at, keys + from, valid);
            copyAsync16(valueTile + at, values + from, valid);
        }
        copyAsyncCommit();
        copyAsyncWait<0>();
        __syncthreads();
        float s[8][4];
#pragma unroll
        for (int j = 0; j < 8; j++) s[j][0] = s[j][1] = s[j][2] = s[j][3] = 0;
#pragma unroll
        for (int k = 0; k < SIZE / 16; k++)
#pragma unroll
            for (int j = 0; j < 4; j++) {
                u32 b[4];
                const int key = j * 16 + (lane & 7) + (lane >> 4) * 8, p = k * 2 + (lane >> 3 & 1);
                loadMatrices(b, keyTile + key * SIZE * 2 + ((p ^ (key & 7)) << 4));
                mma(s[2 * j], query[k][0], query[k][1], query[k][2], query[k][3], b[0], b[1], (T*)0);
                mma(s[2 * j + 1], query[k][0], query[k][1], query[k][2], query[k][3], b[2], b[3], (T*)0);
            }
        float newTop[2] = { top[0], top[1] };
#pragma unroll
        for (int j = 0; j < 8; j++)
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const int position = start + j * 8 + 2 * t + (i & 1), own = args.first + row + (i >> 1) * 8;
                const bool seen = position <= own && (args.window <= 0 || position > own - args.window);
                s[j][i] = seen ? s[j][i] * factor : NEGATIVE_INFINITY;
                newTop[i >> 1] = fmaxf(newTop[i >> 1], s[j][i]);
            }
#pragma unroll
        for (int h = 0; h < 2; h++) {
            newTop[h] = fmaxf(newTop[h], __shfl_xor_sync(FULL, newTop[h], 1));
            newTop[h] = fmaxf(newTop[h], __shfl_xor_sync(FULL, newTop[h], 2));
            // A row that has seen nothing yet keeps its zeros.
            const float shrink = newTop[h] == NEGATIVE_INFINITY ? 1.0f : exp2f(top[h] - newTop[h]);
            total[h] *= shrink;
#pragma unroll
            for (int j = 0; j < SIZE / 8; j++) { out[j][2 * h] *= shrink; out[j][2 * h + 1] *= shrink; }
            top[h] = newTop[h];
        }
#pragma unroll
        for (int j = 0; j < 8; j++)
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const float e = s[j][i] == NEGATIVE_INFINITY ? 0.0f : exp2f(s[j][i] - top[i >> 1]);
                s[j][i] = e;
                total[i >> 1] += e;
            }
#pragma unroll
        for (int k = 0; k < 4; k++) {
            const u32 a0 = Pack<T>::pack(s[2 * k][0], s[2 * k][1]), a1 = Pack<T>::pack(s[2 * k][2], s[2 * k][3]);
            const u32 a2 = Pack<T>::pack(s[2 * k + 1][0], s[2 * k + 1][1]), a3 = Pack<T>::pack(s[2 * k + 1][2], s[2 * k + 1][3]);
#pragma unroll
            for (int d = 0; d < SIZE / 16; d++) {
                u32 b[4];
                const int key = k * 16 + (lane >> 3 & 1) * 8 + (lane & 7), p = d * 2 + (lane >> 4);
                loadTransposed(b, valueTile + key * SIZE * 2 + ((p ^ (key & 7)) << 4));
                mma(out[2 * d], a0, a1, a2, a3, b[0], b[1], (T*)0);
                mma(out[2 * d + 1], a0, a1, a2, a3, b[2], b[3], (T*)0);
            }
        }
    }
#pragma unroll
    for (int h = 0; h < 2; h++) {
        total[h] += __shfl_xor_sync(FULL, total[h], 1);
        total[h] += __shfl_xor_sync(FULL, total[h], 2);
        const int r = row + h * 8;
        if (r >= args.rows) continue;
        const float inverse = 1.0f / total[h];
#pragma unroll
        for (int j = 0; j < SIZE / 8; j++) {
            const u64 at = ((u64)r * args.heads + head) * SIZE + j * 8 + 2 * t;
            const float x = out[j][2 * h] * inverse, y = out[j][2 * h + 1] * inverse;
            if (args.rounds) ((u32*)args.out)[at / 2] = Pack<T>::pack(x, y);
            else *(float2*)(args.out + at) = make_float2(x, y);
        }
    }
}
#define TILES(name, T, size) extern "C" __global__ void __launch_bounds__(128) attend_tiles_##name##_##size(const __grid_constant__ AttentionArguments args) { attendTiles<T, size>(args); }
TILES(f16, f16, 64) TILES(bf16, bf16, 64) TILES(f16, f16, 128) TILES(bf16, bf16, 128)
