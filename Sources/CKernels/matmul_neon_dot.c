// Products with int8 activations on the layout PACKED, NEON with dot products.
//
// A 32-bit lane is a row: sdot by element multiplies four columns' codes of four rows with four activations that all lanes
// share, so that nothing is broadcast. Every output is summed over blocks in order, one row of activations or many, so that
// results do not depend on m.

#include "packed_neon.h"

#if GK_NEON

#define TARGET GK_TARGET_NEON_DOT

GK_INLINE TARGET int32x4_t dot16(gk_type type, const int8x16_t *codes, int8x16_t x, int32x4_t sum) {
    (void)type;
    sum = vdotq_laneq_s32(sum, codes[0], x, 0);
    sum = vdotq_laneq_s32(sum, codes[1], x, 1);
    sum = vdotq_laneq_s32(sum, codes[2], x, 2);
    return vdotq_laneq_s32(sum, codes[3], x, 3);
}

#include "int8_neon.h"

#define KERNEL(name, type)                                                                               \
    TARGET static void name(                                                                             \
        const gk_product *p, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) { \
        (void)panel;                                                                                     \
        gk_packed_shape s = gk_packed_shape_of(type, p->weight->cols);                                   \
        for (int64_t g = first_group; g < first_group + groups; g++) group_of(type, p, in, &s, g, 0);    \
    }

GK_PACKED_KERNELS(KERNEL)

GK_PACKED_CHOICE(gk_int8_kernel_neon_dot)

#endif
