/// What browsers do with operators (MathML Core, appendix B), as far as formulas need to know it.
extension FormulaSymbols {
    struct Spaces {
        /// In mu, of which 18 make one em.
        var left: Int
        var right: Int
        /// Whether a browser gives them only to an operator between two terms.
        var isOnlyBetween = false
    }

    /// The spaces that browsers give to an operator without being told; `nil` where it is not worth knowing.
    static func usualSpaces(_ text: String) -> Spaces? {
        guard let character = text.first, text.count == 1 else { return nil }
        if relations.contains(character) { return Spaces(left: 5, right: 5) }
        if binaries.contains(character) { return Spaces(left: 4, right: 4, isOnlyBetween: true) }
        if brackets.contains(character) || character == "′" { return Spaces(left: 0, right: 0) }
        return character == "," || character == ";" ? Spaces(left: 0, right: 3) : nil
    }

    private static let relations: Set<Character> = [
        "=", "<", ">", "≤", "≥", "≠", "≈", "≡", "∼", "≃", "≅", "∝", "∈", "∉", "∋", "⊂", "⊃", "⊆", "⊇", "≪", "≫", "≺", "≻", "⊢", "⊨", "→", "←", "↔",
        "⇒", "⇐", "⇔", "↦", "⟶", "⟹", "⟺",
    ]
    private static let binaries: Set<Character> = ["+", "−", "±", "∓"]
    private static let brackets: Set<Character> = ["(", ")", "[", "]", "{", "}", "⟨", "⟩", "⌊", "⌋", "⌈", "⌉"]

    static func isBracket(_ text: String) -> Bool { text.count == 1 && (text.first.map { brackets.contains($0) } ?? false) }

    /// The bars that browsers stretch are not the ones that are relations.
    static func fence(_ text: String) -> String {
        switch text {
        case "∣": "|"
        case "∥": "‖"
        case "<", "\\lt": "⟨"
        case ">", "\\gt": "⟩"
        default: text
        }
    }

    /// Whether an operator would grow with the row that it stands in, as TeX's does not.
    static func growsUpright(_ text: String) -> Bool { text.count == 1 && (text.first.map { "∣∥|‖↑↓↕⇑⇓⇕↾⇂↿⇃⥮⥯⋮√".contains($0) } ?? false) }

    /// For the marks of texts.
    static let combiningMarks: [String: String] = [
        "^": "\u{302}", "ˆ": "\u{302}", "˜": "\u{303}", "ˉ": "\u{304}", "˘": "\u{306}", "˙": "\u{307}", "¨": "\u{308}", "˚": "\u{30A}",
        "˝": "\u{30B}",
        "ˇ": "\u{30C}",
        "´": "\u{301}", "`": "\u{300}", "¸": "\u{327}",
    ]

    /// The sign with a stroke through it, where Unicode has it as one character.
    static func negated(_ text: String) -> String {
        guard let character = text.first, text.count == 1, let sign = negations[character] else { return text + "\u{338}" }
        return String(sign)
    }

    private static let negations: [Character: Character] = {
        let pairs = "=≠<≮>≯≤≰≥≱≡≢∼≁≃≄≅≇≈≉∈∉∋∌∣∤∥∦⊂⊄⊃⊅⊆⊈⊇⊉⊢⊬⊨⊭⊩⊮≺⊀≻⊁≼⋠≽⋡⊑⋢⊒⋣⊲⋪⊳⋫⊴⋬⊵⋭≲≴≳≵≶≸≷≹≍≭→↛←↚↔↮⇒⇏⇐⇍⇔⇎∃∄"
        var table: [Character: Character] = [:]
        var sign: Character?
        for character in pairs {
            if let known = sign {
                table[known] = character
                sign = nil
            } else {
                sign = character
            }
        }
        return table
    }()
}

extension FormulaNode {
    /// With the stroke of `\not` through it.
    var negated: FormulaNode {
        switch self {
        case .symbol(let symbol) where symbol.symbolClass == .variable:
            // A letter with a sign upon it is no longer one character, which browsers would slant.
            .symbol(FormulaSymbol((symbol.text.first.flatMap { FormulaLetters.letter($0, .mathit) } ?? symbol.text) + "\u{338}", .variable))
        case .symbol(let symbol): .symbol(FormulaSymbol(FormulaSymbols.negated(symbol.text), symbol.symbolClass))
        case .group(let body) where body.count == 1: body[0].negated
        case .classed(let symbolClass, let body) where body.count == 1: .classed(symbolClass, [body[0].negated])
        case .scripts(let base?, let subscripted, let superscript):
            .scripts(base: base.negated, subscript: subscripted, superscript: superscript)
        default: .enclosed(.upwardStrike, self)
        }
    }
}
