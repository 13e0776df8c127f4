// out[m, n] = Σ_k x[m, k] w[n, k] (+ bias) (+ residual) for more than 64 rows m, with Hopper's warpgroup products.
//
// Two warpgroups make 64 rows × OUTPUTS each, straight from shared memory: rows of 64 elements (128 bytes), 16-byte pieces
// permuted as the tensor cores' 128-byte swizzle has them. Quantised weights are expanded into shared memory while the
// step before is being multiplied. Four stages: one being multiplied, one whose product may still run, two on their way.
// (PTX ISA, "Asynchronous warpgroup level matrix instructions".)
#include "MatrixProduct.cuh"

#define STAGES 4
#define ROWS 128

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

template <int format, typename Compute, int OUTPUTS> DEVICE void tensorProduct(const MatrixProductArguments& args) {
    extern __shared__ char dynamicMemory[];
    __shared__ float table[16];
    const bool dense = !Layout<format>::scaled;
    const int thread = threadIdx.x, group = thread >> 7, stageBytes = (ROWS + OUTPUTS) * 128;
    int tile = blockIdx.x;
    const Segment& weight = segmentOfTile(args, OUTPUTS, tile);
    const int firstRow = blockIdx.y * ROWS, firstOutput = tile * OUTPUTS, steps = (args.columns + DEPTH - 1) / DEPTH;
    // Swizzled tiles begin on 1024 bytes.
    char* stages = dynamicMemory + (0u - sharedAddress(dynamicMemory) & 1023u);
    const u32 base = sharedAddress(stages);
    if (Layout<format>::table && thread < 16) table[thread] = args.table[thread];

    auto fetch = [&](int step) {
        const u32 to = base + step % STAGES * stageBytes;
#pragma unroll
        for (int i = 0; i < ROWS / 32; i++) {
            const int piece = thread + i * 256, row = piece >> 3, p = piece & 7, column = step * DEPTH + p * 8;
            const bool valid = step < steps && firstRow + row < args.rows && column < args.columns;
            copyAsync16(to + swizzled(row, p), (const u16*)args.input + (valid ? (u64)(firstRow + row) * args.columns + column : 0), valid);
        }
        if (dense) {
#pragma unroll
            for (int i = 0; i < OUTPUTS / 32; i++) {
                const int piece = thread + i * 256, row = piece >> 3, p = piece & 7, column = step * DEPTH + p * 8;
                const bool valid = step < steps && firstOutput + row < weight.rows && column < args.columns;
                copyAsync16(to + ROWS * 128 + swizzled(row, p), (const u16*)weight.codes + (valid ? (u64)(firstOutput + row) * args.columns + column : 0), valid);
            }
        }
        copyAsyncCommit();
    };
    const int heldRow = thread >> 1, heldHalf = thread & 1;
    Held<dense ? N4 : format> held;
    auto holdNext = [&](int step) { if constexpr (Layout<format>::scaled) { if (heldRow < OUTPUTS) hold<format>(held, args, weight, firstOutput + heldRow, step * DEPTH + heldHalf * 32); } };
    auto expandHeld = [&](int step) {
        if constexpr (Layout<format>::scaled) { if (heldRow < OUTPUTS) expand<format, Compute>(held, stages + step % STAGES * stageBytes + ROWS * 128, heldRow, heldHalf, table); }
    };

    float sums[OUTPUTS / 2];
#pragma unroll
    for (int i = 0; i < OUTPUTS / 2; i++) sums[i] = 0;
    __syncthreads();
    fetch(0);
    holdNext(0);
    expandHeld(0);
    fetch(1);
    holdNext(1);
    for (int step = 0; step < steps; step++) {
        copyAsyncWait<1>();
        // What threads wrote becomes visible to the tensor cores.
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
        __syncthreads();
        const u32 inputs = base + step % STAGES * stageBytes;
        const u64 a = describe(inputs + group * 64 * 128), b = describe(inputs + ROWS * 128);
        asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
        for (int k = 0; k < DEPTH / 16; k++) multiplyAsync(sums, a + 2 * k, b + 2 * k, (Compute*)0);
        asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
        // The product of step - 2 was waited for by all before this step's barrier: its stage is free.
        expandHeld(step + 1);
        fetch(step + 2);
        holdNext(step + 2);
        asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
    }
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    copyAsyncWait<0>();

    // A warp's 16 rows: lane (g, t) has columns 8j + 2t and 8j + 2t + 1 of rows g and g + 8.
    const int lane = thread & 31, warp = thread >> 5 & 3;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        const int row = firstRow + group * 64 + warp * 16 + half * 8 + (lane >> 2);
        if (row >= args.rows) continue;
#pragma unroll
        for (int j = 0; j < OUTPUTS / 8; j++)
#pragma unroll
            for (int i = 0; i < 2; i++) {
                const int output = firstOutput + j * 8 + (lane & 3) * 2 + i;
                if (output >= weight.rows) continue;
                const u64 at = (u64)row * args.outStride + output;
                float y = sums[4 * j + 2 * half + i];
                if (weight.bias) y += weight.bias[output];
                if (args.residual) y += args.residual[at];
                weight.out[at] = y;
            }
    }
}

#define KERNEL(name, format, Compute) \
    extern "C" __global__ void __launch_bounds__(256, 1) tensor_product_128_##name(const __grid_constant__ MatrixProductArguments args) { tensorProduct<format, Compute, 128>(args); } \
    extern "C" __global__ void __launch_bounds__(256, Layout<format>::scaled ? 1 : 2) tensor_product_64_##name(const __grid_constant__ MatrixProductArguments args) { tensorProduct<format, Compute, 64>(args); }
#ifdef SELECT_f16
KERNEL(f16, F16, f16)
#endif
#ifdef SELECT_bf16
KERNEL(bf16, BF16, bf16)
#endif
#ifdef SELECT_int8
KERNEL(int8, INT8, bf16)
#endif
#ifdef SELECT_n4
KERNEL(n4, N4, bf16)
#endif
#ifdef SELECT_n4dq
KERNEL(n4dq, N4DQ, bf16)
#endif
#ifdef SELECT_q4_0
KERNEL(q4_0, Q4_0, f16)
#endif
#ifdef SELECT_q4_1
KERNEL(q4_1, Q4_1, f16)
#endif
#ifdef SELECT_q8_0
KERNEL(q8_0, Q8_0, f16)
#endif
