import Tensors

/// Seeded random tensors in a file of their own.
struct RandomCheckpoint {
    // The formats' own names.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    enum Kind { case f32, bf16, f16, q4_0, q4_1, q8_0 }
    struct Item {
        var name: String
        var shape: [Int]
        var kind: Kind
        /// Elements are uniform in ±scale around `center`.
        var scale: Float
        var center: Float = 0
    }

    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func uniform() -> Float { Float(next() >> 40) * (2.0 / 16_777_216.0) - 1 }

    private mutating func bytes(_ item: Item) -> [UInt8] {
        let count = item.shape.reduce(1, *)
        var bytes: [UInt8] = []
        func append(_ value: UInt16, _ bytes: inout [UInt8]) { bytes += [UInt8(value & 255), UInt8(value >> 8)] }
        switch item.kind {
        case .f32, .f16, .bf16:
            bytes.reserveCapacity(count * 4)
            for _ in 0..<count {
                let value = item.center + item.scale * uniform()
                switch item.kind {
                case .f32: withUnsafeBytes(of: value.bitPattern) { bytes += $0 }
                case .f16: append(value.float16Bits, &bytes)
                default: append(value.bfloat16Bits, &bytes)
                }
            }
        case .q4_0, .q4_1, .q8_0:
            for _ in 0..<count / 32 {
                append((item.scale * (item.kind == .q8_0 ? 1.0 / 127 : 1.0 / 8) * (1 + 0.5 * uniform())).float16Bits, &bytes)
                if item.kind == .q4_1 { append((-item.scale * (1 + 0.1 * uniform())).float16Bits, &bytes) }
                for _ in 0..<(item.kind == .q8_0 ? 32 : 16) { bytes.append(UInt8(truncatingIfNeeded: next())) }
            }
        }
        return bytes
    }

    /// Writes a GGUF file, which knows all the kinds, and opens it.
    mutating func make(_ items: [Item], path: String) throws -> GGUFFile {
        var head: [UInt8] = Array("GGUF".utf8)
        func word(_ value: UInt64, _ count: Int = 8) { for i in 0..<count { head.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(i)))) } }
        word(3, 4)
        word(UInt64(items.count))
        word(1)
        // The format demands the architecture's name.
        let key = "general.architecture"
        word(UInt64(key.utf8.count))
        head += Array(key.utf8)
        word(8, 4)
        word(5)
        head += Array("llama".utf8)
        var data: [UInt8] = []
        for item in items {
            word(UInt64(item.name.utf8.count))
            head += Array(item.name.utf8)
            word(UInt64(item.shape.count), 4)
            for dimension in item.shape.reversed() { word(UInt64(dimension)) }
            let type: UInt64 =
                switch item.kind {
                case .f32: 0
                case .f16: 1
                case .q4_0: 2
                case .q4_1: 3
                case .q8_0: 8
                case .bf16: 30
                }
            word(type, 4)
            word(UInt64(data.count))
            data += bytes(item)
            while data.count % 32 != 0 { data.append(0) }
        }
        while head.count % 32 != 0 { head.append(0) }
        guard write(path, { $0(head) && $0(data) }) else { throw CheckFailure("cannot write \(path)") }
        return try GGUFFile(path: path)
    }
}

struct CheckFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
