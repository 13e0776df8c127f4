// Reading the layout PACKED in plain C: the reference of the products on it, and embedding look-ups.

#include "packed.h"

static float half_at(const uint8_t *p, int r) {
    uint16_t value;
    memcpy(&value, p + 2 * r, 2);
    return gk_f32_from_f16(value);
}

void gk_read_packed_block(
    gk_type type, const gk_packed_shape *shape, const void *data, int64_t row, int64_t b, gk_packed_block *block) {
    const uint8_t *group = (const uint8_t *)data + row / GK_GROUP_ROWS * shape->group_bytes;
    int r = (int)(row % GK_GROUP_ROWS);
    if (type == GK_Q8_0) {
        const uint8_t *low = group + shape->low_offset + b * 512;
        for (int i = 0; i < 32; i++) block->codes[i] = (int16_t)(low[i / 4 * 64 + 4 * r + i % 4] - 128);
        block->scale[0] = block->scale[1] = half_at(group + b * shape->scale_step, r);
        block->minimum = 0;
        return;
    }
    const uint8_t *low = group + shape->low_offset + b * 256;
    for (int i = 0; i < 16; i++) {
        uint8_t pair = low[i / 4 * 64 + 4 * r + i % 4];
        block->codes[i] = pair & 15;
        block->codes[i + 16] = pair >> 4;
    }
    if (type == GK_Q5_0 || type == GK_Q5_1 || type == GK_Q5_K) {
        const uint8_t *high = group + shape->high_offset + b * 64;
        for (int i = 0; i < 32; i++) {
            int bit = 4 * r + i % 4;
            block->codes[i] |= (int16_t)((high[i / 4 * 8 + bit / 8] >> (bit % 8) & 1) << 4);
        }
    } else if (type == GK_Q6_K) {
        const uint8_t *high = group + shape->high_offset + b * 128;
        for (int i = 0; i < 32; i++) {
            block->codes[i] |= (int16_t)((high[i / 16 * 64 + 4 * r + i % 4] >> (2 * (i / 4 % 4)) & 3) << 4);
        }
    }
    int zero = type == GK_Q4_0 ? 8 : type == GK_Q5_0 ? 16 : type == GK_Q6_K ? 32 : 0;
    for (int i = 0; i < 32; i++) block->codes[i] = (int16_t)(block->codes[i] - zero);
    block->minimum = 0;
    if (type == GK_Q4_K || type == GK_Q5_K) {
        const uint8_t *super = group + b / 8 * shape->scale_step;
        int j = (int)(b % 8);
        block->scale[0] = block->scale[1] = half_at(super, r) * (float)super[64 + j * 16 + r];
        block->minimum = -(half_at(super + 32, r) * (float)super[192 + j * 16 + r]);
    } else if (type == GK_Q6_K) {
        const uint8_t *super = group + b / 8 * shape->scale_step;
        for (int h = 0; h < 2; h++) {
            block->scale[h] = half_at(super, r) * (float)(int8_t)super[32 + (b % 8 * 2 + h) * 16 + r];
        }
    } else {
        const uint8_t *scales = group + b * shape->scale_step;
        block->scale[0] = block->scale[1] = half_at(scales, r);
        if (type == GK_Q4_1 || type == GK_Q5_1) block->minimum = half_at(scales + 32, r);
    }
}

void gk_packed_row(const gk_weight *weight, int64_t row, float *destination) {
    gk_packed_shape shape = gk_packed_shape_of(weight->type, weight->cols);
    for (int64_t b = 0; b < shape.blocks; b++) {
        gk_packed_block block;
        gk_read_packed_block(weight->type, &shape, weight->data, row, b, &block);
        for (int i = 0; i < 32; i++) {
            destination[b * 32 + i] = block.scale[i / 16] * (float)block.codes[i] + block.minimum;
        }
    }
}
