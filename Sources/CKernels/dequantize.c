// Blocks of every type to float, in plain C: the reference of all other kernels.
//
// Formulas as in ggml's quants and the gguf package. The products of a half, a sub-scale and a code are
// exact in float32, so only the subtraction of a minimum rounds.

#include "dequantize.h"

#include "blocks.h"
#include "platform.h"

static void q4_0(const block_q4_0 *b, float *y) {
    float d = gk_f32_from_f16(b->d);
    for (int i = 0; i < 16; i++) {
        y[i] = (float)((b->qs[i] & 15) - 8) * d;
        y[i + 16] = (float)((b->qs[i] >> 4) - 8) * d;
    }
}

static void q4_1(const block_q4_1 *b, float *y) {
    float d = gk_f32_from_f16(b->d), m = gk_f32_from_f16(b->m);
    for (int i = 0; i < 16; i++) {
        y[i] = (float)(b->qs[i] & 15) * d + m;
        y[i + 16] = (float)(b->qs[i] >> 4) * d + m;
    }
}

static uint32_t high_bits(const uint8_t *qh) {
    return (uint32_t)qh[0] | (uint32_t)qh[1] << 8 | (uint32_t)qh[2] << 16 | (uint32_t)qh[3] << 24;
}

static void q5_0(const block_q5_0 *b, float *y) {
    float d = gk_f32_from_f16(b->d);
    uint32_t high = high_bits(b->qh);
    for (int i = 0; i < 16; i++) {
        int low = (b->qs[i] & 15) | (int)(high >> i & 1) << 4;
        int top = b->qs[i] >> 4 | (int)(high >> (i + 16) & 1) << 4;
        y[i] = (float)(low - 16) * d;
        y[i + 16] = (float)(top - 16) * d;
    }
}

static void q5_1(const block_q5_1 *b, float *y) {
    float d = gk_f32_from_f16(b->d), m = gk_f32_from_f16(b->m);
    uint32_t high = high_bits(b->qh);
    for (int i = 0; i < 16; i++) {
        int low = (b->qs[i] & 15) | (int)(high >> i & 1) << 4;
        int top = b->qs[i] >> 4 | (int)(high >> (i + 16) & 1) << 4;
        y[i] = (float)low * d + m;
        y[i + 16] = (float)top * d + m;
    }
}

static void q8_0(const block_q8_0 *b, float *y) {
    float d = gk_f32_from_f16(b->d);
    for (int i = 0; i < 32; i++) y[i] = (float)b->qs[i] * d;
}

static void q2_k(const block_q2_k *b, float *y) {
    float d = gk_f32_from_f16(b->d), dmin = gk_f32_from_f16(b->dmin);
    for (int i = 0; i < 256; i++) {
        // Two halves of 128; in each, 32 bytes hold four runs of 32 elements, two bits each.
        int half = i / 128, run = i % 128 / 32, byte = half * 32 + i % 32;
        uint8_t scale = b->scales[i / 16];
        float dl = d * (float)(scale & 15), ml = dmin * (float)(scale >> 4);
        y[i] = dl * (float)(b->qs[byte] >> (2 * run) & 3) - ml;
    }
}

static void q3_k(const block_q3_k *b, float *y) {
    float d = gk_f32_from_f16(b->d);
    for (int i = 0; i < 256; i++) {
        int half = i / 128, run = i % 128 / 32, byte = half * 32 + i % 32, j = i / 16;
        // Sixteen 6-bit scales: low nibbles in bytes 0 ... 7, the upper two bits in bytes 8 ... 11.
        int low = j < 8 ? b->scales[j] & 15 : b->scales[j - 8] >> 4;
        int scale = (low | (b->scales[8 + j % 4] >> (2 * (j / 4)) & 3) << 4) - 32;
        int code = (b->qs[byte] >> (2 * run) & 3) - ((b->hmask[i % 32] >> (half * 4 + run) & 1) != 0 ? 0 : 4);
        y[i] = d * (float)scale * (float)code;
    }
}

static void q4_k(const block_q4_k *b, float *y) {
    float d = gk_f32_from_f16(b->d), dmin = gk_f32_from_f16(b->dmin);
    for (int j = 0; j < 8; j++) {
        uint8_t scale, minimum;
        gk_scale_min_k4(b->scales, j, &scale, &minimum);
        float dl = d * (float)scale, ml = dmin * (float)minimum;
        const uint8_t *qs = b->qs + j / 2 * 32;
        for (int i = 0; i < 32; i++) y[j * 32 + i] = dl * (float)(qs[i] >> (j % 2 * 4) & 15) - ml;
    }
}

static void q5_k(const block_q5_k *b, float *y) {
    float d = gk_f32_from_f16(b->d), dmin = gk_f32_from_f16(b->dmin);
    for (int j = 0; j < 8; j++) {
        uint8_t scale, minimum;
        gk_scale_min_k4(b->scales, j, &scale, &minimum);
        float dl = d * (float)scale, ml = dmin * (float)minimum;
        const uint8_t *qs = b->qs + j / 2 * 32;
        for (int i = 0; i < 32; i++) {
            int code = (qs[i] >> (j % 2 * 4) & 15) | (b->qh[i] >> j & 1) << 4;
            y[j * 32 + i] = dl * (float)code - ml;
        }
    }
}

static void q6_k(const block_q6_k *b, float *y) {
    float d = gk_f32_from_f16(b->d);
    for (int i = 0; i < 256; i++) {
        int half = i / 128, run = i % 128 / 32, j = i % 32;
        uint8_t low = b->ql[half * 64 + run % 2 * 32 + j] >> (run / 2 * 4) & 15;
        uint8_t top = b->qh[half * 32 + j] >> (2 * run) & 3;
        y[i] = d * (float)b->scales[i / 16] * (float)((low | top << 4) - 32);
    }
}

#define EACH_BLOCK(type, function, elements)                                                             \
    for (int64_t i = 0; i < blocks; i++) function((const type *)source + i, destination + i * (elements)); \
    break

void gk_dequantize_blocks(gk_type type, const void *source, int64_t blocks, float *destination) {
    switch (type) {
    case GK_F32: memcpy(destination, source, (size_t)blocks * 4); break;
    case GK_F16:
        for (int64_t i = 0; i < blocks; i++) destination[i] = gk_f32_from_f16(((const uint16_t *)source)[i]);
        break;
    case GK_BF16:
        for (int64_t i = 0; i < blocks; i++) destination[i] = gk_f32_from_bf16(((const uint16_t *)source)[i]);
        break;
    case GK_Q4_0: EACH_BLOCK(block_q4_0, q4_0, 32);
    case GK_Q4_1: EACH_BLOCK(block_q4_1, q4_1, 32);
    case GK_Q5_0: EACH_BLOCK(block_q5_0, q5_0, 32);
    case GK_Q5_1: EACH_BLOCK(block_q5_1, q5_1, 32);
    case GK_Q8_0: EACH_BLOCK(block_q8_0, q8_0, 32);
    case GK_Q2_K: EACH_BLOCK(block_q2_k, q2_k, 256);
    case GK_Q3_K: EACH_BLOCK(block_q3_k, q3_k, 256);
    case GK_Q4_K: EACH_BLOCK(block_q4_k, q4_k, 256);
    case GK_Q5_K: EACH_BLOCK(block_q5_k, q5_k, 256);
    case GK_Q6_K: EACH_BLOCK(block_q6_k, q6_k, 256);
    case GK_INT8: case GK_NF4: case GK_FP4: break;
    }
}

void gk_dequantize_codes(const gk_weight *weight, int64_t first, int64_t count, float *destination) {
    if (weight->type == GK_INT8) {
        const int8_t *codes = (const int8_t *)weight->data + first;
        for (int64_t i = 0; i < count; i++) {
            destination[i] = (float)codes[i] * weight->absmax[(first + i) / weight->cols] * GK_INT8_FACTOR;
        }
        return;
    }
    const uint8_t *packed = weight->data;
    const float *table = gk_table_4bit(weight->type);
    int64_t i = first, end = first + count;
    while (i < end) {
        int64_t block = i / weight->block_size, block_end = (block + 1) * weight->block_size;
        if (block_end > end) block_end = end;
        float absmax = gk_block_absmax(weight, block);
        for (; i < block_end; i++) {
            uint8_t code = (i & 1) == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15;
            destination[i - first] = table[code] * absmax;
        }
    }
}
