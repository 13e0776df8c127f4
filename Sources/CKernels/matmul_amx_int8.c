// Products with int8 activations on the layout PACKED for many rows, AMX.
//
// A tile product is 16 rows of activations by 16 rows of weights over one block of 32 columns; its integers
// are exact, and the float sums over blocks are those of the AVX-512 kernel, so both give the same bits.
// Four blocks are in the tile unit while the four before them are scaled and summed.

#include "amx.h"
#include "packed_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AMX

enum { tile_rows = 16, batch = 4 };

/// One group unpacked: signed codes [blocks][8][64] and scales and minima as floats [blocks][3][16].
typedef struct {
    int8_t *codes;
    float *scales;
} unpacked;

GK_INLINE TARGET void unpack(gk_type type, const gk_packed_shape *s, const uint8_t *group, unpacked out) {
    int zero = type == GK_Q4_0 ? 8 : type == GK_Q5_0 ? 16 : type == GK_Q8_0 ? 128 : type == GK_Q6_K ? 32 : 0;
    const __m512i zeros = _mm512_set1_epi8((char)zero);
    for (int64_t b = 0; b < s->blocks; b++) {
        gk_block_vectors v = gk_load_block(type, group, s, b);
        for (int c = 0; c < 8; c++) _mm512_store_si512(out.codes + b * 512 + c * 64, _mm512_sub_epi8(v.codes[c], zeros));
        _mm512_store_ps(out.scales + b * 48, v.scale[0]);
        if (type == GK_Q6_K) _mm512_store_ps(out.scales + b * 48 + 16, v.scale[1]);
        if (gk_has_minimum(type)) _mm512_store_ps(out.scales + b * 48 + 32, v.minimum);
    }
}

/// Integer products of up to `batch` blocks from block `b` on: dots[block][16][16]; Q6_K's two halves of a
/// block one after the other.
GK_INLINE TARGET void products(gk_type type, const int8_t *x, int64_t x_stride, const int8_t *codes, int64_t b, int64_t blocks, int32_t *dots) {
    if (type == GK_Q6_K) {
        // Two half blocks of 16 columns: tiles 6 and 7 are configured for those.
        for (int64_t n = 0; n < blocks; n++) {
            _tile_zero(0);
            _tile_zero(1);
            _tile_loadd(4, x + (b + n) * 32, x_stride);
            _tile_loadd(6, codes + (b + n) * 512, 64);
            _tile_dpbssd(0, 4, 6);
            _tile_loadd(5, x + (b + n) * 32 + 16, x_stride);
            _tile_loadd(7, codes + (b + n) * 512 + 256, 64);
            _tile_dpbssd(1, 5, 7);
            _tile_stored(0, dots + n * 512, 64);
            _tile_stored(1, dots + n * 512 + 256, 64);
        }
        return;
    }
    #define BLOCK(n, a, w)                                   \
        if (n < blocks) {                                    \
            _tile_zero(n);                                   \
            _tile_loadd(a, x + (b + n) * 32, x_stride);      \
            _tile_loadd(w, codes + (b + n) * 512, 64);       \
            _tile_dpbssd(n, a, w);                           \
        }
    BLOCK(0, 4, 6)
    BLOCK(1, 5, 7)
    BLOCK(2, 4, 6)
    BLOCK(3, 5, 7)
    #undef BLOCK
    _tile_stored(0, dots, 64);
    if (blocks > 1) _tile_stored(1, dots + 256, 64);
    if (blocks > 2) _tile_stored(2, dots + 512, 64);
    if (blocks > 3) _tile_stored(3, dots + 768, 64);
}

GK_INLINE TARGET void add_blocks(
    gk_type type, const gk_prepared *in, int64_t first, const float *scales, int64_t b, int64_t blocks, const int32_t *dots,
    __m512 *sums) {
    int64_t halves = type == GK_Q6_K ? 2 : 1;
    for (int64_t n = 0; n < blocks; n++) {
        for (int64_t h = 0; h < halves; h++) {
            __m512 scale = _mm512_load_ps(scales + (b + n) * 48 + h * 16);
            __m512 minimum = _mm512_load_ps(scales + (b + n) * 48 + 32);
            const int32_t *dot = dots + (n * halves + h) * 256;
#pragma clang loop unroll(full)
            for (int i = 0; i < tile_rows; i++) {
                int64_t at = (first + i) * in->blocks + b + n;
                __m512 value = _mm512_cvtepi32_ps(_mm512_load_si512(dot + i * 16));
                sums[i] = _mm512_fmadd_ps(value, _mm512_mul_ps(scale, _mm512_set1_ps(in->scales[at])), sums[i]);
                if (gk_has_minimum(type)) sums[i] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(in->scaled_sums[at]), sums[i]);
            }
        }
    }
}

GK_INLINE TARGET void groups_of(
    gk_type type, const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = p->weight;
    gk_packed_shape s = gk_packed_shape_of(type, w->cols);
    int64_t tiled = in->m / tile_rows * tile_rows;
    gk_tile_config config = {.palette = 1};
    for (int t = 0; t < 4; t++) config.rows[t] = tile_rows, config.row_bytes[t] = 64;
    for (int t = 4; t < 6; t++) config.rows[t] = tile_rows, config.row_bytes[t] = type == GK_Q6_K ? 16 : 32;
    for (int t = 6; t < 8; t++) config.rows[t] = type == GK_Q6_K ? 4 : 8, config.row_bytes[t] = 64;
    _tile_loadconfig(&config);
    unpacked group = {.codes = (int8_t *)panel};
    group.scales = (float *)(group.codes + s.blocks * 512);
    _Alignas(64) int32_t dots[2][batch * 512];
    for (int64_t g = first_group; g < first_group + groups; g++) {
        unpack(type, &s, (const uint8_t *)w->data + g * s.group_bytes, group);
        int64_t row = g * GK_GROUP_ROWS;
        __mmask16 mask = gk_rows_mask(w->rows, row);
        for (int64_t first = 0; first < tiled; first += tile_rows) {
            const int8_t *x = in->codes + first * in->code_stride;
            __m512 sums[tile_rows];
            for (int i = 0; i < tile_rows; i++) sums[i] = _mm512_setzero_ps();
            int64_t before = 0, pending = 0;
            int turn = 0;
            for (int64_t b = 0; b < s.blocks; b += batch) {
                int64_t blocks = s.blocks - b < batch ? s.blocks - b : batch;
                products(type, x, in->code_stride, group.codes, b, blocks, dots[turn]);
                if (pending > 0) add_blocks(type, in, first, group.scales, before, pending, dots[1 - turn], sums);
                before = b;
                pending = blocks;
                turn = 1 - turn;
            }
            add_blocks(type, in, first, group.scales, before, pending, dots[1 - turn], sums);
            for (int i = 0; i < tile_rows; i++) gk_store16(p, first + i, row, mask, sums[i]);
        }
    }
    _tile_release();
    if (tiled == in->m) return;
    // The rest of the rows.
    gk_prepared rest = *in;
    rest.m = in->m - tiled;
    rest.codes += tiled * in->code_stride;
    rest.scales += tiled * in->blocks;
    rest.scaled_sums += tiled * in->blocks;
    rest.starts8 += tiled * in->blocks;
    rest.starts16 += tiled * in->blocks;
    rest.starts128 += tiled * in->blocks;
    rest.halves32 += tiled * 2 * in->blocks;
    gk_product last = *p;
    last.y += tiled * p->y_stride;
    if (p->residual != NULL) last.residual = p->residual + tiled * p->residual_stride;
    gk_int8_kernel_avx512(type)(&last, &rest, first_group, groups, panel);
}

#define KERNEL(name, type)                                                                               \
    TARGET static void name(                                                                             \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        groups_of(type, p, in, first_group, groups, panel);                                              \
    }

GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_int8_kernel_amx)

#endif
