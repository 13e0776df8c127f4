// What the host tells the decode loop (DecodeLoop.cu); part of KernelArguments.h.
#pragma once

#include "KernelArguments.h"

/// A layer as the decode loop sees it.
typedef struct DecodeLayerArguments {
    /// query, key, value, output, gate, up, down
    KernelSegment weights[7];
    KERNEL_POINTER(const float) attentionNorm;
    KERNEL_POINTER(const float) feedForwardNorm;
    /// float32 [headSize], or none: norms over each head, before the rotation.
    KERNEL_POINTER(const float) queryNorm;
    KERNEL_POINTER(const float) keyNorm;
    KERNEL_POINTER(void) keys;
    KERNEL_POINTER(void) values;
} DecodeLayerArguments;

/// Where things lie in a block's shared memory, in bytes; the table of pairs comes first where there is one.
typedef struct DecodeSharedLayout {
    int ring;
    int barriers;
    int map;
    int layers;
    int hidden;
    int shares;
    int squares;
    int cosines;
    int scratch;
    int partial;
    int blockSums;
    int planes;
    int gated;
    int summed;
    /// Slots of the ring that lie before the table of pairs; `ring` is where slot 0 would be, were all behind it.
    int front;
    int frontSlots;
} DecodeSharedLayout;

/// DecodeLoop.cu.
typedef struct DecodeArguments {
    KERNEL_POINTER(const DecodeLayerArguments) layers;
    KernelSegment head;
    KernelSegment embedding;
    KERNEL_POINTER(const float) finalNorm;
    KERNEL_POINTER(const float) inverseFrequencies;
    KERNEL_POINTER(const float) table;
    KERNEL_POINTER(const float) map;
    /// Each layer's words, then the candidates.
    KERNEL_POINTER(unsigned long long) words;
    /// In: tokens[position]. Out: tokens[position + 1 ...].
    KERNEL_POINTER(int) tokens;
    /// float32 [steps, vocabulary], or none.
    KERNEL_POINTER(float) logits;
    /// For each step the chosen token's logit and ln Σ exp(logit).
    KERNEL_POINTER(float2) chosen;
    float epsilon;
    float attentionScale;
    float ropeFactor;
    /// 0: greedy. Otherwise the logits are divided by it and Gumbel noise is added: a sample from the softmax.
    float temperature;
    int layerCount;
    int hidden;
    int intermediate;
    int headCount;
    int keyValueHeadCount;
    int headSize;
    int vocabulary;
    int position;
    int steps;
    int blockShift;
    int interleavedRope;
    /// Elements between positions and between heads of the cache.
    int positionStride;
    int headStride;
    /// Slots of the ring.
    int slots;
    /// Rows of partial sums that shared memory has room for.
    int partialRows;
    unsigned int epoch;
    unsigned int seed;
    DecodeSharedLayout shared;
    /// Clock of block 0 at the end of each phase's wait and of its product, for measuring; or none.
    KERNEL_POINTER(unsigned long long) clocks;
} DecodeArguments;
