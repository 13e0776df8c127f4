// Float32 products on rows as they lie in a file, AVX-512.
//
// A lane is a column (mod 16): each output has one vector of sixteen partial sums over its row, added up at
// the end. Four rows of weights by up to six rows of activations keep 24 sums in registers. Types that do not
// turn into floats by a load are dequantised to a panel of sixteen rows first; with many rows of activations
// so are all but F32. The order of additions is the same in every case.

#include "avx512.h"
#include "dequantize.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

enum { tile_rows = 6, prefetch_bytes = 2048 };

/// Sixteen columns from column `k` of a row at `row`; those past the row's end are zero by `mask`.
GK_INLINE TARGET __m512 load16(gk_type type, const uint8_t *row, int64_t k, __mmask16 mask, bool whole) {
    switch (type) {
    case GK_F32: {
        const float *p = (const float *)(const void *)row + k;
        return whole ? _mm512_loadu_ps(p) : _mm512_maskz_loadu_ps(mask, p);
    }
    case GK_F16: {
        const uint16_t *p = (const uint16_t *)(const void *)row + k;
        return _mm512_cvtph_ps(whole ? _mm256_loadu_si256((const __m256i *)p) : _mm256_maskz_loadu_epi16(mask, p));
    }
    case GK_BF16: {
        const uint16_t *p = (const uint16_t *)(const void *)row + k;
        __m256i half = whole ? _mm256_loadu_si256((const __m256i *)p) : _mm256_maskz_loadu_epi16(mask, p);
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    }
    default: {
        const uint8_t *p = row + k;
        __m128i codes = whole ? _mm_loadu_si128((const __m128i *)p) : _mm_maskz_loadu_epi8(mask, p);
        return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(codes));
    }
    }
}

GK_INLINE int64_t element_bytes(gk_type type) { return type == GK_F32 ? 4 : type == GK_INT8 ? 1 : 2; }

/// Adds the products of four rows of weights with rows first ..< first + count of the activations.
GK_INLINE TARGET void dots(
    gk_type type, const gk_prepared *in, const float *x, const uint8_t *const *rows, int64_t first, const int count,
    __m512 (*sums)[tile_rows]) {
    for (int r = 0; r < 4; r++) {
        for (int i = 0; i < count; i++) sums[r][i] = _mm512_setzero_ps();
    }
    int64_t whole = in->cols / 16 * 16;
    for (int64_t k = 0; k < whole; k += 16) {
        __m512 v[4];
        for (int r = 0; r < 4; r++) {
            v[r] = load16(type, rows[r], k, 0xffff, true);
            if (count == 1 && k * element_bytes(type) % 64 == 0) {
                _mm_prefetch((const char *)rows[r] + k * element_bytes(type) + prefetch_bytes, _MM_HINT_T1);
            }
        }
        for (int i = 0; i < count; i++) {
            __m512 activations = _mm512_loadu_ps(x + (first + i) * in->x_stride + k);
            for (int r = 0; r < 4; r++) sums[r][i] = _mm512_fmadd_ps(v[r], activations, sums[r][i]);
        }
    }
    if (whole < in->cols) {
        __mmask16 mask = (__mmask16)((1u << (in->cols - whole)) - 1);
        for (int i = 0; i < count; i++) {
            __m512 activations = _mm512_loadu_ps(x + (first + i) * in->x_stride + whole);
            for (int r = 0; r < 4; r++) {
                sums[r][i] = _mm512_fmadd_ps(load16(type, rows[r], whole, mask, false), activations, sums[r][i]);
            }
        }
    }
}

/// Four rows at `weights` (`row_bytes` apart; the last one repeated where there are fewer) times `count` rows
/// of activations.
GK_INLINE TARGET void tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const float *x, const uint8_t *weights, int64_t row_bytes,
    int64_t row, int64_t first, const int count) {
    const gk_weight *w = p->weight;
    int64_t present = w->rows - row < 4 ? w->rows - row : 4;
    const uint8_t *rows[4];
    for (int r = 0; r < 4; r++) rows[r] = weights + (r < present ? r : present - 1) * row_bytes;
    __m512 sums[4][tile_rows];
    dots(type, in, x, rows, first, count, sums);
    __mmask8 mask = (__mmask8)((1u << present) - 1);
    for (int i = 0; i < count; i++) {
        __m128 value = gk_sum4(sums[0][i], sums[1][i], sums[2][i], sums[3][i]);
        if (w->type == GK_INT8) {
            __m128 absmax = _mm_maskz_loadu_ps(mask, w->absmax + row);
            value = _mm_mul_ps(value, _mm_mul_ps(absmax, _mm_set1_ps(GK_INT8_FACTOR)));
        }
        gk_store4(p, first + i, row, mask, value);
    }
}

/// One row of activations by all rows of `groups` whole groups: four streams through the four quarters of the
/// rows, since memory delivers more to several streams than to one.
GK_INLINE TARGET void streams(gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups) {
    const gk_weight *w = p->weight;
    int64_t quarter = groups * GK_GROUP_ROWS / 4, first = first_group * GK_GROUP_ROWS, row_bytes = w->cols * element_bytes(type);
    for (int64_t n = 0; n < quarter; n++) {
        const uint8_t *rows[4];
        for (int r = 0; r < 4; r++) rows[r] = (const uint8_t *)w->data + (first + r * quarter + n) * row_bytes;
        __m512 sums[4][tile_rows];
        dots(type, in, in->x, rows, 0, 1, sums);
        __m128 value = gk_sum4(sums[0][0], sums[1][0], sums[2][0], sums[3][0]);
        float values[4];
        _mm_storeu_ps(values, value);
        for (int r = 0; r < 4; r++) {
            int64_t row = first + r * quarter + n;
            gk_store(p, 0, row, type == GK_INT8 ? values[r] * (w->absmax[row] * GK_INT8_FACTOR) : values[r]);
        }
    }
}

/// Rows first ..< first + rows of the weight, which lie at `weights`, times all activations.
GK_INLINE TARGET void rows_of(
    gk_type type, const gk_product *p, const gk_prepared *in, const float *x, const uint8_t *weights, int64_t row_bytes,
    int64_t first_row, int64_t rows) {
    for (int64_t i = 0; i < in->m;) {
        int64_t left = in->m - i, step = left >= tile_rows ? tile_rows : left >= 2 ? 2 : 1;
        for (int64_t r = 0; r < rows; r += 4) {
            const uint8_t *at = weights + r * row_bytes;
            if (step == tile_rows) tile(type, p, in, x, at, row_bytes, first_row + r, i, tile_rows);
            else if (step == 2) tile(type, p, in, x, at, row_bytes, first_row + r, i, 2);
            else tile(type, p, in, x, at, row_bytes, first_row + r, i, 1);
        }
        i += step;
    }
}

TARGET void gk_rows_times_avx512(
    const gk_product *p, const gk_prepared *in, const float *x, const float *panel, int64_t first, int64_t rows) {
    rows_of(GK_F32, p, in, x, (const uint8_t *)panel, in->cols * 4, first, rows);
}

TARGET static void fill_panel(const gk_weight *w, int64_t row, int64_t rows, int64_t stride, float *panel) {
    for (int64_t r = 0; r < rows; r++) {
        float *destination = panel + r * stride;
        if (w->type == GK_INT8 || w->type == GK_F16 || w->type == GK_BF16) {
            const uint8_t *source = (const uint8_t *)w->data + (row + r) * w->cols * element_bytes(w->type);
            for (int64_t k = 0; k < w->cols; k += 16) {
                int64_t left = w->cols - k;
                __mmask16 mask = left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
                __m512 value = w->type == GK_INT8 ? load16(GK_INT8, source, k, mask, false)
                    : w->type == GK_F16 ? load16(GK_F16, source, k, mask, false) : load16(GK_BF16, source, k, mask, false);
                _mm512_mask_storeu_ps(destination + k, mask, value);
            }
        } else {
            gk_dequantize_row(w, row + r, destination);
        }
    }
}

/// Through a panel of sixteen rows of floats.
TARGET static void groups_by_panel(
    const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    int64_t stride = gk_round_up(w->cols, 16);
    for (int64_t g = first_group; g < first_group + groups; g++) {
        int64_t row = g * GK_GROUP_ROWS, rows = w->rows - row < GK_GROUP_ROWS ? w->rows - row : GK_GROUP_ROWS;
        fill_panel(w, row, rows, stride, panel);
        rows_of(GK_F32, p, in, in->x, (const uint8_t *)panel, stride * 4, row, rows);
    }
}

GK_INLINE TARGET void groups_direct(
    gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    if (type != GK_F32 && in->m > tile_rows) {
        groups_by_panel(p, in, first_group, groups, panel);
        return;
    }
    const gk_weight *w = p->weight;
    if (in->m == 1) {
        int64_t whole = w->rows / GK_GROUP_ROWS - first_group < groups ? w->rows / GK_GROUP_ROWS - first_group : groups;
        streams(type, p, in, first_group, whole);
        first_group += whole;
        groups -= whole;
    }
    int64_t row_bytes = w->cols * element_bytes(type);
    // Sixteen rows at a time stay near the processor while the activations pass by.
    for (int64_t g = first_group; g < first_group + groups; g++) {
        int64_t row = g * GK_GROUP_ROWS, rows = w->rows - row < GK_GROUP_ROWS ? w->rows - row : GK_GROUP_ROWS;
        rows_of(type, p, in, in->x, (const uint8_t *)w->data + row * row_bytes, row_bytes, row, rows);
    }
}

#define KERNEL(name, type)                                                                               \
    TARGET static void name(                                                                             \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        groups_direct(type, p, in, first_group, groups, panel);                                          \
    }

KERNEL(groups_f32, GK_F32)
KERNEL(groups_f16, GK_F16)
KERNEL(groups_bf16, GK_BF16)
KERNEL(groups_int8, GK_INT8)

gk_group_kernel gk_rows_kernel_avx512(gk_type type) {
    switch (type) {
    case GK_F32: return groups_f32;
    case GK_F16: return groups_f16;
    case GK_BF16: return groups_bf16;
    case GK_INT8: return groups_int8;
    default: return groups_by_panel;
    }
}

#endif
