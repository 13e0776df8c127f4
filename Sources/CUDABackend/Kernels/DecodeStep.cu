// One token at a time as a graph of kernels: the embedding, attention split over the sequence, the choice.
//
// A graph is recorded once and launched for every token, so what changes from token to token lies in memory:
// the position, and the token at each position. `DecodePlace.position` is moved on by the last kernel.
// build: ptx=80 machine=90
#include "NextChoice.cuh"
#include "NextEmbedding.cuh"
#include "SplitAttention.cuh"

#define FORMAT(name, ...) extern "C" __global__ void embed_next_##name(const EmbeddingArguments args) { embedNext<KernelFormat_##name>(args); }
KERNEL_FORMATS(FORMAT)

#define SPLIT(name, Cache, lanes, heads) \
    extern "C" __global__ void __launch_bounds__(SPLIT_THREADS, 1) attend_split_##name##_##lanes(const __grid_constant__ SplitAttentionArguments args) { \
        attendSplit<Cache, lanes, heads>(args); }
// Heads that are not there cost arithmetic, of which reading leaves plenty, so one size of groups is enough. Where more heads
// share keys and values, the second group's reads find them in L2.
#define SPLITS(name, Cache) SPLIT(name, Cache, 8, SPLIT_HEADS) SPLIT(name, Cache, 16, SPLIT_HEADS) SPLIT(name, Cache, 32, SPLIT_HEADS)
SPLITS(f32, float) SPLITS(f16, f16) SPLITS(bf16, bf16)

extern "C" __global__ void __launch_bounds__(256) choose_next(const NextChoiceArguments args) { chooseNext(args); }
