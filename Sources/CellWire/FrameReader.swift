/// Cuts a stream of bytes into messages: each is four bytes of length, little-endian, and its content.
public struct FrameReader: Sendable {
    /// The longest content accepted, in bytes: a compiled cell or a picture fits, a wild length does not.
    public static let maximumLength = 1 << 28

    private var buffer: [UInt8] = []
    private var offset = 0

    public init() {}

    public mutating func append(_ bytes: some Collection<UInt8>) {
        if offset > 0, offset == buffer.count || offset > 1 << 16 {
            buffer.removeFirst(offset)
            offset = 0
        }
        buffer += bytes
    }

    /// The next whole content, or `nil` until more bytes have come.
    public mutating func next() throws(WireError) -> [UInt8]? {
        let available = buffer.count - offset
        guard available >= 4 else { return nil }
        var length = 0
        for index in 0..<4 { length |= Int(buffer[offset + index]) << (8 * index) }
        guard length <= Self.maximumLength else { throw .tooLong(length) }
        guard available - 4 >= length else { return nil }
        let content = Array(buffer[(offset + 4)..<(offset + 4 + length)])
        offset += 4 + length
        return content
    }

    /// Whether a message was begun and not ended.
    public var isInsideMessage: Bool { buffer.count > offset }

    /// The content with its length before it.
    public static func frame(_ content: [UInt8]) -> [UInt8] {
        let length = UInt32(truncatingIfNeeded: content.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * UInt32($0))) } + content
    }
}

/// What a host writes before its first message. Whatever stands before it, such as a greeting of the
/// remote shell, is not ours.
public let hostPreamble: [UInt8] = Array("\u{1}galley-host\u{2}".utf8)
