// Quantising on load, as bitsandbytes and LLM.int8 do (Dettmers et al., arXiv 2208.07339 and 2305.14314).
// build: ptx=80 machine=90
#include "Common.cuh"

// bitsandbytes is built with fast mathematics: denormals count as zero and the reciprocal is the approximate one.
DEVICE float flushed(float x) { return fabsf(x) < 1.17549435e-38f ? copysignf(0.0f, x) : x; }
DEVICE float reciprocal(float x) { float y; asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
DEVICE float product(float x, float y) { float z; asm("mul.ftz.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y)); return z; }

/// Codes are counted from sorted thresholds; a value must exceed one to pass it. NaN passes none.
__constant__ float normalThresholds[15] = {
    -0.8480964004993439f, -0.6106329262256622f, -0.4599952697753906f, -0.33967943489551544f, -0.23460740596055984f,
    -0.13791173323988914f, -0.045525018125772476f, 0.03979014977812767f, 0.1202552504837513f, 0.2035212516784668f,
    0.2920137718319893f, 0.3893125355243683f, 0.5016634166240692f, 0.6427869200706482f, 0.8614784181118011f };
__constant__ float floatThresholds[7] = { 0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f, 0.4166667f, 0.583333f, 0.8333333f };
__constant__ u8 floatCodes[8] = { 0, 1, 6, 7, 4, 5, 2, 3 };

DEVICE int codeOf(float x, int normal) {
    if (normal) {
        int code = 0;
#pragma unroll
        for (int i = 0; i < 15; i++) code += x > normalThresholds[i];
        return code;
    }
    const float magnitude = fabsf(x);
    int place = 0;
#pragma unroll
    for (int i = 0; i < 7; i++) place += magnitude > floatThresholds[i];
    return floatCodes[place] | (x < 0 ? 8 : 0);
}

template <typename In> DEVICE float source(const In* in, u64 i, int rounding, float addend) {
    float x = toFloat(in[i]) + addend;
    if (rounding == KernelRounding_float16) x = rounded<f16>(x);
    if (rounding == KernelRounding_bfloat16) x = rounded<bf16>(x);
    return x;
}

// One warp for each block of `blockSize` elements (a multiple of 32). codes: element 2i in the high half of byte i.
template <typename In> DEVICE void quantise4(const QuantisationArguments& args) {
    const In* in = (const In*)args.in;
    u8* codes = args.codes;
    float* absmax = args.scales;
    const u64 count = args.count;
    const int blockSize = args.blockSize, normal = args.normal, rounding = args.rounding;
    const float addend = args.addend;
    const int lane = threadIdx.x & 31;
    const u64 blocks = (count + blockSize - 1) / blockSize;
    for (u64 block = (u64)blockIdx.x * (blockDim.x >> 5) + (threadIdx.x >> 5); block < blocks; block += (u64)gridDim.x * (blockDim.x >> 5)) {
        const u64 first = block * blockSize, end = min(first + blockSize, count);
        float top = 0;
        for (u64 i = first + lane; i < end; i += 32) top = fmaxf(top, fabsf(flushed(source(in, i, rounding, addend))));
        top = warpMax(top);
        const float inverse = reciprocal(top);
        for (u64 i = first + 2 * lane; i < end; i += 64) {
            const int high = codeOf(product(source(in, i, rounding, addend), inverse), normal);
            const int low = codeOf(i + 1 < end ? product(source(in, i + 1, rounding, addend), inverse) : 0.0f, normal);
            codes[i >> 1] = (u8)(high << 4 | low);
        }
        if (lane == 0) absmax[block] = top;
    }
}
// One block for each row: code = round(x × 127 / absmax), and the scale absmax / 127 that gives x back.
template <typename In> DEVICE void quantise8(const QuantisationArguments& args) {
    const In* in = (const In*)args.in;
    i8* codes = (i8*)args.codes;
    float* scales = args.scales;
    const int columns = args.blockSize, rounding = args.rounding;
    const float addend = args.addend;
    __shared__ float scratch[32];
    const u64 first = (u64)blockIdx.x * columns;
    float top = 0;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) top = fmaxf(top, fabsf(source(in, first + i, rounding, addend)));
    top = blockMax(top, scratch);
    const float factor = top > 0 ? 127.0f / top : 0.0f;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) codes[first + i] = (i8)__float2int_rn(fminf(fmaxf(source(in, first + i, rounding, addend) * factor, -127.0f), 127.0f));
    if (threadIdx.x == 0) scales[blockIdx.x] = top / 127.0f;
}
#define QUANTISE(name, In) \
    extern "C" __global__ void quantise4_##name(const QuantisationArguments args) { quantise4<In>(args); } \
    extern "C" __global__ void quantise8_##name(const QuantisationArguments args) { quantise8<In>(args); }
QUANTISE(f32, float) QUANTISE(f16, f16) QUANTISE(bf16, bf16)

// The mean of the scales, by one block of 1024 threads: always the same order of additions.
extern "C" __global__ void __launch_bounds__(1024) scale_mean(const ScaleQuantisationArguments args) {
    __shared__ double partial[1024];
    double sum = 0;
    for (u64 i = threadIdx.x; i < args.count; i += 1024) sum += args.absmax[i];
    partial[threadIdx.x] = sum;
    __syncthreads();
    for (int step = 512; step; step >>= 1) {
        if (threadIdx.x < step) partial[threadIdx.x] += partial[threadIdx.x + step];
        __syncthreads();
    }
    if (threadIdx.x == 0) *args.mean = (float)(partial[0] / args.count);
}

// 256 scales a block: the nearest entry of the sorted 256-entry map to (scale - mean) / the block's largest.
extern "C" __global__ void __launch_bounds__(256) quantise_scales(const ScaleQuantisationArguments args) {
    __shared__ float scratch[32], entries[256];
    entries[threadIdx.x] = args.map[threadIdx.x];
    const u64 i = (u64)blockIdx.x * 256 + threadIdx.x;
    const float x = i < args.count ? args.absmax[i] - *args.mean : 0.0f;
    const float top = blockMax(fabsf(flushed(x)), scratch);
    const float y = product(x, reciprocal(top));
    // bitsandbytes' search: halve 127 times down to a neighbour, then take the nearer one.
    int pivot = 127, upperPivot = 255, lowerPivot = 0;
    float lower = -1.0f, upper = 1.0f, value = entries[pivot];
    for (int step = 64; step > 0; step >>= 1) {
        if (y > value) { lowerPivot = pivot; lower = value; pivot += step; }
        else { upperPivot = pivot; upper = value; pivot -= step; }
        value = entries[pivot];
    }
    if (upperPivot == 255) upper = entries[upperPivot];
    if (lowerPivot == 0) lower = entries[lowerPivot];
    int code;
    if (y > value) code = y > (upper + value) * 0.5f ? upperPivot : pivot;
    else code = y < (lower + value) * 0.5f ? lowerPivot : pivot;
    if (i < args.count) args.codes[i] = (u8)code;
    if (threadIdx.x == 0) args.nested[blockIdx.x] = top;
}
