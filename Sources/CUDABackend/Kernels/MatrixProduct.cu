// out[m, n] = Σ_k x[m, k] w[n, k] (+ bias) (+ residual) for many rows m: prompts.
//
// Tensor cores (mma.m16n8k16) with 16-bit operands and float32 sums; quantised weights are expanded into shared
// memory on the way, never into device memory. float32 weights are multiplied in float32.
// A block makes ROWS × OUTPUTS outputs, 64 columns of k at a time, three stages deep.
// build: ptx=80 machine=90 formats
#include "MatrixProduct.cuh"

#define STAGES PRODUCT_STAGES

DEVICE void loadMatrices(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}

template <int format, typename Compute, int ROWS, int OUTPUTS> DEVICE void matrixProduct(const MatrixProductArguments& args) {
    extern __shared__ __align__(128) char dynamicMemory[];
    __shared__ float table[16];
    const bool dense = !Layout<format>::scaled;
    const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5;
    int tileOfSegment = blockIdx.x;
    const KernelSegment& weight = segmentOfTile(args, OUTPUTS, tileOfSegment);
    const int firstRow = blockIdx.y * ROWS, firstOutput = tileOfSegment * OUTPUTS;
    const int stageBytes = (ROWS + OUTPUTS) * 128;
    const int steps = (args.columns + DEPTH - 1) / DEPTH;
    const u32 base = sharedAddress(dynamicMemory);
    if (Layout<format>::table && thread < 16) table[thread] = args.table[thread];

    auto fetchWeights = [&](int step) {
        const u32 to = base + step % STAGES * stageBytes;
        if (dense) {
#pragma unroll
            for (int i = 0; i < OUTPUTS / 32; i++) {
                const int piece = thread + i * 256, row = piece >> 3, p = piece & 7, column = step * DEPTH + p * 8;
                const bool valid = step < steps && firstOutput + row < weight.rows && column < args.columns;
                copyAsync16(to + ROWS * 128 + swizzled(row, p), (const u16*)weight.codes + (valid ? (u64)(firstOutput + row) * args.columns + column : 0), valid);
            }
        }
    };
    auto fetchInput = [&](int step) {
        const u32 to = base + step % STAGES * stageBytes;
#pragma unroll
        for (int i = 0; i < ROWS / 32; i++) {
            const int piece = thread + i * 256, row = piece >> 3, p = piece & 7, column = step * DEPTH + p * 8;
            const bool valid = step < steps && firstRow + row < args.rows && column < args.columns;
            copyAsync16(to + swizzled(row, p), (const u16*)args.input + (valid ? (u64)(firstRow + row) * args.columns + column : 0), valid);
        }
        copyAsyncCommit();
    };
    const int heldRow = thread >> 1, heldHalf = thread & 1;
    Held<dense ? KernelFormat_n4 : format> held;
    auto holdNext = [&](int step) { if constexpr (Layout<format>::scaled) { if (heldRow < OUTPUTS) hold<format>(held, args, weight, firstOutput + heldRow, step * DEPTH + heldHalf * 32); } };
    auto expandHeld = [&](int step) {
        if constexpr (Layout<format>::scaled) { if (heldRow < OUTPUTS) expand<format, Compute>(held, dynamicMemory + step % STAGES * stageBytes + ROWS * 128, heldRow, heldHalf, table); }
    };

    const int warpRow = (warp >> 2) * (ROWS / 2), warpOutput = (warp & 3) * (OUTPUTS / 4);
    const int tilesM = ROWS / 32, tilesN = OUTPUTS / 32;  // tiles of 16 rows and of 8 outputs a warp
    float sums[ROWS / 32][OUTPUTS / 32][4];
#pragma unroll
    for (int i = 0; i < tilesM; i++)
#pragma unroll
        for (int j = 0; j < tilesN; j++)
#pragma unroll
            for (int k = 0; k < 4; k++) sums[i][j][k] = 0;

    __syncthreads();
    fetchWeights(0);
    fetchWeights(1);
    holdNext(0);
    expandHeld(0);
    holdNext(1);
    awaitEarlier();
    fetchInput(0);
    fetchInput(1);
    for (int step = 0; step < steps; step++) {
        copyAsyncWait<1>();
        __syncthreads();
        // Stage step + 2 was last read before this barrier; stage step + 1 is filled from registers now.
        expandHeld(step + 1);
        fetchWeights(step + 2);
        fetchInput(step + 2);
        holdNext(step + 2);
        const u32 inputs = base + step % STAGES * stageBytes, weights = inputs + ROWS * 128;
#pragma unroll
        for (int k = 0; k < DEPTH / 16; k++) {
            u32 a[ROWS / 32][4], b[OUTPUTS / 64][4];
#pragma unroll
            for (int i = 0; i < tilesM; i++) loadMatrices(a[i], inputs + swizzled(warpRow + i * 16 + (lane & 15), k * 2 + (lane >> 4)));
#pragma unroll
            for (int j = 0; j < OUTPUTS / 64; j++) loadMatrices(b[j], weights + swizzled(warpOutput + j * 16 + (lane & 7) + (lane >> 4) * 8, k * 2 + (lane >> 3 & 1)));
#pragma unroll
            for (int i = 0; i < tilesM; i++)
#pragma unroll
                for (int j = 0; j < tilesN; j++) mma(sums[i][j], a[i][0], a[i][1], a[i][2], a[i][3], b[j >> 1][(j & 1) * 2], b[j >> 1][(j & 1) * 2 + 1], (Compute*)0);
        }
    }
    copyAsyncWait<0>();
#pragma unroll
    for (int i = 0; i < tilesM; i++)
#pragma unroll
        for (int j = 0; j < tilesN; j++)
#pragma unroll
            for (int k = 0; k < 4; k++) {
                const int m = firstRow + warpRow + i * 16 + (lane >> 2) + (k >> 1) * 8, n = firstOutput + warpOutput + j * 8 + (lane & 3) * 2 + (k & 1);
                if (m < args.rows && n < weight.rows) {
                    const u64 at = (u64)m * args.outStride + n;
                    float y = sums[i][j][k];
                    if (weight.bias) y += weight.bias[n];
                    if (args.residual) y += args.residual[at];
                    weight.out[at] = y;
                }
            }
}

// float32: 64 × 64 outputs a block, 4 × 4 a thread, 16 columns of k at a time.
DEVICE void floatProduct(const MatrixProductArguments& args) {
    __shared__ float x[16][68], w[16][68];
    const int thread = threadIdx.x, firstRow = blockIdx.y * 64;
    int tileOfSegment = blockIdx.x;
    const KernelSegment& segment = segmentOfTile(args, 64, tileOfSegment);
    const int firstOutput = tileOfSegment * 64;
    const float *input = (const float*)args.input, *weight = (const float*)segment.codes;
    const int row = thread >> 2, k4 = (thread & 3) * 4, tm = (thread >> 4) * 4, tn = (thread & 15) * 4;
    float sums[4][4] = {};
    awaitEarlier();
    auto load = [&](const float* from, int r, int limit, int k) {
        float4 v = make_float4(0, 0, 0, 0);
        if (r < limit && k < args.columns) v = *(const float4*)(from + (u64)r * args.columns + k);
        return v;
    };
    float4 nextX = load(input, firstRow + row, args.rows, k4), nextW = load(weight, firstOutput + row, segment.rows, k4);
    for (int k = 0; k < args.columns; k += 16) {
        __syncthreads();
        x[k4][row] = nextX.x; x[k4 + 1][row] = nextX.y; x[k4 + 2][row] = nextX.z; x[k4 + 3][row] = nextX.w;
        w[k4][row] = nextW.x; w[k4 + 1][row] = nextW.y; w[k4 + 2][row] = nextW.z; w[k4 + 3][row] = nextW.w;
        __syncthreads();
        nextX = load(input, firstRow + row, args.rows, k + 16 + k4);
        nextW = load(weight, firstOutput + row, segment.rows, k + 16 + k4);
#pragma unroll
        for (int i = 0; i < 16; i++) {
            const float4 a = *(float4*)&x[i][tm], b = *(float4*)&w[i][tn];
            const float as[4] = { a.x, a.y, a.z, a.w }, bs[4] = { b.x, b.y, b.z, b.w };
#pragma unroll
            for (int m = 0; m < 4; m++)
#pragma unroll
                for (int n = 0; n < 4; n++) sums[m][n] = fmaf(as[m], bs[n], sums[m][n]);
        }
    }
#pragma unroll
    for (int m = 0; m < 4; m++)
#pragma unroll
        for (int n = 0; n < 4; n++) {
            const int r = firstRow + tm + m, o = firstOutput + tn + n;
            if (r < args.rows && o < segment.rows) {
                const u64 at = (u64)r * args.outStride + o;
                float y = sums[m][n];
                if (segment.bias) y += segment.bias[o];
                if (args.residual) y += args.residual[at];
                segment.out[at] = y;
            }
        }
}

#ifdef COMPILED_f32
extern "C" __global__ void __launch_bounds__(256) NAMED(product, COMPILED_NAME)(const __grid_constant__ MatrixProductArguments args) { floatProduct(args); }
#else
#define PRODUCT(rows, outputs) \
    extern "C" __global__ void __launch_bounds__(256) NAMED(product_##rows##_##outputs, COMPILED_NAME)(const __grid_constant__ MatrixProductArguments args) { \
        matrixProduct<COMPILED_FORMAT, ProductType<COMPILED_FORMAT>, rows, outputs>(args); }
PRODUCT(128, 128) PRODUCT(64, 128) PRODUCT(64, 64)
#endif
