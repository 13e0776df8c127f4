import JSON

/// Reads a GGUF file's header: metadata, then the tensors' directory.
struct GGUFParser {
    /// Arrays may hold arrays; files in use do so never or once.
    private static let maximumNesting = 4
    /// ggml's own limit.
    private static let maximumRank = 4

    private var reader: ByteReader
    private(set) var version = 0
    private(set) var alignment = 32
    private(set) var metadata = GGUFMetadata()
    private(set) var tensors: [StoredTensor] = []
    private(set) var indices: [ExactText: Int] = [:]

    init(_ file: MappedFile) {
        reader = ByteReader(file)
    }

    mutating func parse() throws(FileFormatError) {
        let counts = try header()
        for _ in 0..<counts.values { try member() }
        try readAlignment()
        try directory(count: counts.tensors)
    }

    private mutating func header() throws(FileFormatError) -> (tensors: Int, values: Int) {
        let magic = try reader.integer(UInt32.self, "the signature")
        guard withUnsafeBytes(of: magic.littleEndian, { $0.elementsEqual(GGUFFile.magic) }) else {
            throw reader.error("this is not a GGUF file: it does not start with \"GGUF\"", at: 0, help: "give a .gguf or .safetensors file")
        }
        let number = try reader.integer(UInt32.self, "the version")
        guard number == 2 || number == 3 else {
            let isSwapped = number.byteSwapped == 2 || number.byteSwapped == 3
            throw reader.error(
                isSwapped ? "this GGUF file is big-endian" : "GGUF version \(number) is not supported", at: 4,
                help: "convert the model to little-endian GGUF version 3")
        }
        version = Int(number)
        // Name, type and offset of a tensor take 24 bytes at least; key, type and value of a member 13.
        let tensorCount = try reader.count("the number of tensors", minimumSize: 24)
        let valueCount = try reader.count("the number of metadata values", minimumSize: 13)
        return (tensorCount, valueCount)
    }

    private mutating func member() throws(FileFormatError) {
        let start = reader.offset
        let key = try reader.string("a metadata key")
        let type = try reader.integer(UInt32.self, "the type of \"\(key)\"")
        let value = try value(type, of: key)
        guard metadata.append(key, value) else { throw reader.error("the metadata key \"\(key)\" is there twice", at: start) }
    }

    private mutating func value(_ type: UInt32, of key: String) throws(FileFormatError) -> GGUFValue {
        switch type {
        case 0: .uint8(try reader.integer(UInt8.self, key))
        case 1: .int8(try reader.integer(Int8.self, key))
        case 2: .uint16(try reader.integer(UInt16.self, key))
        case 3: .int16(try reader.integer(Int16.self, key))
        case 4: .uint32(try reader.integer(UInt32.self, key))
        case 5: .int32(try reader.integer(Int32.self, key))
        case 6: .float32(Float(bitPattern: try reader.integer(UInt32.self, key)))
        case 7: .bool(try bool(key))
        case 8: .string(try reader.string("\"\(key)\""))
        case 9: .array(try array(of: key, depth: 1))
        case 10: .uint64(try reader.integer(UInt64.self, key))
        case 11: .int64(try reader.integer(Int64.self, key))
        case 12: .float64(Double(bitPattern: try reader.integer(UInt64.self, key)))
        default: throw reader.error("\"\(key)\" has the unknown type \(type)", at: reader.offset - 4)
        }
    }

    private mutating func bool(_ key: String) throws(FileFormatError) -> Bool {
        let value = try reader.integer(UInt8.self, key)
        guard value <= 1 else { throw reader.error("\"\(key)\" is a Boolean with the value \(value)", at: reader.offset - 1) }
        return value == 1
    }

    private mutating func array(of key: String, depth: Int) throws(FileFormatError) -> GGUFArray {
        let type = try reader.integer(UInt32.self, "the element type of \"\(key)\"")
        let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 8: 8, 9: 12, 10: 8, 11: 8, 12: 8]
        guard let minimumSize = sizes[type] else {
            throw reader.error("the elements of \"\(key)\" have the unknown type \(type)", at: reader.offset - 4)
        }
        let count = try reader.count("the number of elements of \"\(key)\"", minimumSize: minimumSize)
        switch type {
        case 0: return .uint8(try reader.array(UInt8.self, count: count))
        case 1: return .int8(try reader.array(Int8.self, count: count))
        case 2: return .uint16(try reader.array(UInt16.self, count: count))
        case 3: return .int16(try reader.array(Int16.self, count: count))
        case 4: return .uint32(try reader.array(UInt32.self, count: count))
        case 5: return .int32(try reader.array(Int32.self, count: count))
        case 6: return .float32(try reader.array(Float.self, count: count))
        case 7:
            var values: [Bool] = []
            for _ in 0..<count { values.append(try bool(key)) }
            return .bool(values)
        case 8:
            return .string(try reader.strings(count: count, of: key))
        case 10: return .uint64(try reader.array(UInt64.self, count: count))
        case 11: return .int64(try reader.array(Int64.self, count: count))
        case 12: return .float64(try reader.array(Double.self, count: count))
        default:
            guard depth < Self.maximumNesting else {
                throw reader.error("\"\(key)\" nests arrays deeper than \(Self.maximumNesting)")
            }
            var values: [GGUFArray] = []
            for _ in 0..<count { values.append(try array(of: key, depth: depth + 1)) }
            return .array(values)
        }
    }

    private mutating func readAlignment() throws(FileFormatError) {
        guard let value = metadata["general.alignment"] else { return }
        guard let number = value.integerValue, number > 0, number & (number - 1) == 0, number <= 1 << 30 else {
            throw FileFormatError(path: reader.file.path, message: "the metadata's \"general.alignment\" is not a power of two")
        }
        alignment = number
    }

    private struct Entry {
        let name: String
        let encoding: TensorEncoding
        let shape: TensorShape
        /// From the start of the data.
        let offset: Int
        let byteCount: Int
        /// Where the directory says so.
        let place: Int
    }

    private mutating func directory(count: Int) throws(FileFormatError) {
        var entries: [Entry] = []
        for _ in 0..<count {
            let entry = try entry()
            guard indices.updateValue(entries.count, forKey: ExactText(entry.name)) == nil else {
                throw reader.error("the tensor \"\(entry.name)\" is there twice", at: entry.place)
            }
            entries.append(entry)
        }
        // At most 2^30 - 1 more than the file's size.
        let dataStart = (reader.offset + alignment - 1) / alignment * alignment
        let contents = reader.file.contents
        let dataSize = max(0, contents.byteCount - dataStart)
        for entry in entries {
            guard entry.offset % alignment == 0 else {
                throw reader.error(
                    "the tensor \"\(entry.name)\" begins at \(entry.offset), which is no multiple of the alignment of \(alignment)", at: entry.place)
            }
            guard entry.offset <= dataSize, entry.byteCount <= dataSize - entry.offset,
                let data = contents.slice(offset: dataStart + entry.offset, count: entry.byteCount)
            else {
                throw reader.error(
                    "the tensor \"\(entry.name)\" ends \(excess(entry, dataSize)) bytes past the end of the file", at: entry.place)
            }
            tensors.append(StoredTensor(name: entry.name, encoding: entry.encoding, shape: entry.shape, data: data))
        }
        let ordered = entries.filter { $0.byteCount > 0 }.sorted { ($0.offset, $0.place) < ($1.offset, $1.place) }
        for (left, right) in zip(ordered, ordered.dropFirst()) where left.offset + left.byteCount > right.offset {
            throw reader.error("the tensors \"\(left.name)\" and \"\(right.name)\" overlap", at: right.place)
        }
    }

    private func excess(_ entry: Entry, _ dataSize: Int) -> String {
        let (end, overflow) = entry.offset.addingReportingOverflow(entry.byteCount)
        return overflow ? "many" : "\(end - dataSize)"
    }

    private mutating func entry() throws(FileFormatError) -> Entry {
        let place = reader.offset
        let name = try reader.string("a tensor's name")
        let rank = try reader.integer(UInt32.self, "the rank of \"\(name)\"")
        guard rank <= Self.maximumRank else {
            throw reader.error("the tensor \"\(name)\" has \(rank) dimensions, more than \(Self.maximumRank)", at: reader.offset - 4)
        }
        var dimensions: [Int] = []
        let dimensionsStart = reader.offset
        for _ in 0..<rank {
            // A dimension that does not fit an Int fails below as a negative one does.
            dimensions.append(Int(exactly: try reader.integer(UInt64.self, "the shape of \"\(name)\"")) ?? -1)
        }
        // GGUF counts from the innermost dimension.
        guard let shape = TensorShape(validating: dimensions.reversed()) else {
            throw reader.error("the shape of \"\(name)\" is too large for any machine", at: dimensionsStart)
        }
        let type = try reader.integer(UInt32.self, "the type of \"\(name)\"")
        guard let encoding = GGUFTensorType.encoding(type) else {
            let known = GGUFTensorType.name(type).map { "\($0), which is not supported" } ?? "\(type), which is unknown"
            throw reader.error(
                "the tensor \"\(name)\" has the type \(known)", at: reader.offset - 4,
                help: "use a file with F32, F16, BF16, Q8_0, Q4_0 to Q5_1, Q2_K to Q6_K or IQ4 tensors")
        }
        guard let byteCount = encoding.byteCount(of: shape) else {
            throw reader.error("the shape \(shape) of \"\(name)\" is not whole blocks of \(encoding), or too large", at: dimensionsStart)
        }
        let offset = try reader.integer(UInt64.self, "the offset of \"\(name)\"")
        guard offset % UInt64(alignment) == 0 else {
            throw reader.error("the tensor \"\(name)\" starts at \(offset), not at a multiple of \(alignment)", at: reader.offset - 8)
        }
        guard let start = Int(exactly: offset) else {
            throw reader.error("the tensor \"\(name)\" starts at \(offset), past the end of the file", at: reader.offset - 8)
        }
        return Entry(name: name, encoding: encoding, shape: shape, offset: start, byteCount: byteCount, place: place)
    }
}
