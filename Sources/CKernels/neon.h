#pragma once

// Pieces shared by the NEON kernels.

#include "packed.h"

#if GK_NEON

/// The sum of eight lanes.
GK_INLINE float gk_sum8(float32x4x2_t v) { return vaddvq_f32(vaddq_f32(v.val[0], v.val[1])); }

/// Four halves as floats.
GK_INLINE float32x4_t gk_floats4(gk_type type, const uint16_t *p) {
    uint16x4_t half = vld1_u16(p);
    if (type == GK_F16) return vcvt_f32_f16(vreinterpret_f16_u16(half));
    return vreinterpretq_f32_u32(vshll_n_u16(half, 16));
}

/// Eight elements of F32, F16, BF16 or INT8 as floats, int8 without its scale.
GK_INLINE float32x4x2_t gk_load8(gk_type type, const uint8_t *p) {
    float32x4x2_t v;
    if (type == GK_F32) {
        v.val[0] = vld1q_f32((const float *)(const void *)p);
        v.val[1] = vld1q_f32((const float *)(const void *)p + 4);
    } else if (type == GK_F16) {
        float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16((const uint16_t *)(const void *)p));
        v.val[0] = vcvt_f32_f16(vget_low_f16(halves));
        v.val[1] = vcvt_high_f32_f16(halves);
    } else if (type == GK_BF16) {
        uint16x8_t halves = vld1q_u16((const uint16_t *)(const void *)p);
        v.val[0] = vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(halves), 16));
        v.val[1] = vreinterpretq_f32_u32(vshll_high_n_u16(halves, 16));
    } else {
        int16x8_t codes = vmovl_s8(vld1_s8((const int8_t *)p));
        v.val[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(codes)));
        v.val[1] = vcvtq_f32_s32(vmovl_high_s16(codes));
    }
    return v;
}

/// To the nearest bfloat16, ties to even, as floats; NaN stays a quiet NaN.
GK_INLINE float32x4_t gk_round_bf16(float32x4_t value) {
    uint32x4_t bits = vreinterpretq_u32_f32(value);
    uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    uint32x4_t rounded = vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff)));
    uint32x4_t number = vceqq_f32(value, value);
    rounded = vbslq_u32(number, rounded, vorrq_u32(bits, vdupq_n_u32(0x400000)));
    return vreinterpretq_f32_u32(vandq_u32(rounded, vdupq_n_u32(0xffff0000)));
}

/// The first `count` of four floats (4 where there are more); zeros after them.
GK_INLINE float32x4_t gk_load_part(const float *p, int64_t count) {
    if (count >= 4) return vld1q_f32(p);
    float values[4] = {0};
    memcpy(values, p, (size_t)count * sizeof(float));
    return vld1q_f32(values);
}

GK_INLINE void gk_store_part(float *p, int64_t count, float32x4_t value) {
    if (count >= 4) {
        vst1q_f32(p, value);
        return;
    }
    float values[4];
    vst1q_f32(values, value);
    memcpy(p, values, (size_t)count * sizeof(float));
}

#endif
