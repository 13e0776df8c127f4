// Products with int8 activations on the layout PACKED for many rows, AMX.
//
// A tile product is 16 rows of activations by 16 rows of weights over one block of 32 columns; its integers
// are exact, and the float sums over blocks are those of the AVX-512 kernel, so both give the same bits.
// The tile unit is four blocks ahead of the scaling and summing, block by block, so that both work at once.

#include "amx.h"
#include "packed_avx512.h"

#if GK_X86

#define TARGET GK_TARGET_AMX

enum { tile_rows = 16, lead = 4, slots = 8, most_groups = 8 };

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

/// Starts the integer product of block `b` in tile `n` (a literal).
#define PRODUCT(n, b)                                                    \
    (_tile_zero(n),                                                      \
     _tile_loadd(4 + (n) % 2, x + (b) * 32, in->code_stride),            \
     _tile_loadd(6 + (n) % 2, group->codes + (b) * 512, 64),             \
     _tile_dpbssd(n, 4 + (n) % 2, 6 + (n) % 2))

/// Q6_K: the products of block `b`'s halves of 16 columns, one after the other.
GK_INLINE TARGET void halves(const int8_t *x, int64_t x_stride, const int8_t *codes, int64_t b, int32_t *dots) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_loadd(4, x + b * 32, x_stride);
    _tile_loadd(6, codes + b * 512, 64);
    _tile_dpbssd(0, 4, 6);
    _tile_loadd(5, x + b * 32 + 16, x_stride);
    _tile_loadd(7, codes + b * 512 + 256, 64);
    _tile_dpbssd(1, 5, 7);
    _tile_stored(0, dots, 64);
    _tile_stored(1, dots + 256, 64);
}

/// Scales block `b`'s integers and adds them to sixteen rows' sums.
GK_INLINE TARGET void add_block(gk_type type, const float *x_scales, const float *scales, int64_t b, const int32_t *dots, __m512 *sums) {
    const int parts = type == GK_Q6_K ? 2 : 1;
    const float *x = x_scales + b * 32;
    __m512 minimum = _mm512_load_ps(scales + b * 48 + 32);
    for (int part = 0; part < parts; part++) {
        __m512 scale = _mm512_load_ps(scales + b * 48 + part * 16);
#pragma clang loop unroll(full)
        for (int i = 0; i < tile_rows; i++) {
            __m512 value = _mm512_cvtepi32_ps(_mm512_load_si512(dots + part * 256 + i * 16));
            sums[i] = _mm512_fmadd_ps(value, _mm512_mul_ps(scale, _mm512_set1_ps(x[i])), sums[i]);
            if (gk_has_minimum(type)) sums[i] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(x[16 + i]), sums[i]);
        }
    }
}

/// Sixteen rows of activations from row `first` on by one group.
GK_INLINE TARGET void tile(
    gk_type type, const gk_prepared *in, int64_t first, int64_t blocks, const unpacked *group, int32_t *dots, __m512 *sums) {
    const int8_t *x = in->codes + first * in->code_stride;
    const float *x_scales = in->tile_scales + first / tile_rows * in->blocks * 32;
#pragma clang loop unroll(full)
    for (int i = 0; i < tile_rows; i++) sums[i] = _mm512_setzero_ps();
    if (type == GK_Q6_K) {
        for (int64_t b = -lead; b < blocks; b++) {
            int64_t ahead = b + lead;
            if (ahead < blocks) halves(x, in->code_stride, group->codes, ahead, dots + ahead % slots * 512);
            if (b >= 0) add_block(type, x_scales, group->scales, b, dots + b % slots * 512, sums);
        }
        return;
    }
    PRODUCT(0, 0);
    if (blocks > 1) PRODUCT(1, 1);
    if (blocks > 2) PRODUCT(2, 2);
    if (blocks > 3) PRODUCT(3, 3);
    _tile_stored(0, dots, 64);
    // Block `b + n` is summed, the one after it written, and the one four after it started.
    #define SUM(n) add_block(type, x_scales, group->scales, b + (n), dots + (n) % 2 * 256, sums)
    #define WRITE(n) _tile_stored((n + 1) % 4, dots + (n + 1) % 2 * 256, 64)
    int64_t b = 0;
    for (; b + 2 * lead <= blocks; b += 4) {
        PRODUCT(0, b + 4), WRITE(0), SUM(0);
        PRODUCT(1, b + 5), WRITE(1), SUM(1);
        PRODUCT(2, b + 6), WRITE(2), SUM(2);
        PRODUCT(3, b + 7), WRITE(3), SUM(3);
    }
    // Up to seven blocks are left, of which up to four have been started.
    #define STEP(n)                                                   \
        if (b + n >= blocks) return;                                  \
        if (b + n + 4 < blocks) PRODUCT((n) % 4, b + n + 4);          \
        if (b + n + 1 < blocks) WRITE(n);                             \
        SUM(n)
    STEP(0);
    STEP(1);
    STEP(2);
    STEP(3);
    STEP(4);
    STEP(5);
    STEP(6);
    #undef SUM
    #undef WRITE
    #undef STEP
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
    // Several groups pass by sixteen rows of activations that stay in the first-level cache; the groups follow each
    // other in memory, as the processor's own prefetching likes it.
    int64_t group_floats = s.blocks * (512 / 4 + 48), room = (GK_GROUP_ROWS * gk_round_up(w->cols, 64) + 16 * 1024) / group_floats;
    int64_t most = room < most_groups ? room : most_groups;
    _Alignas(64) int32_t dots[slots * 512];
    for (int64_t done = 0; done < groups; done += most) {
        int64_t count = groups - done < most ? groups - done : most;
        unpacked group[most_groups];
        for (int64_t n = 0; n < count; n++) {
            group[n].codes = (int8_t *)(panel + n * group_floats);
            group[n].scales = panel + n * group_floats + s.blocks * 128;
            unpack(type, &s, (const uint8_t *)w->data + (first_group + done + n) * s.group_bytes, group[n]);
        }
        for (int64_t first = 0; first < tiled; first += tile_rows) {
            for (int64_t n = 0; n < count; n++) {
                int64_t row = (first_group + done + n) * GK_GROUP_ROWS;
                __mmask16 mask = gk_rows_mask(w->rows, row);
                __m512 sums[tile_rows];
                tile(type, in, first, s.blocks, &group[n], dots, sums);
                // Unrolled, or the sums would live in memory all the time.
#pragma clang loop unroll(full)
                for (int i = 0; i < tile_rows; i++) gk_store16(p, first + i, row, mask, sums[i]);
            }
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
