// y = W x for one row of activations, with everything around it that would cost a kernel of its own.
//
// Up to three matrices of one format share an input (q/k/v), or two are interleaved so that one warp has a gate's
// and an up-projection's rows together. The input may be normalised on the way in (RMSNorm), a residual added on
// the way out. Dense weights and int8 are read as RowVector.cuh says. Codes of 4 bits and GGUF's blocks stream through a ring in
// shared memory: each lane copies exactly the bytes that it will read, so no barrier is needed between copy and use.
// build: ptx=80 machine=90 formats
#include "Weights.cuh"

#define WARPS VECTOR_WARPS
#define STAGES VECTOR_STAGES

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
    char* ringStart = (char*)blockSums + (Layout<format>::hasMinimum ? ((columns >> 5) * 4 + 15 & ~15) : 0);
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
        if (Layout<format>::hasMinimum) { float s = warpSum(x); if (lane == 0 && i < columns) blockSums[i >> 5] = s; }
    }
    __syncthreads();

    int slot = 0, tile = warp;
    for (int group = blockIdx.x; group < groups; group += gridDim.x) {
        int s, rowA, rowB;
        locate(group, s, rowA, rowB);
        const KernelSegment &a = args.segments[s], &b = args.segments[args.activation ? 1 : s];
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

extern "C" __global__ void __launch_bounds__(WARPS * 32, Layout<COMPILED_FORMAT>::multipliesRows ? 2 : 0) NAMED(matvec, COMPILED_NAME)(const __grid_constant__ MatrixVectorArguments args) {
    if constexpr (Layout<COMPILED_FORMAT>::multipliesRows) rowVector<COMPILED_FORMAT>(args);
    else matrixVector<COMPILED_FORMAT>(args);
}
