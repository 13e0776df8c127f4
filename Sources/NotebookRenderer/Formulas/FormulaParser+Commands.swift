extension FormulaParser {
    /// What a command and its arguments stand for. The command itself has been read.
    mutating func command(_ name: String) throws(UnsupportedFormula) -> [FormulaNode] {
        if let kern = Self.kerns[name] { return [.kern(kern)] }
        if let large = FormulaSymbols.largeOperators[name] { return [.largeOperator(large.text, .init(areLimits: large.hasLimits))] }
        if let hasLimits = FormulaSymbols.namedOperators[name] { return [.namedOperator(name, .init(areLimits: hasLimits))] }
        if let mark = FormulaSymbols.accents[name] { return [.accent(try argument().normalized, mark: mark, isStretchy: false)] }
        if let mark = FormulaSymbols.wideAccents[name] { return [.accent(try argument().normalized, mark: mark, isStretchy: true)] }
        if let font = Self.fonts[name] { return [.font(font, try argument().normalized)] }
        if let font = Self.textFonts[name] { return [.text(try text(), font)] }
        if name == "text" { return [.text(try text(), nil)] }
        if let (size, symbolClass) = Self.delimiterSizes[name] { return [.sizedDelimiter(try delimiter(), size: size, symbolClass)] }
        switch name {
        case " ", "space", "nobreakspace": return [.space]
        case "ne", "neq": return [.symbol(FormulaSymbol("≠", .relation))]
        case "notin": return [.symbol(FormulaSymbol("∉", .relation))]
        case "frac": return [try fraction(hasBar: true, .automatic)]
        case "dfrac": return [try fraction(hasBar: true, .display)]
        case "tfrac": return [try fraction(hasBar: true, .text)]
        case "binom": return [try fraction(hasBar: false, .automatic)]
        case "dbinom": return [try fraction(hasBar: false, .display)]
        case "tbinom": return [try fraction(hasBar: false, .text)]
        case "sqrt": return [try root()]
        case "overline": return [.line(try argument(), isOver: true)]
        case "underline": return [.line(try argument(), isOver: false)]
        case "overbrace": return [.brace(try argument(), mark: "⏞", isOver: true)]
        case "underbrace": return [.brace(try argument(), mark: "⏟", isOver: false)]
        case "operatorname": return [try operatorName()]
        case "boldsymbol", "bm":
            let body = try argument()
            return [.classed(Self.binaryOrRelation(body), [.font(.boldsymbol, body)])]
        case "stackrel", "overset", "underset":
            let shifted = try argument()
            let base = try argument()
            return [.stack(base, shifted, isUnder: name == "underset", as: name == "stackrel" ? .relation : Self.binaryOrRelation(base))]
        case "left": return [try fenced()]
        case "middle":
            skipSpaces()
            return [.middle(try delimiter())]
        case "displaystyle": return [.styled(.display, try expression())]
        case "textstyle": return [.styled(.text, try expression())]
        case "begin": return [try environment()]
        case "dots", "ldots", "cdots", "dotsc", "dotsb", "dotsm": return dots(name)
        case "argmax", "argmin":
            let words = Self.letters("arg") + [.kern(.mu(3))] + Self.letters(name.suffix(3))
            return [.operatorName(words, .init(areLimits: true))]
        case "iff": return Self.spaced("⟺")
        case "implies": return Self.spaced("⟹")
        case "impliedby": return Self.spaced("⟸")
        case "R", "N", "Z": return [.font(.mathbb, .symbol(FormulaSymbol(name, .variable)))]
        default: throw UnsupportedFormula()
        }
    }

    /// The class that amsmath gives to what is built on a symbol.
    private static func binaryOrRelation(_ base: FormulaNode) -> FormulaSymbol.Class {
        guard case .symbol(let symbol)? = base.parts.first else { return .ordinary }
        return symbol.symbolClass == .binary || symbol.symbolClass == .relation ? symbol.symbolClass : .ordinary
    }

    private static func letters(_ text: some StringProtocol) -> [FormulaNode] {
        text.utf8.map { .symbol(FormulaSymbol(String(UnicodeScalar($0)), .variable)) }
    }

    private static func spaced(_ arrow: String) -> [FormulaNode] {
        [.kern(.mu(5)), .symbol(FormulaSymbol(arrow, .relation)), .kern(.mu(5))]
    }

    private static let kerns: [String: FormulaLength] = [
        ",": .mu(3), "thinspace": .mu(3), ":": .mu(4), ">": .mu(4), "medspace": .mu(4), ";": .mu(5), "thickspace": .mu(5), "!": .mu(-3),
        "negthinspace": .mu(-3), "quad": FormulaLength(1, "em"), "qquad": FormulaLength(2, "em"), "enspace": FormulaLength(0.5, "em"),
    ]

    private static let fonts: [String: FormulaLetters.Font] = [
        "mathrm": .mathrm, "mathbf": .mathbf, "mathit": .mathit, "mathnormal": .mathnormal, "mathbb": .mathbb, "mathcal": .mathcal,
        "mathfrak": .mathfrak, "mathscr": .mathscr, "mathsf": .mathsf, "mathtt": .mathtt, "Bbb": .mathbb, "bold": .mathbf, "frak": .mathfrak,
    ]

    private static let textFonts: [String: FormulaNode.TextFont] = [
        "textrm": .roman, "textnormal": .roman, "textbf": .bold, "textit": .italic, "texttt": .monospace, "textsf": .sansSerif,
    ]

    private static let delimiterSizes: [String: (Int, FormulaSymbol.Class)] = {
        var table: [String: (Int, FormulaSymbol.Class)] = [:]
        for (index, name) in ["big", "Big", "bigg", "Bigg"].enumerated() {
            for (suffix, symbolClass) in [("l", FormulaSymbol.Class.opening), ("r", .closing), ("", .ordinary), ("m", .relation)] {
                table[name + suffix] = (index + 1, symbolClass)
            }
        }
        return table
    }()

    // MARK: Arguments

    private mutating func fraction(hasBar: Bool, _ size: FormulaFraction.Size) throws(UnsupportedFormula) -> FormulaNode {
        let numerator = try argument()
        var fraction = FormulaFraction(numerator: numerator, denominator: try argument(), hasBar: hasBar, size: size)
        if !hasBar { (fraction.left, fraction.right) = ("(", ")") }
        return .fraction(fraction)
    }

    private mutating func root() throws(UnsupportedFormula) -> FormulaNode {
        var index: FormulaNode?
        skipSpaces()
        if next == Self.openBracket {
            advance()
            index = .group(try nested { (parser) throws(UnsupportedFormula) in try parser.expression(inBrackets: true) })
            try expect(Self.closeBracket)
            return .root(try argument(), index: index)
        }
        // Without an index the argument is read as TeX's primitive reads it: one symbol stays one.
        return .root(next == Self.openBrace ? try group() : try symbol(), index: nil)
    }

    private mutating func operatorName() throws(UnsupportedFormula) -> FormulaNode {
        skipSpaces()
        let isStarred = next == .character(UInt8(ascii: "*"))
        if isStarred { advance() }
        return .operatorName(try argument().parts, .init(areLimits: isStarred))
    }

    private mutating func delimiter() throws(UnsupportedFormula) -> String {
        skipSpaces()
        let text: String?
        switch next {
        case .character(let byte) where byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}"):
            text = FormulaSymbols.delimiter(String(UnicodeScalar(byte)))
        case .command("|"): text = "∥"
        case .command(let name) where name.utf8.count > 1 || name == "{" || name == "}": text = FormulaSymbols.delimiter(name)
        default: text = nil
        }
        guard let text else { throw UnsupportedFormula() }
        advance()
        return text
    }

    private mutating func fenced() throws(UnsupportedFormula) -> FormulaNode {
        let left = try delimiter()
        let body = try nested { (parser) throws(UnsupportedFormula) in try parser.expression() }
        try expect(.command("right"))
        return .fenced(body, left: left, right: try delimiter(), rightColor: nil)
    }

    /// Plain text in braces.
    private mutating func text() throws(UnsupportedFormula) -> [FormulaNode] {
        skipSpaces()
        try expect(Self.openBrace)
        var body: [FormulaNode] = []
        var previous: UInt8 = 0
        while next != Self.closeBrace {
            var byte: UInt8 = 0
            switch next {
            case .space, .command(" "): body.append(.space)
            case .character(UInt8(ascii: "~")): body.append(.space)
            case .character(UInt8(ascii: "'")):
                body.append(.textCharacter("’"))
                byte = UInt8(ascii: "'")
            case .character(let character):
                let isLetter = (0x61...0x7A).contains(character | 0x20)
                guard isLetter || Self.textCharacters.contains(character) else { throw UnsupportedFormula() }
                body.append(.textCharacter(String(UnicodeScalar(character))))
                byte = character
            case .command, .end: throw UnsupportedFormula()
            }
            // Two hyphens or quotes are one sign.
            if byte == previous, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "'") { throw UnsupportedFormula() }
            previous = byte
            advance()
        }
        advance()
        return body
    }

    private static let textCharacters = Set("0123456789!@*()-=+;:?/.,".utf8)

    // MARK: Dots

    /// Dots stand low or in the middle, by what follows.
    private func dots(_ name: String) -> [FormulaNode] {
        let after = following
        let isSpaced: Bool =
            switch after {
            case .character(let byte): [UInt8](")];.,".utf8).contains(byte)
            case .command(let next): Self.closings.contains(next)
            default: false
            }
        let isComma = after == .character(UInt8(ascii: ","))
        var isCentred = name == "cdots" || name == "dotsb" || name == "dotsm"
        if name == "dots" {
            switch after {
            case .character(let byte):
                let symbol = FormulaSymbols.character(byte)?.symbolClass
                isCentred = symbol == .binary || symbol == .relation
            case .command(let next):
                let symbol = FormulaSymbols.command(next)?.symbolClass
                isCentred =
                    symbol == .binary || symbol == .relation || FormulaSymbols.largeOperators[next]?.hasLimits == true
                    || ["iff", "implies", "impliedby"].contains(next)
            default: break
            }
        }
        let sign = FormulaNode.symbol(FormulaSymbol(isCentred ? "⋯" : "…", .inner))
        if name == "dots", case .command(let next) = after, ["int", "oint", "iint", "iiint", "iiiint", "idotsint"].contains(next) {
            return [.kern(.mu(-3)), .symbol(FormulaSymbol("⋯", .inner))]
        }
        let isPlain = name == "ldots" || !isSpaced || (isComma && (name == "dots" || name == "dotsc"))
        return isPlain ? [sign] : [sign, .kern(.mu(3))]
    }

    private static let closings: Set<String> = [
        "rbrack", "}", "rbrace", "rangle", "rceil", "rfloor", "right", "bigr", "biggr", "Bigr", "Biggr",
    ]
}
