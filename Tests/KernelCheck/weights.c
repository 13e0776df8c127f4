// Random weights of every type.

#include "check.h"

#include <string.h>

/// Where the halves lie in a block of a GGUF type, in bytes; the second is -1 where there is one only.
static void half_offsets(gk_type type, int offsets[2]) {
    offsets[0] = type == GK_Q2_K ? 80 : type == GK_Q3_K ? 108 : type == GK_Q6_K ? 208 : 0;
    bool two = type == GK_Q4_1 || type == GK_Q5_1 || type == GK_Q4_K || type == GK_Q5_K;
    offsets[1] = type == GK_Q2_K ? 82 : two ? 2 : -1;
}

static bool extremes;

void random_extremes(bool are_on) { extremes = are_on; }

static void random_bytes(uint8_t *to, int64_t count) {
    static const uint8_t largest[3] = {0xff, 0x80, 0x7f};
    uint8_t run = 0xff;
    for (int64_t i = 0; i < count; i++) {
        if (i % 256 == 0) run = largest[random_below(3)];
        to[i] = extremes ? run : (uint8_t)random_bits();
    }
}

static gk_weight random_blocks(gk_type type, int64_t rows, int64_t cols) {
    int64_t blocks = rows * cols / gk_block_elements(type), bytes = gk_block_bytes(type);
    uint8_t *data = check_memory((size_t)(blocks * bytes));
    random_bytes(data, blocks * bytes);
    int offsets[2];
    half_offsets(type, offsets);
    for (int64_t b = 0; b < blocks; b++) {
        for (int k = 0; k < 2; k++) {
            if (offsets[k] < 0) continue;
            // 2^-8 ... 2^-5 with a random fraction and sign.
            uint16_t half = (uint16_t)((0x1c00 + random_below(0xc00)) | (random_below(2) << 15));
            memcpy(data + b * bytes + offsets[k], &half, 2);
        }
    }
    return (gk_weight){.type = type, .rows = rows, .cols = cols, .data = data};
}

gk_weight random_weight(gk_type type, int64_t rows, int64_t cols, int64_t block_size, bool is_double) {
    int64_t count = rows * cols;
    gk_weight w = {.type = type, .rows = rows, .cols = cols};
    if (type == GK_F32 || type == GK_F16 || type == GK_BF16) {
        void *data = check_memory((size_t)(count * gk_block_bytes(type)));
        gk_convert(NULL, GK_F32, random_floats(count, 1), type, data, count);
        w.data = data;
        return w;
    }
    if (type == GK_INT8) {
        uint8_t *data = check_memory((size_t)count);
        random_bytes(data, count);
        float *absmax = check_memory((size_t)rows * sizeof(float));
        for (int64_t i = 0; i < rows; i++) absmax[i] = 0.1f + (float)random_below(1000) / 500;
        w.data = data;
        w.absmax = absmax;
        return w;
    }
    if (type != GK_NF4 && type != GK_FP4) return random_blocks(type, rows, cols);
    uint8_t *data = check_memory((size_t)((count + 1) / 2));
    random_bytes(data, (count + 1) / 2);
    w.data = data;
    w.block_size = block_size;
    int64_t blocks = (count + block_size - 1) / block_size;
    float *absmax = check_memory((size_t)blocks * sizeof(float));
    for (int64_t i = 0; i < blocks; i++) absmax[i] = 0.1f + (float)random_below(1000) / 500;
    w.absmax = absmax;
    if (is_double) {
        uint8_t *codes = check_memory((size_t)blocks);
        float *state2 = check_memory((size_t)((blocks + 255) / 256) * sizeof(float));
        gk_quantize_absmax(absmax, blocks, gk_dynamic_map(), codes, state2, &w.absmax_offset);
        w.absmax = NULL;
        w.absmax_codes = codes;
        w.absmax_map = gk_dynamic_map();
        w.absmax_state2 = state2;
    }
    return w;
}
