/// Where the parts of a 4-bit tensor's bytes are, and how many there are.
public struct FourBitLayout: Sendable, Hashable {
    public let type: FourBitType
    public let elementCount: Int
    /// Elements that share a scale.
    public let blockSize: Int
    /// Whether the scales are quantised to 8 bits in turn.
    public let isDoubleQuantized: Bool

    /// - Parameter blockSize: one of ``FourBitType/blockSizes``.
    /// - Returns: `nil` for another block size or a negative count.
    public init?(_ type: FourBitType, elementCount: Int, blockSize: Int = 64, isDoubleQuantized: Bool = false) {
        guard FourBitType.blockSizes.contains(blockSize), elementCount >= 0 else { return nil }
        self.type = type
        self.elementCount = elementCount
        self.blockSize = blockSize
        self.isDoubleQuantized = isDoubleQuantized
    }

    /// Two elements a byte, the first in the high nibble.
    public var packedByteCount: Int { elementCount / 2 + elementCount % 2 }

    /// Blocks; the last may be short.
    public var blockCount: Int { elementCount / blockSize + (elementCount % blockSize == 0 ? 0 : 1) }

    /// Second scales, one for 256 scales; 0 without double quantisation.
    public var nestedBlockCount: Int {
        isDoubleQuantized ? (blockCount + DynamicMap.blockSize - 1) / DynamicMap.blockSize : 0
    }

    /// Bytes of the scales: a float32 each, or a byte each, the second scales and their offset.
    public var scaleByteCount: Int { isDoubleQuantized ? blockCount + 4 * nestedBlockCount + 4 : 4 * blockCount }

    public var byteCount: Int { packedByteCount + scaleByteCount }

    /// What a backend calls weights of this layout.
    public var format: WeightFormat.FourBit { WeightFormat.FourBit(type, blockSize: blockSize, isDoubleQuantized: isDoubleQuantized) }
}

/// A tensor quantised to 4 bits as bitsandbytes does it: blocks over the flattened row-major elements, an absmax each.
public struct FourBitWeights: Sendable, Hashable {
    public enum Scales: Sendable, Hashable {
        /// The absmax of each block.
        case plain([Float])
        /// Codes of the absmax less their mean, in ``DynamicMap``; an absmax for each 256 codes; the mean.
        case doubleQuantized(codes: [UInt8], absmax: [Float], offset: Float)

        /// Whether none is infinite or not a number.
        public var areFinite: Bool {
            switch self {
            case .plain(let absmax): absmax.allSatisfy(\.isFinite)
            case .doubleQuantized(_, let absmax, let offset): offset.isFinite && absmax.allSatisfy(\.isFinite)
            }
        }
    }

    public let layout: FourBitLayout
    public let shape: TensorShape
    /// Element 2i in the high nibble of byte i, element 2i + 1 in the low one.
    public let packed: [UInt8]
    public let scales: Scales

    /// - Returns: `nil` where the parts do not fit the layout.
    public init?(layout: FourBitLayout, shape: TensorShape, packed: [UInt8], scales: Scales) {
        guard shape.elementCount == layout.elementCount, packed.count == layout.packedByteCount else { return nil }
        switch scales {
        case .plain(let absmax):
            guard !layout.isDoubleQuantized, absmax.count == layout.blockCount else { return nil }
        case .doubleQuantized(let codes, let absmax, _):
            guard layout.isDoubleQuantized, codes.count == layout.blockCount, absmax.count == layout.nestedBlockCount else { return nil }
        }
        self.layout = layout
        self.shape = shape
        self.packed = packed
        self.scales = scales
    }

    /// The scale of each block, restored where it was quantised: a product and a sum, each rounded to float32.
    public var absmax: [Float] {
        switch scales {
        case .plain(let absmax): absmax
        case .doubleQuantized(let codes, let absmax, let offset):
            codes.enumerated().map { index, code in
                DynamicMap.table[Int(code)] * absmax[index / DynamicMap.blockSize] + offset
            }
        }
    }

    /// The code of each element.
    public var codes: [UInt8] {
        (0..<layout.elementCount).map { $0 % 2 == 0 ? packed[$0 / 2] >> 4 : packed[$0 / 2] & 15 }
    }

    /// The elements: `table[code] × absmax`, one product in float32. bitsandbytes rounds it once more to the tensor's own
    /// type, as ``Swift/Float/bfloat16Bits`` and ``Swift/Float/float16Bits`` do.
    public func dequantized() -> [Float] {
        let table = layout.type.table
        let absmax = self.absmax
        return codes.enumerated().map { index, code in table[Int(code)] * absmax[index / layout.blockSize] }
    }
}
