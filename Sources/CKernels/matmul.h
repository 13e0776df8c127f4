#pragma once

// What the products of all instruction sets share.

#include "gk_matmul.h"
#include "packed.h"

/// Activations after norm, activation function and rounding.
typedef struct {
    gk_compute compute;
    int64_t m;
    int64_t cols;
    /// [m][x_stride]
    const float *x;
    int64_t x_stride;
    /// The same, of every 32 columns the even ones first; only where a 4-bit weight asks for it.
    const float *x_pairs;
    /// BF16 for AMX: bfloat16 [m / 16, rounded up][cols / 2][16 rows][2 columns]; zero past m and cols.
    const uint16_t *x_tiles;
    /// INT8: codes [m][code_stride], and by block of 32 [m][blocks] the scale and scale * sum of codes.
    const int8_t *codes;
    int64_t code_stride;
    const float *scales;
    const float *scaled_sums;
    /// INT8 for AMX: the same two by tile of 16 rows [m / 16, rounded up][blocks][2][16 rows].
    const float *tile_scales;
    /// What integer sums start from, so that unsigned weight codes need no zero point: the sum of the
    /// block's codes times -8, -16, -128 [m][blocks], and by half block times -32 [m][2 * blocks].
    const int32_t *starts8;
    const int32_t *starts16;
    const int32_t *starts128;
    const int32_t *halves32;
    int64_t blocks;
} gk_prepared;

/// Computes all m outputs of the rows of `groups` groups of sixteen rows (fewer at the matrix's end).
/// `panel` is the worker's own: 16 * cols_padded floats and 64 KiB, 64-byte aligned.
typedef void (*gk_group_kernel)(
    const gk_product *product, const gk_prepared *prepared, int64_t first_group, int64_t groups, float *panel);

/// Defines a kernel for each type that the layout PACKED has.
#define GK_PACKED_KERNELS(KERNEL) \
    KERNEL(groups_q4_0, GK_Q4_0)  \
    KERNEL(groups_q4_1, GK_Q4_1)  \
    KERNEL(groups_q5_0, GK_Q5_0)  \
    KERNEL(groups_q5_1, GK_Q5_1)  \
    KERNEL(groups_q8_0, GK_Q8_0)  \
    KERNEL(groups_q4_k, GK_Q4_K)  \
    KERNEL(groups_q5_k, GK_Q5_K)  \
    KERNEL(groups_q6_k, GK_Q6_K)

/// Defines the function that gives the kernel of a type.
#define GK_PACKED_CHOICE(name)               \
    gk_group_kernel name(gk_type type) {     \
        switch (type) {                      \
        case GK_Q4_0: return groups_q4_0;    \
        case GK_Q4_1: return groups_q4_1;    \
        case GK_Q5_0: return groups_q5_0;    \
        case GK_Q5_1: return groups_q5_1;    \
        case GK_Q8_0: return groups_q8_0;    \
        case GK_Q4_K: return groups_q4_k;    \
        case GK_Q5_K: return groups_q5_k;    \
        case GK_Q6_K: return groups_q6_k;    \
        default: return NULL;                \
        }                                    \
    }

void gk_groups_scalar(const gk_product *, const gk_prepared *, int64_t first_group, int64_t groups, float *panel);

/// For AVX-512: int8 activations on PACKED; float32 sums on ROWS and on PACKED.
gk_group_kernel gk_int8_kernel_avx512(gk_type type);
gk_group_kernel gk_rows_kernel_avx512(gk_type type);
gk_group_kernel gk_packed_kernel_avx512(gk_type type);

/// NF4 and FP4 whose blocks do not straddle rows; null for others.
gk_group_kernel gk_4bit_kernel_avx512(const gk_weight *weight);
void gk_split_pairs_avx512(const float *x, int64_t padded, float *pairs);

/// Rows first ..< first + rows of a product from a panel of floats [rows][cols], by `x` [m][x_stride].
void gk_rows_times_avx512(
    const gk_product *product, const gk_prepared *prepared, const float *x, const float *panel, int64_t first, int64_t rows);

/// For AVX2: int8 activations on PACKED; float32 sums on rows, and by dequantised rows for everything else.
gk_group_kernel gk_int8_kernel_avx2(gk_type type);
gk_group_kernel gk_rows_kernel_avx2(const gk_weight *weight, gk_compute compute);

/// For NEON: int8 activations on PACKED, with widening multiplications, dot products, or matrix products (which take
/// 16 rows of activations or more); float32 sums on PACKED, on rows, and by dequantised rows for everything else.
gk_group_kernel gk_int8_kernel_neon(gk_type type);
gk_group_kernel gk_int8_kernel_neon_dot(gk_type type);
gk_group_kernel gk_int8_kernel_neon_i8mm(gk_type type);
gk_group_kernel gk_packed_kernel_neon(gk_type type);
gk_group_kernel gk_rows_kernel_neon(const gk_weight *weight, gk_compute compute);
/// NF4 and FP4 whose blocks do not straddle rows; null for others.
gk_group_kernel gk_4bit_kernel_neon(const gk_weight *weight);
/// Rows first ..< first + rows of a product from a panel of floats [rows][cols].
void gk_rows_times_neon(const gk_product *product, const gk_prepared *prepared, const float *panel, int64_t first, int64_t rows);

/// For AMX: int8 activations on PACKED, 16 rows of activations at a time.
gk_group_kernel gk_int8_kernel_amx(gk_type type);
/// BF16, NF4 and FP4 weights with activations rounded to bfloat16; null for others.
gk_group_kernel gk_bf16_kernel_amx(const gk_weight *weight);
/// Tile `tile` of x_tiles from x [m][padded].
void gk_fill_tile_avx512(const float *x, int64_t m, int64_t padded, int64_t tile, uint16_t *tiles);

/// Whether a product is computed with int8 activations.
GK_INLINE bool gk_takes_int8(const gk_weight *weight, gk_compute compute) {
    return compute == GK_COMPUTE_INT8 && weight->layout == GK_LAYOUT_PACKED;
}

/// y[row] with bias and residual added, the one place where outputs are written one by one.
GK_INLINE void gk_store(const gk_product *p, int64_t i, int64_t row, float value) {
    if (p->bias != NULL) value += p->bias[row];
    if (p->residual != NULL) value += p->residual[i * p->residual_stride + row];
    p->y[i * p->y_stride + row] = value;
}

/// Applies norm or activation function to row `i` of the input.
void gk_prepare_row(const gk_input *input, int64_t i, float *destination);

/// Where a row's codes go; the arrays of `gk_prepared`, at this row.
typedef struct {
    int8_t *codes;
    float *scales;
    float *scaled_sums;
    int32_t *starts8;
    int32_t *starts16;
    int32_t *starts128;
    int32_t *halves32;
} gk_code_row;

/// Rounds a row to int8 in blocks of 32.
void gk_prepare_codes(const float *x, int64_t blocks, gk_code_row row);

/// The kernel for one weight on the instruction set in use.
gk_group_kernel gk_choose_kernel(const gk_weight *weight, gk_compute compute, int64_t m);
