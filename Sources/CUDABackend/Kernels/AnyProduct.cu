// out[m, n] = Σ_k x[m, k] w[n, k] (+ bias) (+ residual) for any shape: one warp for each output, elements decoded one
// by one. For widths that the fast kernels cannot load in 16-byte pieces.
#include "Element.cuh"

struct AnyProductArguments {
    Segment weight;
    const float* input;
    const float* residual;
    const float* table;
    const float* map;
    int columns, blockShift, rows, outStride;
};

static_assert(sizeof(AnyProductArguments) == 96, "KernelArguments.swift describes the same bytes");

template <int format> DEVICE void anyProduct(const AnyProductArguments& args) {
    awaitEarlier();
    const int lane = threadIdx.x & 31, n = blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5);
    if (n >= args.weight.rows) return;
    for (int m = blockIdx.y; m < args.rows; m += gridDim.y) {
        float sum = 0;
        for (int k = lane; k < args.columns; k += 32)
            sum = fmaf(args.input[(u64)m * args.columns + k], element<format>(args.weight, n, k, args.columns, args.blockShift, args.table, args.map), sum);
        sum = warpSum(sum);
        if (lane == 0) {
            const u64 at = (u64)m * args.outStride + n;
            if (args.weight.bias) sum += args.weight.bias[n];
            if (args.residual) sum += args.residual[at];
            args.weight.out[at] = sum;
        }
    }
}
#define KERNEL(name, format) extern "C" __global__ void any_product_##name(const __grid_constant__ AnyProductArguments args) { anyProduct<format>(args); }
KERNEL(f32, F32) KERNEL(f16, F16) KERNEL(bf16, BF16) KERNEL(int8, INT8) KERNEL(n4, N4) KERNEL(n4dq, N4DQ) KERNEL(q4_0, Q4_0) KERNEL(q4_1, Q4_1) KERNEL(q8_0, Q8_0)
