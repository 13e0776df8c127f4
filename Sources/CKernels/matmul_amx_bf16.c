// Products of bfloat16 weights and activations for many rows, AMX.
//
// The first operand of a tile product is sixteen rows of weights by 32 columns, straight from memory; the
// second is sixteen rows of activations, interleaved by pairs of columns when they were prepared. So the
// result has a row a weight row, and is transposed when it is written. Sums are float32.

#include "amx.h"
#include "lookup_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AMX

TARGET void gk_fill_tile_avx512(const float *x, int64_t m, int64_t padded, int64_t tile, uint16_t *tiles) {
    uint16_t *out = tiles + tile * 16 * padded;
    for (int64_t k = 0; k < padded; k += 32) {
        __m512 rows[16];
        for (int64_t i = 0; i < 16; i++) {
            if (tile * 16 + i >= m) {
                rows[i] = _mm512_setzero_ps();
                continue;
            }
            // The floats are bfloat16 already: their upper halves.
            const float *at = x + (tile * 16 + i) * padded + k;
            __m256i low = _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_loadu_si512(at), 16));
            __m256i high = _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_loadu_si512(at + 16), 16));
            rows[i] = _mm512_castsi512_ps(_mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1));
        }
        gk_transpose16(rows);
        for (int n = 0; n < 16; n++) _mm512_storeu_ps(out + (k / 2 + n) * 32, rows[n]);
    }
}

/// Sixteen rows of a 4-bit weight as bfloat16 [16][cols]; rows past the end are not written.
TARGET static void fill_panel(const gk_weight *w, int64_t row, uint16_t *panel) {
    __m512 table = _mm512_loadu_ps(gk_table_4bit(w->type));
    int64_t rows = w->rows - row < 16 ? w->rows - row : 16, step = w->block_size < w->cols ? w->block_size : w->cols;
    for (int64_t r = 0; r < rows; r++) {
        int64_t at = (row + r) * w->cols;
        for (int64_t k = 0; k < w->cols; k += step) {
            __m512 scaled = gk_scaled_table(w, table, at + k, true);
            for (int64_t n = k; n < k + step; n += 32) {
                __m512 even, odd;
                gk_look_up((const uint8_t *)w->data + (at + n) / 2, scaled, &even, &odd);
                __m512i pairs = _mm512_or_si512(_mm512_srli_epi32(_mm512_castps_si512(even), 16), _mm512_castps_si512(odd));
                _mm512_storeu_si512(panel + r * w->cols + n, pairs);
            }
        }
    }
}

/// Transposes a result [16 weight rows][16 rows of activations] and writes what exists of it.
TARGET static void write(const gk_product *p, const gk_prepared *in, const float *result, int64_t row, int64_t first) {
    __m512 r[16];
    for (int n = 0; n < 16; n++) r[n] = _mm512_load_ps(result + n * 16);
    gk_transpose16(r);
    __mmask16 mask = gk_rows_mask(p->weight->rows, row);
    for (int64_t i = 0; i < 16 && first + i < in->m; i++) gk_store16(p, first + i, row, mask, r[i]);
}

/// Groups of sixteen rows at `a` (and `b`, if not null) by all activations.
TARGET static void multiply(
    const gk_product *p, const gk_prepared *in, const uint16_t *a, const uint16_t *b, int64_t row_bytes, int64_t row) {
    _Alignas(64) float results[4][256];
    int64_t tiles = (in->m + 15) / 16, tile_elements = 16 * in->x_stride;
    for (int64_t t = 0; t < tiles; t += 2) {
        const uint16_t *x0 = in->x_tiles + t * tile_elements, *x1 = x0 + tile_elements;
        bool two = t + 1 < tiles;
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (int64_t k = 0; k < in->cols; k += 32) {
            _tile_loadd(4, a + k, row_bytes);
            _tile_loadd(6, x0 + k * 16, 64);
            _tile_dpbf16ps(0, 4, 6);
            if (b != NULL) {
                _tile_loadd(5, b + k, row_bytes);
                _tile_dpbf16ps(1, 5, 6);
            }
            if (two) {
                _tile_loadd(7, x1 + k * 16, 64);
                _tile_dpbf16ps(2, 4, 7);
                if (b != NULL) _tile_dpbf16ps(3, 5, 7);
            }
        }
        _tile_stored(0, results[0], 64);
        _tile_stored(1, results[1], 64);
        _tile_stored(2, results[2], 64);
        _tile_stored(3, results[3], 64);
        write(p, in, results[0], row, t * 16);
        if (b != NULL) write(p, in, results[1], row + 16, t * 16);
        if (two) write(p, in, results[2], row, t * 16 + 16);
        if (two && b != NULL) write(p, in, results[3], row + 16, t * 16 + 16);
    }
}

TARGET static void groups_bf16(
    const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    gk_tile_config config = {.palette = 1};
    for (int t = 0; t < 8; t++) config.rows[t] = 16, config.row_bytes[t] = 64;
    _tile_loadconfig(&config);
    for (int64_t g = first_group; g < first_group + groups;) {
        int64_t row = g * 16, row_bytes = w->cols * 2;
        bool pair = g + 1 < first_group + groups;
        if (w->type == GK_BF16) {
            const uint16_t *a = (const uint16_t *)w->data + row * w->cols;
            if (row + 16 > w->rows) {
                // The last rows, fewer than a tile: a copy, so that nothing past them is read.
                memcpy(panel, a, (size_t)((w->rows - row) * row_bytes));
                a = (const uint16_t *)(const void *)panel;
            }
            pair = pair && row + 32 <= w->rows;
            multiply(p, in, a, pair ? a + 16 * w->cols : NULL, row_bytes, row);
        } else {
            uint16_t *rows = (uint16_t *)panel;
            fill_panel(w, row, rows);
            if (pair) fill_panel(w, row + 16, rows + 16 * w->cols);
            multiply(p, in, rows, pair ? rows + 16 * w->cols : NULL, row_bytes, row);
        }
        g += pair ? 2 : 1;
    }
    _tile_release();
}

gk_group_kernel gk_bf16_kernel_amx(const gk_weight *w) {
    if (w->layout != GK_LAYOUT_ROWS || w->cols % 32 != 0) return NULL;
    if (w->type == GK_BF16) return groups_bf16;
    return (w->type == GK_NF4 || w->type == GK_FP4) && gk_4bit_kernel_avx512(w) != NULL ? groups_bf16 : NULL;
}

#endif
