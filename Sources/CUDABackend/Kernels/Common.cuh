// Types, conversions and instructions that all kernels share. No header of CUDA's is included.
#pragma once
#include "KernelArguments.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char i8;

#define DEVICE __device__ __forceinline__
#define WARP 32
#define FULL 0xffffffffu
#define NEGATIVE_INFINITY __int_as_float(0xff800000)

/// A name of a kernel: `NAMED(embed, n4)` is embed_n4, also where the second is a macro.
#define JOINED(a, b) a##_##b
#define NAMED(a, b) JOINED(a, b)

// 16-bit floats are carried as their bits; arithmetic is done in float32.
struct bf16 { u16 bits; };
struct f16 { u16 bits; };

DEVICE float toFloat(float x) { return x; }
DEVICE float toFloat(bf16 x) { return __uint_as_float((u32)x.bits << 16); }
DEVICE float toFloat(f16 x) { float y; asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits)); return y; }
DEVICE void fromFloat(float x, float& y) { y = x; }
DEVICE void fromFloat(float x, bf16& y) { asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x)); }
DEVICE void fromFloat(float x, f16& y) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x)); }
template <typename T> DEVICE float rounded(float x) { T y; fromFloat(x, y); return toFloat(y); }

/// Two values in one register, `low` in the lower half.
template <typename T> struct Pack;
template <> struct Pack<bf16> {
    static DEVICE u32 pack(float low, float high) { u32 y; asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low)); return y; }
};
template <> struct Pack<f16> {
    static DEVICE u32 pack(float low, float high) { u32 y; asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low)); return y; }
};

/// 16 bytes as floats: 4 float32 or 8 16-bit floats.
template <typename T> struct Vector { static const int count = 16 / sizeof(T); };
DEVICE void unpack(uint4 v, float (&y)[4], float*) {
    y[0] = __uint_as_float(v.x); y[1] = __uint_as_float(v.y); y[2] = __uint_as_float(v.z); y[3] = __uint_as_float(v.w);
}
DEVICE void unpack(uint4 v, float (&y)[8], bf16*) {
    u32 w[4] = { v.x, v.y, v.z, v.w };
#pragma unroll
    for (int i = 0; i < 4; i++) { y[2 * i] = __uint_as_float(w[i] << 16); y[2 * i + 1] = __uint_as_float(w[i] & 0xffff0000u); }
}
DEVICE void unpack(uint4 v, float (&y)[8], f16*) {
    u32 w[4] = { v.x, v.y, v.z, v.w };
#pragma unroll
    for (int i = 0; i < 4; i++) {
        f16 low = { (u16)w[i] }, high = { (u16)(w[i] >> 16) };
        y[2 * i] = toFloat(low); y[2 * i + 1] = toFloat(high);
    }
}

/// An activation (KernelActivation) of a gate.
DEVICE float activated(float x, int kind) {
    if (kind == KernelActivation_silu) return x / (1.0f + expf(-x));
    return 0.5f * x * (1.0f + tanhf(0.7978845608028654f * (x + 0.044715f * x * x * x)));
}

DEVICE float warpSum(float x) {
#pragma unroll
    for (int d = 16; d; d >>= 1) x += __shfl_xor_sync(FULL, x, d);
    return x;
}
DEVICE float warpMax(float x) {
#pragma unroll
    for (int d = 16; d; d >>= 1) x = fmaxf(x, __shfl_xor_sync(FULL, x, d));
    return x;
}
/// Sum over the block; every thread gets it. `scratch` holds one float a warp; all threads must call.
DEVICE float blockSum(float x, float* scratch) {
    x = warpSum(x);
    __syncthreads();
    if ((threadIdx.x & 31) == 0) scratch[threadIdx.x >> 5] = x;
    __syncthreads();
    float total = 0;
    for (int w = 0; w < (int)(blockDim.x >> 5); w++) total += scratch[w];
    return total;
}
DEVICE float blockMax(float x, float* scratch) {
    x = warpMax(x);
    __syncthreads();
    if ((threadIdx.x & 31) == 0) scratch[threadIdx.x >> 5] = x;
    __syncthreads();
    float top = scratch[0];
    for (int w = 1; w < (int)(blockDim.x >> 5); w++) top = fmaxf(top, scratch[w]);
    return top;
}

DEVICE u32 sharedAddress(const void* p) { return (u32)__cvta_generic_to_shared(p); }

/// A prompt's kernels are launched so that each may begin when the blocks of the one ahead of it end, before what those wrote
/// can be read (programmatic dependent launch; compute capability 9.0, whose machine code alone has the instruction). Each
/// waits here before it reads what earlier ones wrote, or writes anything; weights and tables are read before.
/// A kernel that let the next begin at its own start (`griddepcontrol.launch_dependents`) took longer: blocks that wait take
/// room on some multiprocessors from those that work, and the next kernel's are spread unevenly.
DEVICE void awaitEarlier() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Lets the next kernel's blocks begin where there is room beside these, once all of these have come here or ended. They load
/// weights and tables and then wait (`awaitEarlier`): for kernels of a single token, which leave most of a multiprocessor's
/// shared memory free.
DEVICE void letNextBegin() {
#if __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/// 16 bytes from global to shared memory, past L1; zeros where not `valid`.
DEVICE void copyAsync16(u32 to, const void* from, bool valid) {
    int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
DEVICE void copyAsync4(u32 to, const void* from, bool valid) {
    int bytes = valid ? 4 : 0;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
DEVICE void copyAsyncCommit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> DEVICE void copyAsyncWait() { asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory"); }

/// D += A B with A 16×16 (row-major), B 16×8 (column-major), float32 sums.
///
/// Lane (g = lane / 4, t = lane % 4): a0 = row g, columns 2t, 2t+1; a1 = row g+8; a2, a3 = the same, columns + 8;
/// b0 = rows 2t, 2t+1 of column g; b1 = rows + 8; d0, d1 = row g, columns 2t, 2t+1; d2, d3 = row g+8.
/// (PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type".)
DEVICE void mma(float (&d)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1, f16*) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}
DEVICE void mma(float (&d)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1, bf16*) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}
