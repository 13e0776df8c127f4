private import JSON

/// Reads the directory of a safetensors file.
///
/// The directory is JSON of one fixed form, read here without building JSON values, so that what a hostile
/// directory makes us allocate stays in proportion to its own size.
struct SafetensorsHeaderParser {
    struct Entry {
        let name: String
        let type: DType
        let shape: TensorShape
        /// From the start of the data.
        let start: Int
        let end: Int
        /// The offset of the entry in the file.
        let place: Int
    }

    /// More dimensions than any framework has.
    private static let maximumRank = 64

    private let header: FileSlice
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private(set) var metadata: [String: String] = [:]
    private(set) var entries: [Entry] = []

    init(_ header: FileSlice) {
        self.header = header
        bytes = header.bytes
    }

    mutating func parse() throws(FileFormatError) {
        guard current == UInt8(ascii: "{") else {
            throw error("the directory does not start with '{'", help: "give a .safetensors or .gguf file")
        }
        var hasMetadata = false
        try object { (parser: inout Self, key: String, place: Int) throws(FileFormatError) in
            if key == "__metadata__" {
                if hasMetadata { throw parser.error("\"__metadata__\" is there twice", at: place) }
                hasMetadata = true
                try parser.readMetadata()
            } else {
                try parser.entry(key, place: place)
            }
        }
        // Writers pad the directory with spaces.
        skipSpace()
        if offset < bytes.count { throw error("the directory has text after its end") }
    }

    private mutating func readMetadata() throws(FileFormatError) {
        try object { (parser: inout Self, key: String, place: Int) throws(FileFormatError) in
            let value = try parser.string("a value of \"__metadata__\"")
            guard parser.metadata.updateValue(value, forKey: key) == nil else {
                throw parser.error("\"\(key)\" is there twice in \"__metadata__\"", at: place)
            }
        }
    }

    private mutating func entry(_ name: String, place: Int) throws(FileFormatError) {
        var type: DType?
        var dimensions: [Int]?
        var offsets: [Int]?
        try object { (parser: inout Self, key: String, place: Int) throws(FileFormatError) in
            switch key {
            case "dtype" where type == nil:
                let place = parser.offset
                let text = try parser.string("the dtype of \"\(name)\"")
                guard let known = Self.types[text] else {
                    throw parser.error(
                        "the dtype \"\(text)\" of \"\(name)\" is unknown", at: place,
                        help: "known are \(Self.types.keys.sorted().joined(separator: ", "))")
                }
                type = known
            case "shape" where dimensions == nil: dimensions = try parser.integers("the shape of \"\(name)\"")
            case "data_offsets" where offsets == nil: offsets = try parser.integers("the offsets of \"\(name)\"")
            case "dtype", "shape", "data_offsets": throw parser.error("\"\(name)\" has \"\(key)\" twice", at: place)
            default: throw parser.error("\"\(name)\" has the unknown member \"\(key)\"", at: place)
            }
        }
        guard let type else { throw error("\"\(name)\" has no \"dtype\"", at: place) }
        guard let dimensions else { throw error("\"\(name)\" has no \"shape\"", at: place) }
        guard let offsets else { throw error("\"\(name)\" has no \"data_offsets\"", at: place) }
        guard offsets.count == 2 else { throw error("\"\(name)\" has \(offsets.count) data offsets, not 2", at: place) }
        guard let shape = TensorShape(validating: dimensions) else {
            throw error("the shape of \"\(name)\" is too large for any machine", at: place)
        }
        entries.append(
            Entry(name: name, type: type, shape: shape, start: offsets[0], end: offsets[1], place: header.byteOffset + place))
    }

    private static let types: [String: DType] = [
        "BOOL": .bool, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32, "I32": .int32, "U64": .uint64,
        "I64": .int64, "F8_E4M3": .float8e4m3, "F8_E5M2": .float8e5m2, "F16": .float16, "BF16": .bfloat16, "F32": .float32,
        "F64": .float64,
    ]

    // MARK: JSON of this one form

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func error(_ message: String, at place: Int? = nil, help: String = FileFormatError.downloadAgain) -> FileFormatError {
        FileFormatError(path: header.file.path, byteOffset: header.byteOffset + (place ?? offset), message: message, help: help)
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Goes past `byte`, if it comes next.
    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard current == byte else { return false }
        offset += 1
        return true
    }

    private mutating func object(
        _ member: (inout Self, _ key: String, _ place: Int) throws(FileFormatError) -> Void
    ) throws(FileFormatError) {
        guard skip(UInt8(ascii: "{")) else { throw error("the directory's JSON lacks an object here") }
        if skip(UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            let place = offset
            let key = try string("a name")
            guard skip(UInt8(ascii: ":")) else { throw error("the directory's JSON lacks a ':' here") }
            try member(&self, key, place)
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw error("the directory's JSON lacks a '}' here") }
    }

    private mutating func string(_ what: @autoclosure () -> String) throws(FileFormatError) -> String {
        skipSpace()
        guard current == UInt8(ascii: "\"") else { throw error("\(what()) is not a string") }
        let start = offset
        var hasEscape = false
        offset += 1
        while let byte = current, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\") {
                hasEscape = true
                offset += 1
            } else if byte < 0x20 {
                throw error("\(what()) has a control character")
            }
            offset += 1
        }
        guard offset < bytes.count else { throw error("the directory ends inside \(what())", at: start) }
        offset += 1
        if hasEscape {
            guard let text = try? JSONValue.parse(UnsafeRawBufferPointer(rebasing: bytes[start..<offset])).stringValue else {
                throw error("\(what()) is not a string of JSON", at: start)
            }
            return text
        }
        guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[(start + 1)..<(offset - 1)]), as: UTF8.self) else {
            throw error("\(what()) is not UTF-8", at: start)
        }
        return text
    }

    private mutating func integers(_ what: @autoclosure () -> String) throws(FileFormatError) -> [Int] {
        guard skip(UInt8(ascii: "[")) else { throw error("\(what()) is not an array") }
        var values: [Int] = []
        if skip(UInt8(ascii: "]")) { return values }
        repeat {
            guard values.count < Self.maximumRank else { throw error("\(what()) has more than \(Self.maximumRank) elements") }
            values.append(try integer(what()))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw error("the directory's JSON lacks a ']' here") }
        return values
    }

    private mutating func integer(_ what: @autoclosure () -> String) throws(FileFormatError) -> Int {
        skipSpace()
        let start = offset
        var value = 0
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if overflow || carry { throw error("a number in \(what()) is too large", at: start) }
            value = sum
            offset += 1
        }
        let hasLeadingZero = offset - start > 1 && bytes[start] == UInt8(ascii: "0")
        if offset == start || hasLeadingZero { throw error("\(what()) has something else than whole numbers", at: start) }
        return value
    }
}
