// The products with int8 activations that NEON has with and without dot products: included by both after they have
// defined TARGET and
//   int32x4_t dot16(gk_type type, const int8x16_t *codes, int8x16_t x, int32x4_t sum)
// which adds the products of four vectors of codes, that is of sixteen columns of four rows, with as many activations.

enum {
    // Rows of activations that share one unpacking of the weights, and of sixteen rows of weights those at a time.
    tile_rows = 8,
    tile_quads = 2,
};

/// What integer sums start from in half `h` of a block.
GK_INLINE int32x4_t start_of(gk_type type, const gk_prepared *in, int64_t at, int h) {
    if (type == GK_Q6_K) return vld1q_dup_s32(in->halves32 + 2 * at + h);
    if (type == GK_Q4_0) return vld1q_dup_s32(in->starts8 + at);
    if (type == GK_Q5_0) return vld1q_dup_s32(in->starts16 + at);
    return vdupq_n_s32(0);
}

/// sum + one block's part of the product with row `i` of the activations.
GK_INLINE TARGET float32x4_t add_block(gk_type type, const gk_quad *v, const gk_prepared *in, int64_t i, int64_t b, float32x4_t sum) {
    const int8_t *x = in->codes + i * in->code_stride + b * 32;
    int64_t at = i * in->blocks + b;
    float x_scale = in->scales[at];
    int32x4_t dot = dot16(type, v->codes, vld1q_s8(x), start_of(type, in, at, 0));
    if (type == GK_Q6_K) {
        sum = vfmaq_f32(sum, vcvtq_f32_s32(dot), vmulq_n_f32(v->scale[0], x_scale));
        dot = start_of(type, in, at, 1);
    }
    dot = dot16(type, v->codes + 4, vld1q_s8(x + 16), dot);
    sum = vfmaq_f32(sum, vcvtq_f32_s32(dot), vmulq_n_f32(v->scale[type == GK_Q6_K ? 1 : 0], x_scale));
    if (gk_has_minimum(type)) sum = vfmaq_n_f32(sum, v->minimum, in->scaled_sums[at]);
    return sum;
}

/// `rows` rows of activations by quads first_quad ..< first_quad + quads of a group; both are constants after inlining.
GK_INLINE TARGET void tile(
    gk_type type, const gk_product *p, const gk_prepared *in, const gk_packed_shape *s, int64_t g, int first_quad, const int quads,
    int64_t first, const int rows) {
    const uint8_t *group = (const uint8_t *)p->weight->data + g * s->group_bytes;
    float32x4_t sums[4][tile_rows];
    for (int q = 0; q < quads; q++) {
        for (int i = 0; i < rows; i++) sums[q][i] = vdupq_n_f32(0);
    }
    for (int64_t b = 0; b < s->blocks; b++) {
#pragma clang loop unroll(full)
        for (int q = 0; q < quads; q++) {
            gk_quad v = gk_load_quad(type, group, s, b, first_quad + q);
#pragma clang loop unroll(full)
            for (int i = 0; i < rows; i++) sums[q][i] = add_block(type, &v, in, first + i, b, sums[q][i]);
        }
    }
    for (int i = 0; i < rows; i++) {
        for (int q = 0; q < quads; q++) gk_store4(p, first + i, g * GK_GROUP_ROWS + 4 * (first_quad + q), sums[q][i]);
    }
}

/// Rows of activations first ..< in->m by one group.
GK_INLINE TARGET void group_of(gk_type type, const gk_product *p, const gk_prepared *in, const gk_packed_shape *s, int64_t g, int64_t first) {
    int64_t i = first;
    for (; i + tile_rows <= in->m; i += tile_rows) {
        for (int quad = 0; quad < 4; quad += tile_quads) tile(type, p, in, s, g, quad, tile_quads, i, tile_rows);
    }
    for (; i + 3 <= in->m; i += 3) tile(type, p, in, s, g, 0, 4, i, 3);
    for (; i < in->m; i++) tile(type, p, in, s, g, 0, 4, i, 1);
}
