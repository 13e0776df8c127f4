// Attention of one row, split over the sequence.
#pragma once
#include "Common.cuh"

#define LOG2E 1.4426950408889634f
#define SPLIT_WARPS (SPLIT_THREADS / 32)
/// Elements of all heads that are summed over warps at a time.
#define SPLIT_SUMS 256

/// Eight elements of a cache's row as they are read.
template <typename Cache> struct Eight {
    uint4 raw[sizeof(Cache) / 2];
    /// From `first` on, zeros past `size`; whole ones 16 bytes at a time where rows are aligned.
    DEVICE void load(const Cache* row, int first, int size, bool aligned) {
        if (aligned) {
#pragma unroll
            for (int i = 0; i < (int)sizeof(Cache) / 2; i++) raw[i] = first < size ? ((const uint4*)(row + first))[i] : make_uint4(0, 0, 0, 0);
        } else {
            Cache each[8];
#pragma unroll
            for (int e = 0; e < 8; e++) each[e] = row[min(first + e, size - 1)];
#pragma unroll
            for (int i = 0; i < (int)sizeof(Cache) / 2; i++) raw[i] = packed(each + i * 16 / (int)sizeof(Cache));
        }
    }
    DEVICE void values(float (&x)[8]) const {
        if constexpr (sizeof(Cache) == 4) {
#pragma unroll
            for (int i = 0; i < 2; i++) {
                x[4 * i] = __uint_as_float(raw[i].x); x[4 * i + 1] = __uint_as_float(raw[i].y);
                x[4 * i + 2] = __uint_as_float(raw[i].z); x[4 * i + 3] = __uint_as_float(raw[i].w);
            }
        } else unpack(raw[0], x, (Cache*)0);
    }
    static DEVICE uint4 packed(const float* x) { return make_uint4(__float_as_uint(x[0]), __float_as_uint(x[1]), __float_as_uint(x[2]), __float_as_uint(x[3])); }
    template <typename Half> static DEVICE uint4 packed(const Half* x) {
        return make_uint4(x[0].bits | (u32)x[1].bits << 16, x[2].bits | (u32)x[3].bits << 16, x[4].bits | (u32)x[5].bits << 16, x[6].bits | (u32)x[7].bits << 16);
    }
};

/// A head of one row, as a warp holds it (element lane + 32 j in x[j]): normed where there is a norm, rotated, times `scale`.
template <int COUNT> DEVICE void prepareHead(const SplitAttentionArguments& args, float (&x)[COUNT], const float* norm, float scale, float* to, int lane) {
    if (norm) {
        float squares = 0, weights[COUNT];
#pragma unroll
        for (int j = 0; j < COUNT; j++) {
            weights[j] = lane + 32 * j < args.size ? norm[lane + 32 * j] : 0;
            squares = fmaf(x[j], x[j], squares);
        }
        const float factor = rsqrtf(warpSum(squares) / args.size + args.epsilon);
#pragma unroll
        for (int j = 0; j < COUNT; j++) x[j] *= factor * weights[j];
    }
#pragma unroll
    for (int j = 0; j < COUNT; j++) to[lane + 32 * j] = x[j] * scale;
    __syncwarp();
    for (int pair = lane; pair < args.pairs; pair += 32) {
        const int a = args.interleaved ? 2 * pair : pair, b = args.interleaved ? 2 * pair + 1 : pair + args.pairs;
        const float2 turn = args.turns[pair];
        const float u = to[a], v = to[b];
        to[a] = u * turn.x - v * turn.y;
        to[b] = v * turn.x + u * turn.y;
    }
    __syncwarp();
}

/// Attention of one row, split over the sequence (Dao et al., "Flash-Decoding", 2023).
///
/// A block has up to `HEADS` query heads of one key-value head (grid x) and a part of the positions (grid y), so keys and values
/// are read once for all of them; the block that comes last puts the parts together. `LANES` lanes read a position, eight
/// elements each. A block norms and rotates its own queries; the one that has the newest position stores its key and value.
template <typename Cache, int LANES, int HEADS> DEVICE void attendSplit(const SplitAttentionArguments& args) {
    const int width = LANES * 8, atOnce = 32 / LANES, unroll = sizeof(Cache) == 4 ? 2 : 4, tile = SPLIT_WARPS * atOnce * unroll;
    const int perPass = SPLIT_SUMS / width < HEADS ? SPLIT_SUMS / width : HEADS, held = width / 32;
    __shared__ float query[HEADS][width], key[width], scores[2][HEADS][tile], weights[HEADS][SPLIT_MOST], sums[SPLIT_WARPS][perPass][width];
    __shared__ float tops[HEADS], totals[HEADS], shrinks[HEADS];
    __shared__ bool isLast;

    letNextBegin();
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, size = args.size;
    const int each = args.heads / args.keyValueHeads, groups = (each + HEADS - 1) / HEADS;
    const int kvHead = blockIdx.x / groups, group = blockIdx.x % groups;
    const int firstHead = kvHead * each + group * HEADS, count = min(HEADS, each - group * HEADS);
    Cache* const keys = (Cache*)args.keys + (u64)kvHead * args.headStride;
    Cache* const values = (Cache*)args.values + (u64)kvHead * args.headStride;
    const bool aligned = size % 8 == 0 && args.positionStride % 8 == 0 && args.headStride % 8 == 0;

    awaitEarlier();
    const int last = args.place ? args.place->position : args.first;
    const int begin = args.window > 0 ? max(0, last - args.window + 1) : 0, length = last + 1 - begin;
    int share = max(args.fewest, (length + (int)gridDim.y - 1) / (int)gridDim.y);
    share = (share + 15) & ~15;
    const int active = (length + share - 1) / share;
    if ((int)blockIdx.y >= active) return;
    const int from = begin + blockIdx.y * share, to = min(from + share, last + 1);

    const int piece = lane % LANES, own = warp * atOnce + lane / LANES;
    // The first positions' keys are on their way while queries are made ready.
    Eight<Cache> early[unroll];
#pragma unroll
    for (int u = 0; u < unroll; u++) {
        const int p = min(from + own + u * SPLIT_WARPS * atOnce, to - 1);
        early[u].load(keys + (u64)p * args.positionStride, piece * 8, size, aligned);
    }
    if (threadIdx.x < HEADS) { tops[threadIdx.x] = NEGATIVE_INFINITY; totals[threadIdx.x] = 0; }
    const bool isNewest = args.place && to == last + 1;
    const int role = warp < HEADS ? 0 : isNewest && warp == SPLIT_WARPS - 1 ? 1 : isNewest && warp == SPLIT_WARPS - 2 ? 2 : 3;
    if (role < 3) {
        const int head = role == 0 ? firstHead + warp : role == 1 ? args.heads + kvHead : args.heads + args.keyValueHeads + kvHead;
        float x[held];
#pragma unroll
        for (int j = 0; j < held; j++) {
            const int i = lane + 32 * j;
            x[j] = i < size && (role != 0 || warp < count) ? args.queryKeyValue[head * size + i] : 0;
        }
        // Scores are kept to base 2.
        if (role == 0) {
            const float scale = args.scale * LOG2E;
            if (args.place) prepareHead(args, x, args.queryNorm, scale, query[warp], lane);
            else {
#pragma unroll
                for (int j = 0; j < held; j++) query[warp][lane + 32 * j] = x[j] * scale;
            }
        } else if (role == 1) {
            prepareHead(args, x, args.keyNorm, 1, key, lane);
#pragma unroll
            for (int j = 0; j < held; j++) if (lane + 32 * j < size) {
                fromFloat(key[lane + 32 * j], keys[(u64)last * args.positionStride + lane + 32 * j]);
            }
        } else {
#pragma unroll
            for (int j = 0; j < held; j++) if (lane + 32 * j < size) fromFloat(x[j], values[(u64)last * args.positionStride + lane + 32 * j]);
        }
    }
    __syncthreads();
    // But for the newest, which has only just been stored.
    if (isNewest) {
#pragma unroll
        for (int u = 0; u < unroll; u++) {
            if (from + own + u * SPLIT_WARPS * atOnce >= last) early[u].load(keys + (u64)last * args.positionStride, piece * 8, size, aligned);
        }
    }

    float sum[HEADS][8], q[HEADS][8];
#pragma unroll
    for (int g = 0; g < HEADS; g++)
#pragma unroll
        for (int e = 0; e < 8; e++) {
            sum[g][e] = 0;
            q[g][e] = query[g][piece * 8 + e];
        }

    // A tile's values are under way while its scores are made, and the next tile's keys while its values are summed.
    int side = 0;
#pragma unroll 1
    for (int start = from; start < to; start += tile, side ^= 1) {
        const int n = min(tile, to - start);
        Eight<Cache> late[unroll];
#pragma unroll
        for (int u = 0; u < unroll; u++) late[u].load(values + (u64)min(start + own + u * SPLIT_WARPS * atOnce, to - 1) * args.positionStride, piece * 8, size, aligned);
#pragma unroll
        for (int u = 0; u < unroll; u++) {
            float dots[HEADS], x[8];
            early[u].values(x);
#pragma unroll
            for (int g = 0; g < HEADS; g++) {
                dots[g] = 0;
#pragma unroll
                for (int e = 0; e < 8; e++) dots[g] = fmaf(q[g][e], x[e], dots[g]);
            }
            // Each exchange halves the heads that a lane sums, until it has one.
            int head = 0, left = HEADS;
#pragma unroll
            for (int d = LANES / 2; d; d >>= 1) {
                if (left > 1) {
                    left >>= 1;
                    const bool upper = lane & d;
#pragma unroll
                    for (int g = 0; g < HEADS / 2; g++) {
                        if (g < left) {
                            const float give = upper ? dots[g] : dots[g + left], keep = upper ? dots[g + left] : dots[g];
                            dots[g] = keep + __shfl_xor_sync(FULL, give, d);
                        }
                    }
                    head += upper ? left : 0;
                } else {
                    dots[0] += __shfl_xor_sync(FULL, dots[0], d);
                }
            }
            const int p = own + u * SPLIT_WARPS * atOnce;
            if (piece % (LANES / HEADS) == 0 && p < n) scores[side][head][p] = dots[0];
        }
#pragma unroll
        for (int u = 0; u < unroll; u++) early[u].load(keys + (u64)min(start + tile + own + u * SPLIT_WARPS * atOnce, to - 1) * args.positionStride, piece * 8, size, aligned);
        __syncthreads();
        if (warp < HEADS) {
            float top = NEGATIVE_INFINITY;
            for (int p = lane; p < n; p += 32) top = fmaxf(top, scores[side][warp][p]);
            const float old = tops[warp], now = fmaxf(old, warpMax(top));
            float total = 0;
            for (int p = lane; p < n; p += 32) {
                const float e = exp2f(scores[side][warp][p] - now);
                scores[side][warp][p] = e;
                total += e;
            }
            total = warpSum(total);
            __syncwarp();
            if (lane == 0) {
                const float shrink = exp2f(old - now);
                shrinks[warp] = shrink;
                totals[warp] = totals[warp] * shrink + total;
                tops[warp] = now;
            }
        }
        __syncthreads();
#pragma unroll
        for (int g = 0; g < HEADS; g++) {
            const float shrink = shrinks[g];
#pragma unroll
            for (int e = 0; e < 8; e++) sum[g][e] *= shrink;
        }
#pragma unroll
        for (int u = 0; u < unroll; u++) {
            const int p = own + u * SPLIT_WARPS * atOnce;
            float x[8];
            late[u].values(x);
#pragma unroll
            for (int g = 0; g < HEADS; g++) {
                const float weight = p < n ? scores[side][g][p] : 0;
#pragma unroll
                for (int e = 0; e < 8; e++) sum[g][e] = fmaf(weight, x[e], sum[g][e]);
            }
        }
    }

#pragma unroll
    for (int pass = 0; pass < HEADS; pass += perPass) {
#pragma unroll
        for (int h = 0; h < perPass; h++) {
#pragma unroll
            for (int e = 0; e < 8; e++) {
                float x = sum[pass + h][e];
#pragma unroll
                for (int d = LANES; d < 32; d <<= 1) x += __shfl_xor_sync(FULL, x, d);
                if (lane < LANES) sums[warp][h][piece * 8 + e] = x;
            }
        }
        __syncthreads();
        for (int k = threadIdx.x; k < perPass * width; k += SPLIT_THREADS) {
            const int h = k / width, i = k % width, g = pass + h, head = firstHead + g;
            if (g >= count || i >= size) continue;
            float y = 0;
#pragma unroll
            for (int w = 0; w < SPLIT_WARPS; w++) y += sums[w][h][i];
            if (active == 1) args.out[head * size + i] = y / totals[g];
            else {
                float* partial = args.partials + ((u64)head * gridDim.y + blockIdx.y) * (size + 2);
                partial[i] = y;
                if (i == 0) { partial[size] = tops[g]; partial[size + 1] = totals[g]; }
            }
        }
        if (pass + perPass < HEADS) __syncthreads();
    }
    if (active == 1) return;

    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) isLast = atomicAdd(args.arrived + blockIdx.x, 1u) == (u32)active - 1;
    __syncthreads();
    if (!isLast) return;
    __threadfence();
    // What each part counts: one warp a head.
    if (warp < count) {
        const float* partial = args.partials + (u64)(firstHead + warp) * gridDim.y * (size + 2) + size;
        float top = NEGATIVE_INFINITY, total = 0;
        for (int s = lane; s < active; s += 32) top = fmaxf(top, __ldcg(partial + s * (size + 2)));
        top = warpMax(top);
        for (int s = lane; s < active; s += 32) {
            const float weight = exp2f(__ldcg(partial + s * (size + 2)) - top);
            weights[warp][s] = weight;
            total = fmaf(weight, __ldcg(partial + s * (size + 2) + 1), total);
        }
        total = warpSum(total);
        if (lane == 0) totals[warp] = total;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < count * size; i += SPLIT_THREADS) {
        const int g = i / size;
        const float* partial = args.partials + (u64)(firstHead + g) * gridDim.y * (size + 2) + (i - g * size);
        float y = 0;
#pragma unroll 16
        for (int s = 0; s < active; s++) y = fmaf(weights[g][s], __ldcg(partial + s * (size + 2)), y);
        args.out[firstHead * size + i] = y / totals[g];
    }
    if (threadIdx.x == 0) args.arrived[blockIdx.x] = 0;
}
