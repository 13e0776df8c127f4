/// Splits TeX into tokens, as TeX does with its usual categories.
enum FormulaToken: Hashable {
    case character(UInt8)
    /// A control sequence without its backslash.
    case command(String)
    case space
    case end
}

enum FormulaLexer {
    /// - Throws: ``UnsupportedFormula`` for characters beyond ASCII, comments and parameters.
    static func tokens(_ tex: String) throws(UnsupportedFormula) -> [FormulaToken] {
        let bytes = Array(tex.utf8)
        var tokens: [FormulaToken] = []
        tokens.reserveCapacity(bytes.count + 1)
        var index = 0
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        while index < bytes.count {
            let byte = bytes[index]
            if isSpace(byte) {
                while index < bytes.count, isSpace(bytes[index]) { index += 1 }
                tokens.append(.space)
                continue
            }
            guard byte < 0x7F, byte > 0x20, byte != UInt8(ascii: "%"), byte != UInt8(ascii: "#"), byte != UInt8(ascii: "$") else {
                throw UnsupportedFormula()
            }
            guard byte == UInt8(ascii: "\\") else {
                tokens.append(.character(byte))
                index += 1
                continue
            }
            index += 1
            guard index < bytes.count else { throw UnsupportedFormula() }
            if isLetter(bytes[index]) {
                let start = index
                while index < bytes.count, isLetter(bytes[index]) { index += 1 }
                // `\verb` reads raw text, and `@` is a letter to KaTeX.
                let name = String(decoding: bytes[start..<index], as: UTF8.self)
                if name == "verb" || (index < bytes.count && bytes[index] == UInt8(ascii: "@")) { throw UnsupportedFormula() }
                tokens.append(.command(name))
                while index < bytes.count, isSpace(bytes[index]) { index += 1 }
            } else {
                guard bytes[index] < 0x7F, bytes[index] > 0x20 || bytes[index] == 0x20 else { throw UnsupportedFormula() }
                tokens.append(.command(String(UnicodeScalar(bytes[index]))))
                let wasSpace = bytes[index] == 0x20
                index += 1
                if wasSpace { while index < bytes.count, isSpace(bytes[index]) { index += 1 } }
            }
        }
        return tokens
    }
}
