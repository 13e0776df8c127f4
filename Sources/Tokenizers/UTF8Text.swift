/// Steps over bytes that are known to be valid UTF-8; on others it stays in bounds and gives U+FFFD.
enum UTF8Text {
    /// The scalar that starts at `offset` and its width in bytes; `nil` at the end.
    @inline(__always)
    static func scalar(in text: [UInt8], at offset: Int) -> (scalar: Unicode.Scalar, width: Int)? {
        guard offset >= 0, offset < text.count else { return nil }
        let lead = text[offset]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC0, offset + width <= text.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(lead) & (0xFF >> UInt32(width + 1))
        for i in 1..<width { value = value << 6 | UInt32(text[offset + i] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", width)
    }

    /// The scalar that ends before `offset`.
    static func scalar(in text: [UInt8], before offset: Int) -> Unicode.Scalar? {
        guard offset > 0, offset <= text.count else { return nil }
        var start = offset - 1
        while start > 0, offset - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
        return scalar(in: text, at: start)?.scalar
    }
}

/// What the pre-tokenising patterns tell apart.
enum ScalarClass: UInt8, Sendable {
    /// `\p{L}`
    case letter
    /// `\p{N}`
    case number
    /// `\s` but for line ends
    case space
    /// `\r` and `\n`
    case newline
    case other

    @inline(__always)
    init(_ scalar: Unicode.Scalar) {
        if scalar.value < 0x80 {
            switch UInt8(truncatingIfNeeded: scalar.value) {
            case 0x61...0x7A, 0x41...0x5A: self = .letter
            case 0x30...0x39: self = .number
            case 0x0A, 0x0D: self = .newline
            case 0x20, 0x09, 0x0B, 0x0C: self = .space
            default: self = .other
            }
        } else {
            self.init(beyondASCII: scalar)
        }
    }

    private init(beyondASCII scalar: Unicode.Scalar) {
        // The ideographs and syllables that make up most text outside the alphabets, ahead of the property tables.
        switch scalar.value {
        case 0x4E00...0x9FFF, 0xAC00...0xD7A3: self = .letter
        default:
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
            case .decimalNumber, .letterNumber, .otherNumber: self = .number
            default: self = scalar.properties.isWhitespace ? .space : .other
            }
        }
    }

    var isSpace: Bool { self == .space || self == .newline }
}
