// Reading weights: what a format's bytes mean, 16 rows × 64 bytes at a time.
//
// A warp works on tiles of 16 rows × 64 bytes. Lane (g = lane / 4, t = lane % 4) owns 16 bytes of rows g and
// g + 8. Tensor cores multiply them with the activation: lane (g, t) feeds columns of B so that the product
// comes out exact (the activation is split into 16-bit parts that sit in different columns) and, for formats
// with scales, so that each t keeps its own 16 bytes apart (columns 2t and 2t+1), because their scale differs.
#pragma once
#include "Common.cuh"

/// A format's traits (KernelFormats.h) as constants.
template <int format> struct Layout {
#define TRAIT(name) kernelFormatTraits((KernelFormat)format).name
    static const int perLane = TRAIT(elementsPerLane), planes = TRAIT(partCount), planeBytes = TRAIT(partBytes), block = TRAIT(block);
    static const int scaleBytes = TRAIT(scaleBytes), slotBytes = TRAIT(slotBytes), scalePitch = TRAIT(scalePitch), ringSlotBytes = TRAIT(ringSlotBytes);
    static const int productType = TRAIT(productType), headFormat = TRAIT(headFormat);
    static const bool scaled = TRAIT(isScaled), blockScaled = TRAIT(isBlockScaled), flat = TRAIT(isFlat), table = TRAIT(usesTable);
    static const bool multipliesRows = TRAIT(multipliesRows), sendsPairs = TRAIT(sendsPairs);
    static const bool rowScaled = TRAIT(scales) == KernelScales_rowFloat32, floatScaled = TRAIT(scales) == KernelScales_float32;
    static const bool nested = TRAIT(scales) == KernelScales_nested, hasMinimum = TRAIT(scales) == KernelScales_float16Minimum;
    /// How an activation is split: as it is, into three bfloat16, or into two float16 (divided by PART_SCALE).
    static const bool isFloat32 = TRAIT(partType) == KernelFormat_f32, isBFloat16 = TRAIT(partType) == KernelFormat_bf16, isFloat16 = !isFloat32 && !isBFloat16;
#undef TRAIT
};

/// The type of a format's `product`.
template <int type> struct Element { typedef float T; };
template <> struct Element<KernelFormat_f16> { typedef f16 T; };
template <> struct Element<KernelFormat_bf16> { typedef bf16 T; };
template <int format> using ProductType = typename Element<Layout<format>::productType>::T;

/// Activations enter float16 parts divided by 4, so that up to a quarter of a million fits; the sum is multiplied back.
#define PART_SCALE 4.0f

template <int format> DEVICE constexpr int tileColumns() { return Layout<format>::perLane * 4; }
template <int format> DEVICE constexpr int slotBytes() { return Layout<format>::slotBytes; }
#define PART_PADDING 64
DEVICE int paddedColumns(int columns) { return (columns + 127) & ~127; }
/// Bytes from one part of the activation to the next (kernelPartStride).
template <int format> DEVICE int planeStride(int columns) { return paddedColumns(columns) * Layout<format>::planeBytes + PART_PADDING; }

/// Which scale belongs to element `column` of `row` (an index in units of the format's scales). A matrix that these
/// kernels read has fewer than 2³² elements and bytes, so 32-bit arithmetic is enough.
template <int format> DEVICE u32 scaleIndex(u32 row, u32 column, u32 columns, int blockShift) {
    if (Layout<format>::rowScaled) return row;
    if (Layout<format>::flat) return (row * columns + column) >> blockShift;
    return row * (columns >> 5) + (column >> 5);
}
/// Byte offset of the 4-byte word that holds scale `index`.
template <int format> DEVICE u32 scaleWord(u32 index) {
    if (Layout<format>::scaleBytes == 1) return index & ~3u;
    if (Layout<format>::scaleBytes == 2) return (index & ~1u) * 2;
    return index * 4;
}

DEVICE float halfOf(u32 word, u32 which) { f16 h = { (u16)(word >> (16 * which)) }; return toFloat(h); }
/// A doubly quantised scale: two roundings, as bitsandbytes restores them.
DEVICE float nestedScale(const float* map, u32 code, float nested, float offset) { return __fadd_rn(__fmul_rn(map[code], nested), offset); }
/// The scale with that index, and the minimum where the format has one.
template <int format, typename Index> DEVICE void scaleAt(const KernelSegment& weight, Index index, const float* map, float& scale, float& minimum) {
    if (Layout<format>::floatScaled || Layout<format>::rowScaled) scale = ((const float*)weight.scales)[index];
    else if (Layout<format>::nested) scale = __fadd_rn(__fmul_rn(map[weight.scales[index]], weight.nested[index >> 8]), weight.offset);
    else if (Layout<format>::hasMinimum) {
        const u32 both = ((const u32*)weight.scales)[index];
        scale = halfOf(both, 0);
        minimum = halfOf(both, 1);
    } else scale = toFloat(((const f16*)weight.scales)[index]);
}

/// Starts copying the calling lane's share of a tile into `slot` (shared address of this warp's ring entry).
template <int format> DEVICE void fetchTile(u32 slot, int lane, const KernelSegment& a, int rowA, const KernelSegment& b, int rowB, int tile, int columns, int blockShift) {
    const int column = tile * tileColumns<format>() + (lane & 3) * Layout<format>::perLane;
    const bool valid = column < columns;
    const u32 rowBytes = (u32)columns / Layout<format>::perLane * 16;
    const u32 within = valid ? tile * 64 + (lane & 3) * 16 : 0;
    slot += lane * 16;
    copyAsync16(slot, a.codes + (rowA * rowBytes + within), valid);
    copyAsync16(slot + 512, b.codes + (rowB * rowBytes + within), valid);
    if (Layout<format>::scaled) {
        slot -= lane * 12;
        const int c = valid ? column : 0;
        const u32 indexA = scaleIndex<format>(rowA, c, columns, blockShift), indexB = scaleIndex<format>(rowB, c, columns, blockShift);
        copyAsync4(slot + 1024, a.scales + scaleWord<format>(indexA), valid);
        copyAsync4(slot + 1152, b.scales + scaleWord<format>(indexB), valid);
        if (Layout<format>::nested) {
            copyAsync4(slot + 1280, a.nested + (indexA >> 8), valid);
            copyAsync4(slot + 1408, b.nested + (indexB >> 8), valid);
        }
    }
}

DEVICE u32 sharedWord(u32 address) { u32 v; asm volatile("ld.shared.u32 %0, [%1];" : "=r"(v) : "r"(address)); return v; }
DEVICE uint4 sharedQuad(u32 address) {
    uint4 v;
    asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "r"(address));
    return v;
}

/// Four int8 as two pairs of float16: 0x6400 | (q + 128) is 1152 + q exactly, so one subtraction is left.
DEVICE void int8Pairs(u32 word, u32& low, u32& high) {
    word ^= 0x80808080u;
    u32 a = __byte_perm(word, 0x64646464u, 0x4140), b = __byte_perm(word, 0x64646464u, 0x4342);
    asm("sub.f16x2 %0, %1, %2;" : "=r"(low) : "r"(a), "r"(0x64806480u));
    asm("sub.f16x2 %0, %1, %2;" : "=r"(high) : "r"(b), "r"(0x64806480u));
}

/// Two float16 of the table that `fillPairs` makes, from the shared address of the lane's own column.
DEVICE u32 tablePair(u32 pairs, u32 offset) { u32 v; asm("ld.shared.u32 %0, [%1];" : "=r"(v) : "r"(pairs + offset)); return v; }

/// What a warp has summed for its 16 rows.
template <int format> struct Accumulator {
    float d[4];
    DEVICE void clear() { d[0] = d[1] = d[2] = d[3] = 0; }
    /// The sums of rows g and g + 8, in every lane of that g.
    DEVICE void finish(float& rowA, float& rowB) {
        rowA = d[0] + d[1];
        rowB = d[2] + d[3];
        rowA += __shfl_xor_sync(FULL, rowA, 1); rowB += __shfl_xor_sync(FULL, rowB, 1);
        rowA += __shfl_xor_sync(FULL, rowA, 2); rowB += __shfl_xor_sync(FULL, rowB, 2);
        if (Layout<format>::isFloat16) { rowA *= PART_SCALE; rowB *= PART_SCALE; }
    }
};

/// What decoding needs beside the bytes.
struct Tables {
    /// 256 bytes × 32 lanes, two float16 each: a byte's two codes looked up at once, every lane in its own bank.
    const u32* pairs;
    /// bitsandbytes' 8-bit map for nested scales.
    const float* map;
};

/// Fills `pairs` from 16 table values; all threads call, and must meet at a barrier before use.
DEVICE void fillPairs(u32* pairs, const float* table) {
    for (int i = threadIdx.x; i < 256 * 32; i += blockDim.x) {
        int code = i >> 5;
        pairs[i] = Pack<f16>::pack(table[code >> 4], table[code & 15]);
    }
}

/// 16-byte pieces of the activation that a lane feeds to a tile's products.
template <int format> DEVICE constexpr int piecesOf() { return Layout<format>::perLane == 32 ? 4 : Layout<format>::perLane == 16 ? 2 : 1; }

/// Reads the calling lane's pieces of the activation from `column` on; lanes that feed no column of B get zeros.
template <int format, bool paired = false> DEVICE void loadPieces(uint4 (&x)[piecesOf<format>()], u32 planes, int stride, int column, int lane, bool valid = true) {
    const int g = lane >> 2, t = lane & 3;
    const bool active = Layout<format>::isFloat32 ? true : paired ? g < 4 && (g >> 1) == (t >> 1) && !(g & 1) : Layout<format>::scaled ? (g >> 1) == t : g < Layout<format>::planes;
    const int part = Layout<format>::isFloat32 || paired ? 0 : Layout<format>::scaled ? g & 1 : g;
    const u32 address = planes + part * stride + column * Layout<format>::planeBytes;
#pragma unroll
    for (int i = 0; i < piecesOf<format>(); i++) {
        x[i] = make_uint4(0, 0, 0, 0);
        if (active && valid) x[i] = sharedQuad(address + i * 16);
    }
}

/// What a lane's scales add to its product.
struct LaneScales {
    /// Of rows g and g + 8.
    float a, b;
    /// Minima, where a format has them, and the sum of the activation's block.
    float minimumA, minimumB, block;
};

/// Looks up a byte's two codes in the table that `fillPairs` makes; `byte` counts from the lowest.
struct NarrowPairs {
    u32 column;  // shared address of the lane's own column
    template <int byte> DEVICE u32 at(u32 word) const { return tablePair(column, (byte == 0 ? word << 7 : word >> (byte ? 8 * byte - 7 : 0)) & 0x7f80u); }
};

/// Adds the product of a tile to `sum`: `wa` and `wb` are the lane's 16 bytes of rows g and g + 8, `x` what
/// `loadPieces` read. Without `second`, rows g + 8 are left alone.
template <int format, bool second = true, typename Pairs>
DEVICE void multiplyTile(Accumulator<format>& sum, uint4 wa, uint4 wb, const uint4 (&x)[piecesOf<format>()], const LaneScales& scales, const Pairs& pairs) {
    if (Layout<format>::isFloat32) {
        sum.d[0] = fmaf(__uint_as_float(wa.x), __uint_as_float(x[0].x), sum.d[0]);
        sum.d[1] = fmaf(__uint_as_float(wa.y), __uint_as_float(x[0].y), sum.d[1]);
        sum.d[2] = fmaf(__uint_as_float(wb.x), __uint_as_float(x[0].x), sum.d[2]);
        sum.d[3] = fmaf(__uint_as_float(wb.y), __uint_as_float(x[0].y), sum.d[3]);
        sum.d[0] = fmaf(__uint_as_float(wa.z), __uint_as_float(x[0].z), sum.d[0]);
        sum.d[1] = fmaf(__uint_as_float(wa.w), __uint_as_float(x[0].w), sum.d[1]);
        sum.d[2] = fmaf(__uint_as_float(wb.z), __uint_as_float(x[0].z), sum.d[2]);
        sum.d[3] = fmaf(__uint_as_float(wb.w), __uint_as_float(x[0].w), sum.d[3]);
        return;
    }
    if (Layout<format>::isBFloat16) {
        mma(sum.d, wa.x, wb.x, wa.y, wb.y, x[0].x, x[0].y, (bf16*)0);
        mma(sum.d, wa.z, wb.z, wa.w, wb.w, x[0].z, x[0].w, (bf16*)0);
        return;
    }
    if (!Layout<format>::scaled) {
        mma(sum.d, wa.x, wb.x, wa.y, wb.y, x[0].x, x[0].y, (f16*)0);
        mma(sum.d, wa.z, wb.z, wa.w, wb.w, x[0].z, x[0].w, (f16*)0);
        return;
    }
    float d[4] = { 0, 0, 0, 0 }, e[4] = { 0, 0, 0, 0 };  // two chains of dependent products
    const u32 a4[4] = { wa.x, wa.y, wa.z, wa.w }, b4[4] = { wb.x, wb.y, wb.z, wb.w };
    if (Layout<format>::table) {
#define PAIR_B(byte) (second ? pairs.template at<byte>(b4[i]) : 0u)
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const uint4 piece = x[i % piecesOf<format>()];
            mma(d, pairs.template at<0>(a4[i]), PAIR_B(0), pairs.template at<1>(a4[i]), PAIR_B(1), piece.x, piece.y, (f16*)0);
            mma(e, pairs.template at<2>(a4[i]), PAIR_B(2), pairs.template at<3>(a4[i]), PAIR_B(3), piece.z, piece.w, (f16*)0);
        }
#undef PAIR_B
    } else {
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const uint4 piece = x[i % piecesOf<format>()];
            u32 a0, a2, b0, b2;
            int8Pairs(a4[2 * i], a0, a2); int8Pairs(b4[2 * i], b0, b2);
            mma(d, a0, b0, a2, b2, piece.x, piece.y, (f16*)0);
            int8Pairs(a4[2 * i + 1], a0, a2); int8Pairs(b4[2 * i + 1], b0, b2);
            mma(e, a0, b0, a2, b2, piece.z, piece.w, (f16*)0);
        }
    }
    // Columns 2t and 2t+1 hold the two parts' products of this lane's own 16 bytes.
    sum.d[0] = fmaf(scales.a, d[0] + d[1] + (e[0] + e[1]), sum.d[0]);
    sum.d[2] = fmaf(scales.b, d[2] + d[3] + (e[2] + e[3]), sum.d[2]);
    if (Layout<format>::hasMinimum) {
        // d Σ q x + m Σ x; the second term is not divided by PART_SCALE yet.
        sum.d[1] = fmaf(scales.minimumA, scales.block * (1.0f / PART_SCALE), sum.d[1]);
        sum.d[3] = fmaf(scales.minimumB, scales.block * (1.0f / PART_SCALE), sum.d[3]);
    }
}

/// Adds a tile that `fetchTile` copied to `slot`. `planes` is the shared address of the activation's parts;
/// `blockSums` (where there are minima) the sums of its blocks of 32.
template <int format>
DEVICE void addTile(Accumulator<format>& sum, u32 slot, u32 planes, int stride, const float* blockSums, int lane, int rowA, int rowB,
                    const KernelSegment& a, const KernelSegment& b, int tile, int columns, int blockShift, const Tables& tables) {
    const int column = tile * tileColumns<format>() + (lane & 3) * Layout<format>::perLane;
    const uint4 wa = sharedQuad(slot + lane * 16), wb = sharedQuad(slot + 512 + lane * 16);
    uint4 x[piecesOf<format>()];
    loadPieces<format>(x, planes, stride, column, lane);
    LaneScales scales = { 1, 1, 0, 0, 0 };
    if (Layout<format>::scaled) {
        const u32 sa = sharedWord(slot + 1024 + lane * 4), sb = sharedWord(slot + 1152 + lane * 4);
        if (Layout<format>::floatScaled || Layout<format>::rowScaled) {
            scales.a = __uint_as_float(sa);
            scales.b = __uint_as_float(sb);
        } else if (Layout<format>::nested) {
            const u32 ia = scaleIndex<format>(rowA, column, columns, blockShift) & 3, ib = scaleIndex<format>(rowB, column, columns, blockShift) & 3;
            scales.a = nestedScale(tables.map, sa >> (8 * ia) & 255, __uint_as_float(sharedWord(slot + 1280 + lane * 4)), a.offset);
            scales.b = nestedScale(tables.map, sb >> (8 * ib) & 255, __uint_as_float(sharedWord(slot + 1408 + lane * 4)), b.offset);
        } else if (Layout<format>::hasMinimum) {
            scales = { halfOf(sa, 0), halfOf(sb, 0), halfOf(sa, 1), halfOf(sb, 1), column < columns ? blockSums[column >> 5] : 0 };
        } else {
            scales.a = halfOf(sa, scaleIndex<format>(rowA, column, columns, blockShift) & 1);
            scales.b = halfOf(sb, scaleIndex<format>(rowB, column, columns, blockShift) & 1);
        }
    }
    multiplyTile<format>(sum, wa, wb, x, scales, NarrowPairs { sharedAddress(tables.pairs) + lane * 4 });
}

/// Writes element i of the activation into the parts that `format` multiplies with.
template <int format> DEVICE void storeParts(char* planes, int stride, int i, float x) {
    if (Layout<format>::isFloat32) { ((float*)planes)[i] = x; return; }
    if (Layout<format>::isBFloat16) {
        bf16 high, middle, low;
        fromFloat(x, high);
        float rest = x - toFloat(high);
        fromFloat(rest, middle);
        fromFloat(rest - toFloat(middle), low);
        ((bf16*)planes)[i] = high;
        ((bf16*)(planes + stride))[i] = middle;
        ((bf16*)(planes + 2 * stride))[i] = low;
        return;
    }
    f16 high, low;
    x *= 1.0f / PART_SCALE;
    fromFloat(fminf(fmaxf(x, -65504.0f), 65504.0f), high);
    fromFloat(fminf(fmaxf(x - toFloat(high), -65504.0f), 65504.0f), low);
    ((f16*)planes)[i] = high;
    ((f16*)(planes + stride))[i] = low;
}
