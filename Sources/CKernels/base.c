// Types, status texts and the choice of instruction set.

#include "blocks.h"
#include "platform.h"

#include <stdatomic.h>

#if GK_X86
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif GK_NEON
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif
#endif

const char *gk_status_text(gk_status status) {
    switch (status) {
    case GK_OK: return "ok";
    case GK_BAD_ARGUMENT: return "bad argument";
    case GK_UNSUPPORTED: return "unsupported combination of type, layout and computation";
    case GK_SCRATCH_TOO_SMALL: return "scratch buffer too small";
    }
    return "unknown status";
}

int64_t gk_block_elements(gk_type type) {
    switch (type) {
    case GK_F32: case GK_F16: case GK_BF16: case GK_INT8: case GK_NF4: case GK_FP4: return 1;
    case GK_Q4_0: case GK_Q4_1: case GK_Q5_0: case GK_Q5_1: case GK_Q8_0: return 32;
    case GK_Q2_K: case GK_Q3_K: case GK_Q4_K: case GK_Q5_K: case GK_Q6_K: return 256;
    }
    return 0;
}

int64_t gk_block_bytes(gk_type type) {
    switch (type) {
    case GK_F32: return 4;
    case GK_F16: case GK_BF16: return 2;
    case GK_INT8: return 1;
    case GK_Q4_0: return sizeof(block_q4_0);
    case GK_Q4_1: return sizeof(block_q4_1);
    case GK_Q5_0: return sizeof(block_q5_0);
    case GK_Q5_1: return sizeof(block_q5_1);
    case GK_Q8_0: return sizeof(block_q8_0);
    case GK_Q2_K: return sizeof(block_q2_k);
    case GK_Q3_K: return sizeof(block_q3_k);
    case GK_Q4_K: return sizeof(block_q4_k);
    case GK_Q5_K: return sizeof(block_q5_k);
    case GK_Q6_K: return sizeof(block_q6_k);
    case GK_NF4: case GK_FP4: return 0;
    }
    return 0;
}

#if GK_X86

/// Asks Linux for the tile state, which a process must do before its first tile instruction.
static bool request_tiles(void) {
#if defined(__linux__) && defined(SYS_arch_prctl)
    const int request_permission = 0x1023, tile_data = 18;
    return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
    return false;
#endif
}

static gk_isa detect(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return GK_ISA_SCALAR;
    bool saves = (c >> 27 & 1) != 0, fma = (c >> 12 & 1) != 0, f16c = (c >> 29 & 1) != 0;
    if (!saves || !fma || !f16c) return GK_ISA_SCALAR;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x06) != 0x06) return GK_ISA_SCALAR;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (b >> 5 & 1) == 0) return GK_ISA_SCALAR;
    bool f = (b >> 16 & 1) != 0, dq = (b >> 17 & 1) != 0, bw = (b >> 30 & 1) != 0, vl = (b >> 31 & 1) != 0;
    bool vbmi = (c >> 1 & 1) != 0, vnni = (c >> 11 & 1) != 0;
    if (!f || !dq || !bw || !vl || !vbmi || !vnni || (low & 0xe6) != 0xe6) return GK_ISA_AVX2;
    bool tiles_bf16 = (d >> 22 & 1) != 0, tiles = (d >> 24 & 1) != 0, tiles_int8 = (d >> 25 & 1) != 0;
    unsigned a1 = 0, b1, c1, d1;
    bool bf16 = __get_cpuid_count(7, 1, &a1, &b1, &c1, &d1) && (a1 >> 5 & 1) != 0;
    if (!tiles || !tiles_int8 || !tiles_bf16 || !bf16 || (low & 0x60000) != 0x60000) return GK_ISA_AVX512;
    return request_tiles() ? GK_ISA_AMX : GK_ISA_AVX512;
}

#elif GK_NEON

#if defined(__linux__)

static bool has_dot(void) { return (getauxval(AT_HWCAP) >> 20 & 1) != 0; }
static bool has_i8mm(void) { return (getauxval(AT_HWCAP2) >> 13 & 1) != 0; }

#elif defined(__APPLE__)

static bool has(const char *feature) {
    int value = 0;
    size_t size = sizeof(value);
    return sysctlbyname(feature, &value, &size, NULL, 0) == 0 && value != 0;
}

static bool has_dot(void) { return has("hw.optional.arm.FEAT_DotProd"); }
static bool has_i8mm(void) { return has("hw.optional.arm.FEAT_I8MM"); }

#else

static bool has_dot(void) { return false; }
static bool has_i8mm(void) { return false; }

#endif

static gk_isa detect(void) { return !has_dot() ? GK_ISA_NEON : has_i8mm() ? GK_ISA_NEON_I8MM : GK_ISA_NEON_DOT; }

#else

static gk_isa detect(void) { return GK_ISA_SCALAR; }

#endif

static _Atomic int32_t detected_isa = -1;
static _Atomic int32_t isa_limit = GK_ISA_AMX;

gk_isa gk_isa_detected(void) {
    int32_t isa = atomic_load_explicit(&detected_isa, memory_order_relaxed);
    if (isa < 0) {
        // Two threads may both detect: the answer is the same.
        isa = detect();
        atomic_store_explicit(&detected_isa, isa, memory_order_relaxed);
    }
    return (gk_isa)isa;
}

gk_isa gk_isa_current(void) {
    int32_t limit = atomic_load_explicit(&isa_limit, memory_order_relaxed);
    gk_isa best = gk_isa_detected();
    return (int32_t)best < limit ? best : (gk_isa)limit;
}

void gk_isa_limit(gk_isa limit) { atomic_store_explicit(&isa_limit, (int32_t)limit, memory_order_relaxed); }

const char *gk_isa_name(gk_isa isa) {
    switch (isa) {
    case GK_ISA_SCALAR: return "scalar";
    case GK_ISA_NEON: return "neon";
    case GK_ISA_NEON_DOT: return "neon-dotprod";
    case GK_ISA_NEON_I8MM: return "neon-i8mm";
    case GK_ISA_AVX2: return "avx2";
    case GK_ISA_AVX512: return "avx512";
    case GK_ISA_AMX: return "amx";
    }
    return "unknown";
}
