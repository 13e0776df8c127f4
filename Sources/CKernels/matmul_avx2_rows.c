// Float32 products with AVX2: four rows of weights by up to three of activations, twelve sums in registers.
//
// A lane is a column (mod 8). F32, F16, BF16 and int8 rows turn into floats as they are loaded; everything else,
// and all of them for many rows of activations, is dequantised to a panel of sixteen rows first.

#include "avx2.h"
#include "dequantize.h"
#include "matmul.h"

#if GK_X86

#define TARGET GK_TARGET_AVX2

enum { tile_rows = 3, prefetch_bytes = 2048 };

GK_INLINE int64_t element_bytes(gk_type type) { return type == GK_F32 ? 4 : type == GK_INT8 ? 1 : 2; }

GK_INLINE TARGET __m256 load8(gk_type type, const uint8_t *p) {
    switch (type) {
    case GK_F32: return _mm256_loadu_ps((const float *)(const void *)p);
    case GK_F16: case GK_BF16: return gk_floats8(type, p);
    default: return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
    }
}

/// Rows row, row + spacing, … of the weight, of which `present` exist, at `rows`, by `count` rows of activations.
GK_INLINE TARGET void tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const uint8_t *const *rows, int64_t row, int64_t spacing,
    int64_t present, int64_t first, const int count) {
    const gk_weight *w = p->weight;
    int64_t size = element_bytes(type), whole = w->cols / 8 * 8;
    __m256 sums[4][tile_rows];
    for (int r = 0; r < 4; r++) {
        for (int i = 0; i < count; i++) sums[r][i] = _mm256_setzero_ps();
    }
    // The last columns by way of eight that end in zeros.
    uint8_t last[4][32] = {{0}};
    for (int r = 0; r < 4; r++) memcpy(last[r], rows[r] + whole * size, (size_t)((w->cols - whole) * size));
    for (int64_t k = 0; k < w->cols; k += 8) {
        __m256 v[4];
        for (int r = 0; r < 4; r++) {
            v[r] = load8(type, k < whole ? rows[r] + k * size : last[r]);
            if (count == 1) _mm_prefetch((const char *)rows[r] + k * size + prefetch_bytes, _MM_HINT_T0);
        }
        for (int i = 0; i < count; i++) {
            // Activations are padded with zeros to a multiple of 64.
            __m256 x = _mm256_loadu_ps(in->x + (first + i) * in->x_stride + k);
            for (int r = 0; r < 4; r++) sums[r][i] = _mm256_fmadd_ps(v[r], x, sums[r][i]);
        }
    }
    for (int i = 0; i < count; i++) {
        for (int r = 0; r < present; r++) {
            float value = gk_sum8(sums[r][i]);
            int64_t at = row + r * spacing;
            gk_store(p, first + i, at, type == GK_INT8 ? value * (w->absmax[at] * GK_INT8_FACTOR) : value);
        }
    }
}

/// `rows` rows of the weight from `row` on, which lie at `weights`.
GK_INLINE TARGET void rows_of(
    gk_type type, const gk_product *p, const gk_prepared *in, const uint8_t *weights, int64_t row_bytes, int64_t row, int64_t rows) {
    for (int64_t i = 0; i < in->m;) {
        int64_t step = in->m - i >= tile_rows ? tile_rows : 1;
        // One row of activations: four streams through the quarters, since memory delivers more to them than to one.
        int64_t spacing = in->m == 1 && rows % 4 == 0 ? rows / 4 : 1, stride = spacing == 1 ? 4 : 1;
        for (int64_t r = 0; r < (spacing == 1 ? rows : spacing); r += stride) {
            int64_t present = spacing > 1 || rows - r >= 4 ? 4 : rows - r;
            const uint8_t *at[4];
            for (int n = 0; n < 4; n++) at[n] = weights + (r + (n < present ? n : 0) * spacing) * row_bytes;
            if (step == tile_rows) tile(type, p, in, at, row + r, spacing, present, i, tile_rows);
            else tile(type, p, in, at, row + r, spacing, present, i, 1);
        }
        i += step;
    }
}

GK_INLINE TARGET void groups_direct(gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups) {
    const gk_weight *w = p->weight;
    int64_t first = first_group * GK_GROUP_ROWS, end = first + groups * GK_GROUP_ROWS, row_bytes = w->cols * element_bytes(type);
    if (end > w->rows) end = w->rows;
    // Many rows of activations pass by sixteen rows that stay in the cache.
    int64_t step = in->m == 1 ? end - first : GK_GROUP_ROWS;
    for (int64_t row = first; row < end; row += step) {
        int64_t rows = end - row < step ? end - row : step;
        rows_of(type, p, in, (const uint8_t *)w->data + row * row_bytes, row_bytes, row, rows);
    }
}

TARGET static void groups_by_panel(
    const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    for (int64_t g = first_group; g < first_group + groups; g++) {
        int64_t row = g * GK_GROUP_ROWS, rows = w->rows - row < GK_GROUP_ROWS ? w->rows - row : GK_GROUP_ROWS;
        for (int64_t r = 0; r < rows; r++) {
            float *destination = panel + r * w->cols;
            gk_dequantize_row(w, row + r, destination);
            if (in->compute != GK_COMPUTE_BF16) continue;
            for (int64_t k = 0; k < w->cols; k++) destination[k] = gk_f32_from_bf16(gk_bf16_from_f32(destination[k]));
        }
        rows_of(GK_F32, p, in, (const uint8_t *)panel, w->cols * 4, row, rows);
    }
}

#define KERNEL(name, type)                                                                               \
    TARGET static void name(                                                                             \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        if (type != GK_F32 && type != GK_INT8 && in->m > 2 * tile_rows) groups_by_panel(p, in, first_group, groups, panel); \
        else groups_direct(type, p, in, first_group, groups);                                            \
    }

KERNEL(groups_f32, GK_F32)
KERNEL(groups_f16, GK_F16)
KERNEL(groups_bf16, GK_BF16)
KERNEL(groups_int8, GK_INT8)

gk_group_kernel gk_rows_kernel_avx2(const gk_weight *w, gk_compute compute) {
    // A bfloat16 weight needs no rounding, and the activations have theirs.
    bool is_exact = compute != GK_COMPUTE_BF16 || w->type == GK_BF16;
    if (w->layout != GK_LAYOUT_ROWS || !is_exact) return groups_by_panel;
    switch (w->type) {
    case GK_F32: return groups_f32;
    case GK_F16: return groups_f16;
    case GK_BF16: return groups_bf16;
    case GK_INT8: return groups_int8;
    default: return groups_by_panel;
    }
}

#endif
