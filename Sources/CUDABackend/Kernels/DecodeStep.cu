// One token at a time as a graph of kernels: the embedding, attention split over the sequence, the choice.
//
// A graph is recorded once and launched for every token, so what changes from token to token lies in memory:
// the position, and the token at each position. `DecodePlace.position` is moved on by the last kernel.
#include "Element.cuh"

#define NEGATIVE_INFINITY __int_as_float(0xff800000)
#define LOG2E 1.4426950408889634f

/// Where a generation is; at the start of the session's block, before the counters of blocks that have arrived.
struct DecodePlace {
    /// The position of the token that goes in.
    int position;
    /// Tokens chosen since the host looked; their places in `chosen`.
    int made;
};

// MARK: Embedding

/// The rotary embeddings of a model: `pairs` angles for each of `count`, `each` apart.
struct Rotations {
    /// [count, each] float32.
    const float* frequencies;
    /// [count, each]: the position's cosines and sines, times `amplitudes`.
    float2* turns;
    int count, each;
    float amplitudes[4];
};

// out[:] = embedding[tokens[position], :] × scale; and the angles of the position, which all layers need.
template <int format> DEVICE void embedNext(const Segment& w, const Rotations& rotations, const int* tokens, const DecodePlace* place, float* out, int columns, int blockShift, const float* table, const float* map, float scale) {
    letNextBegin();
    awaitEarlier();
    const int position = place->position, token = tokens[position], first = blockIdx.x * blockDim.x + threadIdx.x;
    for (int i = first; i < columns; i += gridDim.x * blockDim.x) out[i] = element<format>(w, token, i, columns, blockShift, table, map) * scale;
    for (int i = first; i < rotations.count * rotations.each; i += gridDim.x * blockDim.x) {
        float s, c;
        sincosf((float)position * rotations.frequencies[i], &s, &c);
        const float amplitude = rotations.amplitudes[i / rotations.each];
        rotations.turns[i] = make_float2(c * amplitude, s * amplitude);
    }
}
#define EMBED(name, format) \
    extern "C" __global__ void embed_next_##name(const __grid_constant__ Segment w, const __grid_constant__ Rotations rotations, const int* tokens, const DecodePlace* place, float* out, int columns, int blockShift, const float* table, const float* map, float scale) { \
        embedNext<format>(w, rotations, tokens, place, out, columns, blockShift, table, map, scale); }
EMBED(f32, F32) EMBED(f16, F16) EMBED(bf16, BF16) EMBED(int8, INT8) EMBED(n4, N4) EMBED(n4dq, N4DQ) EMBED(q4_0, Q4_0) EMBED(q4_1, Q4_1) EMBED(q8_0, Q8_0)

// MARK: Attention

struct SplitAttentionArguments {
    /// [(heads + 2 kvHeads) × size] float32: one row's queries, keys and values.
    const float* qkv;
    /// The layer's cache: key-value head h, position p at p × positionStride + h × headStride.
    void* keys;
    void* values;
    /// [heads × size] float32.
    float* out;
    /// [heads, splits, size + 2] float32: a split's weighted sum of values, its maximum (to base 2) and its sum of weights.
    float* partials;
    /// One counter for each block of the grid's x, 0 before and after.
    u32* arrived;
    /// Null: the position is `first`, and queries are rotated and the row is in the cache already.
    const DecodePlace* place;
    /// [pairs]: the position's cosines and sines.
    const float2* turns;
    /// [size] float32, or null: norms over each head, before the rotation.
    const float* queryNorm;
    const float* keyNorm;
    int heads, kvHeads, size, pairs, first, window, positionStride, headStride, interleaved;
    /// What a block takes at least.
    int fewest;
    float scale, epsilon;
};

static_assert(sizeof(Rotations) == 40 && sizeof(SplitAttentionArguments) == 128, "KernelArguments.swift describes the same bytes");

#define SPLIT_THREADS 512
#define SPLIT_WARPS (SPLIT_THREADS / 32)
/// Parts of the sequence, at most: AttentionSplit has the same.
#define SPLIT_MOST 256
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
    const int each = args.heads / args.kvHeads, groups = (each + HEADS - 1) / HEADS;
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
        const int head = role == 0 ? firstHead + warp : role == 1 ? args.heads + kvHead : args.heads + args.kvHeads + kvHead;
        float x[held];
#pragma unroll
        for (int j = 0; j < held; j++) {
            const int i = lane + 32 * j;
            x[j] = i < size && (role != 0 || warp < count) ? args.qkv[head * size + i] : 0;
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
#define SPLIT(name, Cache, lanes, heads) \
    extern "C" __global__ void __launch_bounds__(SPLIT_THREADS, 1) attend_split_##name##_##lanes##_##heads(const __grid_constant__ SplitAttentionArguments args) { \
        attendSplit<Cache, lanes, heads>(args); }
// Heads that are not there cost arithmetic, of which reading leaves plenty, so one size of groups is enough. Where more heads
// share keys and values, the second group's reads find them in L2.
#define SPLITS(name, Cache) SPLIT(name, Cache, 8, 4) SPLIT(name, Cache, 16, 4) SPLIT(name, Cache, 32, 4)
SPLITS(f32, float) SPLITS(f16, f16) SPLITS(bf16, bf16)

// MARK: The choice

/// A block's largest logit, its row, and the block's sum of exp(logit - largest).
struct ChoicePart { float top, sum; int row, unused; };

// The largest logit, the lowest row among equals, and ln Σ exp(logit): the token goes to tokens[position + 1], its logit and
// the logarithm to chosen[made]; then the position moves on. parts: one for each block. Without `tokens` only the position moves.
extern "C" __global__ void __launch_bounds__(256) choose_next(const float* logits, ChoicePart* parts, u32* arrived, int* tokens, float2* chosen, DecodePlace* place, int count) {
    __shared__ float scratch[32];
    __shared__ int rows[8];
    __shared__ bool isLast;
    letNextBegin();
    awaitEarlier();
    if (!tokens) { if (blockIdx.x == 0 && threadIdx.x == 0) place->position++; return; }
    float top = NEGATIVE_INFINITY;
    int row = count;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) {
        const float x = logits[i];
        if (x > top) { top = x; row = i; }
    }
    const float best = blockMax(top, scratch);
    float sum = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x) sum += expf(logits[i] - best);
    sum = blockSum(sum, scratch);
    if (top != best) row = count;
#pragma unroll
    for (int d = 16; d; d >>= 1) row = min(row, __shfl_xor_sync(FULL, row, d));
    if ((threadIdx.x & 31) == 0) rows[threadIdx.x >> 5] = row;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < 8; w++) row = min(row, rows[w]);
        const ChoicePart part = { best, sum, row, 0 };
        *(uint4*)(parts + blockIdx.x) = *(const uint4*)&part;
        __threadfence();
        isLast = atomicAdd(arrived, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (!isLast || threadIdx.x >= 32) return;
    __threadfence();
    top = NEGATIVE_INFINITY;
    row = count;
    for (int b = threadIdx.x; b < (int)gridDim.x; b += 32) {
        const float x = __ldcg(&parts[b].top);
        const int r = __ldcg(&parts[b].row);
        if (x > top || (x == top && r < row)) { top = x; row = r; }
    }
    const float largest = warpMax(top);
    if (top != largest) row = count;
#pragma unroll
    for (int d = 16; d; d >>= 1) row = min(row, __shfl_xor_sync(FULL, row, d));
    float total = 0;
    for (int b = threadIdx.x; b < (int)gridDim.x; b += 32) total = fmaf(__ldcg(&parts[b].sum), expf(__ldcg(&parts[b].top) - largest), total);
    total = warpSum(total);
    if (threadIdx.x == 0) {
        // Not a number anywhere: some token, as `choose` gives.
        tokens[place->position + 1] = min(row, count - 1);
        chosen[place->made] = make_float2(largest, largest + logf(total));
        place->position++;
        place->made++;
        *arrived = 0;
    }
}
