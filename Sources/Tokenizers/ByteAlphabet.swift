/// GPT-2's printable stand-ins for the 256 bytes (`bytes_to_unicode` in its `encoder.py`): printable Latin-1 stands for
/// itself, the other bytes for U+0100 onwards, in order.
enum ByteAlphabet {
    /// The byte of a scalar below U+0144, or -1.
    private static let byteOfScalar: [Int16] = {
        var table = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for byte in 0..<256 {
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
                table[byte] = Int16(byte)
            } else {
                table[next] = Int16(byte)
                next += 1
            }
        }
        return table
    }()

    /// The bytes that a token spells; `nil` when it has a character outside the alphabet.
    static func decode(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        return decode(token, table: byteOfScalar, into: &bytes) ? bytes : nil
    }

    /// Every ordinary token as its bytes; added tokens and tokens outside the alphabet keep their text.
    static func decoded(_ tokens: PackedTexts, kinds: [TokenKind]) -> PackedTexts {
        let table = byteOfScalar
        var result = PackedTexts()
        result.reserve(count: tokens.count, byteCount: tokens.bytes.count)
        for id in 0..<tokens.count {
            let start = result.bytes.count
            let token = tokens[id]
            if kinds[id] != .normal || !decode(token, table: table, into: &result.bytes) {
                result.bytes.removeSubrange(start...)
                result.bytes.append(contentsOf: token)
            }
            result.starts.append(result.bytes.count)
        }
        return result
    }

    private static func decode(_ token: ArraySlice<UInt8>, table: [Int16], into bytes: inout [UInt8]) -> Bool {
        var i = token.startIndex
        while i < token.endIndex {
            let lead = token[i]
            let scalar: Int
            if lead < 0x80 {
                scalar = Int(lead)
                i += 1
            } else if lead & 0xE0 == 0xC0, i + 1 < token.endIndex {
                scalar = Int(lead & 0x1F) << 6 | Int(token[i + 1] & 0x3F)
                i += 2
            } else {
                return false
            }
            guard scalar < table.count, table[scalar] >= 0 else { return false }
            bytes.append(UInt8(truncatingIfNeeded: table[scalar]))
        }
        return true
    }
}
