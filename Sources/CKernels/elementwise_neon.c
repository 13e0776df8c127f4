// Element-wise functions and reductions, NEON.

#include "elementwise_vector.h"
#include "math_neon.h"

#if GK_NEON

void gk_rms_norm_neon(float *y, const float *x, const float *weight, int64_t cols, float eps) {
    float32x4_t sums[4];
    for (int l = 0; l < 4; l++) sums[l] = vdupq_n_f32(0);
    int64_t k = 0;
    for (; k + 16 <= cols; k += 16) {
        for (int l = 0; l < 4; l++) {
            float32x4_t v = vld1q_f32(x + k + 4 * l);
            sums[l] = vfmaq_f32(sums[l], v, v);
        }
    }
    for (; k < cols; k += 4) {
        float32x4_t v = gk_load_part(x + k, cols - k);
        sums[0] = vfmaq_f32(sums[0], v, v);
    }
    float sum = vaddvq_f32(vaddq_f32(vaddq_f32(sums[0], sums[1]), vaddq_f32(sums[2], sums[3])));
    float factor = 1.0f / __builtin_sqrtf(sum / (float)cols + eps);
    for (k = 0; k < cols; k += 4) {
        float32x4_t v = vmulq_n_f32(gk_load_part(x + k, cols - k), factor);
        if (weight != NULL) v = vmulq_f32(v, gk_load_part(weight + k, cols - k));
        gk_store_part(y + k, cols - k, v);
    }
}

/// x / (1 + exp(-t)) * up
GK_INLINE float32x4_t gated(float32x4_t x, float32x4_t t, float32x4_t up) {
    float32x4_t e = gk_exp4(vnegq_f32(t));
    return vmulq_f32(vdivq_f32(x, vaddq_f32(vdupq_n_f32(1.0f), e)), up);
}

void gk_silu_mul_neon(float *y, const float *gate, const float *up, int64_t count) {
    for (int64_t i = 0; i < count; i += 4) {
        float32x4_t x = gk_load_part(gate + i, count - i);
        gk_store_part(y + i, count - i, gated(x, x, gk_load_part(up + i, count - i)));
    }
}

void gk_gelu_mul_neon(float *y, const float *gate, const float *up, int64_t count) {
    // x/2 (1 + tanh u) = x / (1 + exp(-2u)), u = sqrt(2/pi) (x + 0.044715 x^3).
    for (int64_t i = 0; i < count; i += 4) {
        float32x4_t x = gk_load_part(gate + i, count - i);
        float32x4_t u = vfmaq_f32(x, vmulq_f32(vmulq_n_f32(x, 0.044715f), x), x);
        float32x4_t t = vmulq_n_f32(u, 2 * 0.79788456080286535588f);
        gk_store_part(y + i, count - i, gated(x, t, gk_load_part(up + i, count - i)));
    }
}

float gk_largest_neon(const float *x, int64_t count) {
    float32x4_t top = vdupq_n_f32(-__builtin_inff());
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        // A comparison with NaN is false: NaN is never the largest.
        float32x4_t v = vld1q_f32(x + i);
        top = vbslq_f32(vcgtq_f32(v, top), v, top);
    }
    float largest = vmaxvq_f32(top);
    for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

void gk_exp_neon(float *y, const float *x, float largest, int64_t count, double *sum) {
    float64x2_t total = vdupq_n_f64(0);
    const float32x4_t top = vdupq_n_f32(largest);
    for (int64_t i = 0; i < count; i += 4) {
        float32x4_t e = gk_exp4(vsubq_f32(gk_load_part(x + i, count - i), top));
        e = vbslq_f32(gk_lanes(i, 0, count), e, vdupq_n_f32(0));
        if (y != NULL) gk_store_part(y + i, count - i, e);
        total = vaddq_f64(total, vaddq_f64(vcvt_f64_f32(vget_low_f32(e)), vcvt_high_f64_f32(e)));
    }
    *sum = vaddvq_f64(total);
}

/// Index of the first element equal to `value`; -1 if there is none.
int64_t gk_first_equal_neon(const float *x, int64_t count, float value) {
    int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        if (vmaxvq_u32(vceqq_f32(vld1q_f32(x + i), vdupq_n_f32(value))) != 0) break;
    }
    for (; i < count; i++) {
        if (x[i] == value) return i;
    }
    return -1;
}

void gk_rope_neon(float *head, int64_t half, const float *cosines, const float *sines, gk_rope_layout layout) {
    int64_t k = 0;
    for (; k + 4 <= half; k += 4) {
        float32x4_t c = vld1q_f32(cosines + k), s = vld1q_f32(sines + k);
        float32x4x2_t v;
        if (layout == GK_ROPE_HALVES) {
            v.val[0] = vld1q_f32(head + k);
            v.val[1] = vld1q_f32(head + half + k);
        } else {
            v = vld2q_f32(head + 2 * k);
        }
        float32x4x2_t turned = {{
            vsubq_f32(vmulq_f32(v.val[0], c), vmulq_f32(v.val[1], s)), vaddq_f32(vmulq_f32(v.val[0], s), vmulq_f32(v.val[1], c)),
        }};
        if (layout == GK_ROPE_HALVES) {
            vst1q_f32(head + k, turned.val[0]);
            vst1q_f32(head + half + k, turned.val[1]);
        } else {
            vst2q_f32(head + 2 * k, turned);
        }
    }
    for (; k < half; k++) {
        float *pa = layout == GK_ROPE_HALVES ? head + k : head + 2 * k, *pb = layout == GK_ROPE_HALVES ? head + half + k : pa + 1;
        float a = *pa, b = *pb;
        *pa = a * cosines[k] - b * sines[k];
        *pb = a * sines[k] + b * cosines[k];
    }
}

void gk_halves_from_neon(gk_type type, uint16_t *y, const float *x, int64_t count) {
    for (int64_t i = 0; i < count; i += 4) {
        float32x4_t v = gk_load_part(x + i, count - i);
        uint16x4_t half = type == GK_F16 ? vreinterpret_u16_f16(vcvt_f16_f32(v))
            : vshrn_n_u32(vreinterpretq_u32_f32(gk_round_bf16(v)), 16);
        if (i + 4 <= count) {
            vst1_u16(y + i, half);
        } else {
            uint16_t last[4];
            vst1_u16(last, half);
            memcpy(y + i, last, (size_t)(count - i) * 2);
        }
    }
}

void gk_prepare_codes_neon(const float *x, int64_t blocks, gk_code_row row) {
    for (int64_t b = 0; b < blocks; b++) {
        float32x4_t v[8], top = vdupq_n_f32(0);
        for (int n = 0; n < 8; n++) {
            v[n] = vld1q_f32(x + b * 32 + 4 * n);
            // As with fmaxf, NaN does not count.
            float32x4_t magnitude = vabsq_f32(v[n]);
            top = vbslq_f32(vcgtq_f32(magnitude, top), magnitude, top);
        }
        float absmax = vmaxvq_f32(top), inverse = absmax > 0 ? 127.0f / absmax : 0;
        row.scales[b] = absmax / 127.0f;
        int32_t halves[2];
        for (int h = 0; h < 2; h++) {
            int16x4_t codes[4];
            for (int n = 0; n < 4; n++) {
                float32x4_t scaled = vmulq_n_f32(v[4 * h + n], inverse);
                uint32x4_t finite = vcaleq_f32(scaled, vdupq_n_f32(127.5f));
                int32x4_t code = vandq_s32(vcvtnq_s32_f32(scaled), vreinterpretq_s32_u32(finite));
                codes[n] = vmovn_s32(vmaxq_s32(vminq_s32(code, vdupq_n_s32(127)), vdupq_n_s32(-127)));
            }
            int8x16_t bytes = vcombine_s8(vmovn_s16(vcombine_s16(codes[0], codes[1])), vmovn_s16(vcombine_s16(codes[2], codes[3])));
            vst1q_s8(row.codes + b * 32 + 16 * h, bytes);
            halves[h] = vaddlvq_s8(bytes);
            row.halves32[2 * b + h] = -32 * halves[h];
        }
        int32_t sum = halves[0] + halves[1];
        row.scaled_sums[b] = row.scales[b] * (float)sum;
        row.starts8[b] = -8 * sum;
        row.starts16[b] = -16 * sum;
        row.starts128[b] = -128 * sum;
    }
}

void gk_round_bf16_neon(float *x, int64_t count) {
    for (int64_t i = 0; i < count; i += 4) gk_store_part(x + i, count - i, gk_round_bf16(gk_load_part(x + i, count - i)));
}

#endif
