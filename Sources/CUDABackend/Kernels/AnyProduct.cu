// out[m, n] = Σ_k x[m, k] w[n, k] (+ bias) (+ residual) for any shape: one warp for each output, elements decoded one
// by one. For widths that the fast kernels cannot load in 16-byte pieces.
// build: ptx=80 machine=90
#include "Element.cuh"

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
#define FORMAT(name, ...) extern "C" __global__ void any_product_##name(const __grid_constant__ AnyProductArguments args) { anyProduct<KernelFormat_##name>(args); }
KERNEL_FORMATS(FORMAT)
