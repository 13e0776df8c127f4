// What happens to rows of activations between products: embedding, norms, rotation, gating, reductions.
// Activations are float32 [rows, width] unless said otherwise; one block a row.
// build: ptx=80 machine=90
#include "Element.cuh"

/// The types that activations and caches have.
#define TYPES(TYPE) TYPE(f32, float) TYPE(f16, f16) TYPE(bf16, bf16)


// One kernel for each format: EmbeddingArguments.
template <int format> DEVICE void embed(const EmbeddingArguments& args) {
    awaitEarlier();
    const int token = args.tokens[blockIdx.x];
    for (int i = threadIdx.x; i < args.columns; i += blockDim.x)
        args.out[(u64)blockIdx.x * args.columns + i] = element<format>(args.weight, token, i, args.columns, args.blockShift, args.table, args.map) * args.scale;
}
#define FORMAT(name, ...) extern "C" __global__ void embed_##name(const EmbeddingArguments args) { embed<KernelFormat_##name>(args); }
KERNEL_FORMATS(FORMAT)

// out[r, :] = in[r, :] × rsqrt(mean(in[r, :]²) + epsilon) × weight (Zhang and Sennrich, arXiv 1910.07467); added to
// `out` where `adds` is set. Norms over heads: `each` of them of `width` elements in a row of `stride`.
#define HELD 4
template <typename Out> DEVICE void rmsNorm(const NormArguments& args) {
    __shared__ float scratch[32];
    const float *in = args.in, *weight = args.weight;
    Out* out = (Out*)args.out;
    const int width = args.width, add = args.adds, each = args.each, stride = args.stride;
    const float epsilon = args.epsilon;
    awaitEarlier();
    const u64 first = (u64)(blockIdx.x / each) * stride + (u64)(blockIdx.x % each) * width;
    in += first;
    out += first;
    float squares = 0;
    if (width % 4 == 0 && stride % 4 == 0 && width <= HELD * 4 * (int)blockDim.x) {
        // Read once, four at a time, and kept.
        float4 held[HELD];
#pragma unroll
        for (int j = 0; j < HELD; j++) {
            const int i = 4 * (threadIdx.x + j * blockDim.x);
            held[j] = i < width ? *(const float4*)(in + i) : make_float4(0, 0, 0, 0);
            squares = fmaf(held[j].x, held[j].x, fmaf(held[j].y, held[j].y, fmaf(held[j].z, held[j].z, fmaf(held[j].w, held[j].w, squares))));
        }
        const float factor = rsqrtf(blockSum(squares, scratch) / width + epsilon);
#pragma unroll
        for (int j = 0; j < HELD; j++) {
            const int i = 4 * (threadIdx.x + j * blockDim.x);
            if (i >= width) break;
            const float4 w = *(const float4*)(weight + i);
            const float y[4] = { held[j].x * factor * w.x, held[j].y * factor * w.y, held[j].z * factor * w.z, held[j].w * factor * w.w };
#pragma unroll
            for (int k = 0; k < 4; k++) fromFloat(add ? y[k] + toFloat(out[i + k]) : y[k], out[i + k]);
        }
        return;
    }
    for (int i = threadIdx.x; i < width; i += blockDim.x) squares = fmaf(in[i], in[i], squares);
    const float factor = rsqrtf(blockSum(squares, scratch) / width + epsilon);
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        float y = in[i] * factor * weight[i];
        if (add) y += toFloat(out[i]);
        fromFloat(y, out[i]);
    }
}
#define TYPE(name, Out) extern "C" __global__ void rms_norm_##name(const NormArguments args) { rmsNorm<Out>(args); }
TYPES(TYPE)
#undef TYPE

// Rotates queries in place, rotates keys into the cache, and copies values there. qkv [rows, q + 2 kv]: one row's heads.
// Cache: key-value head h, position p at (p × positionStride + h × headStride).
template <typename Cache> DEVICE void rotateAndStore(const RotationArguments& args) {
    __shared__ float2 angles[MOST_HEAD_SIZE / 2];
    float* const qkv = args.queryKeyValue;
    Cache *const keys = (Cache*)args.keys, *const values = (Cache*)args.values;
    const float* const frequencies = args.frequencies;
    const int pairs = args.pairs, heads = args.heads, kvHeads = args.keyValueHeads, size = args.size, first = args.first;
    const int positionStride = args.positionStride, headStride = args.headStride, interleaved = args.interleaved;
    const float amplitude = args.amplitude;
    const int position = first + blockIdx.x, width = (heads + 2 * kvHeads) * size;
    float* row = qkv + (u64)blockIdx.x * width;
    if (threadIdx.x < pairs) {
        float s, c;
        sincosf((float)position * frequencies[threadIdx.x], &s, &c);
        angles[threadIdx.x] = make_float2(c * amplitude, s * amplitude);
    }
    __syncthreads();
    awaitEarlier();
    for (int i = threadIdx.x; i < (heads + kvHeads) * pairs; i += blockDim.x) {
        const int head = i / pairs, pair = i - head * pairs;
        float* h = row + head * size;
        const int a = interleaved ? 2 * pair : pair, b = interleaved ? 2 * pair + 1 : pair + pairs;
        const float2 turn = angles[pair];
        const float x = h[a], y = h[b];
        h[a] = x * turn.x - y * turn.y;
        h[b] = y * turn.x + x * turn.y;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < kvHeads * size; i += blockDim.x) {
        const int head = i / size;
        const u64 to = (u64)position * positionStride + (u64)head * headStride + (i - head * size);
        fromFloat(row[heads * size + i], keys[to]);
        fromFloat(row[(heads + kvHeads) * size + i], values[to]);
    }
}
#define TYPE(name, Cache) extern "C" __global__ void rotate_store_##name(const RotationArguments args) { rotateAndStore<Cache>(args); }
TYPES(TYPE)
#undef TYPE

// out[i] = activation(gate[i]) × up[i]
template <typename Out> DEVICE void gate(const GateArguments& args) {
    awaitEarlier();
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < args.count; i += (u64)gridDim.x * blockDim.x)
        fromFloat(activated(args.gates[i], args.activation) * args.ups[i], ((Out*)args.out)[i]);
}
#define TYPE(name, Out) extern "C" __global__ void gate_##name(const GateArguments args) { gate<Out>(args); }
TYPES(TYPE)
#undef TYPE

template <typename In, typename Out> DEVICE void convert(const ConversionArguments& args) {
    awaitEarlier();
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < args.count; i += (u64)gridDim.x * blockDim.x) {
        float x = toFloat(((const In*)args.in)[i]) + args.addend;
        if (args.rounding == KernelRounding_float16) x = rounded<f16>(x);
        if (args.rounding == KernelRounding_bfloat16) x = rounded<bf16>(x);
        fromFloat(x, ((Out*)args.out)[i]);
    }
}
#define CONVERT(a, A, b, B) extern "C" __global__ void convert_##a##_##b(const ConversionArguments args) { convert<A, B>(args); }
#define TYPE(name, In) CONVERT(name, In, f32, float) CONVERT(name, In, f16, f16) CONVERT(name, In, bf16, bf16)
TYPES(TYPE)
#undef TYPE

// x = cap × tanh(x / cap)
extern "C" __global__ void soft_cap(const SoftCapArguments args) {
    awaitEarlier();
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < args.count; i += (u64)gridDim.x * blockDim.x) args.x[i] = args.cap * tanhf(args.x[i] / args.cap);
}

// For each row of logits: the token chosen, its logit, and ln Σ exp(logit). temperature 0: the largest, the lowest id
// among equals. Otherwise Gumbel noise makes the largest a draw from softmax(logits / temperature).
extern "C" __global__ void __launch_bounds__(1024) choose(const ChoiceArguments args) {
    __shared__ float scratch[32];
    __shared__ int rows[32];
    const int count = args.count;
    const float temperature = args.temperature;
    awaitEarlier();
    const float* logits = args.logits + (u64)blockIdx.x * count;
    float top = NEGATIVE_INFINITY, best = NEGATIVE_INFINITY;
    int row = count;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        const float x = logits[i];
        top = fmaxf(top, x);
        float y = x;
        if (temperature > 0) {
            u32 h = args.seed ^ (args.counter + blockIdx.x) * 0x9e3779b9u;
            h ^= h >> 16; h *= 0x85ebca6bu; h ^= h >> 13; h *= 0xc2b2ae35u; h ^= h >> 16;
            h ^= i * 0x7feb352du;
            h ^= h >> 16; h *= 0x85ebca6bu; h ^= h >> 13; h *= 0xc2b2ae35u; h ^= h >> 16;
            y = x / temperature - logf(-logf(((h >> 8) + 0.5f) * (1.0f / 16777216.0f)));
        }
        if (y > best || (y == best && i < row)) { best = y; row = i; }
    }
    top = blockMax(top, scratch);
    float sum = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x) sum += expf(logits[i] - top);
    sum = blockSum(sum, scratch);
#pragma unroll
    for (int d = 16; d; d >>= 1) {
        const float y = __shfl_xor_sync(FULL, best, d);
        const int r = __shfl_xor_sync(FULL, row, d);
        if (y > best || (y == best && r < row)) { best = y; row = r; }
    }
    __syncthreads();
    if ((threadIdx.x & 31) == 0) { scratch[threadIdx.x >> 5] = best; rows[threadIdx.x >> 5] = row; }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < (int)(blockDim.x >> 5); w++) if (scratch[w] > best || (scratch[w] == best && rows[w] < row)) { best = scratch[w]; row = rows[w]; }
        row = min(row, count - 1);
        const KernelChoice choice = { row, logits[row], top + logf(sum) };
        args.choices[blockIdx.x] = choice;
        if (args.feedback) args.feedback[blockIdx.x] = row;
    }
}
