// Float32 products with NEON on rows as they lie in a file.
//
// A lane is a column (mod 8): each output has two vectors of partial sums over its row, added up at the end. Four rows of
// weights by three of activations keep 24 vectors of sums in registers; one row of activations takes eight rows of weights,
// as sums wait for each other. F32, F16, BF16 and int8 rows turn into floats as they are loaded; everything else, and halves
// for many rows of activations, is dequantised to a panel of sixteen rows first. The order of additions is the same always.

#include "dequantize.h"
#include "matmul.h"
#include "neon.h"

#if GK_NEON

enum { tile_rows = 3, stream_rows = 8, most_rows = 8 };

GK_INLINE int64_t element_bytes(gk_type type) { return type == GK_F32 ? 4 : type == GK_INT8 ? 1 : 2; }

/// Adds eight columns' products of `height` rows of weights at `at` with `count` rows of activations at `x`.
GK_INLINE void add8(
    gk_type type, const uint8_t *const *at, int64_t offset, const float *x, int64_t x_stride, float32x4x2_t (*sums)[tile_rows],
    const int height, const int count) {
    float32x4x2_t v[most_rows];
    for (int r = 0; r < height; r++) v[r] = gk_load8(type, at[r] + offset);
    for (int i = 0; i < count; i++) {
        for (int half = 0; half < 2; half++) {
            float32x4_t activations = vld1q_f32(x + i * x_stride + 4 * half);
            for (int r = 0; r < height; r++) sums[r][i].val[half] = vfmaq_f32(sums[r][i].val[half], v[r].val[half], activations);
        }
    }
}

/// Rows row, row + spacing, … of the weight, of which `present` exist, at `rows`, by `count` rows of activations; `height`
/// and `count` are constants after inlining.
GK_INLINE void tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const uint8_t *const *rows, int64_t row, int64_t spacing,
    int64_t present, int64_t first, const int height, const int count) {
    const gk_weight *w = p->weight;
    int64_t size = element_bytes(type), whole = w->cols / 8 * 8;
    const float *x = in->x + first * in->x_stride;
    float32x4x2_t sums[most_rows][tile_rows];
    for (int r = 0; r < height; r++) {
        for (int i = 0; i < count; i++) sums[r][i].val[0] = sums[r][i].val[1] = vdupq_n_f32(0);
    }
    for (int64_t k = 0; k < whole; k += 8) add8(type, rows, k * size, x + k, in->x_stride, sums, height, count);
    if (whole < w->cols) {
        // The last columns by way of eight that end in zeros, as the activations do.
        uint8_t last[most_rows][32] = {{0}};
        const uint8_t *at[most_rows];
        for (int r = 0; r < height; r++) {
            memcpy(last[r], rows[r] + whole * size, (size_t)((w->cols - whole) * size));
            at[r] = last[r];
        }
        add8(type, at, 0, x + whole, in->x_stride, sums, height, count);
    }
    for (int i = 0; i < count; i++) {
        for (int r = 0; r < height; r++) {
            if (r >= present) break;
            float value = gk_sum8(sums[r][i]);
            int64_t at = row + r * spacing;
            gk_store(p, first + i, at, type == GK_INT8 ? value * (w->absmax[at] * GK_INT8_FACTOR) : value);
        }
    }
}

/// `rows` rows of the weight from `row` on, which lie at `weights`.
GK_INLINE void rows_of(
    gk_type type, const gk_product *p, const gk_prepared *in, const uint8_t *weights, int64_t row_bytes, int64_t row, int64_t rows) {
    const uint8_t *at[most_rows];
    if (in->m == 1 && rows % stream_rows == 0) {
        // Eight streams through the eighths, since memory delivers more to several than to one.
        int64_t spacing = rows / stream_rows;
        for (int64_t r = 0; r < spacing; r++) {
            for (int n = 0; n < stream_rows; n++) at[n] = weights + (r + n * spacing) * row_bytes;
            tile(type, p, in, at, row + r, spacing, stream_rows, 0, stream_rows, 1);
        }
        return;
    }
    for (int64_t i = 0; i < in->m;) {
        int64_t step = in->m - i >= tile_rows ? tile_rows : 1;
        for (int64_t r = 0; r < rows; r += 4) {
            int64_t present = rows - r >= 4 ? 4 : rows - r;
            for (int n = 0; n < 4; n++) at[n] = weights + (r + (n < present ? n : 0)) * row_bytes;
            if (step == tile_rows) tile(type, p, in, at, row + r, 1, present, i, 4, tile_rows);
            else tile(type, p, in, at, row + r, 1, present, i, 4, 1);
        }
        i += step;
    }
}

void gk_rows_times_neon(const gk_product *p, const gk_prepared *in, const float *panel, int64_t first, int64_t rows) {
    rows_of(GK_F32, p, in, (const uint8_t *)panel, in->cols * 4, first, rows);
}

GK_INLINE void groups_direct(gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups) {
    const gk_weight *w = p->weight;
    int64_t first = first_group * GK_GROUP_ROWS, end = first + groups * GK_GROUP_ROWS, row_bytes = w->cols * element_bytes(type);
    if (end > w->rows) end = w->rows;
    const uint8_t *weights = w->data;
    if (in->m == 1) {
        int64_t whole = (end - first) / stream_rows * stream_rows, rest = first + whole;
        rows_of(type, p, in, weights + first * row_bytes, row_bytes, first, whole);
        rows_of(type, p, in, weights + rest * row_bytes, row_bytes, rest, end - rest);
        return;
    }
    // Many rows of activations pass by sixteen rows that stay in the cache.
    for (int64_t row = first; row < end; row += GK_GROUP_ROWS) {
        int64_t rows = end - row < GK_GROUP_ROWS ? end - row : GK_GROUP_ROWS;
        rows_of(type, p, in, weights + row * row_bytes, row_bytes, row, rows);
    }
}

static void fill_row(const gk_weight *w, int64_t row, bool rounds, float *destination) {
    int64_t whole = w->cols / 8 * 8;
    if (w->layout == GK_LAYOUT_ROWS && (w->type == GK_F16 || w->type == GK_BF16)) {
        const uint8_t *source = (const uint8_t *)w->data + row * w->cols * 2;
        for (int64_t k = 0; k < whole; k += 8) {
            float32x4x2_t v = w->type == GK_F16 ? gk_load8(GK_F16, source + 2 * k) : gk_load8(GK_BF16, source + 2 * k);
            vst1q_f32(destination + k, v.val[0]);
            vst1q_f32(destination + k + 4, v.val[1]);
        }
        gk_dequantize_blocks(w->type, source + 2 * whole, w->cols - whole, destination + whole);
    } else {
        gk_dequantize_row(w, row, destination);
    }
    if (!rounds) return;
    for (int64_t k = 0; k < w->cols; k += 4) {
        gk_store_part(destination + k, w->cols - k, gk_round_bf16(gk_load_part(destination + k, w->cols - k)));
    }
}

static void groups_by_panel(const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    for (int64_t g = first_group; g < first_group + groups; g++) {
        int64_t row = g * GK_GROUP_ROWS, rows = w->rows - row < GK_GROUP_ROWS ? w->rows - row : GK_GROUP_ROWS;
        for (int64_t r = 0; r < rows; r++) fill_row(w, row + r, in->compute == GK_COMPUTE_BF16, panel + r * w->cols);
        gk_rows_times_neon(p, in, panel, row, rows);
    }
}

#define KERNEL(name, type)                                                                               \
    static void name(                                                                                    \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        if (type != GK_F32 && type != GK_INT8 && in->m > 2 * tile_rows) groups_by_panel(p, in, first_group, groups, panel); \
        else groups_direct(type, p, in, first_group, groups);                                            \
    }

KERNEL(groups_f32, GK_F32)
KERNEL(groups_f16, GK_F16)
KERNEL(groups_bf16, GK_BF16)
KERNEL(groups_int8, GK_INT8)

gk_group_kernel gk_rows_kernel_neon(const gk_weight *w, gk_compute compute) {
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
