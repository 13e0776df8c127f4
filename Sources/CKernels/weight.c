// Weight descriptors: sizes, checks, rows.

#include "gk_quantize.h"

#include "dequantize.h"
#include "packed.h"
#include "platform.h"

int64_t gk_rows_bytes(gk_type type, int64_t rows, int64_t cols) {
    int64_t elements = gk_block_elements(type), bytes = gk_block_bytes(type), total;
    if (elements == 0 || bytes == 0 || rows < 0 || cols < 0 || cols % elements != 0) return -1;
    if (__builtin_mul_overflow(rows, cols / elements, &total) || __builtin_mul_overflow(total, bytes, &total)) return -1;
    return total;
}

gk_status gk_weight_check(const gk_weight *w) {
    if (w == NULL || w->data == NULL || w->rows < 0 || w->cols < 0) return GK_BAD_ARGUMENT;
    if (w->layout == GK_LAYOUT_PACKED) {
        return gk_packed_bytes(w->type, w->rows, w->cols) >= 0 ? GK_OK : GK_UNSUPPORTED;
    }
    if (w->layout != GK_LAYOUT_ROWS || gk_block_elements(w->type) == 0) return GK_UNSUPPORTED;
    int64_t count;
    if (__builtin_mul_overflow(w->rows, w->cols, &count)) return GK_BAD_ARGUMENT;
    switch (w->type) {
    case GK_INT8: return w->absmax != NULL ? GK_OK : GK_BAD_ARGUMENT;
    case GK_NF4: case GK_FP4:
        if (w->block_size < 2 || w->block_size % 2 != 0) return GK_BAD_ARGUMENT;
        if (w->absmax != NULL) return GK_OK;
        return w->absmax_codes != NULL && w->absmax_map != NULL && w->absmax_state2 != NULL ? GK_OK : GK_BAD_ARGUMENT;
    default: return gk_rows_bytes(w->type, w->rows, w->cols) >= 0 ? GK_OK : GK_BAD_ARGUMENT;
    }
}

void gk_dequantize_row(const gk_weight *w, int64_t row, float *destination) {
    if (w->layout == GK_LAYOUT_PACKED) {
        gk_packed_row(w, row, destination);
        return;
    }
    if (w->type == GK_INT8 || w->type == GK_NF4 || w->type == GK_FP4) {
        gk_dequantize_codes(w, row * w->cols, w->cols, destination);
        return;
    }
    int64_t blocks = w->cols / gk_block_elements(w->type);
    const uint8_t *source = (const uint8_t *)w->data + row * blocks * gk_block_bytes(w->type);
    gk_dequantize_blocks(w->type, source, blocks, destination);
}

gk_status gk_weight_row(const gk_weight *weight, int64_t row, float *destination) {
    gk_status status = gk_weight_check(weight);
    if (status != GK_OK) return status;
    if (row < 0 || row >= weight->rows || destination == NULL) return GK_BAD_ARGUMENT;
    gk_dequantize_row(weight, row, destination);
    return GK_OK;
}
