// Products with int8 activations on the layout PACKED, NEON without dot products.
//
// A 32-bit lane is a row. Bytes are multiplied to 16 bits and summed there over four vectors of codes: sums of codes of up to
// 6 bits with activations of at most 127 stay below 4 * 63 * 127 = 32004, of Q8_0's two below 2 * 128 * 127 = 32512. Every
// output is summed over blocks in order, one row of activations or many, so that results do not depend on m.

#include "packed_neon.h"

#if GK_NEON

#define TARGET

GK_INLINE int32x4_t pairs_of(int16x8_t low, int16x8_t high) { return vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)); }

GK_INLINE int32x4_t dot16(gk_type type, const int8x16_t *codes, int8x16_t x, int32x4_t sum) {
    int16x8_t low, high;
    for (int c = 0; c < 4; c++) {
        int8x16_t four = vreinterpretq_s8_s32(
            c == 0 ? vdupq_laneq_s32(vreinterpretq_s32_s8(x), 0) : c == 1 ? vdupq_laneq_s32(vreinterpretq_s32_s8(x), 1)
            : c == 2 ? vdupq_laneq_s32(vreinterpretq_s32_s8(x), 2) : vdupq_laneq_s32(vreinterpretq_s32_s8(x), 3));
        bool starts = c == 0 || (type == GK_Q8_0 && c == 2);
        if (starts && c > 0) sum = vaddq_s32(sum, pairs_of(low, high));
        low = starts ? vmull_s8(vget_low_s8(codes[c]), vget_low_s8(four)) : vmlal_s8(low, vget_low_s8(codes[c]), vget_low_s8(four));
        high = starts ? vmull_high_s8(codes[c], four) : vmlal_high_s8(high, codes[c], four);
    }
    return vaddq_s32(sum, pairs_of(low, high));
}

#include "int8_neon.h"

#define KERNEL(name, type)                                                                               \
    static void name(                                                                                    \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        (void)panel;                                                                                     \
        gk_packed_shape s = gk_packed_shape_of(type, p->weight->cols);                                   \
        for (int64_t g = first_group; g < first_group + groups; g++) group_of(type, p, in, &s, g, 0);    \
    }

GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_int8_kernel_neon)

#endif
