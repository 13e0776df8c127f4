// From rows of a file to the layout PACKED.

#include "packed.h"

#include "blocks.h"
#include "gk_weight.h"

int64_t gk_packed_bytes(gk_type type, int64_t rows, int64_t cols) {
    if (!gk_is_packable(type) || gk_rows_bytes(type, rows, cols) < 0) return -1;
    // Far below overflow: a group is at most sixteen rows of little more than a byte an element.
    if (rows > INT64_MAX - GK_GROUP_ROWS || cols > INT64_MAX / 64) return -1;
    int64_t total, groups = (rows + GK_GROUP_ROWS - 1) / GK_GROUP_ROWS;
    if (__builtin_mul_overflow(groups, gk_packed_shape_of(type, cols).group_bytes, &total)) return -1;
    return total;
}

/// Codes of 32 columns, all bits, unsigned, in column order.
static void write_codes(uint8_t *group, const gk_packed_shape *shape, gk_type type, int64_t b, int r, const uint8_t *codes) {
    if (type == GK_Q8_0) {
        uint8_t *low = group + shape->low_offset + b * 512;
        for (int i = 0; i < 32; i++) low[i / 4 * 64 + 4 * r + i % 4] = codes[i];
        return;
    }
    uint8_t *low = group + shape->low_offset + b * 256;
    for (int i = 0; i < 16; i++) {
        low[i / 4 * 64 + 4 * r + i % 4] = (uint8_t)((codes[i] & 15) | (codes[i + 16] & 15) << 4);
    }
    if (type == GK_Q5_0 || type == GK_Q5_1 || type == GK_Q5_K) {
        uint8_t *high = group + shape->high_offset + b * 64;
        for (int c = 0; c < 8; c++) {
            for (int k = 0; k < 4; k++) {
                int bit = 4 * r + k;
                high[c * 8 + bit / 8] |= (uint8_t)((codes[4 * c + k] >> 4 & 1) << (bit % 8));
            }
        }
    } else if (type == GK_Q6_K) {
        uint8_t *high = group + shape->high_offset + b * 128;
        for (int i = 0; i < 32; i++) {
            high[i / 16 * 64 + 4 * r + i % 4] |= (uint8_t)((codes[i] >> 4 & 3) << (2 * (i / 4 % 4)));
        }
    }
}

static void put_half(uint8_t *group, int64_t offset, int r, uint16_t value) { memcpy(group + offset + 2 * r, &value, 2); }

static void nibbles(const uint8_t *qs, uint8_t *codes) {
    for (int i = 0; i < 16; i++) {
        codes[i] = qs[i] & 15;
        codes[i + 16] = qs[i] >> 4;
    }
}

static void fifth_bits(const uint8_t *qh, uint8_t *codes) {
    for (int i = 0; i < 32; i++) codes[i] |= (uint8_t)((qh[i / 8] >> (i % 8) & 1) << 4);
}

static void pack_small(uint8_t *group, const gk_packed_shape *s, gk_type type, int64_t b, int r, const uint8_t *row) {
    uint8_t codes[32];
    int64_t at = b * s->scale_step;
    switch (type) {
    case GK_Q4_0: {
        const block_q4_0 *q = (const block_q4_0 *)row + b;
        put_half(group, at, r, q->d);
        nibbles(q->qs, codes);
        break;
    }
    case GK_Q4_1: {
        const block_q4_1 *q = (const block_q4_1 *)row + b;
        put_half(group, at, r, q->d);
        put_half(group, at + 32, r, q->m);
        nibbles(q->qs, codes);
        break;
    }
    case GK_Q5_0: {
        const block_q5_0 *q = (const block_q5_0 *)row + b;
        put_half(group, at, r, q->d);
        nibbles(q->qs, codes);
        fifth_bits(q->qh, codes);
        break;
    }
    case GK_Q5_1: {
        const block_q5_1 *q = (const block_q5_1 *)row + b;
        put_half(group, at, r, q->d);
        put_half(group, at + 32, r, q->m);
        nibbles(q->qs, codes);
        fifth_bits(q->qh, codes);
        break;
    }
    default: {
        const block_q8_0 *q = (const block_q8_0 *)row + b;
        put_half(group, at, r, q->d);
        for (int i = 0; i < 32; i++) codes[i] = (uint8_t)q->qs[i] ^ 0x80;
        break;
    }
    }
    write_codes(group, s, type, b, r, codes);
}

static void pack_k45(uint8_t *group, const gk_packed_shape *s, gk_type type, int64_t super, int r, const uint8_t *row) {
    const block_q4_k *q4 = (const block_q4_k *)row + super;
    const block_q5_k *q5 = (const block_q5_k *)row + super;
    bool five = type == GK_Q5_K;
    int64_t at = super * s->scale_step;
    put_half(group, at, r, five ? q5->d : q4->d);
    put_half(group, at + 32, r, five ? q5->dmin : q4->dmin);
    for (int j = 0; j < 8; j++) {
        gk_scale_min_k4(five ? q5->scales : q4->scales, j, group + at + 64 + j * 16 + r, group + at + 192 + j * 16 + r);
        const uint8_t *qs = (five ? q5->qs : q4->qs) + j / 2 * 32;
        uint8_t codes[32];
        for (int i = 0; i < 32; i++) {
            codes[i] = qs[i] >> (j % 2 * 4) & 15;
            if (five) codes[i] |= (uint8_t)((q5->qh[i] >> j & 1) << 4);
        }
        write_codes(group, s, type, super * 8 + j, r, codes);
    }
}

static void pack_k6(uint8_t *group, const gk_packed_shape *s, int64_t super, int r, const uint8_t *row) {
    const block_q6_k *q = (const block_q6_k *)row + super;
    int64_t at = super * s->scale_step;
    put_half(group, at, r, q->d);
    for (int j = 0; j < 16; j++) group[at + 32 + j * 16 + r] = (uint8_t)q->scales[j];
    for (int j = 0; j < 8; j++) {
        uint8_t codes[32];
        for (int i = 0; i < 32; i++) {
            int half = j / 4, run = j % 4;
            uint8_t low = q->ql[half * 64 + run % 2 * 32 + i] >> (run / 2 * 4) & 15;
            codes[i] = (uint8_t)(low | (q->qh[half * 32 + i] >> (2 * run) & 3) << 4);
        }
        write_codes(group, s, GK_Q6_K, super * 8 + j, r, codes);
    }
}

typedef struct {
    gk_type type;
    int64_t rows, cols, row_bytes;
    gk_packed_shape shape;
    const uint8_t *source;
    uint8_t *packed;
} pack_job;

static void pack_groups(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    const pack_job *job = context;
    for (int64_t g = begin; g < end; g++) {
        uint8_t *group = job->packed + g * job->shape.group_bytes;
#ifdef GK_VECTOR
        bool simple = job->type == GK_Q4_0 || job->type == GK_Q4_1 || job->type == GK_Q8_0;
        if (simple && gk_has_vectors() && (g + 1) * GK_GROUP_ROWS <= job->rows) {
            const uint8_t *rows = job->source + g * GK_GROUP_ROWS * job->row_bytes;
            GK_VECTOR(gk_pack_group)(job->type, &job->shape, rows, job->row_bytes, group);
            // The step from the last scale to the codes' alignment.
            int64_t used = job->shape.blocks * job->shape.scale_step;
            memset(group + used, 0, (size_t)(job->shape.high_offset - used));
            continue;
        }
#endif
        memset(group, 0, (size_t)job->shape.group_bytes);
        for (int r = 0; r < GK_GROUP_ROWS && g * GK_GROUP_ROWS + r < job->rows; r++) {
            const uint8_t *row = job->source + (g * GK_GROUP_ROWS + r) * job->row_bytes;
            if (job->type == GK_Q4_K || job->type == GK_Q5_K) {
                for (int64_t s = 0; s < job->cols / 256; s++) pack_k45(group, &job->shape, job->type, s, r, row);
            } else if (job->type == GK_Q6_K) {
                for (int64_t s = 0; s < job->cols / 256; s++) pack_k6(group, &job->shape, s, r, row);
            } else {
                for (int64_t b = 0; b < job->shape.blocks; b++) pack_small(group, &job->shape, job->type, b, r, row);
            }
        }
    }
}

gk_status gk_pack(gk_pool *pool, gk_type type, int64_t rows, int64_t cols, const void *source, void *packed) {
    if (!gk_is_packable(type)) return GK_UNSUPPORTED;
    if (gk_packed_bytes(type, rows, cols) < 0 || source == NULL || packed == NULL) return GK_BAD_ARGUMENT;
    pack_job job = {
        .type = type, .rows = rows, .cols = cols, .row_bytes = gk_rows_bytes(type, 1, cols),
        .shape = gk_packed_shape_of(type, cols), .source = source, .packed = packed,
    };
    gk_pool_run(pool, (rows + GK_GROUP_ROWS - 1) / GK_GROUP_ROWS, 4, pack_groups, &job);
    return GK_OK;
}
