/// Makes the bytes of GGUF files, right ones and wrong ones: nothing is checked.
public struct GGUFBuilder: Sendable {
    public struct Tensor: Sendable {
        public var name: String
        /// The innermost first, as in the file.
        public var dimensions: [UInt64]
        /// ggml's number of the type.
        public var type: UInt32
        public var offset: UInt64

        public init(_ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0) {
            self.name = name
            self.dimensions = dimensions
            self.type = type
            self.offset = offset
        }
    }

    public var magic: [UInt8] = Array("GGUF".utf8)
    public var version: UInt32 = 3
    /// `nil` for as many as there are.
    public var tensorCount: UInt64?
    public var memberCount: UInt64?
    /// Key and encoded value, type included.
    public var members: [(key: [UInt8], value: [UInt8])] = []
    public var tensors: [Tensor] = []
    public var alignment = 32
    public var data: [UInt8] = []

    public init() {}

    public mutating func add(_ key: String, _ value: [UInt8]) { members.append((Array(key.utf8), value)) }

    /// The whole file.
    public var bytes: [UInt8] {
        var bytes = magic + Self.integer(version)
        bytes += Self.integer(tensorCount ?? UInt64(tensors.count)) + Self.integer(memberCount ?? UInt64(members.count))
        for member in members { bytes += Self.integer(UInt64(member.key.count)) + member.key + member.value }
        for tensor in tensors {
            bytes += Self.text(tensor.name) + Self.integer(UInt32(tensor.dimensions.count))
            for dimension in tensor.dimensions { bytes += Self.integer(dimension) }
            bytes += Self.integer(tensor.type) + Self.integer(tensor.offset)
        }
        if !data.isEmpty || !tensors.isEmpty {
            bytes += [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
        }
        return bytes + data
    }

    // MARK: Values, little-endian

    public static func integer(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }

    public static func text(_ text: String) -> [UInt8] { integer(UInt64(text.utf8.count)) + Array(text.utf8) }

    public static func uint32(_ value: UInt32) -> [UInt8] { integer(4 as UInt32) + integer(value) }

    public static func float32(_ value: Float) -> [UInt8] { integer(6 as UInt32) + integer(value.bitPattern) }

    public static func bool(_ value: UInt8) -> [UInt8] { integer(7 as UInt32) + [value] }

    public static func string(_ value: String) -> [UInt8] { integer(8 as UInt32) + text(value) }

    /// An array of elements that are encoded already.
    public static func array(type: UInt32, count: UInt64, _ elements: [UInt8]) -> [UInt8] {
        integer(9 as UInt32) + integer(type) + integer(count) + elements
    }

    /// A small file with every kind of member and three tensors.
    public static var sample: GGUFBuilder {
        var builder = GGUFBuilder()
        builder.add("general.architecture", string("llama"))
        builder.add("llama.block_count", uint32(2))
        builder.add("llama.rope.freq_base", float32(10000))
        builder.add("tokenizer.ggml.add_bos_token", bool(1))
        builder.add("tokenizer.ggml.tokens", array(type: 8, count: 3, text("<s>") + text("a") + text("né")))
        builder.add("tokenizer.ggml.scores", array(type: 6, count: 3, [UInt8](repeating: 0, count: 12)))
        builder.add("tokenizer.ggml.token_type", array(type: 5, count: 3, [UInt8](repeating: 1, count: 12)))
        builder.add("nested", array(type: 9, count: 1, integer(0 as UInt32) + integer(2 as UInt64) + [7, 8]))
        builder.add("big", integer(10 as UInt32) + integer(UInt64.max))
        builder.add("double", integer(12 as UInt32) + integer(1.5.bitPattern))
        builder.tensors = [
            Tensor("weight", [4, 2]), Tensor("blocks", [32, 2], type: 8, offset: 32), Tensor("super", [256], type: 12, offset: 128),
        ]
        builder.data = (0..<272).map { UInt8(truncatingIfNeeded: $0 * 37) }
        return builder
    }
}
