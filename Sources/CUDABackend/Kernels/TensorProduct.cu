// out[m, n] = Σ_k x[m, k] w[n, k] (+ bias) (+ residual) for more than 64 rows m, with Hopper's warpgroup products.
//
// Two warpgroups make TALL × 64 rows × OUTPUTS each, straight from shared memory: rows of 64 elements (128 bytes), 16-byte pieces
// permuted as the tensor cores' 128-byte swizzle has them. Quantised weights are expanded into shared memory while the
// step before is being multiplied. Of the stages, one is being multiplied, one's product may still run, the rest are on their
// way. A gated product has rows of a gate and of an up-projection in one tile and makes act(gate) × up of them.
// (PTX ISA, "Asynchronous warpgroup level matrix instructions".)
// build: ptx=90a machine=90a formats=-f32
#include "MatrixProduct.cuh"

/// A matrix of 128-byte rows in shared memory: 8 rows are 1024 bytes apart from the next 8, swizzled by 128 bytes.
DEVICE u64 describe(u32 address) { return (u64)(address >> 4 & 0x3fff) | (u64)1 << 16 | (u64)(1024 >> 4) << 32 | (u64)1 << 62; }

DEVICE void multiplyAsync(float (&d)[32], u64 a, u64 b, bf16*) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, 1, 1, 1, 0, 0;"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
          "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
          "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
          "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
        : "l"(a), "l"(b));
}
DEVICE void multiplyAsync(float (&d)[32], u64 a, u64 b, f16*) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, 1, 1, 1, 0, 0;"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
          "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
          "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
          "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31])
        : "l"(a), "l"(b));
}
DEVICE void multiplyAsync(float (&d)[64], u64 a, u64 b, bf16*) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, %64, %65, 1, 1, 1, 0, 0;"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
          "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
          "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
          "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
          "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]),
          "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]),
          "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
          "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63])
        : "l"(a), "l"(b));
}
DEVICE void multiplyAsync(float (&d)[64], u64 a, u64 b, f16*) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, %64, %65, 1, 1, 1, 0, 0;"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
          "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
          "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
          "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
          "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]),
          "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]),
          "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
          "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63])
        : "l"(a), "l"(b));
}

DEVICE void multiplyAsync(float (&d)[96], u64 a, u64 b, bf16*) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n192k16.f32.bf16.bf16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63,"
        "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79,"
        "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95}, %96, %97, 1, 1, 1, 0, 0;"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
          "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
          "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
          "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
          "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]),
          "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]),
          "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
          "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63]),
          "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]), "+f"(d[70]), "+f"(d[71]),
          "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]), "+f"(d[77]), "+f"(d[78]), "+f"(d[79]),
          "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]), "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87]),
          "+f"(d[88]), "+f"(d[89]), "+f"(d[90]), "+f"(d[91]), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95])
        : "l"(a), "l"(b));
}
DEVICE void multiplyAsync(float (&d)[96], u64 a, u64 b, f16*) {
    asm volatile("wgmma.mma_async.sync.aligned.m64n192k16.f32.f16.f16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15,"
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31,"
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47,"
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63,"
        "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79,"
        "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95}, %96, %97, 1, 1, 1, 0, 0;"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]),
          "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]),
          "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]),
          "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]),
          "+f"(d[32]), "+f"(d[33]), "+f"(d[34]), "+f"(d[35]), "+f"(d[36]), "+f"(d[37]), "+f"(d[38]), "+f"(d[39]),
          "+f"(d[40]), "+f"(d[41]), "+f"(d[42]), "+f"(d[43]), "+f"(d[44]), "+f"(d[45]), "+f"(d[46]), "+f"(d[47]),
          "+f"(d[48]), "+f"(d[49]), "+f"(d[50]), "+f"(d[51]), "+f"(d[52]), "+f"(d[53]), "+f"(d[54]), "+f"(d[55]),
          "+f"(d[56]), "+f"(d[57]), "+f"(d[58]), "+f"(d[59]), "+f"(d[60]), "+f"(d[61]), "+f"(d[62]), "+f"(d[63]),
          "+f"(d[64]), "+f"(d[65]), "+f"(d[66]), "+f"(d[67]), "+f"(d[68]), "+f"(d[69]), "+f"(d[70]), "+f"(d[71]),
          "+f"(d[72]), "+f"(d[73]), "+f"(d[74]), "+f"(d[75]), "+f"(d[76]), "+f"(d[77]), "+f"(d[78]), "+f"(d[79]),
          "+f"(d[80]), "+f"(d[81]), "+f"(d[82]), "+f"(d[83]), "+f"(d[84]), "+f"(d[85]), "+f"(d[86]), "+f"(d[87]),
          "+f"(d[88]), "+f"(d[89]), "+f"(d[90]), "+f"(d[91]), "+f"(d[92]), "+f"(d[93]), "+f"(d[94]), "+f"(d[95])
        : "l"(a), "l"(b));
}

/// As `activated`, with the approximate exponential: this product's epilogue shows in its time.
DEVICE float activatedFast(float x, int kind) {
    if (kind == KernelActivation_silu) return x / (1.0f + __expf(-x));
    return activated(x, kind);
}

/// Two blocks of a cluster wait for each other, and each sees what the other wrote.
DEVICE void pairBarrier() {
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
    asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}
/// The shared address in block `rank` of the cluster that `address` has in this one.
DEVICE u32 addressIn(u32 rank, u32 address) { u32 y; asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(y) : "r"(address), "r"(rank)); return y; }

template <int format, typename Compute, int TALL, int OUTPUTS, int STAGES, bool isGated, bool isHalved = false> DEVICE void tensorProduct(const MatrixProductArguments& args) {
    extern __shared__ char dynamicMemory[];
    __shared__ float table[16];
    const bool dense = !Layout<format>::scaled;
    const int ROWS = 128 * TALL, AHEAD = STAGES - 2, SHARE = isGated ? OUTPUTS / 2 : OUTPUTS;
    const int thread = threadIdx.x, group = thread >> 7, stageBytes = (ROWS + OUTPUTS) * 128;
    int tile = blockIdx.x;
    const KernelSegment& weight = isGated ? args.segments[0] : segmentOfTile(args, OUTPUTS, tile);
    const int firstRow = (isHalved ? blockIdx.y >> 1 : blockIdx.y) * ROWS, firstOutput = tile * SHARE;
    // Two blocks of a cluster halve the columns of a tile between them.
    const int allSteps = (args.columns + DEPTH - 1) / DEPTH, half = (allSteps + 1) / 2, rank = blockIdx.y & 1;
    const int firstColumn = isHalved ? rank * half * DEPTH : 0, steps = !isHalved ? allSteps : rank ? allSteps - half : half;
    // Swizzled tiles begin on 1024 bytes.
    char* stages = dynamicMemory + (0u - sharedAddress(dynamicMemory) & 1023u);
    const u32 base = sharedAddress(stages);
    if (Layout<format>::table && thread < 16) table[thread] = args.table[thread];

    // The matrix that a tile's row comes from, and the row there.
    auto source = [&](int row, int& output) -> const KernelSegment& {
        const bool isSecond = isGated && row >= SHARE;
        output = firstOutput + row - (isSecond ? SHARE : 0);
        return isSecond ? args.segments[1] : weight;
    };
    // A thread copies 16 bytes of every 32nd row, always at the same place of a step: what differs between steps and rows
    // is an addition.
    const int ownRow = thread >> 3, ownColumn = firstColumn + (thread & 7) * 8, end = isHalved && !rank ? half * DEPTH : args.columns;
    const u64 rowStep = (u64)args.columns * 64, own = ((u64)ownRow * args.columns + ownColumn) * 2;
    const u8* inputs = (const u8*)args.input + (u64)firstRow * args.columns * 2 + own;
    const int inputRows = args.rows - firstRow - ownRow, outputRows = weight.rows - firstOutput - ownRow;
    const u8* weights[2] = { weight.codes + (u64)firstOutput * args.columns * 2 + own, 0 };
    if (isGated) weights[1] = args.segments[1].codes + (u64)firstOutput * args.columns * 2 + own;
    const u32 place = base + swizzled(ownRow, thread & 7);
    auto fetchWeights = [&](int step) {
        const u32 to = place + step % STAGES * stageBytes + ROWS * 128;
        const bool inside = step * DEPTH + ownColumn < end;
        const u64 at = (u64)step * (DEPTH * 2);
        if (dense) {
#pragma unroll
            for (int i = 0; i < OUTPUTS / 32; i++) {
                const int second = isGated && i >= SHARE / 32, j = second ? i - SHARE / 32 : i;
                copyAsync16(to + i * 4096, weights[second] + at + j * rowStep, inside && j * 32 < outputRows);
            }
        }
    };
    auto fetchInput = [&](int step) {
        const u32 to = place + step % STAGES * stageBytes;
        const bool inside = step * DEPTH + ownColumn < end;
        const u64 at = (u64)step * (DEPTH * 2);
#pragma unroll
        for (int i = 0; i < ROWS / 32; i++) copyAsync16(to + i * 4096, inputs + at + i * rowStep, inside && i * 32 < inputRows);
        copyAsyncCommit();
    };
    // Every thread expands as much: half a row of 64 elements of each 128 rows, or a quarter of each 64.
    const int PART = OUTPUTS % 128 == 0 ? 32 : 16, PARTS = 64 / PART, HOLDS = OUTPUTS * PARTS / 256;
    Held<dense ? KernelFormat_n4 : format, PART> held[HOLDS];
    auto holdNext = [&](int step) {
        if constexpr (Layout<format>::scaled) {
#pragma unroll
            for (int i = 0; i < HOLDS; i++) {
                int output;
                const KernelSegment& from = source((i * 256 + thread) / PARTS, output);
                hold<format>(held[i], args, from, output, firstColumn + step * DEPTH + thread % PARTS * PART);
            }
        }
    };
    auto expandHeld = [&](int step) {
        if constexpr (Layout<format>::scaled) {
#pragma unroll
            for (int i = 0; i < HOLDS; i++)
                expand<format, Compute>(held[i], stages + step % STAGES * stageBytes + ROWS * 128, (i * 256 + thread) / PARTS, thread % PARTS, table);
        }
    };

    float sums[TALL][OUTPUTS / 2];
#pragma unroll
    for (int m = 0; m < TALL; m++)
#pragma unroll
        for (int i = 0; i < OUTPUTS / 2; i++) sums[m][i] = 0;
    __syncthreads();
    holdNext(0);
#pragma unroll
    for (int i = 0; i < AHEAD; i++) fetchWeights(i);
    expandHeld(0);
    holdNext(1);
    awaitEarlier();
#pragma unroll
    for (int i = 0; i < AHEAD; i++) fetchInput(i);
#pragma unroll 1
    for (int step = 0; step < steps; step++) {
        copyAsyncWait<AHEAD - 1>();
        // What threads wrote becomes visible to the tensor cores.
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
        __syncthreads();
        const u32 stage = base + step % STAGES * stageBytes;
        const u64 a = describe(stage + group * TALL * 64 * 128), b = describe(stage + ROWS * 128);
        asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
        for (int k = 0; k < DEPTH / 16; k++)
#pragma unroll
            for (int m = 0; m < TALL; m++) multiplyAsync(sums[m], a + m * (64 * 128 / 16) + 2 * k, b + 2 * k, (Compute*)0);
        asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
        // The product of step - 2 was waited for by all before this step's barrier: its stage is free.
        expandHeld(step + 1);
        fetchWeights(step + AHEAD);
        fetchInput(step + AHEAD);
        holdNext(step + 2);
        asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
    }
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    copyAsyncWait<0>();

    if constexpr (isHalved) {
        // Each block finishes half of the outputs: it gets the other's sums of those, thread for thread, where stages were.
        const int COUNT = OUTPUTS / 4;
        const u32 mine = base + thread * 16, other = addressIn(rank ^ 1, mine);
        pairBarrier();
#pragma unroll
        for (int i = 0; i < COUNT; i += 4) {
            float send[4];
#pragma unroll
            for (int k = 0; k < 4; k++) send[k] = rank ? sums[0][i + k] : sums[0][COUNT + i + k];
            asm volatile("st.shared::cluster.v4.f32 [%0], {%1,%2,%3,%4};" ::"r"(other + i * 1024), "f"(send[0]), "f"(send[1]), "f"(send[2]), "f"(send[3]) : "memory");
        }
        pairBarrier();
#pragma unroll
        for (int i = 0; i < COUNT; i += 4) {
            const uint4 got = sharedQuad(mine + i * 1024);
            const u32 values[4] = { got.x, got.y, got.z, got.w };
#pragma unroll
            for (int k = 0; k < 4; k++) sums[0][i + k] = (rank ? sums[0][COUNT + i + k] : sums[0][i + k]) + __uint_as_float(values[k]);
        }
    }

    // A warp's 16 rows: lane (g, t) has columns 8j + 2t and 8j + 2t + 1 of rows g and g + 8.
    const int lane = thread & 31, warp = thread >> 5 & 3;
#pragma unroll
    for (int m = 0; m < TALL; m++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int row = firstRow + (group * TALL + m) * 64 + warp * 16 + half * 8 + (lane >> 2);
            if (row >= args.rows) continue;
#pragma unroll
            for (int j = 0; j < (isHalved ? SHARE / 16 : SHARE / 8); j++) {
                const int output = firstOutput + (isHalved ? rank * (SHARE / 2) : 0) + j * 8 + (lane & 3) * 2;
                // Matrices for tensor cores have an even number of rows.
                if (output >= weight.rows) continue;
                const u64 at = (u64)row * args.outStride + output;
                float2 y = make_float2(sums[m][4 * j + 2 * half], sums[m][4 * j + 2 * half + 1]);
                if (weight.bias) { y.x += weight.bias[output]; y.y += weight.bias[output + 1]; }
                if constexpr (isGated) {
                    const int other = 4 * (j + SHARE / 8) + 2 * half;
                    float2 up = make_float2(sums[m][other], sums[m][other + 1]);
                    const float* bias = args.segments[1].bias;
                    if (bias) { up.x += bias[output]; up.y += bias[output + 1]; }
                    ((u32*)weight.out)[at / 2] = Pack<Compute>::pack(activatedFast(y.x, args.activation) * up.x, activatedFast(y.y, args.activation) * up.y);
                } else {
                    if (args.residual) {
                        const float2 old = *(const float2*)(args.residual + at);
                        y.x += old.x;
                        y.y += old.y;
                    }
                    *(float2*)(weight.out + at) = y;
                }
            }
        }
}

#define TENSOR(name, cluster, ...) \
    extern "C" __global__ void __launch_bounds__(256, 1) cluster NAMED(tensor_##name, COMPILED_NAME)(const __grid_constant__ MatrixProductArguments args) { \
        tensorProduct<COMPILED_FORMAT, ProductType<COMPILED_FORMAT>, __VA_ARGS__>(args); }
TENSOR(product_128, , 1, TENSOR_WIDE, TENSOR_WIDE_STAGES, false)
TENSOR(product_64, , 1, TENSOR_NARROW, TENSOR_NARROW_STAGES, false)
TENSOR(product_halves, __cluster_dims__(1, 2, 1), 1, TENSOR_WIDE, TENSOR_WIDE_STAGES, false, true)
TENSOR(gate, , TENSOR_GATE_ROWS / 128, TENSOR_GATE_OUTPUTS, TENSOR_GATE_STAGES, true)
