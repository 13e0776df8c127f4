#pragma once

// NF4 and FP4 codes to floats with AVX-512.

#include "dequantize.h"
#include "packed_avx512.h"

#if GK_X86

/// The table times the scale of the block that holds element `at`.
GK_INLINE GK_TARGET_AVX512 __m512 gk_scaled_table(const gk_weight *w, __m512 table, int64_t at, bool to_bf16) {
    __m512 scaled = _mm512_mul_ps(table, _mm512_set1_ps(gk_block_absmax(w, at / w->block_size)));
    return to_bf16 ? gk_round_bf16(scaled) : scaled;
}

/// Even and odd columns of the 32 from `packed` on.
GK_INLINE GK_TARGET_AVX512 void gk_look_up(const uint8_t *packed, __m512 table, __m512 *even, __m512 *odd) {
    __m512i bytes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)packed));
    *even = _mm512_permutexvar_ps(_mm512_srli_epi32(bytes, 4), table);
    // The lookup reads the low four bits only.
    *odd = _mm512_permutexvar_ps(bytes, table);
}

#endif
