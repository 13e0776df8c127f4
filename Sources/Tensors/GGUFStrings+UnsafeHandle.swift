/// An array of strings of a GGUF file's metadata, left where it lies: a vocabulary has some hundred thousand.
///
/// Its lengths and its UTF-8 were checked when the file was opened.
public struct GGUFStrings: Sendable, Hashable {
    public let count: Int
    /// Each string as a little-endian length of 64 bits and its UTF-8.
    package let encoded: FileSlice

    /// The strings themselves.
    public var texts: [String] {
        var texts: [String] = []
        texts.reserveCapacity(count)
        let bytes = encoded.bytes
        var offset = 0
        for _ in 0..<count {
            let length = Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
            texts.append(String(decoding: bytes[offset..<offset + length], as: UTF8.self))
            offset += length
        }
        return texts
    }

    public static func == (left: GGUFStrings, right: GGUFStrings) -> Bool {
        left.count == right.count && left.encoded.bytes.elementsEqual(right.encoded.bytes)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes: encoded.bytes) }
}

extension ByteReader {
    /// As many strings as were counted, each checked and left in place.
    mutating func strings(count: Int, of key: String) throws(FileFormatError) -> GGUFStrings {
        let start = offset
        for index in 0..<count {
            let place = offset
            let length = try self.count("the length of element \(index) of \"\(key)\"", minimumSize: 1)
            guard isUTF8(length) else { throw error("element \(index) of \"\(key)\" is not UTF-8", at: place + 8) }
            skip(length)
        }
        guard let encoded = file.contents.slice(offset: start, count: offset - start) else { throw error("the file ends inside \"\(key)\"") }
        return GGUFStrings(count: count, encoded: encoded)
    }
}

/// Whether bytes are well-formed UTF-8 (table 3-7 of the Unicode standard).
func isWellFormed(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var i = 0
    while i < bytes.count {
        let lead = bytes[i]
        i += 1
        if lead < 0x80 { continue }
        let trailing: Int
        var least: UInt8 = 0x80, most: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: trailing = 1
        case 0xE0: (trailing, least) = (2, 0xA0)
        case 0xED: (trailing, most) = (2, 0x9F)
        case 0xE1...0xEF: trailing = 2
        case 0xF0: (trailing, least) = (3, 0x90)
        case 0xF1...0xF3: trailing = 3
        case 0xF4: (trailing, most) = (3, 0x8F)
        default: return false
        }
        guard bytes.count - i >= trailing, bytes[i] >= least, bytes[i] <= most else { return false }
        for next in i + 1..<max(i + 1, i + trailing) where bytes[next] & 0xC0 != 0x80 { return false }
        i += trailing
    }
    return true
}
