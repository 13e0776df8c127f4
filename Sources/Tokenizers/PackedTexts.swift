/// Many short texts in one block of memory: one allocation for a vocabulary rather than one a token.
///
/// The texts are bytes, since tokens of byte-level vocabularies need not be UTF-8.
public struct PackedTexts: Sendable, Hashable {
    var bytes: [UInt8] = []
    /// `starts[i]..<starts[i + 1]` is text `i`; one more than there are texts.
    var starts: [Int] = [0]

    public init() {}

    public init(_ texts: some Sequence<String>) {
        let count = texts.underestimatedCount
        reserve(count: count, byteCount: count * 8)
        for text in texts {
            // A text that is not UTF-8 inside, as bridged ones are, is copied first.
            let isCopied: Void? = text.utf8.withContiguousStorageIfAvailable { bytes.append(contentsOf: $0) }
            if isCopied == nil { bytes.append(contentsOf: Array(text.utf8)) }
            starts.append(bytes.count)
        }
    }

    public var count: Int { starts.count - 1 }

    public mutating func reserve(count: Int, byteCount: Int) {
        starts.reserveCapacity(count + 1)
        bytes.reserveCapacity(byteCount)
    }

    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
        starts.append(bytes.count)
    }

    public mutating func append(_ text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
        starts.append(bytes.count)
    }

    /// The bytes of text `index`; empty outside the list.
    public subscript(index: Int) -> ArraySlice<UInt8> {
        guard index >= 0, index < count else { return [] }
        return bytes[starts[index]..<starts[index + 1]]
    }

    /// Text `index` with bytes that are not UTF-8 replaced by U+FFFD.
    public func string(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }
}
