// How blocks of the decode loop hand values to each other: words in memory that carry a tag, so that a
// reader polls the very words it needs. There is neither a grid barrier nor a second trip for data behind a flag.
//
// Vectors are written whole, every word of them, and a round's tag differs from that of the round before: what a reader can
// meet is this round's value or an earlier one. A float32 gives its two lowest bits to the tag (at most 2 units in the last
// place are lost). Two values of 15 bits share a word where weights are of 4 bits. What is written only sometimes goes in
// 64-bit words with the whole round.
#pragma once
#include "Common.cuh"

/// Polls until it gives up and faults the launch: some seconds.
#define MOST_TRIES (1u << 24)
DEVICE void receiveFailed() { asm volatile("trap;"); }

/// Layers take turns with sets of words of five vectors (WORD_SETS). Lines of 128 bytes of a vector have those of all others between
/// them: all blocks ask for the same line at once, and neighbours would share a slice of L2.
DEVICE u32 wordAt(u32 i) { return (i >> 5) * WORD_LINE_STRIDE + (i & 31); }

/// Two bits that tell a round from the one before and the one after; zero is what memory begins with.
DEVICE u32 tagOf(u32 round) { return 1 + round % 3; }

DEVICE void sendTagged(u32* to, float value, u32 round) {
    u32 bits = __float_as_uint(value);
    // Rounding must not turn the largest numbers into others' bits: infinities and NaN are cut.
    if ((bits & 0x7f800000u) != 0x7f800000u) bits += 2;
    bits = (bits & ~3u) | tagOf(round);
    asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(to), "r"(bits) : "memory");
}
DEVICE float untagged(u32 bits) { return __uint_as_float(bits & ~3u); }
DEVICE bool lacksTag(uint4 v, u32 tag) { return (((v.x ^ tag) | (v.y ^ tag) | (v.z ^ tag) | (v.w ^ tag)) & 3) != 0; }
DEVICE uint4 pollQuad(const u32* from) {
    uint4 v;
    asm volatile("ld.relaxed.gpu.global.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(from) : "memory");
    return v;
}
/// `count` quads of words, `step` words apart; waits until all are of `round`. All loads are under way before the
/// first is looked at, and only what was missing is asked for again, after `pause` nanoseconds. Quads at or past
/// `end` come out as zeros.
template <int count> DEVICE void receiveQuads(uint4 (&out)[count], const u32* words, int start, int step, int end, u32 round, u32 pause = 0) {
    const u32 tag = tagOf(round);
    u32 tries = 0;
    u32 missing = 0;
#pragma unroll
    for (int j = 0; j < count; j++) {
        out[j] = make_uint4(0, 0, 0, 0);
        if (start + j * step < end) missing |= 1u << j;
    }
    while (missing) {
#pragma unroll
        for (int j = 0; j < count; j++) if (missing >> j & 1) out[j] = pollQuad(words + wordAt(start + j * step));
#pragma unroll
        for (int j = 0; j < count; j++) if ((missing >> j & 1) && !lacksTag(out[j], tag)) missing &= ~(1u << j);
        if (++tries == MOST_TRIES) receiveFailed();
        if (pause && missing) __nanosleep(pause);
    }
}

/// A quarter of a value (PART_SCALE), rounded to the ten significant bits that `sendTaggedPair` sends.
DEVICE float roundedShare(float value) {
    value *= 0.25f;
    // The largest such float16; NaN stays what it is.
    asm("min.NaN.f32 %0, %0, %1;" : "+f"(value) : "f"(65472.0f));
    asm("max.NaN.f32 %0, %0, %1;" : "+f"(value) : "f"(-65472.0f));
    u32 bits = __float_as_uint(value);
    if ((bits & 0x7f800000u) != 0x7f800000u) bits += 0x2000u;
    return __uint_as_float(bits & 0xffffc000u);
}
/// Two values in one word, for products that take 16 bits of the activation: a quarter of each as float16 without its lowest
/// bit. `value` is the calling lane's; even lanes send theirs and their neighbour's, and all lanes of a warp call.
DEVICE void sendTaggedPair(u32* to, float value, bool sends, u32 round) {
    const float other = __shfl_xor_sync(FULL, value, 1);
    if ((threadIdx.x & 1) || !sends) return;
    const u32 bits = Pack<f16>::pack(roundedShare(value), roundedShare(other));
    // The lower half moves up into the upper one's free bit, and makes room for the tag.
    asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(to), "r"((bits & 0xfffe0000u) | (bits & 0xfffeu) << 1 | tagOf(round)) : "memory");
}
/// The two float16 of such a word.
DEVICE u32 untaggedPair(u32 word) { return (word & 0xfffe0000u) | (word >> 1 & 0xfffeu); }

DEVICE uint4 untaggedPairs(uint4 words) { return make_uint4(untaggedPair(words.x), untaggedPair(words.y), untaggedPair(words.z), untaggedPair(words.w)); }

DEVICE void sendWord(u64* to, float value, u32 epoch) {
    asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(to), "l"((u64)epoch << 32 | __float_as_uint(value)) : "memory");
}
/// `count` pairs of words, one after another; waits until all carry `epoch`.
template <int count> DEVICE void receivePairs(float2 (&out)[count], const u64* from, u32 epoch) {
    u64 a[count], b[count];
    u32 tries = 0;
    bool missing = true;
    while (missing) {
        missing = false;
#pragma unroll
        for (int j = 0; j < count; j++) asm volatile("ld.relaxed.gpu.global.v2.u64 {%0,%1}, [%2];" : "=l"(a[j]), "=l"(b[j]) : "l"(from + 2 * j) : "memory");
#pragma unroll
        for (int j = 0; j < count; j++) missing |= (u32)(a[j] >> 32) != epoch || (u32)(b[j] >> 32) != epoch;
        if (++tries == MOST_TRIES) receiveFailed();
    }
#pragma unroll
    for (int j = 0; j < count; j++) out[j] = make_float2(__uint_as_float((u32)a[j]), __uint_as_float((u32)b[j]));
}
DEVICE float receiveWord(const u64* from, u32 epoch) {
    u64 a;
    u32 tries = 0;
    while (true) {
        asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(a) : "l"(from) : "memory");
        if ((u32)(a >> 32) == epoch) break;
        if (++tries == MOST_TRIES) receiveFailed();
    }
    return __uint_as_float((u32)a);
}
