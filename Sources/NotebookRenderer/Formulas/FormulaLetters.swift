/// The alphabets of mathematics as Unicode has them, since MathML Core knows no `mathvariant`.
enum FormulaLetters {
    /// The fonts that TeX's commands ask for.
    enum Font: String, Hashable {
        case mathrm, mathit, mathbf, mathnormal, mathbb, mathcal, mathscr, mathfrak, mathsf, mathtt, boldsymbol
    }

    /// How the letters of a block of Unicode's follow on each other.
    private struct Alphabet {
        var capital: UInt32
        var small: UInt32
        var digit: UInt32?
        /// Α; α comes 26 characters later.
        var greek: UInt32?
        /// Letters that stood in Unicode before the block did.
        var exceptions: [Character: Character] = [:]
    }

    private static let italic = Alphabet(capital: 0x1D434, small: 0x1D44E, greek: 0x1D6E2, exceptions: ["h": "ℎ"])
    private static let bold = Alphabet(capital: 0x1D400, small: 0x1D41A, digit: 0x1D7CE, greek: 0x1D6A8)
    private static let boldItalic = Alphabet(capital: 0x1D468, small: 0x1D482, digit: 0x1D7CE, greek: 0x1D71C)
    private static let doubleStruck = Alphabet(
        capital: 0x1D538, small: 0x1D552, digit: 0x1D7D8,
        exceptions: ["C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"])
    private static let script = Alphabet(
        capital: 0x1D49C, small: 0x1D4B6,
        exceptions: ["B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ", "e": "ℯ", "g": "ℊ", "o": "ℴ"])
    private static let fraktur = Alphabet(
        capital: 0x1D504, small: 0x1D51E, exceptions: ["C": "ℭ", "H": "ℌ", "I": "ℑ", "R": "ℜ", "Z": "ℨ"])
    private static let sansSerif = Alphabet(capital: 0x1D5A0, small: 0x1D5BA, digit: 0x1D7E2)
    private static let monospace = Alphabet(capital: 0x1D670, small: 0x1D68A, digit: 0x1D7F6)
    private static let boldScript = Alphabet(capital: 0x1D4D0, small: 0x1D4EA)
    private static let boldFraktur = Alphabet(capital: 0x1D56C, small: 0x1D586)
    private static let boldSansSerif = Alphabet(capital: 0x1D5D4, small: 0x1D5EE, digit: 0x1D7EC, greek: 0x1D756)

    /// Greek signs that follow on the small letters in each block.
    private static let greekVariants: [Character: UInt32] = ["∂": 51, "ϵ": 52, "ϑ": 53, "ϰ": 54, "ϕ": 55, "ϱ": 56, "ϖ": 57]

    /// A letter or digit in a font: how it is written, or `nil` where Unicode has no such letter.
    ///
    /// - Parameter isBold: whether `\boldsymbol` is in force around the font.
    static func letter(_ character: Character, _ font: Font, isBold: Bool = false) -> String? {
        guard let alphabet = alphabet(font, isBold: isBold) else { return nil }
        if let exception = alphabet.exceptions[character] { return String(exception) }
        guard let value = character.unicodeScalars.first?.value, character.unicodeScalars.count == 1 else { return nil }
        var code: UInt32?
        switch value {
        case 0x41...0x5A: code = alphabet.capital + value - 0x41
        case 0x61...0x7A: code = alphabet.small + value - 0x61
        case 0x30...0x39: code = alphabet.digit.map { $0 + value - 0x30 }
        case 0x391...0x3A9: code = alphabet.greek.map { $0 + value - 0x391 }
        case 0x3B1...0x3C9: code = alphabet.greek.map { $0 + 26 + value - 0x3B1 }
        case 0x3F4: code = alphabet.greek.map { $0 + 17 }
        case 0x2207: code = alphabet.greek.map { $0 + 25 }
        case 0x131 where font == .mathit: code = 0x1D6A4
        case 0x237 where font == .mathit: code = 0x1D6A5
        default: code = greekVariants[character].flatMap { offset in alphabet.greek.map { $0 + offset } }
        }
        return code.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }

    private static func alphabet(_ font: Font, isBold: Bool) -> Alphabet? {
        switch font {
        case .mathrm: isBold ? bold : nil
        case .mathnormal: isBold ? boldItalic : nil
        case .mathit: isBold ? boldItalic : italic
        case .mathbf: bold
        case .boldsymbol: boldItalic
        case .mathbb: doubleStruck
        case .mathcal, .mathscr: isBold ? boldScript : script
        case .mathfrak: isBold ? boldFraktur : fraktur
        case .mathsf: isBold ? boldSansSerif : sansSerif
        case .mathtt: monospace
        }
    }

    /// Whether a browser makes the letter italic where it stands alone in `mi`.
    static func isItalicAlone(_ text: String) -> Bool {
        guard let value = text.unicodeScalars.first?.value, text.unicodeScalars.count == 1 else { return false }
        switch value {
        case 0x41...0x5A, 0x61...0x7A, 0x391...0x3A9, 0x3B1...0x3C9, 0x3F4, 0x2207, 0x2202, 0x131, 0x237, 0x3F5, 0x3D1, 0x3F0, 0x3D5, 0x3F1, 0x3D6:
            return true
        default: return false
        }
    }
}
