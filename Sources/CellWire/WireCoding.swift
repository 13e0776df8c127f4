/// A message could not be read.
public enum WireError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bytes end inside a message.
    case truncated
    /// A frame announces more bytes than ``FrameReader/maximumLength``.
    case tooLong(Int)
    /// The bytes are no message of this version.
    case malformed(String)
    /// The other side speaks another version.
    case version(UInt64)

    public var description: String {
        switch self {
        case .truncated: "a message ends too early"
        case .tooLong(let length): "a message of \(length) bytes is longer than the limit"
        case .malformed(let what): "a message is malformed: \(what)"
        case .version(let version): "the other side speaks version \(version), this side version \(wireVersion)"
        }
    }
}

/// The version of the messages; both sides must have the same.
public let wireVersion: UInt64 = 2

/// Writes values as bytes: integers as LEB128, texts and bytes with their lengths before them.
struct WireEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func put(_ value: Int) { put(UInt64(bitPattern: Int64(value))) }
    mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }
    mutating func put(tag: UInt8) { bytes.append(tag) }

    mutating func put(_ value: Double) {
        let bits = value.bitPattern
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }

    mutating func put(_ value: [UInt8]) {
        put(value.count)
        bytes += value
    }

    mutating func put(_ value: String) {
        put(value.utf8.count)
        bytes += value.utf8
    }

    mutating func put<Element>(_ values: [Element], _ write: (inout WireEncoder, Element) -> Void) {
        put(values.count)
        for value in values { write(&self, value) }
    }

    mutating func put<Value>(_ value: Value?, _ write: (inout WireEncoder, Value) -> Void) {
        put(value != nil)
        if let value { write(&self, value) }
    }
}

/// Reads what ``WireEncoder`` wrote; never allocates more than the bytes at hand justify.
struct WireDecoder {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func byte() throws(WireError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw .truncated }
        return byte
    }

    mutating func unsigned() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            if shift == 63, next > 1 { throw .malformed("an integer of more than 64 bits") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
            if shift > 63 { throw .malformed("an integer of more than 64 bits") }
        }
    }

    mutating func integer() throws(WireError) -> Int { Int(truncatingIfNeeded: Int64(bitPattern: try unsigned())) }

    mutating func bool() throws(WireError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .malformed("a truth value")
        }
    }

    mutating func double() throws(WireError) -> Double {
        var bits: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bits |= UInt64(try byte()) << shift }
        return Double(bitPattern: bits)
    }

    mutating func data() throws(WireError) -> [UInt8] {
        let count = try length()
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func string() throws(WireError) -> String {
        guard let text = String(validating: try data(), as: UTF8.self) else { throw .malformed("a text that is not UTF-8") }
        return text
    }

    mutating func list<Element>(_ read: (inout WireDecoder) throws(WireError) -> Element) throws(WireError) -> [Element] {
        // Each element takes at least one byte, so a count beyond the bytes at hand is a lie.
        let count = try length()
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }

    mutating func optional<Value>(_ read: (inout WireDecoder) throws(WireError) -> Value) throws(WireError) -> Value? {
        try bool() ? try read(&self) : nil
    }

    func finish() throws(WireError) {
        if !rest.isEmpty { throw .malformed("\(rest.count) bytes after its end") }
    }

    private mutating func length() throws(WireError) -> Int {
        let count = try unsigned()
        guard count <= UInt64(rest.count) else { throw .truncated }
        return Int(count)
    }
}
