import CKernels

/// Every type with blocks in GGUF files.
let blockTypes: [gk_type] = [
    GK_Q4_0, GK_Q4_1, GK_Q5_0, GK_Q5_1, GK_Q8_0, GK_Q2_K, GK_Q3_K, GK_Q4_K, GK_Q5_K, GK_Q6_K,
]
let plainTypes: [gk_type] = [GK_F32, GK_F16, GK_BF16]

/// Where the halves lie in a block of each type, in bytes.
private func halfOffsets(_ type: gk_type) -> [Int] {
    switch type {
    case GK_Q4_1, GK_Q5_1, GK_Q4_K, GK_Q5_K: [0, 2]
    case GK_Q4_0, GK_Q5_0, GK_Q8_0: [0]
    case GK_Q2_K: [80, 82]
    case GK_Q3_K: [108]
    case GK_Q6_K: [208]
    default: []
    }
}

/// A matrix of random codes with scales of useful size, in layout ROWS.
func randomWeight(_ type: gk_type, rows: Int, cols: Int, seed: UInt64) -> TestWeight {
    var random = SeededGenerator(seed: seed)
    let count = rows * cols
    switch type {
    case GK_F32, GK_F16, GK_BF16:
        var values = random.normals(count)
        var bytes = [UInt8](repeating: 0, count: count * Int(gk_block_bytes(type)))
        _ = gk_convert(nil, GK_F32, &values, type, &bytes, Int64(count))
        return TestWeight(type: type, rows: rows, cols: cols, bytes: bytes)
    case GK_INT8:
        let bytes = (0..<count).map { _ in UInt8(bitPattern: Int8.random(in: -127...127, using: &random)) }
        return TestWeight(type: type, rows: rows, cols: cols, bytes: bytes, absmax: (0..<rows).map { _ in Float.random(in: 0.1..<2, using: &random) })
    case GK_NF4, GK_FP4:
        let bytes = (0..<(count + 1) / 2).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return TestWeight(
            type: type, rows: rows, cols: cols, bytes: bytes, absmax: (0..<(count + 63) / 64).map { _ in Float.random(in: 0.1..<2, using: &random) })
    default:
        let blocks = count / Int(gk_block_elements(type)), size = Int(gk_block_bytes(type))
        var bytes = (0..<blocks * size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        for block in 0..<blocks {
            for offset in halfOffsets(type) {
                // 2^-8 ... 2^-5 with a random fraction and sign.
                let half = UInt16.random(in: 0x1C00...0x27FF, using: &random) | (Bool.random(using: &random) ? 0x8000 : 0)
                bytes[block * size + offset] = UInt8(half & 0xFF)
                bytes[block * size + offset + 1] = UInt8(half >> 8)
            }
        }
        return TestWeight(type: type, rows: rows, cols: cols, bytes: bytes)
    }
}
