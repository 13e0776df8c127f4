// The numbers that host and kernels both reckon with, and one row of traits for each weight format.
//
// Kernels include this file (NVRTC, C++17), and Swift imports it through CCUDAShim (C), so nothing of it is told twice.
// `Scripts/build-kernels` reads the formats' names from here.
#pragma once

#ifdef __CUDACC_RTC__
/// An address on the device: 0 means none.
#define KERNEL_POINTER(type) type*
#define KERNEL_CONSTEXPR constexpr
#define KERNEL_CLOSED
#else
#include <stdbool.h>
#define KERNEL_POINTER(type) unsigned long long
#define KERNEL_CONSTEXPR
#define KERNEL_CLOSED __attribute__((enum_extensibility(closed)))
#endif

// ---------------------------------------------------------------- weight formats

/// What stands beside a format's codes. All codes of a matrix lie row after row, and all scales in a plane of their own.
typedef enum KERNEL_CLOSED KernelScales {
    KernelScales_none,
    /// One float32 a row.
    KernelScales_rowFloat32,
    /// One float32 a block.
    KernelScales_float32,
    /// 8 bits a block: map[code] × a float32 for every 256 blocks + an offset.
    KernelScales_nested,
    /// One float16 a block.
    KernelScales_float16,
    /// Two float16 a block: a scale and a minimum.
    KernelScales_float16Minimum,
} KernelScales;

/// One row for each weight format that kernels multiply with. From it follow the layout of a weight, the slots of both rings, the
/// kernels that are compiled (modules and names end in `name`) and those that are launched.
///
/// - name: f32, f16, bf16: numbers as they are. int8: LLM.int8's rows. n4, n4dq: bitsandbytes' 4 bits (high nibble first) through a
///   table of 16, scales as they are or quantised themselves. q4_0, q4_1, q8_0: GGUF's blocks, their nibbles reordered to high first.
/// - bits: of an element's code. Codes of 4 bits are looked up in a table.
/// - parts, of: the numbers that an activation is split into so that products on tensor cores come out exact.
/// - scales: ``KernelScales``.
/// - block: elements that share a scale: 32 along a row; where `flat`, the least of them that the decode loop's slots are made for.
/// - flat: whether blocks run over the flattened tensor, as large as the weight says (`blockShift`), instead of along rows.
/// - product: the type that activations are rounded to where many rows meet this weight on tensor cores (f32: no tensor cores); also
///   the type of the cache for which the decode loop is compiled.
/// - head: the format of the output head and the embedding for which the decode loop is compiled.
/// - pairs: whether blocks of the decode loop send each other two values a word.
#define KERNEL_FORMATS(FORMAT) \
    /*     name  bits parts of    scales          block flat product head  pairs */ \
    FORMAT(f32,  32,  1,    f32,  none,           0,    0,   f32,    f32,  0) \
    FORMAT(f16,  16,  2,    f16,  none,           0,    0,   f16,    f16,  0) \
    FORMAT(bf16, 16,  3,    bf16, none,           0,    0,   bf16,   bf16, 0) \
    FORMAT(int8, 8,   2,    f16,  rowFloat32,     0,    0,   bf16,   bf16, 0) \
    FORMAT(n4,   4,   2,    f16,  float32,        64,   1,   bf16,   bf16, 1) \
    FORMAT(n4dq, 4,   2,    f16,  nested,         64,   1,   bf16,   bf16, 1) \
    FORMAT(q4_0, 4,   2,    f16,  float16,        32,   0,   f16,    q8_0, 0) \
    FORMAT(q4_1, 4,   2,    f16,  float16Minimum, 32,   0,   f16,    q8_0, 0) \
    FORMAT(q8_0, 8,   2,    f16,  float16,        32,   0,   f16,    q8_0, 0)

typedef enum KERNEL_CLOSED KernelFormat {
#define FORMAT(name, ...) KernelFormat_##name,
    KERNEL_FORMATS(FORMAT)
#undef FORMAT
} KernelFormat;

/// A row of ``KERNEL_FORMATS``, and what follows from it. Sizes are bytes.
typedef struct KernelFormatTraits {
    long bits;
    long partCount;
    KernelFormat partType;
    KernelScales scales;
    long block;
    bool isFlat;
    KernelFormat productType;
    KernelFormat headFormat;
    bool sendsPairs;

    /// Elements in 16 bytes, which is what one lane reads at a time.
    long elementsPerLane;
    /// Bytes of each element of a part.
    long partBytes;
    bool usesTable;
    bool isScaled;
    /// Whether an element's scale depends on its column.
    bool isBlockScaled;
    /// Bytes of the scales of one block or row.
    long scaleBytes;
    /// Whether one row of activations is multiplied in float32 by warps that have whole rows (RowVector.cuh).
    bool multipliesRows;
    /// A warp's tile of 16 rows in the ring of MatrixVector.cu: codes, scales, scales of scales.
    long slotBytes;
    /// Of the decode loop's slots: a row's scales, those of 1024 bytes of codes, begun up to 15 bytes early, and 32 bytes of scales of
    /// scales; and 16 rows of codes and scales, padded, with 16 bytes for each row that say where its scales begin.
    long scalePitch;
    long ringSlotBytes;
} KernelFormatTraits;

// ---------------------------------------------------------------- numbers that both sides reckon with

enum {
    /// A block of MatrixVector.cu: its warps, and the slots of each one's ring.
    VECTOR_WARPS = 16,
    VECTOR_STAGES = 4,
    /// A warp's tile of codes, and the most that its scales take.
    TILE_BYTES = 1024,
    TILE_SCALE_BYTES = 512,

    /// A step of a matrix product: so many columns of 16 bits, and bytes of a row.
    PRODUCT_DEPTH = 64,
    PRODUCT_ROW_BYTES = 128,
    PRODUCT_STAGES = 3,
    /// Of TensorProduct.cu's tiles: rows, outputs, and stages of the wide, the narrow and the gated.
    TENSOR_ROWS = 128,
    TENSOR_WIDE = 128,
    TENSOR_WIDE_STAGES = 6,
    TENSOR_NARROW = 64,
    TENSOR_NARROW_STAGES = 8,
    TENSOR_GATE_ROWS = 256,
    TENSOR_GATE_OUTPUTS = 192,
    TENSOR_GATE_STAGES = 4,

    /// Elements of a head that attention's kernels hold, at most.
    MOST_HEAD_SIZE = 256,
    /// Rotary embeddings that one model may have.
    MOST_ROTARY_EMBEDDINGS = 4,
    /// Attention of one row: threads of a block, the query heads that it has, and parts of the sequence at most.
    SPLIT_THREADS = 512,
    SPLIT_HEADS = 4,
    SPLIT_MOST = 256,

    /// The decode loop's blocks: warps that multiply, warps that finish rows, and one that fills the ring.
    DECODE_WARPS = 8,
    DECODE_CONSUMERS = DECODE_WARPS * 32,
    DECODE_FINISHERS = 96,
    DECODE_THREADS = DECODE_CONSUMERS + 32 + DECODE_FINISHERS,
    /// A slot of its ring: rows, bytes of codes of each, and from one row to the next.
    SLOT_ROWS = 16,
    SLOT_ROW_BYTES = 1024,
    SLOT_ROW_PITCH = 1088,
    /// Columns of the down-projection that come together: those of 1024 bytes of codes.
    GATED_COLUMNS = 2048,
    /// Layers take turns with so many sets of words of five vectors, and lines of one vector have so many 32-bit words from one to the
    /// next (Handover.cuh). A candidate has so many words of 64 bits.
    WORD_SETS = 4,
    WORD_LINE_STRIDE = WORD_SETS * 5 * 32,
    CANDIDATE_WORDS = 6,
};

/// Bytes from one part of an activation of `columns` elements to the next; the extra 64 keep parts on different banks.
static inline KERNEL_CONSTEXPR long kernelPartStride(long columns, long partBytes) { return (columns + 127) / 128 * 128 * partBytes + 64; }

static inline KERNEL_CONSTEXPR KernelFormatTraits kernelFormatTraits(KernelFormat format) {
    KernelFormatTraits t = { 0 };
    switch (format) {
#define FORMAT(name, bits_, parts_, of_, scales_, block_, flat_, product_, head_, pairs_) \
    case KernelFormat_##name: \
        t.bits = bits_; \
        t.partCount = parts_; \
        t.partType = KernelFormat_##of_; \
        t.scales = KernelScales_##scales_; \
        t.block = block_; \
        t.isFlat = flat_; \
        t.productType = KernelFormat_##product_; \
        t.headFormat = KernelFormat_##head_; \
        t.sendsPairs = pairs_; \
        break;
    KERNEL_FORMATS(FORMAT)
#undef FORMAT
    }
    t.elementsPerLane = 128 / t.bits;
    t.partBytes = t.partType == KernelFormat_f32 ? 4 : 2;
    t.usesTable = t.bits == 4;
    t.isScaled = t.scales != KernelScales_none;
    t.isBlockScaled = t.isScaled && t.scales != KernelScales_rowFloat32;
    t.scaleBytes = !t.isScaled ? 0 : t.scales == KernelScales_nested ? 1 : t.scales == KernelScales_float16 ? 2 : 4;
    t.multipliesRows = !t.isBlockScaled;
    const bool isNested = t.scales == KernelScales_nested;
    t.slotBytes = TILE_BYTES + (isNested ? TILE_SCALE_BYTES : t.isScaled ? TILE_SCALE_BYTES / 2 : 0);
    t.scalePitch = !t.isBlockScaled ? 0 : SLOT_ROW_BYTES * 8 / t.bits / t.block * t.scaleBytes + 16 + (isNested ? 32 : 0);
    t.ringSlotBytes = SLOT_ROWS * (SLOT_ROW_PITCH + t.scalePitch + (t.isBlockScaled ? 16 : 0));
    return t;
}

#ifndef __CUDACC_RTC__
/// The end of the names of a format's modules and kernels.
static inline const char *kernelFormatName(KernelFormat format) {
    switch (format) {
#define FORMAT(name, ...) case KernelFormat_##name: return #name;
    KERNEL_FORMATS(FORMAT)
#undef FORMAT
    }
}
#endif
