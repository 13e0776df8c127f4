/// Reads little-endian values from a mapped file, one after the other, and never past its end.
struct ByteReader {
    let file: MappedFile
    private let bytes: UnsafeRawBufferPointer
    /// Where the next value starts; from 0 to the file's size.
    private(set) var offset = 0

    init(_ file: MappedFile) {
        self.file = file
        bytes = file.bytes
    }

    var remaining: Int { bytes.count - offset }

    func error(_ message: String, at offset: Int? = nil, help: String = FileFormatError.downloadAgain) -> FileFormatError {
        FileFormatError(path: file.path, byteOffset: offset ?? self.offset, message: message, help: help)
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ what: @autoclosure () -> String) throws(FileFormatError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw error("the file ends inside \(what())") }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
        offset += size
        return Value(littleEndian: value)
    }

    /// A count or length that is held against what is left of the file: each unit takes `minimumSize` bytes at least.
    mutating func count(_ what: @autoclosure () -> String, minimumSize: Int) throws(FileFormatError) -> Int {
        let start = offset
        let value = try integer(UInt64.self, what())
        guard value <= UInt64(remaining / minimumSize) else {
            throw error("\(what()) is \(value), more than the \(remaining) bytes left can hold", at: start)
        }
        return Int(value)
    }

    /// A length of 64 bits, then as many bytes of UTF-8.
    mutating func string(_ what: @autoclosure () -> String) throws(FileFormatError) -> String {
        let start = offset
        let length = try count("the length of \(what())", minimumSize: 1)
        let content = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
        guard let text = String(validating: content, as: UTF8.self) else {
            throw error("\(what()) is not UTF-8", at: start + 8)
        }
        offset += length
        return text
    }

    /// Whether the next bytes, which are known to be there, are UTF-8.
    func isUTF8(_ length: Int) -> Bool { isWellFormed(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])) }

    /// Passes by bytes that are known to be there.
    mutating func skip(_ length: Int) { offset += length }

    /// As many values as were counted, whose bytes are known to be there.
    mutating func array<Value: BitwiseCopyable>(_ type: Value.Type, count: Int) throws(FileFormatError) -> [Value] {
        let size = MemoryLayout<Value>.stride
        guard count <= remaining / size else { throw error("the file ends inside an array") }
        let values = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count * size)]))
            initialized = count
        }
        offset += count * size
        return values
    }
}
