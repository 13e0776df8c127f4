// The K-quants: super-blocks of 256 values whose groups have scales that are themselves quantised
// (https://github.com/ggml-org/llama.cpp/pull/1684).

/// 16 groups of 16: scales (low nibble) and minima (high nibble), 64 bytes of 2-bit numbers, d, dmin: q d s - dmin m.
func decodeQ2K(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 80)
    let minimum = float16(block, at: 82)
    for group in 0..<16 {
        let sub = block[group]
        let groupScale = scale * Float(sub & 15)
        let groupMinimum = minimum * Float(sub >> 4)
        let place = twoBits(group)
        for i in 0..<16 {
            let q = block[16 + place.byte + i] >> place.shift & 3
            values[16 * group + i] = groupScale * Float(q) - groupMinimum
        }
    }
}

/// 256 high bits (32 bytes), 64 bytes of 2-bit numbers, 16 scales of 6 bits (12 bytes), d: (q - 4) d (s - 32), where the
/// high bit is q's third.
func decodeQ3K(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 108)
    for group in 0..<16 {
        let low = group < 8 ? block[96 + group] & 15 : block[96 + group - 8] >> 4
        let high = block[96 + 8 + group % 4] >> UInt8(2 * (group / 4)) & 3
        let groupScale = scale * Float(Int(low | high << 4) - 32)
        let place = twoBits(group)
        for i in 0..<16 {
            let q = block[32 + place.byte + i] >> place.shift & 3
            let highBit = block[16 * (group % 2) + i] >> UInt8(group / 2) & 1
            values[16 * group + i] = groupScale * Float(Int(q | highBit << 2) - 4)
        }
    }
}

/// d, dmin, 8 scales and minima of 6 bits (12 bytes), 128 bytes of nibbles: q d s - dmin m.
func decodeQ4K(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    let minimum = float16(block, at: 2)
    for group in 0..<8 {
        let sub = sixBits(block, at: 4, group)
        let groupScale = scale * Float(sub.scale)
        let groupMinimum = minimum * Float(sub.minimum)
        for i in 0..<32 {
            let byte = block[16 + 32 * (group / 2) + i]
            let q = group % 2 == 0 ? byte & 15 : byte >> 4
            values[32 * group + i] = groupScale * Float(q) - groupMinimum
        }
    }
}

/// As Q4_K, with 256 high bits (32 bytes) before the nibbles.
func decodeQ5K(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 0)
    let minimum = float16(block, at: 2)
    for group in 0..<8 {
        let sub = sixBits(block, at: 4, group)
        let groupScale = scale * Float(sub.scale)
        let groupMinimum = minimum * Float(sub.minimum)
        for i in 0..<32 {
            let byte = block[48 + 32 * (group / 2) + i]
            let nibble = group % 2 == 0 ? byte & 15 : byte >> 4
            let highBit = block[16 + i] >> UInt8(group) & 1
            values[32 * group + i] = groupScale * Float(nibble | highBit << 4) - groupMinimum
        }
    }
}

/// 128 bytes of nibbles, 64 bytes of high 2 bits, 16 signed scales, d: (q - 32) d s.
func decodeQ6K(_ block: Span<UInt8>, into values: inout MutableSpan<Float>) {
    let scale = float16(block, at: 208)
    for group in 0..<16 {
        let groupScale = scale * Float(Int8(bitPattern: block[192 + group]))
        // Halves of 128 values; in each, four runs of 32 share their bytes.
        let half = group / 8
        let run = group % 8 / 2
        for i in 0..<16 {
            let column = 16 * (group % 2) + i
            let byte = block[64 * half + 32 * (run % 2) + column]
            let nibble = run < 2 ? byte & 15 : byte >> 4
            let high = block[128 + 32 * half + column] >> UInt8(2 * run) & 3
            values[16 * group + i] = groupScale * Float(Int(nibble | high << 4) - 32)
        }
    }
}

/// Where a group of 16 has its 2-bit numbers: 32 bytes hold 128 values, four runs of 32 at different shifts.
private func twoBits(_ group: Int) -> (byte: Int, shift: UInt8) {
    (32 * (group / 8) + 16 * (group % 2), UInt8(2 * (group % 8 / 2)))
}

/// The scale and minimum of a group of 32: eight of each, 6 bits wide, in 12 bytes. The first four stand in the low
/// 6 bits of bytes 0 to 7; the others have their low 4 bits in bytes 8 to 11 and their high 2 bits above the first four.
private func sixBits(_ block: Span<UInt8>, at offset: Int, _ group: Int) -> (scale: UInt8, minimum: UInt8) {
    if group < 4 { return (block[offset + group] & 63, block[offset + group + 4] & 63) }
    let low = block[offset + group + 4]
    let highScale = block[offset + group - 4] >> 6
    let highMinimum = block[offset + group] >> 6
    return (low & 15 | highScale << 4, low >> 4 | highMinimum << 4)
}
