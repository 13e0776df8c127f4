// What happens to rows of activations between products: embedding, norms, rotation, gating, reductions.
// Activations are float32 [rows, width] unless said otherwise; one block a row.
#include "Element.cuh"

#define NEGATIVE_INFINITY __int_as_float(0xff800000)

// out[r, :] = embedding[tokens[r], :] × scale
template <int format> DEVICE void embed(const Segment& w, const int* tokens, float* out, int columns, int blockShift, const float* table, const float* map, float scale) {
    awaitEarlier();
    const int token = tokens[blockIdx.x];
    for (int i = threadIdx.x; i < columns; i += blockDim.x) out[(u64)blockIdx.x * columns + i] = element<format>(w, token, i, columns, blockShift, table, map) * scale;
}
#define EMBED(name, format) \
    extern "C" __global__ void embed_##name(const __grid_constant__ Segment w, const int* tokens, float* out, int columns, int blockShift, const float* table, const float* map, float scale) { \
        embed<format>(w, tokens, out, columns, blockShift, table, map, scale); }
EMBED(f32, F32) EMBED(f16, F16) EMBED(bf16, BF16) EMBED(int8, INT8) EMBED(n4, N4) EMBED(n4dq, N4DQ) EMBED(q4_0, Q4_0) EMBED(q4_1, Q4_1) EMBED(q8_0, Q8_0)

// out[r, :] = in[r, :] × rsqrt(mean(in[r, :]²) + epsilon) × weight (Zhang and Sennrich, arXiv 1910.07467); added to
// `out` where `add` is set. Norms over heads: `each` of them of `width` elements in a row of `stride`.
#define HELD 4
template <typename Out> DEVICE void rmsNorm(const float* in, const float* weight, Out* out, int width, float epsilon, int add, int each, int stride) {
    __shared__ float scratch[32];
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
extern "C" __global__ void rms_norm_f32(const float* in, const float* weight, float* out, int width, float epsilon, int add, int each, int stride) { rmsNorm(in, weight, out, width, epsilon, add, each, stride); }
extern "C" __global__ void rms_norm_f16(const float* in, const float* weight, f16* out, int width, float epsilon, int add, int each, int stride) { rmsNorm(in, weight, out, width, epsilon, add, each, stride); }
extern "C" __global__ void rms_norm_bf16(const float* in, const float* weight, bf16* out, int width, float epsilon, int add, int each, int stride) { rmsNorm(in, weight, out, width, epsilon, add, each, stride); }

// Rotates queries in place, rotates keys into the cache, and copies values there. qkv [rows, q + 2 kv]: one row's heads.
// Cache: key-value head h, position p at (p × positionStride + h × headStride).
template <typename Cache> DEVICE void rotateAndStore(float* qkv, Cache* keys, Cache* values, const float* frequencies, int pairs, int heads, int kvHeads, int size,
                                                     int first, int positionStride, int headStride, int interleaved, float amplitude) {
    __shared__ float2 angles[128];
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
#define ROTATE(name, Cache) \
    extern "C" __global__ void rotate_store_##name(float* qkv, Cache* keys, Cache* values, const float* frequencies, int pairs, int heads, int kvHeads, int size, \
                                                   int first, int positionStride, int headStride, int interleaved, float amplitude) { \
        rotateAndStore(qkv, keys, values, frequencies, pairs, heads, kvHeads, size, first, positionStride, headStride, interleaved, amplitude); }
ROTATE(f32, float) ROTATE(f16, f16) ROTATE(bf16, bf16)

// out[i] = activation(gate[i]) × up[i]; 1: SiLU, 2: GELU (tanh).
DEVICE float gated(float x, int kind) {
    if (kind == 1) return x / (1.0f + expf(-x));
    return 0.5f * x * (1.0f + tanhf(0.7978845608028654f * (x + 0.044715f * x * x * x)));
}
template <typename Out> DEVICE void gate(const float* gates, const float* ups, Out* out, u64 count, int kind) {
    awaitEarlier();
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x) fromFloat(gated(gates[i], kind) * ups[i], out[i]);
}
extern "C" __global__ void gate_f32(const float* g, const float* u, float* out, u64 count, int kind) { gate(g, u, out, count, kind); }
extern "C" __global__ void gate_f16(const float* g, const float* u, f16* out, u64 count, int kind) { gate(g, u, out, count, kind); }
extern "C" __global__ void gate_bf16(const float* g, const float* u, bf16* out, u64 count, int kind) { gate(g, u, out, count, kind); }

// rounding: 0 none, 1 float16, 2 bfloat16, before the output's own.
template <typename In, typename Out> DEVICE void convert(const In* in, Out* out, u64 count, int rounding, float addend) {
    awaitEarlier();
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x) {
        float x = toFloat(in[i]) + addend;
        if (rounding == 1) x = rounded<f16>(x);
        if (rounding == 2) x = rounded<bf16>(x);
        fromFloat(x, out[i]);
    }
}
#define CONVERT(a, A, b, B) extern "C" __global__ void convert_##a##_##b(const A* in, B* out, u64 count, int rounding, float addend) { convert(in, out, count, rounding, addend); }
CONVERT(f32, float, f32, float) CONVERT(f32, float, f16, f16) CONVERT(f32, float, bf16, bf16)
CONVERT(f16, f16, f32, float) CONVERT(f16, f16, f16, f16) CONVERT(f16, f16, bf16, bf16)
CONVERT(bf16, bf16, f32, float) CONVERT(bf16, bf16, f16, f16) CONVERT(bf16, bf16, bf16, bf16)

// x = cap × tanh(x / cap)
extern "C" __global__ void soft_cap(float* x, u64 count, float cap) {
    awaitEarlier();
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (u64)gridDim.x * blockDim.x) x[i] = cap * tanhf(x[i] / cap);
}

// For each row of logits: the token chosen, its logit, and ln Σ exp(logit). temperature 0: the largest, the lowest id
// among equals. Otherwise Gumbel noise makes the largest a draw from softmax(logits / temperature).
struct Choice { int token; float logit; float logSum; };
extern "C" __global__ void __launch_bounds__(1024) choose(const float* logits, Choice* choices, int* feedback, int count, float temperature, u32 seed, u32 counter) {
    __shared__ float scratch[32];
    __shared__ int rows[32];
    awaitEarlier();
    logits += (u64)blockIdx.x * count;
    float top = NEGATIVE_INFINITY, best = NEGATIVE_INFINITY;
    int row = count;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        const float x = logits[i];
        top = fmaxf(top, x);
        float y = x;
        if (temperature > 0) {
            u32 h = seed ^ (counter + blockIdx.x) * 0x9e3779b9u;
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
        const Choice choice = { row, logits[row], top + logf(sum) };
        choices[blockIdx.x] = choice;
        if (feedback) feedback[blockIdx.x] = row;
    }
}
