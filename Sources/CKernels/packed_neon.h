#pragma once

// Reading the layout PACKED with NEON: four of a group's sixteen rows at a time, a 32-bit lane a row.

#include "matmul.h"
#include "neon.h"

#if GK_NEON

/// One block of four rows: vector c holds columns 4c ... 4c + 3 of each. Codes of up to 6 bits are unsigned with their
/// zero point left in, Q8_0's are signed.
typedef struct {
    int8x16_t codes[8];
    float32x4_t scale[2];
    float32x4_t minimum;
} gk_quad;

GK_INLINE bool gk_has_minimum(gk_type type) {
    return type == GK_Q4_1 || type == GK_Q5_1 || type == GK_Q4_K || type == GK_Q5_K;
}

GK_INLINE int gk_zero_point(gk_type type) { return type == GK_Q4_0 ? 8 : type == GK_Q5_0 ? 16 : type == GK_Q6_K ? 32 : 0; }

GK_INLINE float32x4_t gk_halves4(const uint8_t *p) { return gk_floats4(GK_F16, (const uint16_t *)(const void *)p); }

GK_INLINE float32x4_t gk_bytes4(const uint8_t *p, bool is_signed) {
    uint32_t four;
    memcpy(&four, p, 4);
    uint8x8_t bytes = vcreate_u8(four);
    if (is_signed) return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(bytes)))));
    return vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
}

/// Bit 4 of vector c's codes, for rows 4q ... 4q + 3: bytes 8c + 2q and the next hold a bit for each code.
GK_INLINE void gk_add_fifth_bits(const uint8_t *high, int q, uint8x16_t *codes) {
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201ull));
    const uint8x16_t first = vcombine_u8(vdup_n_u8((uint8_t)(2 * q)), vdup_n_u8((uint8_t)(2 * q + 1)));
    const uint8x16_t second = vaddq_u8(first, vdupq_n_u8(8)), sixteen = vdupq_n_u8(16);
    for (int c = 0; c < 8; c += 2) {
        uint8x16_t masks = vld1q_u8(high + 8 * c);
        uint8x16_t even = vandq_u8(vtstq_u8(vqtbl1q_u8(masks, first), bit), sixteen);
        uint8x16_t odd = vandq_u8(vtstq_u8(vqtbl1q_u8(masks, second), bit), sixteen);
        codes[c] = vorrq_u8(codes[c], even);
        codes[c + 1] = vorrq_u8(codes[c + 1], odd);
    }
}

/// Bits 4 and 5 of Q6_K's codes.
GK_INLINE void gk_add_high_pairs(const uint8_t *high, int q, uint8x16_t *codes) {
    const uint8x16_t pair = vdupq_n_u8(0x30);
    for (int h = 0; h < 2; h++) {
        uint8x16_t v = vld1q_u8(high + h * 64 + 16 * q);
        codes[4 * h] = vorrq_u8(codes[4 * h], vandq_u8(vshlq_n_u8(v, 4), pair));
        codes[4 * h + 1] = vorrq_u8(codes[4 * h + 1], vandq_u8(vshlq_n_u8(v, 2), pair));
        codes[4 * h + 2] = vorrq_u8(codes[4 * h + 2], vandq_u8(v, pair));
        codes[4 * h + 3] = vorrq_u8(codes[4 * h + 3], vandq_u8(vshrq_n_u8(v, 2), pair));
    }
}

/// Block `b` of rows 4q ... 4q + 3 of a group.
GK_INLINE gk_quad gk_load_quad(gk_type type, const uint8_t *group, const gk_packed_shape *s, int64_t b, int q) {
    gk_quad v;
    uint8x16_t codes[8];
    const uint8_t *low = group + s->low_offset + b * (type == GK_Q8_0 ? 512 : 256) + 16 * q;
    if (type == GK_Q8_0) {
        for (int c = 0; c < 8; c++) codes[c] = veorq_u8(vld1q_u8(low + c * 64), vdupq_n_u8(0x80));
    } else {
        for (int g = 0; g < 4; g++) {
            uint8x16_t pairs = vld1q_u8(low + g * 64);
            codes[g] = vandq_u8(pairs, vdupq_n_u8(15));
            codes[g + 4] = vshrq_n_u8(pairs, 4);
        }
    }
    if (type == GK_Q5_0 || type == GK_Q5_1 || type == GK_Q5_K) gk_add_fifth_bits(group + s->high_offset + b * 64, q, codes);
    if (type == GK_Q6_K) gk_add_high_pairs(group + s->high_offset + b * 128, q, codes);
    for (int c = 0; c < 8; c++) v.codes[c] = vreinterpretq_s8_u8(codes[c]);
    const uint8_t *super = group + b / 8 * s->scale_step, *scales = group + b * s->scale_step;
    int64_t j = b % 8;
    if (type == GK_Q4_K || type == GK_Q5_K) {
        v.scale[0] = vmulq_f32(gk_halves4(super + 8 * q), gk_bytes4(super + 64 + j * 16 + 4 * q, false));
        v.minimum = vnegq_f32(vmulq_f32(gk_halves4(super + 32 + 8 * q), gk_bytes4(super + 192 + j * 16 + 4 * q, false)));
    } else if (type == GK_Q6_K) {
        for (int h = 0; h < 2; h++) {
            v.scale[h] = vmulq_f32(gk_halves4(super + 8 * q), gk_bytes4(super + 32 + j * 32 + 16 * h + 4 * q, true));
        }
    } else {
        v.scale[0] = gk_halves4(scales + 8 * q);
        if (gk_has_minimum(type)) v.minimum = gk_halves4(scales + 32 + 8 * q);
    }
    return v;
}

/// Adds bias and residual and writes rows row ... row + 3, as far as there are so many.
GK_INLINE void gk_store4(const gk_product *p, int64_t i, int64_t row, float32x4_t value) {
    if (row + 4 <= p->weight->rows) {
        if (p->bias != NULL) value = vaddq_f32(value, vld1q_f32(p->bias + row));
        if (p->residual != NULL) value = vaddq_f32(value, vld1q_f32(p->residual + i * p->residual_stride + row));
        vst1q_f32(p->y + i * p->y_stride + row, value);
        return;
    }
    float values[4];
    vst1q_f32(values, value);
    for (int64_t r = 0; row + r < p->weight->rows; r++) gk_store(p, i, row + r, values[r]);
}

#endif
