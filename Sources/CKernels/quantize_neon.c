// Codes of bitsandbytes, and interleaving sixteen rows, NEON: what loading a model waits for.

#include "elementwise_vector.h"
#include "neon.h"

#if GK_NEON

/// How many thresholds four values exceed, as in the plain form.
GK_INLINE uint32x4_t place_of(float32x4_t x, const float *thresholds, int count) {
    uint32x4_t place = vdupq_n_u32(0);
    // A comparison gives -1.
    for (int i = 0; i < count; i++) place = vsubq_u32(place, vcgtq_f32(x, vdupq_n_f32(thresholds[i])));
    return place;
}

/// Codes of sixteen values, a byte each.
GK_INLINE uint8x16_t codes_of(gk_type type, const float *x, float inverse, const float *nf4, const float *fp4) {
    uint16x4_t places[4], negative[4];
    for (int n = 0; n < 4; n++) {
        float32x4_t v = vmulq_n_f32(vld1q_f32(x + 4 * n), inverse);
        places[n] = vmovn_u32(type == GK_NF4 ? place_of(v, nf4, 15) : place_of(vabsq_f32(v), fp4, 7));
        negative[n] = vmovn_u32(vcltzq_f32(v));
    }
    uint8x16_t place = vcombine_u8(vmovn_u16(vcombine_u16(places[0], places[1])), vmovn_u16(vcombine_u16(places[2], places[3])));
    if (type == GK_NF4) return place;
    static const uint8_t fp4_codes[16] = {0, 1, 6, 7, 4, 5, 2, 3};
    uint8x16_t sign = vcombine_u8(vmovn_u16(vcombine_u16(negative[0], negative[1])), vmovn_u16(vcombine_u16(negative[2], negative[3])));
    return vorrq_u8(vqtbl1q_u8(vld1q_u8(fp4_codes), place), vandq_u8(sign, vdupq_n_u8(8)));
}

int64_t gk_codes_4bit_neon(
    gk_type type, const float *x, int64_t count, float inverse, const float *nf4_thresholds, const float *fp4_thresholds,
    uint8_t *packed) {
    int64_t i = 0;
    for (; i + 32 <= count; i += 32) {
        uint8x16_t a = codes_of(type, x + i, inverse, nf4_thresholds, fp4_thresholds);
        uint8x16_t b = codes_of(type, x + i + 16, inverse, nf4_thresholds, fp4_thresholds);
        vst1q_u8(packed + i / 2, vsliq_n_u8(vuzp2q_u8(a, b), vuzp1q_u8(a, b), 4));
    }
    return i;
}

/// Sixteen bytes of each of sixteen rows, `stride` apart, to four runs of 64 bytes whose lane r holds four bytes of row r;
/// each byte is xor-ed with `flip`.
static void interleave(const uint8_t *source, int64_t stride, uint8_t flip, uint8_t *destination) {
    for (int q = 0; q < 4; q++) {
        uint32x4_t v[4];
        for (int r = 0; r < 4; r++) {
            v[r] = vreinterpretq_u32_u8(veorq_u8(vld1q_u8(source + (4 * q + r) * stride), vdupq_n_u8(flip)));
        }
        uint32x4x2_t even = vzipq_u32(v[0], v[2]), odd = vzipq_u32(v[1], v[3]);
        uint32x4x2_t low = vzipq_u32(even.val[0], odd.val[0]), high = vzipq_u32(even.val[1], odd.val[1]);
        uint8_t *to = destination + 16 * q;
        vst1q_u8(to, vreinterpretq_u8_u32(low.val[0]));
        vst1q_u8(to + 64, vreinterpretq_u8_u32(low.val[1]));
        vst1q_u8(to + 128, vreinterpretq_u8_u32(high.val[0]));
        vst1q_u8(to + 192, vreinterpretq_u8_u32(high.val[1]));
    }
}

void gk_pack_group_neon(gk_type type, const gk_packed_shape *s, const uint8_t *rows, int64_t row_bytes, uint8_t *group) {
    int64_t block_bytes = gk_block_bytes(type), halves = type == GK_Q4_1 ? 2 : 1;
    for (int64_t b = 0; b < s->blocks; b++) {
        const uint8_t *source = rows + b * block_bytes;
        for (int64_t r = 0; r < GK_GROUP_ROWS; r++) {
            for (int64_t h = 0; h < halves; h++) memcpy(group + b * s->scale_step + h * 32 + 2 * r, source + r * row_bytes + 2 * h, 2);
        }
        source += 2 * halves;
        if (type == GK_Q8_0) {
            uint8_t *low = group + s->low_offset + b * 512;
            interleave(source, row_bytes, 0x80, low);
            interleave(source + 16, row_bytes, 0x80, low + 256);
        } else {
            interleave(source, row_bytes, 0, group + s->low_offset + b * 256);
        }
    }
}

#endif
