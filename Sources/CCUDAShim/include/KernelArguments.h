// What the host tells the kernels: one structure for each kind of launch.
//
// Kernels include this file (NVRTC, C++17), and Swift imports it through CCUDAShim (C): a structure comes to Swift with all zeros.
// `Scripts/build-kernels` has each field's place as NVRTC sees it asserted by the host's compiler (KernelFields.h); it reads one field
// a line, ended by `;`.
#pragma once

#include "KernelFormats.h"

/// A weight matrix [rows, columns] on the device.
typedef struct KernelSegment {
    KERNEL_POINTER(const unsigned char) codes;
    KERNEL_POINTER(const unsigned char) scales;
    /// float32, one for every 256 scales.
    KERNEL_POINTER(const float) nested;
    /// float32 [rows], or none.
    KERNEL_POINTER(const float) bias;
    /// float32, where a product's results go.
    KERNEL_POINTER(float) out;
    /// Added to nested scales.
    float offset;
    int rows;
} KernelSegment;

/// What products do with pairs of a gate's and an up-projection's results: out = activation(gate) × up.
typedef enum KERNEL_CLOSED KernelActivation {
    KernelActivation_none,
    KernelActivation_silu,
    /// GELU by the hyperbolic tangent.
    KernelActivation_gelu,
} KernelActivation;

/// MatrixVector.cu, RowVector.cuh.
typedef struct MatrixVectorArguments {
    /// Matrices of one format that share the input.
    KernelSegment segments[3];
    /// float32 [columns].
    KERNEL_POINTER(const float) input;
    /// float32 [columns], or none: input × rsqrt(mean(input²) + epsilon) × norm.
    KERNEL_POINTER(const float) norm;
    /// float32, added to the first segment's rows, or none.
    KERNEL_POINTER(const float) residual;
    /// float32 [16]: what codes of 4 bits mean.
    KERNEL_POINTER(const float) table;
    /// float32 [256]: bitsandbytes' 8-bit map of nested scales.
    KERNEL_POINTER(const float) map;
    float epsilon;
    /// Warps that have two rows together, of 16 (RowVector.cuh).
    int team;
    int segmentCount;
    int columns;
    int blockShift;
    /// ``KernelActivation``; where it is not none there are two segments, and results go to the first's `out`.
    int activation;
} MatrixVectorArguments;

/// MatrixProduct.cu, TensorProduct.cu.
typedef struct MatrixProductArguments {
    /// Matrices that share the input, side by side.
    KernelSegment segments[3];
    /// [rows, columns] of 16 bits (float32 for float32 weights).
    KERNEL_POINTER(const void) input;
    /// float32 [rows, outStride], or none.
    KERNEL_POINTER(const float) residual;
    KERNEL_POINTER(const float) table;
    KERNEL_POINTER(const float) map;
    int columns;
    int blockShift;
    int rows;
    int outStride;
    int segmentCount;
    /// ``KernelActivation`` of a gated product.
    int activation;
} MatrixProductArguments;

/// AnyProduct.cu.
typedef struct AnyProductArguments {
    KernelSegment weight;
    /// float32 [rows, columns].
    KERNEL_POINTER(const float) input;
    /// float32 [rows, outStride], or none.
    KERNEL_POINTER(const float) residual;
    KERNEL_POINTER(const float) table;
    KERNEL_POINTER(const float) map;
    int columns;
    int blockShift;
    int rows;
    int outStride;
} AnyProductArguments;

/// Attention.cu.
typedef struct AttentionArguments {
    /// float32 [rows, stride]: head h at h × size.
    KERNEL_POINTER(const float) queries;
    /// The layer's cache: key-value head h, position p at p × positionStride + h × headStride.
    KERNEL_POINTER(const void) keys;
    KERNEL_POINTER(const void) values;
    /// float32 [rows, heads × size].
    KERNEL_POINTER(float) out;
    int rows;
    int stride;
    int heads;
    int keyValueHeads;
    int size;
    /// The first row's position.
    int first;
    /// Positions that a row sees, its own among them; 0: all.
    int window;
    int positionStride;
    int headStride;
    float scale;
    /// Whether `out` is of the cache's 16-bit type, for a product on tensor cores (tiles only).
    int rounds;
    int unused;
} AttentionArguments;

/// Where a generation is; at the start of the session's block, before the counters of blocks that have arrived.
typedef struct DecodePlace {
    /// The position of the token that goes in.
    int position;
    /// Tokens chosen since the host looked; their places in `chosen`.
    int made;
} DecodePlace;

/// The rotary embeddings that a step makes the angles of: `count` of them, `each` angles apart.
typedef struct Rotations {
    /// float32 [count, each].
    KERNEL_POINTER(const float) frequencies;
    /// [count, each]: the position's cosines and sines, times `amplitudes`.
    KERNEL_POINTER(float2) turns;
    int count;
    int each;
    float amplitudes[MOST_ROTARY_EMBEDDINGS];
} Rotations;

/// Rows.cu's `embed`: out[r, :] = weight[tokens[r], :] × scale. And NextEmbedding.cuh: the row of tokens[place.position], and the
/// angles of that position.
typedef struct EmbeddingArguments {
    KernelSegment weight;
    KERNEL_POINTER(const int) tokens;
    /// float32 [rows, columns].
    KERNEL_POINTER(float) out;
    int columns;
    int blockShift;
    KERNEL_POINTER(const float) table;
    KERNEL_POINTER(const float) map;
    float scale;
    int unused;
    /// The rest: NextEmbedding.cuh alone.
    KERNEL_POINTER(const DecodePlace) place;
    Rotations rotations;
} EmbeddingArguments;

/// SplitAttention.cuh.
typedef struct SplitAttentionArguments {
    /// float32 [(heads + 2 keyValueHeads) × size]: one row's queries, keys and values.
    KERNEL_POINTER(const float) queryKeyValue;
    /// The layer's cache: key-value head h, position p at p × positionStride + h × headStride.
    KERNEL_POINTER(void) keys;
    KERNEL_POINTER(void) values;
    /// float32 [heads × size].
    KERNEL_POINTER(float) out;
    /// float32 [heads, splits, size + 2]: a split's weighted sum of values, its maximum (to base 2) and its sum of weights.
    KERNEL_POINTER(float) partials;
    /// One counter for each block of the grid's x, 0 before and after.
    KERNEL_POINTER(unsigned int) arrived;
    /// None: the position is `first`, queries are rotated, and the row is in the cache already.
    KERNEL_POINTER(const DecodePlace) place;
    /// [pairs]: the position's cosines and sines.
    KERNEL_POINTER(const float2) turns;
    /// float32 [size], or none: norms over each head, before the rotation.
    KERNEL_POINTER(const float) queryNorm;
    KERNEL_POINTER(const float) keyNorm;
    int heads;
    int keyValueHeads;
    int size;
    int pairs;
    int first;
    int window;
    int positionStride;
    int headStride;
    int interleaved;
    /// Positions that a block takes at least.
    int fewest;
    float scale;
    float epsilon;
} SplitAttentionArguments;

/// NextChoice.cuh's parts: a block's largest logit, its row, and the block's sum of exp(logit - largest).
typedef struct ChoicePart {
    float top;
    float sum;
    int row;
    int unused;
} ChoicePart;

/// NextChoice.cuh.
typedef struct NextChoiceArguments {
    /// float32 [count].
    KERNEL_POINTER(const float) logits;
    /// One for each block.
    KERNEL_POINTER(ChoicePart) parts;
    /// 0 before and after.
    KERNEL_POINTER(unsigned int) arrived;
    /// Out: tokens[position + 1]. None: only the position moves on.
    KERNEL_POINTER(int) tokens;
    /// Out: chosen[made], the logit and ln Σ exp(logit).
    KERNEL_POINTER(float2) chosen;
    KERNEL_POINTER(DecodePlace) place;
    int count;
    int unused;
} NextChoiceArguments;

/// Rows.cu's `rms_norm`: `each` norms of `width` elements in every row of `stride`.
typedef struct NormArguments {
    /// float32.
    KERNEL_POINTER(const float) in;
    /// float32 [width].
    KERNEL_POINTER(const float) weight;
    /// Of the kernel's type, laid out as `in`.
    KERNEL_POINTER(void) out;
    int width;
    float epsilon;
    /// Whether the result is added to what is there.
    int adds;
    int each;
    int stride;
    int unused;
} NormArguments;

/// Rows.cu's `rotate_store`.
typedef struct RotationArguments {
    /// float32 [rows, (heads + 2 keyValueHeads) × size]: rotated in place.
    KERNEL_POINTER(float) queryKeyValue;
    /// The layer's cache, of the kernel's type.
    KERNEL_POINTER(void) keys;
    KERNEL_POINTER(void) values;
    /// float32 [pairs].
    KERNEL_POINTER(const float) frequencies;
    int pairs;
    int heads;
    int keyValueHeads;
    int size;
    /// The first row's position.
    int first;
    int positionStride;
    int headStride;
    int interleaved;
    float amplitude;
    int unused;
} RotationArguments;

/// Rows.cu's `gate`: out[i] = activation(gate[i]) × up[i].
typedef struct GateArguments {
    /// float32 [count] each.
    KERNEL_POINTER(const float) gates;
    KERNEL_POINTER(const float) ups;
    /// Of the kernel's type [count].
    KERNEL_POINTER(void) out;
    unsigned long long count;
    /// ``KernelActivation``.
    int activation;
    int unused;
} GateArguments;

/// What elements are rounded to before all else.
typedef enum KERNEL_CLOSED KernelRounding {
    KernelRounding_none,
    KernelRounding_float16,
    KernelRounding_bfloat16,
} KernelRounding;

/// Rows.cu's `convert`.
typedef struct ConversionArguments {
    /// [count] each, of the kernel's types.
    KERNEL_POINTER(const void) in;
    KERNEL_POINTER(void) out;
    unsigned long long count;
    /// ``KernelRounding``.
    int rounding;
    float addend;
} ConversionArguments;

/// Rows.cu's `soft_cap`: x = cap × tanh(x / cap).
typedef struct SoftCapArguments {
    /// float32 [count].
    KERNEL_POINTER(float) x;
    unsigned long long count;
    float cap;
    int unused;
} SoftCapArguments;

/// What `choose` writes for each row of logits.
typedef struct KernelChoice {
    int token;
    float logit;
    /// ln Σ exp(logit)
    float logSum;
} KernelChoice;

/// Rows.cu's `choose`.
typedef struct ChoiceArguments {
    /// float32 [rows, count].
    KERNEL_POINTER(const float) logits;
    KERNEL_POINTER(KernelChoice) choices;
    /// [rows]: the tokens once more, or none.
    KERNEL_POINTER(int) feedback;
    int count;
    /// 0: the largest, the lowest among equals. Otherwise a draw from softmax(logits / temperature).
    float temperature;
    unsigned int seed;
    unsigned int counter;
} ChoiceArguments;

/// Quantise.cu's `quantise4` and `quantise8`.
typedef struct QuantisationArguments {
    /// [count] of the kernel's type.
    KERNEL_POINTER(const void) in;
    KERNEL_POINTER(unsigned char) codes;
    /// float32: the largest magnitude of each block; of `quantise8` each row's scale.
    KERNEL_POINTER(float) scales;
    unsigned long long count;
    /// Elements of a block (a multiple of 32), or of a row.
    int blockSize;
    /// Whether codes are NF4's instead of FP4's.
    int normal;
    /// ``KernelRounding``.
    int rounding;
    float addend;
} QuantisationArguments;

/// Quantise.cu's `scale_mean` and `quantise_scales`.
typedef struct ScaleQuantisationArguments {
    /// float32 [count].
    KERNEL_POINTER(const float) absmax;
    /// Their mean: out of the one, in for the other.
    KERNEL_POINTER(float) mean;
    KERNEL_POINTER(const float) map;
    KERNEL_POINTER(unsigned char) codes;
    KERNEL_POINTER(float) nested;
    unsigned long long count;
} ScaleQuantisationArguments;

#include "DecodeArguments.h"
