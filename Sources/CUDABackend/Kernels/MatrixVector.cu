// y = W x for one row of activations, with everything around it that would cost a kernel of its own.
//
// Up to three matrices of one format share an input (q/k/v), or two are interleaved so that one warp has a gate's
// and an up-projection's rows together. The input may be normalised on the way in (RMSNorm), a residual added on
// the way out. Dense weights and int8 are read as RowVector.cuh says. Codes of 4 bits and GGUF's blocks stream through a ring in
// shared memory: each lane copies exactly the bytes that it will read, so no barrier is needed between copy and use.
#include "Weights.cuh"

#define WARPS 16
#define STAGES 4

struct MatrixVectorArguments {
    Segment segments[3];
    /// float32 [columns].
    const float* input;
    /// float32 [columns], or null: input × rsqrt(mean(input²) + epsilon) × norm.
    const float* norm;
    /// float32, added to the first segment's rows, or null.
    const float* residual;
    const float* table;
    const float* map;
    float epsilon;
    /// Warps that have two rows together (RowVector.cuh).
    int team;
    int segmentCount, columns, blockShift;
    /// 0: segments one after another. 1, 2, 3: two segments, out = act(first) × second with SiLU, GELU (tanh), GELU (erf).
    int activation;
};

static_assert(sizeof(MatrixVectorArguments) == 208, "KernelArguments.swift describes the same bytes");

DEVICE float activated(float x, int kind) {
    if (kind == 1) return x / (1.0f + expf(-x));
    if (kind == 2) { float c = 0.7978845608028654f * (x + 0.044715f * x * x * x); return 0.5f * x * (1.0f + tanhf(c)); }
    return 0.5f * x * (1.0f + erff(x * 0.7071067811865476f));
}

#include "RowVector.cuh"

template <int format> DEVICE void matrixVector(const MatrixVectorArguments& args) {
    extern __shared__ __align__(16) char dynamicMemory[];
    __shared__ u32 pairs[Layout<format>::table ? 8192 : 1];
    __shared__ float map[Layout<format>::nested ? 256 : 1];
    __shared__ float partial[WARPS][16];
    __shared__ float scratch[WARPS];

    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, columns = args.columns;
    const int stride = planeStride<format>(columns);
    char* planes = dynamicMemory;
    float* blockSums = (float*)(planes + stride * Layout<format>::planes);
    char* ringStart = (char*)blockSums + (format == Q4_1 ? ((columns >> 5) * 4 + 15 & ~15) : 0);
    const u32 ring = sharedAddress(ringStart) + warp * STAGES * slotBytes<format>();
    const u32 planesAddress = sharedAddress(planes);
    const Tables tables = { pairs, map };

    const int perGroup = args.activation ? 8 : 16;
    int groups = 0;
    for (int s = 0; s < (args.activation ? 1 : args.segmentCount); s++) groups += (args.segments[s].rows + perGroup - 1) / perGroup;
    const int tiles = (columns + tileColumns<format>() - 1) / tileColumns<format>();

    // Finds the rows of a group; rows past the end repeat the last one and are not written.
    auto locate = [&](int group, int& s, int& rowA, int& rowB) {
        s = 0;
        if (args.activation) { rowA = min(group * 8 + (lane >> 2), args.segments[0].rows - 1); rowB = rowA; return; }
        while (s + 1 < args.segmentCount && group >= (args.segments[s].rows + 15) / 16) { group -= (args.segments[s].rows + 15) / 16; s++; }
        rowA = group * 16 + (lane >> 2);
        rowB = min(rowA + 8, args.segments[s].rows - 1);
        rowA = min(rowA, args.segments[s].rows - 1);
    };
    int fetchGroup = blockIdx.x, fetchTileIndex = warp;
    auto fetchNext = [&](int slot) {
        while (fetchTileIndex >= tiles) { fetchTileIndex -= tiles; fetchGroup += gridDim.x; }
        if (fetchGroup < groups) {
            int s, rowA, rowB;
            locate(fetchGroup, s, rowA, rowB);
            fetchTile<format>(ring + slot * slotBytes<format>(), lane, args.segments[s], rowA, args.segments[args.activation ? 1 : s], rowB, fetchTileIndex, columns, args.blockShift);
        }
        copyAsyncCommit();
        fetchTileIndex += WARPS;
    };
    letNextBegin();
    for (int i = 0; i < STAGES; i++) fetchNext(i);

    if (Layout<format>::table) fillPairs(pairs, args.table);
    if (Layout<format>::nested) for (int i = threadIdx.x; i < 256; i += blockDim.x) map[i] = args.map[i];
    awaitEarlier();
    float factor = 1;
    if (args.norm) {
        float squares = 0;
        for (int i = threadIdx.x; i < columns; i += blockDim.x) { float x = args.input[i]; squares = fmaf(x, x, squares); }
        squares = blockSum(squares, scratch);
        factor = rsqrtf(squares / columns + args.epsilon);
    }
    for (int i = threadIdx.x; i < paddedColumns(columns); i += blockDim.x) {
        float x = 0;
        if (i < columns) { x = args.input[i]; if (args.norm) x = x * factor * args.norm[i]; }
        storeParts<format>(planes, stride, i, x);
        if (format == Q4_1) { float s = warpSum(x); if (lane == 0 && i < columns) blockSums[i >> 5] = s; }
    }
    __syncthreads();

    int slot = 0, tile = warp;
    for (int group = blockIdx.x; group < groups; group += gridDim.x) {
        int s, rowA, rowB;
        locate(group, s, rowA, rowB);
        const Segment &a = args.segments[s], &b = args.segments[args.activation ? 1 : s];
        Accumulator<format> sum;
        sum.clear();
        for (; tile < tiles; tile += WARPS) {
            copyAsyncWait<STAGES - 1>();
            addTile<format>(sum, ring + slot * slotBytes<format>(), planesAddress, stride, blockSums, lane, rowA, rowB, a, b, tile, columns, args.blockShift, tables);
            fetchNext(slot);
            slot = slot + 1 == STAGES ? 0 : slot + 1;
        }
        tile -= tiles;
        float resultA, resultB;
        sum.finish(resultA, resultB);
        __syncthreads();
        if ((lane & 3) == 0) { partial[warp][lane >> 2] = resultA; partial[warp][8 + (lane >> 2)] = resultB; }
        __syncthreads();
        if (threadIdx.x < perGroup) {
            const int r = threadIdx.x;
            float y = 0, z = 0;
            for (int w = 0; w < WARPS; w++) y += partial[w][r];
            if (args.activation) {
                const int row = group * 8 + r;
                if (row < a.rows) {
                    for (int w = 0; w < WARPS; w++) z += partial[w][8 + r];
                    if (a.bias) y += a.bias[row];
                    if (b.bias) z += b.bias[row];
                    a.out[row] = activated(y, args.activation) * z;
                }
            } else {
                int first = group;
                for (int i = 0; i < s; i++) first -= (args.segments[i].rows + 15) / 16;
                const int row = first * 16 + r;
                if (row < a.rows) {
                    if (a.bias) y += a.bias[row];
                    if (args.residual && s == 0) y += args.residual[row];
                    a.out[row] = y;
                }
            }
        }
    }
}

#define KERNEL(name, format) \
    extern "C" __global__ void __launch_bounds__(WARPS * 32) matvec_##name(const __grid_constant__ MatrixVectorArguments args) { matrixVector<format>(args); }
#define ROWS(name, format) \
    extern "C" __global__ void __launch_bounds__(ROW_THREADS, 2) matvec_##name(const __grid_constant__ MatrixVectorArguments args) { rowVector<format>(args); }
#ifdef SELECT_f32
ROWS(f32, F32)
#endif
#ifdef SELECT_f16
ROWS(f16, F16)
#endif
#ifdef SELECT_bf16
ROWS(bf16, BF16)
#endif
#ifdef SELECT_int8
ROWS(int8, INT8)
#endif
#ifdef SELECT_n4
KERNEL(n4, N4)
#endif
#ifdef SELECT_n4dq
KERNEL(n4dq, N4DQ)
#endif
#ifdef SELECT_q4_0
KERNEL(q4_0, Q4_0)
#endif
#ifdef SELECT_q4_1
KERNEL(q4_1, Q4_1)
#endif
#ifdef SELECT_q8_0
KERNEL(q8_0, Q8_0)
#endif
