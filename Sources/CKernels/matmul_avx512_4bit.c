// Products with NF4 and FP4 weights as bitsandbytes stores them, AVX-512.
//
// The sixteen values of a code are one register: a block's scale multiplies that register once (the same
// rounding as scaling each weight, as there are only sixteen of them), and vpermps looks sixteen codes up.
// High nibbles are even columns, so activations are split into even and odd columns beforehand, 32 at a time.

#include "avx512.h"
#include "dequantize.h"
#include "lookup_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AVX512

enum { prefetch_bytes = 1024 };

/// Four rows, `spacing` apart, by one row of activations; the first again for those from `end` on. Blocks and
/// rows are multiples of 32, and blocks do not straddle rows.
GK_INLINE TARGET void four_rows(
    const gk_product *p, const gk_prepared *in, __m512 table, int64_t row, int64_t spacing, int64_t end, bool to_bf16) {
    const gk_weight *w = p->weight;
    const uint8_t *packed = w->data;
    int64_t step = w->block_size < w->cols ? w->block_size : w->cols;
    int64_t rows[4];
    for (int r = 0; r < 4; r++) rows[r] = row + r * spacing < end ? row + r * spacing : row;
    __m512 sums[4];
    for (int r = 0; r < 4; r++) sums[r] = _mm512_setzero_ps();
    for (int64_t k = 0; k < w->cols; k += step) {
        __m512 tables[4];
        for (int r = 0; r < 4; r++) {
            tables[r] = gk_scaled_table(w, table, rows[r] * w->cols + k, to_bf16);
            _mm_prefetch((const char *)packed + (rows[r] * w->cols + k) / 2 + prefetch_bytes, _MM_HINT_T1);
        }
        for (int64_t n = k; n < k + step; n += 32) {
            __m512 x_even = _mm512_loadu_ps(in->x_pairs + n), x_odd = _mm512_loadu_ps(in->x_pairs + n + 16);
            for (int r = 0; r < 4; r++) {
                __m512 even, odd;
                gk_look_up(packed + (rows[r] * w->cols + n) / 2, tables[r], &even, &odd);
                sums[r] = _mm512_fmadd_ps(even, x_even, sums[r]);
                sums[r] = _mm512_fmadd_ps(odd, x_odd, sums[r]);
            }
        }
    }
    float values[4];
    _mm_storeu_ps(values, gk_sum4(sums[0], sums[1], sums[2], sums[3]));
    for (int r = 0; r < 4; r++) {
        if (row + r * spacing < end) gk_store(p, 0, row + r * spacing, values[r]);
    }
}

TARGET static void groups_4bit(
    const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    __m512 table = _mm512_loadu_ps(gk_table_4bit(w->type));
    bool to_bf16 = in->compute == GK_COMPUTE_BF16;
    int64_t end = (first_group + groups) * GK_GROUP_ROWS;
    if (end > w->rows) end = w->rows;
    if (in->m == 1) {
        // Four streams through the quarters of the rows: memory delivers more to them than to one.
        int64_t first = first_group * GK_GROUP_ROWS, quarter = (end - first + 3) / 4;
        for (int64_t row = first; row < first + quarter; row++) four_rows(p, in, table, row, quarter, end, to_bf16);
        return;
    }
    // Many rows: sixteen rows of floats, columns in the order of the split activations.
    for (int64_t row = first_group * GK_GROUP_ROWS; row < end; row += GK_GROUP_ROWS) {
        int64_t rows = end - row < GK_GROUP_ROWS ? end - row : GK_GROUP_ROWS;
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (row + r) * w->cols, step = w->block_size < w->cols ? w->block_size : w->cols;
            for (int64_t k = 0; k < w->cols; k += step) {
                __m512 scaled = gk_scaled_table(w, table, at + k, to_bf16);
                for (int64_t n = k; n < k + step; n += 32) {
                    __m512 even, odd;
                    gk_look_up((const uint8_t *)w->data + (at + n) / 2, scaled, &even, &odd);
                    _mm512_storeu_ps(panel + r * w->cols + n, even);
                    _mm512_storeu_ps(panel + r * w->cols + n + 16, odd);
                }
            }
        }
        gk_rows_times_avx512(p, in, in->x_pairs, panel, row, rows);
    }
}

gk_group_kernel gk_4bit_kernel_avx512(const gk_weight *w) {
    bool whole = w->cols % 32 == 0 && w->block_size % 32 == 0;
    bool aligned = w->block_size >= w->cols ? w->block_size % w->cols == 0 : w->cols % w->block_size == 0;
    return whole && aligned ? groups_4bit : NULL;
}

TARGET void gk_split_pairs_avx512(const float *x, int64_t padded, float *pairs) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    for (int64_t k = 0; k < padded; k += 32) {
        __m512 a = _mm512_loadu_ps(x + k), b = _mm512_loadu_ps(x + k + 16);
        _mm512_storeu_ps(pairs + k, _mm512_permutex2var_ps(a, even, b));
        _mm512_storeu_ps(pairs + k + 16, _mm512_permutex2var_ps(a, odd, b));
    }
}

#endif
