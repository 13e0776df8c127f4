// Whether a tensor in file order is free of NaN and infinity: by the exponents of its numbers, or of its blocks'
// scales.

#include "blocks.h"
#include "gk_quantize.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { piece_bytes = 1 << 18 };

typedef struct {
    gk_type type;
    const uint8_t *source;
    int64_t blocks;
    int64_t block_bytes;
    int64_t piece;
    atomic_bool found;
} job;

/// Where a block has its halves; the second is -1 where there is one only.
static void scale_offsets(gk_type type, int64_t offsets[2]) {
    offsets[0] = 0;
    offsets[1] = -1;
    switch (type) {
    case GK_Q4_1: case GK_Q5_1: case GK_Q4_K: case GK_Q5_K: offsets[1] = 2; break;
    case GK_Q2_K: offsets[0] = offsetof(block_q2_k, d), offsets[1] = offsetof(block_q2_k, dmin); break;
    case GK_Q3_K: offsets[0] = offsetof(block_q3_k, d); break;
    case GK_Q6_K: offsets[0] = offsetof(block_q6_k, d); break;
    default: break;
    }
}

static bool full16(const uint8_t *p, int64_t count, int64_t step, uint16_t exponent) {
    uint16_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        uint16_t bits;
        memcpy(&bits, p + i * step, 2);
        found |= (uint16_t)((bits & exponent) == exponent);
    }
    return found != 0;
}

static bool full32(const uint8_t *p, int64_t count) {
    uint32_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, p + i * 4, 4);
        found |= (uint32_t)((bits & 0x7f800000) == 0x7f800000);
    }
    return found != 0;
}

static void section(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    job *j = context;
    for (int64_t n = begin; n < end && !atomic_load_explicit(&j->found, memory_order_relaxed); n++) {
        int64_t first = n * j->piece, count = j->blocks - first < j->piece ? j->blocks - first : j->piece;
        const uint8_t *p = j->source + first * j->block_bytes;
        bool found = false;
        if (j->type == GK_F32) found = full32(p, count);
        else if (j->type == GK_F16) found = full16(p, count, 2, 0x7c00);
        else if (j->type == GK_BF16) found = full16(p, count, 2, 0x7f80);
        else {
            int64_t offsets[2];
            scale_offsets(j->type, offsets);
            for (int k = 0; k < 2; k++) found = found || (offsets[k] >= 0 && full16(p + offsets[k], count, j->block_bytes, 0x7c00));
        }
        if (found) atomic_store_explicit(&j->found, true, memory_order_relaxed);
    }
}

gk_status gk_check_finite(gk_pool *pool, gk_type type, const void *source, int64_t count, int32_t *is_finite) {
    int64_t elements = gk_block_elements(type), bytes = gk_block_bytes(type);
    if (source == NULL || is_finite == NULL || count < 0) return GK_BAD_ARGUMENT;
    if (type == GK_INT8 || elements == 0 || bytes == 0) return GK_UNSUPPORTED;
    if (count % elements != 0) return GK_BAD_ARGUMENT;
    job j = {.type = type, .source = source, .blocks = count / elements, .block_bytes = bytes, .piece = piece_bytes / bytes};
    gk_pool_run(pool, (j.blocks + j.piece - 1) / j.piece, 1, section, &j);
    *is_finite = !atomic_load(&j.found);
    return GK_OK;
}
