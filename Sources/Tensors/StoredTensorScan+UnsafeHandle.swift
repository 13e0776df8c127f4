extension StoredTensor {
    /// The first element that is infinite or not a number, in row-major order; `nil` where all are finite, and for
    /// integers. A block format has such values only by its scales, so it gives the first element of that block.
    ///
    /// - Complexity: one pass over the tensor's bytes.
    public var firstNonFiniteElement: Int? {
        switch encoding {
        case .dense(.float32): Self.first(in: data.bytes, as: UInt32.self, exponent: 0x7F80_0000)
        case .dense(.float16): Self.first(in: data.bytes, as: UInt16.self, exponent: 0x7C00)
        case .dense(.bfloat16): Self.first(in: data.bytes, as: UInt16.self, exponent: 0x7F80)
        case .dense(.float64): Self.first(in: data.bytes, as: UInt64.self, exponent: 0x7FF0_0000_0000_0000)
        case .dense: nil
        case .blocks(let format): firstNonFiniteBlock(format).map { $0 * format.elementCount }
        }
    }

    /// A number is finite unless all bits of its exponent are set.
    private static func first<Bits: FixedWidthInteger>(in bytes: UnsafeRawBufferPointer, as type: Bits.Type, exponent: Bits) -> Int? {
        let size = MemoryLayout<Bits>.size
        return (0..<(bytes.count / size)).first { index in
            Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self)) & exponent == exponent
        }
    }

    private func firstNonFiniteBlock(_ format: BlockFormat) -> Int? {
        let bytes = data.bytes
        let exponent: UInt16 = 0x7C00
        return (0..<(bytes.count / format.byteCount)).first { block in
            format.scaleOffsets.contains { offset in
                let bits = bytes.loadUnaligned(fromByteOffset: block * format.byteCount + offset, as: UInt16.self)
                return UInt16(littleEndian: bits) & exponent == exponent
            }
        }
    }
}

extension BlockFormat {
    /// Where a block has its binary16 numbers.
    fileprivate var scaleOffsets: [Int] {
        switch self {
        case .q4_0, .q5_0, .q8_0, .iq4NL, .iq4XS: [0]
        case .q4_1, .q5_1, .q4K, .q5K: [0, 2]
        case .q2K: [80, 82]
        case .q3K: [108]
        case .q6K: [208]
        }
    }
}
