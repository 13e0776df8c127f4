// Conversions among element types, and quantising to the codes of bitsandbytes, int8 rows and GGUF blocks.

#include "gk_quantize.h"

#include "blocks.h"
#include "dequantize.h"
#include "elementwise_vector.h"
#include "packed.h"
#include "platform.h"

#include <float.h>
#include <math.h>

enum { span = 4096 };

static bool is_plain(gk_type type) { return type == GK_F32 || type == GK_F16 || type == GK_BF16; }

/// Writes floats as `type` from element `at` on.
static void write_plain(gk_type type, const float *source, int64_t count, void *destination, int64_t at) {
    if (type == GK_F32) {
        memcpy((float *)destination + at, source, (size_t)count * sizeof(float));
#ifdef GK_VECTOR
    } else if (gk_has_vectors()) {
        GK_VECTOR(gk_halves_from)(type, (uint16_t *)destination + at, source, count);
#endif
    } else if (type == GK_F16) {
        for (int64_t i = 0; i < count; i++) ((uint16_t *)destination)[at + i] = gk_f16_from_f32(source[i]);
    } else {
        for (int64_t i = 0; i < count; i++) ((uint16_t *)destination)[at + i] = gk_bf16_from_f32(source[i]);
    }
}

typedef struct {
    gk_type source_type, destination_type;
    const uint8_t *source;
    void *destination;
    int64_t count;
    const gk_weight *weight;
    int64_t first;
} conversion;

static void convert_spans(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    const conversion *job = context;
    int64_t elements = gk_block_elements(job->source_type), bytes = gk_block_bytes(job->source_type);
    float values[span];
    for (int64_t s = begin; s < end; s++) {
        int64_t at = s * span, count = job->count - at < span ? job->count - at : span;
        bool direct = job->destination_type == GK_F32;
        float *target = direct ? (float *)job->destination + at : values;
        gk_dequantize_blocks(job->source_type, job->source + at / elements * bytes, count / elements, target);
        if (!direct) write_plain(job->destination_type, values, count, job->destination, at);
    }
}

gk_status gk_dequantize(
    gk_pool *pool, gk_type source_type, const void *source, gk_type destination_type, void *destination, int64_t count) {
    int64_t elements = gk_block_elements(source_type);
    if (elements == 0 || gk_block_bytes(source_type) == 0 || source_type == GK_INT8) return GK_UNSUPPORTED;
    if (!is_plain(destination_type)) return GK_UNSUPPORTED;
    if (source == NULL || destination == NULL || count < 0 || count % elements != 0) return GK_BAD_ARGUMENT;
    if (count > INT64_MAX / 8) return GK_BAD_ARGUMENT;
    conversion job = {
        .source_type = source_type, .destination_type = destination_type, .source = source, .destination = destination,
        .count = count,
    };
    gk_pool_run(pool, (count + span - 1) / span, 4, convert_spans, &job);
    return GK_OK;
}

gk_status gk_convert(
    gk_pool *pool, gk_type source_type, const void *source, gk_type destination_type, void *destination, int64_t count) {
    if (!is_plain(source_type)) return GK_UNSUPPORTED;
    return gk_dequantize(pool, source_type, source, destination_type, destination, count);
}

static void convert_rows(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    const conversion *job = context;
    const gk_weight *w = job->weight;
    for (int64_t i = begin; i < end; i++) {
        if (w->layout == GK_LAYOUT_ROWS && (w->type == GK_NF4 || w->type == GK_FP4 || w->type == GK_INT8)) {
            float values[span];
            for (int64_t k = 0; k < w->cols; k += span) {
                int64_t count = w->cols - k < span ? w->cols - k : span;
                gk_dequantize_codes(w, (job->first + i) * w->cols + k, count, values);
                write_plain(job->destination_type, values, count, job->destination, i * w->cols + k);
            }
        } else if (job->destination_type == GK_F32) {
            gk_dequantize_row(w, job->first + i, (float *)job->destination + i * w->cols);
        } else if (w->layout == GK_LAYOUT_PACKED) {
            // A block at a time: a whole row need not fit a stack.
            gk_packed_shape shape = gk_packed_shape_of(w->type, w->cols);
            for (int64_t b = 0; b < shape.blocks; b++) {
                gk_packed_block block;
                float values[32];
                gk_read_packed_block(w->type, &shape, w->data, job->first + i, b, &block);
                for (int k = 0; k < 32; k++) values[k] = block.scale[k / 16] * (float)block.codes[k] + block.minimum;
                write_plain(job->destination_type, values, 32, job->destination, i * w->cols + b * 32);
            }
        } else {
            int64_t elements = gk_block_elements(w->type), bytes = gk_block_bytes(w->type), row_bytes = w->cols / elements * bytes;
            const uint8_t *source = (const uint8_t *)w->data + (job->first + i) * row_bytes;
            float values[span];
            for (int64_t k = 0; k < w->cols; k += span) {
                int64_t count = w->cols - k < span ? w->cols - k : span;
                gk_dequantize_blocks(w->type, source + k / elements * bytes, count / elements, values);
                write_plain(job->destination_type, values, count, job->destination, i * w->cols + k);
            }
        }
    }
}

gk_status gk_dequantize_weight(
    gk_pool *pool, const gk_weight *weight, int64_t first, int64_t rows, gk_type destination_type, void *destination) {
    gk_status status = gk_weight_check(weight);
    if (status != GK_OK) return status;
    if (!is_plain(destination_type)) return GK_UNSUPPORTED;
    if (destination == NULL || first < 0 || rows < 0 || first > weight->rows || rows > weight->rows - first) return GK_BAD_ARGUMENT;
    conversion job = {.weight = weight, .first = first, .destination_type = destination_type, .destination = destination};
    gk_pool_run(pool, rows, 1, convert_rows, &job);
    return GK_OK;
}

typedef struct {
    gk_type type;
    const float *source;
    int64_t count, block_size;
    uint8_t *packed;
    float *absmax;
} quantization;

// Both trees as in bitsandbytes' kernels: thresholds lie halfway between neighbouring values.

static const float nf4_thresholds[15] = {
    -0.8480964004993439f, -0.6106329262256622f, -0.4599952697753906f, -0.33967943489551544f, -0.23460740596055984f,
    -0.13791173323988914f, -0.045525018125772476f, 0.03979014977812767f, 0.1202552504837513f, 0.2035212516784668f,
    0.2920137718319893f, 0.3893125355243683f, 0.5016634166240692f, 0.6427869200706482f, 0.8614784181118011f,
};

static const float fp4_thresholds[7] = {
    0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f, 0.4166667f, 0.583333f, 0.8333333f,
};

/// By place among the magnitudes; the sign is bit 3.
static const uint8_t fp4_codes[8] = {0, 1, 6, 7, 4, 5, 2, 3};

/// Zero in place of a subnormal number, as bitsandbytes' kernels are compiled to compute.
static float flushed(float x) { return fabsf(x) < FLT_MIN ? 0 : x; }

static uint8_t code_nf4(float x) {
    int code = 0;
    for (int i = 0; i < 15; i++) code += x > nf4_thresholds[i];
    return (uint8_t)code;
}

static uint8_t code_fp4(float x) {
    int place = 0;
    for (int i = 0; i < 7; i++) place += fabsf(x) > fp4_thresholds[i];
    return (uint8_t)(fp4_codes[place] | (x < 0 ? 8 : 0));
}

static void quantize_blocks(void *context, int64_t begin, int64_t end, int32_t worker) {
    (void)worker;
    const quantization *job = context;
    for (int64_t b = begin; b < end; b++) {
        int64_t first = b * job->block_size, left = job->count - first;
        int64_t count = left < job->block_size ? left : job->block_size;
        const float *x = job->source + first;
        float absmax = 0;
        for (int64_t i = 0; i < count; i++) absmax = fmaxf(absmax, fabsf(x[i]));
        absmax = flushed(absmax);
        job->absmax[b] = absmax;
        uint8_t *packed = job->packed + first / 2;
        if (absmax == 0) {
            memset(packed, 0, (size_t)((count + 1) / 2));
            continue;
        }
        float inverse = gk_approximate_reciprocal(absmax);
        int64_t i = 0;
#ifdef GK_VECTOR
        if (gk_has_vectors()) i = GK_VECTOR(gk_codes_4bit)(job->type, x, count, inverse, nf4_thresholds, fp4_thresholds, packed);
#endif
        for (; i < count; i += 2) {
            float high = flushed(flushed(x[i]) * inverse), low = i + 1 < count ? flushed(flushed(x[i + 1]) * inverse) : 0;
            packed[i / 2] = job->type == GK_NF4
                ? (uint8_t)(code_nf4(high) << 4 | code_nf4(low)) : (uint8_t)(code_fp4(high) << 4 | code_fp4(low));
        }
    }
}

gk_status gk_quantize_4bit(
    gk_pool *pool, gk_type type, const float *source, int64_t count, int64_t block_size, uint8_t *packed, float *absmax) {
    if (type != GK_NF4 && type != GK_FP4) return GK_UNSUPPORTED;
    if (source == NULL || packed == NULL || absmax == NULL || count < 0 || block_size < 2 || block_size % 2 != 0) {
        return GK_BAD_ARGUMENT;
    }
    if (count > INT64_MAX - block_size) return GK_BAD_ARGUMENT;
    quantization job = {
        .type = type, .source = source, .count = count, .block_size = block_size, .packed = packed, .absmax = absmax,
    };
    gk_pool_run(pool, (count + block_size - 1) / block_size, 16, quantize_blocks, &job);
    return GK_OK;
}

/// The search of bitsandbytes' 8-bit kernel: seven halvings, then the nearer of the two neighbours.
static uint8_t nearest_entry(const float *map, float x) {
    int pivot = 127, upper = 255, lower = 0;
    for (int step = 64; step > 0; step /= 2) {
        if (x > map[pivot]) {
            lower = pivot;
            pivot += step;
        } else {
            upper = pivot;
            pivot -= step;
        }
    }
    if (x > map[pivot]) return (uint8_t)(x > (map[upper] + map[pivot]) * 0.5f ? upper : pivot);
    return (uint8_t)(x < (map[lower] + map[pivot]) * 0.5f ? lower : pivot);
}

void gk_quantize_absmax(const float *absmax, int64_t count, const float *map, uint8_t *codes, float *state2, float *offset) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += (double)absmax[i];
    *offset = count > 0 ? (float)(sum / (double)count) : 0;
    for (int64_t first = 0; first < count; first += 256) {
        int64_t end = first + 256 < count ? first + 256 : count;
        float largest = 0;
        for (int64_t i = first; i < end; i++) largest = fmaxf(largest, fabsf(flushed(absmax[i] - *offset)));
        state2[first / 256] = largest;
        // Of zeros this makes NaN, which the search ends at code 0 with.
        float inverse = gk_approximate_reciprocal(largest);
        for (int64_t i = first; i < end; i++) codes[i] = nearest_entry(map, flushed(absmax[i] - *offset) * inverse);
    }
}
