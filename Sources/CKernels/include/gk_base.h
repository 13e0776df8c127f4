#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// What a call came to.
typedef enum gk_status : int32_t {
    GK_OK = 0,
    /// A null pointer, a negative or overflowing size, or a shape that the element type cannot have.
    GK_BAD_ARGUMENT = 1,
    /// The combination of element type, layout and computation does not exist.
    GK_UNSUPPORTED = 2,
    /// The scratch buffer is smaller than its ..._scratch_bytes function says.
    GK_SCRATCH_TOO_SMALL = 3,
} gk_status;

/// A short English phrase; never null, static storage.
const char *gk_status_text(gk_status status);

/// Element types. The numbers of GGUF's types are those of the file format.
typedef enum gk_type : int32_t {
    GK_F32 = 0,
    GK_F16 = 1,
    GK_Q4_0 = 2,
    GK_Q4_1 = 3,
    GK_Q5_0 = 6,
    GK_Q5_1 = 7,
    GK_Q8_0 = 8,
    GK_Q2_K = 10,
    GK_Q3_K = 11,
    GK_Q4_K = 12,
    GK_Q5_K = 13,
    GK_Q6_K = 14,
    GK_BF16 = 30,
    /// int8 codes with one float absmax a row: value = code * absmax / 127.
    GK_INT8 = 100,
    /// 4-bit codes of bitsandbytes, first element of a pair in the high nibble, over the flattened tensor.
    GK_NF4 = 101,
    GK_FP4 = 102,
} gk_type;

/// Elements in a block of `type` (1 for plain types, INT8, and the 4-bit types whose block size varies); 0 if unknown.
int64_t gk_block_elements(gk_type type);

/// Bytes of a block of `type` in a file; 0 for NF4 and FP4, whose pairs have no block header, and if unknown.
int64_t gk_block_bytes(gk_type type);

/// Instruction sets that kernels are written for, in order of preference.
typedef enum gk_isa : int32_t {
    GK_ISA_SCALAR = 0,
    /// What every 64-bit Arm processor has.
    GK_ISA_NEON = 1,
    /// The same with dot products of bytes (FEAT_DotProd).
    GK_ISA_NEON_DOT = 2,
    /// The same with matrix products of bytes (FEAT_I8MM).
    GK_ISA_NEON_I8MM = 3,
    /// AVX2, FMA, F16C.
    GK_ISA_AVX2 = 4,
    /// AVX-512 F, BW, DQ, VL with VNNI (and BF16 where the processor has it).
    GK_ISA_AVX512 = 5,
    /// The same with AMX int8 and bf16 tiles.
    GK_ISA_AMX = 6,
} gk_isa;

/// The best set of this processor and operating system.
gk_isa gk_isa_detected(void);

/// The set in use: the detected one, unless limited.
gk_isa gk_isa_current(void);

/// Uses no set above `limit` from now on, in the whole process. For tests and comparisons: not to be called
/// while kernels run. Weights stay valid: layouts do not depend on the set.
void gk_isa_limit(gk_isa limit);

/// A short name such as "avx512"; static storage.
const char *gk_isa_name(gk_isa isa);

#pragma clang assume_nonnull end
