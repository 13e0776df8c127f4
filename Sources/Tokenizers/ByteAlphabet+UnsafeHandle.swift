extension ByteAlphabet {
    /// Every ordinary token as its bytes; added tokens and tokens outside the alphabet keep their text.
    static func decoded(_ tokens: PackedTexts, kinds: [TokenKind]) -> PackedTexts {
        let table = byteOfScalar
        var result = PackedTexts()
        result.reserve(count: tokens.count, byteCount: tokens.bytes.count)
        tokens.bytes.withUnsafeBufferPointer { bytes in
            for id in 0..<tokens.count {
                let start = result.bytes.count
                let token = UnsafeBufferPointer(rebasing: bytes[tokens.starts[id]..<tokens.starts[id + 1]])
                if kinds[id] != .normal || !decode(token, table, into: &result.bytes) {
                    result.bytes.removeSubrange(start...)
                    result.bytes.append(contentsOf: token)
                }
                result.starts.append(result.bytes.count)
            }
        }
        return result
    }

    /// Appends the bytes that `token` spells; `false` when it has a character outside the alphabet.
    static func decode(_ token: UnsafeBufferPointer<UInt8>, _ table: [Int16], into bytes: inout [UInt8]) -> Bool {
        table.withUnsafeBufferPointer { table in
            var i = 0
            while i < token.count {
                let lead = token[i]
                let scalar: Int
                if lead < 0x80 {
                    scalar = Int(lead)
                    i += 1
                } else if lead & 0xE0 == 0xC0, i + 1 < token.count {
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
}
