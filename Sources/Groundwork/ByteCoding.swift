/// Puts values into bytes, for files that only the same build of Galley reads.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func write(_ value: UInt64) {
        var value = value
        for _ in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: value))
            value >>= 8
        }
    }

    public mutating func write(_ value: Int) { write(UInt64(bitPattern: Int64(value))) }
    public mutating func write(_ value: Int64) { write(UInt64(bitPattern: value)) }
    public mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    public mutating func write(_ text: String) {
        write(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    public mutating func write(_ text: String?) {
        write(text != nil)
        if let text { write(text) }
    }

    public mutating func write(_ content: [UInt8]) {
        write(content.count)
        bytes.append(contentsOf: content)
    }

    public mutating func write(_ digest: QuickDigest) {
        write(digest.high)
        write(digest.low)
    }

    public mutating func write<Element>(_ elements: [Element], _ body: (inout ByteWriter, Element) -> Void) {
        write(elements.count)
        for element in elements { body(&self, element) }
    }
}

/// Takes values out of bytes again. What is missing or damaged throws; nothing is allocated by sizes that are only claimed.
public struct ByteReader: Sendable {
    public struct Damage: Error, Sendable {
        public init() {}
    }

    private let bytes: [UInt8]
    private var position = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { position == bytes.count }

    public mutating func integer() throws(Damage) -> UInt64 {
        guard bytes.count - position >= 8 else { throw Damage() }
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(bytes[position + index]) << UInt64(index * 8) }
        position += 8
        return value
    }

    public mutating func signed() throws(Damage) -> Int { Int(truncatingIfNeeded: Int64(bitPattern: try integer())) }

    public mutating func flag() throws(Damage) -> Bool {
        guard position < bytes.count else { throw Damage() }
        position += 1
        return bytes[position - 1] == 1
    }

    private mutating func slice() throws(Damage) -> ArraySlice<UInt8> {
        let count = try signed()
        guard count >= 0, count <= bytes.count - position else { throw Damage() }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    public mutating func text() throws(Damage) -> String { String(decoding: try slice(), as: UTF8.self) }
    public mutating func optionalText() throws(Damage) -> String? { try flag() ? try text() : nil }
    public mutating func content() throws(Damage) -> [UInt8] { Array(try slice()) }
    public mutating func digest() throws(Damage) -> QuickDigest { QuickDigest(high: try integer(), low: try integer()) }

    public mutating func list<Element>(_ body: (inout ByteReader) throws(Damage) -> Element) throws(Damage) -> [Element] {
        let count = try signed()
        guard count >= 0, count <= bytes.count - position else { throw Damage() }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try body(&self)) }
        return elements
    }
}
