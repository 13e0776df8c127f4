// Products with NF4 and FP4 weights as bitsandbytes stores them, NEON.
//
// A block's scale multiplies the sixteen values of a code once (the same rounding as scaling each weight). Byte n of those
// sixteen floats is one register, so that tbl looks byte n of sixteen weights up, and interleaving the bytes makes floats of
// them: four look-ups, or two where the values are rounded to bfloat16. The order of additions is that of float rows.

#include "dequantize.h"
#include "matmul.h"
#include "neon.h"

#if GK_NEON

/// Bytes 0 ... 3 of the sixteen values; with bfloat16 only 2 and 3.
typedef struct {
    uint8x16_t bytes[4];
} planes;

/// The planes of the table times the scale of the block that holds element `at`.
GK_INLINE planes scaled_planes(const gk_weight *w, const float *table, int64_t at, bool to_bf16) {
    float absmax = gk_block_absmax(w, at / w->block_size);
    uint8x16_t v[4];
    for (int n = 0; n < 4; n++) {
        float32x4_t scaled = vmulq_n_f32(vld1q_f32(table + 4 * n), absmax);
        v[n] = vreinterpretq_u8_f32(to_bf16 ? gk_round_bf16(scaled) : scaled);
    }
    planes t;
    uint8x16_t even_low = vuzp1q_u8(v[0], v[1]), even_high = vuzp1q_u8(v[2], v[3]);
    uint8x16_t odd_low = vuzp2q_u8(v[0], v[1]), odd_high = vuzp2q_u8(v[2], v[3]);
    if (!to_bf16) {
        t.bytes[0] = vuzp1q_u8(even_low, even_high);
        t.bytes[1] = vuzp1q_u8(odd_low, odd_high);
    }
    t.bytes[2] = vuzp2q_u8(even_low, even_high);
    t.bytes[3] = vuzp2q_u8(odd_low, odd_high);
    return t;
}

/// Sixteen codes as floats.
GK_INLINE void look_up(const planes *t, uint8x16_t codes, bool is_bf16, float32x4_t *values) {
    uint8x16_t b2 = vqtbl1q_u8(t->bytes[2], codes), b3 = vqtbl1q_u8(t->bytes[3], codes);
    uint16x8_t high_a = vreinterpretq_u16_u8(vzip1q_u8(b2, b3)), high_b = vreinterpretq_u16_u8(vzip2q_u8(b2, b3));
    uint16x8_t low_a = vdupq_n_u16(0), low_b = low_a;
    if (!is_bf16) {
        uint8x16_t b0 = vqtbl1q_u8(t->bytes[0], codes), b1 = vqtbl1q_u8(t->bytes[1], codes);
        low_a = vreinterpretq_u16_u8(vzip1q_u8(b0, b1));
        low_b = vreinterpretq_u16_u8(vzip2q_u8(b0, b1));
    }
    values[0] = vreinterpretq_f32_u16(vzip1q_u16(low_a, high_a));
    values[1] = vreinterpretq_f32_u16(vzip2q_u16(low_a, high_a));
    values[2] = vreinterpretq_f32_u16(vzip1q_u16(low_b, high_b));
    values[3] = vreinterpretq_f32_u16(vzip2q_u16(low_b, high_b));
}

/// 32 columns from `packed` on: the high nibble of a byte is the even column.
GK_INLINE void look_up32(const planes *t, const uint8_t *packed, bool is_bf16, float32x4_t *values) {
    uint8x16_t pairs = vld1q_u8(packed), even = vshrq_n_u8(pairs, 4), odd = vandq_u8(pairs, vdupq_n_u8(15));
    look_up(t, vzip1q_u8(even, odd), is_bf16, values);
    look_up(t, vzip2q_u8(even, odd), is_bf16, values + 4);
}

GK_INLINE int64_t step_of(const gk_weight *w) { return w->block_size < w->cols ? w->block_size : w->cols; }

/// Two rows by one row of activations.
GK_INLINE void two_rows(const gk_product *p, const gk_prepared *in, const float *table, const int64_t *rows, bool to_bf16, int64_t present) {
    const gk_weight *w = p->weight;
    const uint8_t *packed = w->data;
    int64_t step = step_of(w);
    float32x4x2_t sums[2];
    for (int r = 0; r < 2; r++) sums[r].val[0] = sums[r].val[1] = vdupq_n_f32(0);
    for (int64_t k = 0; k < w->cols; k += step) {
        planes t[2];
        for (int r = 0; r < 2; r++) t[r] = scaled_planes(w, table, rows[r] * w->cols + k, to_bf16);
        for (int64_t n = k; n < k + step; n += 32) {
            for (int r = 0; r < 2; r++) {
                float32x4_t values[8];
                look_up32(&t[r], packed + (rows[r] * w->cols + n) / 2, to_bf16, values);
                for (int c = 0; c < 8; c++) {
                    sums[r].val[c % 2] = vfmaq_f32(sums[r].val[c % 2], values[c], vld1q_f32(in->x + n + 4 * c));
                }
            }
        }
    }
    for (int r = 0; r < present; r++) gk_store(p, 0, rows[r], gk_sum8(sums[r]));
}

GK_INLINE void groups_of(
    const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel, const bool to_bf16) {
    const gk_weight *w = p->weight;
    const float *table = gk_table_4bit(w->type);
    int64_t first = first_group * GK_GROUP_ROWS, end = first + groups * GK_GROUP_ROWS;
    if (end > w->rows) end = w->rows;
    if (in->m == 1) {
        int64_t half = (end - first + 1) / 2;
        for (int64_t row = first; row < first + half; row++) {
            bool both = row + half < end;
            int64_t rows[2] = {row, both ? row + half : row};
            two_rows(p, in, table, rows, to_bf16, both ? 2 : 1);
        }
        return;
    }
    // Many rows: sixteen rows of floats.
    for (int64_t row = first; row < end; row += GK_GROUP_ROWS) {
        int64_t rows = end - row < GK_GROUP_ROWS ? end - row : GK_GROUP_ROWS, step = step_of(w);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (row + r) * w->cols;
            for (int64_t k = 0; k < w->cols; k += step) {
                planes t = scaled_planes(w, table, at + k, to_bf16);
                for (int64_t n = k; n < k + step; n += 32) {
                    float32x4_t values[8];
                    look_up32(&t, (const uint8_t *)w->data + (at + n) / 2, to_bf16, values);
                    for (int c = 0; c < 8; c++) vst1q_f32(panel + r * w->cols + n + 4 * c, values[c]);
                }
            }
        }
        gk_rows_times_neon(p, in, panel, row, rows);
    }
}

static void groups_4bit(const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    if (in->compute == GK_COMPUTE_BF16) groups_of(p, in, first_group, groups, panel, true);
    else groups_of(p, in, first_group, groups, panel, false);
}

gk_group_kernel gk_4bit_kernel_neon(const gk_weight *w) {
    bool whole = w->cols % 32 == 0 && w->block_size % 32 == 0;
    bool aligned = w->block_size >= w->cols ? w->block_size % w->cols == 0 : w->cols % w->block_size == 0;
    return whole && aligned ? groups_4bit : NULL;
}

#endif
