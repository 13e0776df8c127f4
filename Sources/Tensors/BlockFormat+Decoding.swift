// What the bytes of a block mean, written for reading. Multiplications and additions are single binary32 operations
// in ggml's order (https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c, `dequantize_row_*`), so that the
// values equal ggml's bit for bit.

extension BlockFormat {
    /// The values of one block.
    ///
    /// - Parameters:
    ///   - block: ``byteCount`` bytes.
    ///   - values: room for ``elementCount`` values.
    package func decode(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
        switch self {
        case .q4_0: decodeQ4_0(block, into: &values)
        case .q4_1: decodeQ4_1(block, into: &values)
        case .q5_0: decodeQ5_0(block, into: &values)
        case .q5_1: decodeQ5_1(block, into: &values)
        case .q8_0: decodeQ8_0(block, into: &values)
        case .q2K: decodeQ2K(block, into: &values)
        case .q3K: decodeQ3K(block, into: &values)
        case .q4K: decodeQ4K(block, into: &values)
        case .q5K: decodeQ5K(block, into: &values)
        case .q6K: decodeQ6K(block, into: &values)
        case .iq4NL: decodeIQ4NL(block, into: &values)
        case .iq4XS: decodeIQ4XS(block, into: &values)
        }
    }
}

/// A binary16 at a byte of a block.
func float16(_ block: Span<UInt8>, at offset: Int) -> Float {
    Float(float16Bits: UInt16(block[offset]) | UInt16(block[offset + 1]) << 8)
}

// Blocks of 32: element i is in the low half of byte i, element i + 16 in the high half.

// swift-format-ignore: AlwaysUseLowerCamelCase
/// d, then 16 bytes of nibbles: (q - 8) d.
private func decodeQ4_0(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    for i in 0..<16 {
        let byte = Int(block[2 + i])
        values[i] = Float(byte & 15 - 8) * scale
        values[i + 16] = Float(byte >> 4 - 8) * scale
    }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// d, m, then 16 bytes of nibbles: q d + m.
private func decodeQ4_1(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    let minimum = float16(block, at: 2)
    for i in 0..<16 {
        let byte = block[4 + i]
        values[i] = Float(byte & 15) * scale + minimum
        values[i + 16] = Float(byte >> 4) * scale + minimum
    }
}

/// The 5-bit numbers of a block whose high bits stand at `offset`, one a bit, and whose nibbles follow.
private func fiveBits(_ block: Span<UInt8>, at offset: Int, _ i: Int) -> (low: Int, high: Int) {
    let byte = Int(block[offset + 4 + i])
    let lowBit = Int(block[offset + i / 8]) >> (i % 8) & 1
    let highBit = Int(block[offset + 2 + i / 8]) >> (i % 8) & 1
    return (byte & 15 | lowBit << 4, byte >> 4 | highBit << 4)
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// d, 32 high bits, then nibbles: (q - 16) d.
private func decodeQ5_0(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    for i in 0..<16 {
        let q = fiveBits(block, at: 2, i)
        values[i] = Float(q.low - 16) * scale
        values[i + 16] = Float(q.high - 16) * scale
    }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// d, m, 32 high bits, then nibbles: q d + m.
private func decodeQ5_1(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    let minimum = float16(block, at: 2)
    for i in 0..<16 {
        let q = fiveBits(block, at: 4, i)
        values[i] = Float(q.low) * scale + minimum
        values[i + 16] = Float(q.high) * scale + minimum
    }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
/// d, then 32 signed bytes: q d.
private func decodeQ8_0(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    for i in 0..<32 { values[i] = Float(Int8(bitPattern: block[2 + i])) * scale }
}

/// The 16 values of the IQ4 types, found by minimising the error on real weights.
private let iq4Values: [Float] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]

/// d, then nibbles that are places in the table: t[q] d.
private func decodeIQ4NL(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    for i in 0..<16 {
        let byte = Int(block[2 + i])
        values[i] = scale * iq4Values[byte & 15]
        values[i + 16] = scale * iq4Values[byte >> 4]
    }
}

/// d, the scales' high 2 bits (16 bits), their low 4 bits (4 bytes), then nibbles; 8 groups of 32: t[q] d (s - 32).
private func decodeIQ4XS(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    let highBits = Int(block[2]) | Int(block[3]) << 8
    for group in 0..<8 {
        let low = Int(block[4 + group / 2]) >> (4 * (group % 2)) & 15
        let high = highBits >> (2 * group) & 3
        let groupScale = scale * Float((low | high << 4) - 32)
        for i in 0..<16 {
            let byte = Int(block[8 + 16 * group + i])
            values[32 * group + i] = groupScale * iq4Values[byte & 15]
            values[32 * group + i + 16] = groupScale * iq4Values[byte >> 4]
        }
    }
}
