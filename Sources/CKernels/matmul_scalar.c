// Products in plain C: the reference of the other instruction sets, and what runs where there is none.

#include "matmul.h"

#include "dequantize.h"

/// Sixteen partial sums over the columns, added as a tree: the order that the vector kernels have.
static float dot(const float *a, const float *b, int64_t count) {
    float sums[16] = {0};
    int64_t whole = count / 16 * 16;
    for (int64_t k = 0; k < whole; k += 16) {
        for (int l = 0; l < 16; l++) sums[l] += a[k + l] * b[k + l];
    }
    for (int64_t k = whole; k < count; k++) sums[k - whole] += a[k] * b[k];
    for (int step = 8; step > 0; step /= 2) {
        for (int l = 0; l < step; l++) sums[l] += sums[l + step];
    }
    return sums[0];
}

/// One packed row against int8 activations: int32 within a block (half a block where it has two scales),
/// float32 across blocks.
static float dot_int8(const gk_weight *w, const gk_packed_shape *shape, const gk_prepared *in, int64_t row, int64_t i) {
    const int8_t *codes = in->codes + i * in->code_stride;
    const float *scales = in->scales + i * in->blocks, *scaled_sums = in->scaled_sums + i * in->blocks;
    float sum = 0;
    for (int64_t b = 0; b < shape->blocks; b++) {
        gk_packed_block block;
        gk_read_packed_block(w->type, shape, w->data, row, b, &block);
        int32_t halves[2] = {0, 0};
        for (int k = 0; k < 32; k++) halves[k / 16] += block.codes[k] * codes[b * 32 + k];
        if (w->type == GK_Q6_K) {
            sum += (float)halves[0] * (block.scale[0] * scales[b]);
            sum += (float)halves[1] * (block.scale[1] * scales[b]);
        } else {
            sum += (float)(halves[0] + halves[1]) * (block.scale[0] * scales[b]);
            sum += block.minimum * scaled_sums[b];
        }
    }
    return sum;
}

void gk_groups_scalar(
    const gk_product *product, const gk_prepared *in, int64_t first_group, int64_t groups, float *panel) {
    const gk_weight *w = product->weight;
    bool int8 = gk_takes_int8(w, in->compute);
    gk_packed_shape shape = {0};
    if (int8) shape = gk_packed_shape_of(w->type, w->cols);
    int64_t end = (first_group + groups) * GK_GROUP_ROWS;
    if (end > w->rows) end = w->rows;
    for (int64_t row = first_group * GK_GROUP_ROWS; row < end; row++) {
        if (int8) {
            for (int64_t i = 0; i < in->m; i++) gk_store(product, i, row, dot_int8(w, &shape, in, row, i));
            continue;
        }
        gk_dequantize_row(w, row, panel);
        if (in->compute == GK_COMPUTE_BF16) {
            for (int64_t k = 0; k < w->cols; k++) panel[k] = gk_f32_from_bf16(gk_bf16_from_f32(panel[k]));
        }
        for (int64_t i = 0; i < in->m; i++) gk_store(product, i, row, dot(panel, in->x + i * in->x_stride, w->cols));
    }
}
