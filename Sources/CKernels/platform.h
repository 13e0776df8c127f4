#pragma once

// What differs among processors and compilers.

#include "gk_base.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#define GK_X86 1
#include <immintrin.h>
#define GK_TARGET_AVX2 __attribute__((target("avx2,fma,f16c")))
#define GK_TARGET_AVX512 __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#else
#define GK_X86 0
#endif

#if defined(__ARM_NEON) && defined(__aarch64__)
#define GK_NEON 1
#include <arm_neon.h>
#define GK_TARGET_NEON_DOT __attribute__((target("dotprod")))
#define GK_TARGET_NEON_I8MM __attribute__((target("dotprod,i8mm")))
#else
#define GK_NEON 0
#endif

#define GK_INLINE static inline __attribute__((always_inline))

/// Tells the processor that this is a waiting loop.
GK_INLINE void gk_spin_hint(void) {
#if GK_X86
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    // Most processors take `yield` for nothing at all; the barrier gives the loop the pause that x86's hint gives.
    __asm__ volatile("isb");
#endif
}

GK_INLINE bool gk_has_neon(void) { return GK_NEON && gk_isa_current() >= GK_ISA_NEON; }
GK_INLINE bool gk_has_neon_dot(void) { return GK_NEON && gk_isa_current() >= GK_ISA_NEON_DOT; }
GK_INLINE bool gk_has_neon_i8mm(void) { return GK_NEON && gk_isa_current() >= GK_ISA_NEON_I8MM; }
GK_INLINE bool gk_has_avx2(void) { return GK_X86 && gk_isa_current() >= GK_ISA_AVX2; }
GK_INLINE bool gk_has_avx512(void) { return GK_X86 && gk_isa_current() >= GK_ISA_AVX512; }
GK_INLINE bool gk_has_amx(void) { return GK_X86 && gk_isa_current() >= GK_ISA_AMX; }

// Functions that have the same form for AVX-512 and for NEON are called by one name.
#if GK_X86
#define GK_VECTOR(name) name##_avx512
GK_INLINE bool gk_has_vectors(void) { return gk_has_avx512(); }
#elif GK_NEON
#define GK_VECTOR(name) name##_neon
GK_INLINE bool gk_has_vectors(void) { return gk_has_neon(); }
#endif

GK_INLINE float gk_f32_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

GK_INLINE uint32_t gk_bits_of_f32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

/// IEEE half to float, exactly, subnormals and NaN included.
GK_INLINE float gk_f32_from_f16(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7fff;
    if (magnitude >= 0x7c00) return gk_f32_from_bits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    // A power of two too small, so that subnormals come out by the multiplication.
    float value = gk_f32_from_bits(magnitude << 13) * 0x1p112f;
    return gk_f32_from_bits(gk_bits_of_f32(value) | sign);
}

/// Float to IEEE half, to nearest, ties to even.
GK_INLINE uint16_t gk_f16_from_f32(float value) {
    uint32_t bits = gk_bits_of_f32(value), sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x1ff));
    if (bits >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
    if (bits < 0x38800000) {
        // Subnormal result: adding 0.5 puts the rounding where the half's last bit is.
        uint32_t rounded = gk_bits_of_f32(gk_f32_from_bits(bits) + 0.5f) - 0x3f000000;
        return (uint16_t)(sign | rounded);
    }
    bits += 0xfff + (bits >> 13 & 1);
    return (uint16_t)(sign | ((bits - 0x38000000) >> 13));
}

GK_INLINE float gk_f32_from_bf16(uint16_t b) { return gk_f32_from_bits((uint32_t)b << 16); }

/// Float to bfloat16, to nearest, ties to even; NaN stays a quiet NaN.
GK_INLINE uint16_t gk_bf16_from_f32(float value) {
    uint32_t bits = gk_bits_of_f32(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
