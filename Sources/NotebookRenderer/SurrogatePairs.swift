/// Texts as Duktape keeps JavaScript's: a character beyond U+FFFF is two surrogates of three bytes each (CESU-8), which regular expressions
/// of libraries look for. In UTF-8 it has four bytes.
enum SurrogatePairs {
    static func split(_ text: String) -> [UInt8] {
        if text.utf8.allSatisfy({ $0 < 0xF0 }) { return Array(text.utf8) }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard scalar.value > 0xFFFF else {
                bytes += UTF8.encode(scalar).map(Array.init) ?? []
                continue
            }
            for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                bytes += [UInt8(0xE0 | unit >> 12), UInt8(0x80 | unit >> 6 & 0x3F), UInt8(0x80 | unit & 0x3F)]
            }
        }
        return bytes
    }

    /// UTF-8 of what a script gave.
    static func joined(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0xED) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        /// The surrogate that begins at an offset.
        func surrogate(_ index: Int) -> UInt32? {
            guard index + 2 < bytes.count, bytes[index] == 0xED, bytes[index + 1] >= 0xA0 else { return nil }
            return 0xD000 | UInt32(bytes[index + 1] & 0x3F) << 6 | UInt32(bytes[index + 2] & 0x3F)
        }
        while index < bytes.count {
            if let high = surrogate(index), high < 0xDC00, let low = surrogate(index + 3), low >= 0xDC00,
                let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
            {
                result += UTF8.encode(scalar).map(Array.init) ?? []
                index += 6
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
