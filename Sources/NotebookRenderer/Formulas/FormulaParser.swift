/// Reads formulas that are written with the usual commands of LaTeX and amsmath.
///
/// It reads no more than it knows for certain: whatever is unknown, unusual or wrong throws, and is KaTeX's to set or to
/// explain.
struct FormulaParser {
    private let tokens: [FormulaToken]
    /// Whether the formula stands in a line of its own, which some environments need.
    let isDisplay: Bool
    private var position = 0
    /// Groups that are open; a limit keeps the stack safe.
    private var depth = 0
    private static let depthLimit = 40

    static func parse(_ tex: String, isDisplay: Bool) throws(UnsupportedFormula) -> [FormulaNode] {
        var parser = FormulaParser(tokens: try FormulaLexer.tokens(tex), isDisplay: isDisplay)
        let body = try parser.expression()
        guard parser.next == .end else { throw UnsupportedFormula() }
        return body
    }

    private init(tokens: [FormulaToken], isDisplay: Bool) {
        self.tokens = tokens
        self.isDisplay = isDisplay
    }

    // MARK: Tokens

    var next: FormulaToken { position < tokens.count ? tokens[position] : .end }

    /// The token after the spaces that follow `next`.
    var following: FormulaToken {
        var place = position
        while place < tokens.count, tokens[place] == .space { place += 1 }
        return place < tokens.count ? tokens[place] : .end
    }

    mutating func advance() { position += 1 }

    mutating func skipSpaces() { while next == .space { advance() } }

    mutating func expect(_ token: FormulaToken) throws(UnsupportedFormula) {
        guard next == token else { throw UnsupportedFormula() }
        advance()
    }

    mutating func nested<Result>(
        _ body: (inout FormulaParser) throws(UnsupportedFormula) -> Result
    ) throws(UnsupportedFormula) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else { throw UnsupportedFormula() }
        return try body(&self)
    }

    static let openBrace = FormulaToken.character(UInt8(ascii: "{"))
    static let closeBrace = FormulaToken.character(UInt8(ascii: "}"))
    static let openBracket = FormulaToken.character(UInt8(ascii: "["))
    static let closeBracket = FormulaToken.character(UInt8(ascii: "]"))
    static let ampersand = FormulaToken.character(UInt8(ascii: "&"))
    private static let caret = FormulaToken.character(UInt8(ascii: "^"))
    private static let underscore = FormulaToken.character(UInt8(ascii: "_"))
    private static let apostrophe = FormulaToken.character(UInt8(ascii: "'"))

    // MARK: Grammar

    /// Atoms up to what ends a group, a cell or a fence.
    mutating func expression(inBrackets: Bool = false) throws(UnsupportedFormula) -> [FormulaNode] {
        var body: [FormulaNode] = []
        while true {
            skipSpaces()
            switch next {
            case .end, Self.closeBrace, Self.ampersand, .command("right"), .command("end"), .command("\\"): return body
            case Self.closeBracket where inBrackets: return body
            default: body += try atom()
            }
        }
    }

    /// A nucleus with its scripts; a command may stand for several things.
    private mutating func atom() throws(UnsupportedFormula) -> [FormulaNode] {
        var nodes: [FormulaNode] = []
        switch next {
        case Self.caret, Self.underscore, Self.apostrophe: break
        default: nodes = try nested { (parser) throws(UnsupportedFormula) in try parser.nucleus() }
        }
        var base = nodes.popLast()
        var superscript: FormulaNode?
        var subscripted: FormulaNode?
        while true {
            skipSpaces()
            switch next {
            case .command("limits"), .command("nolimits"):
                let isLimits = next == .command("limits")
                switch base {
                case .largeOperator(let name, _): base = .largeOperator(name, .init(areLimits: isLimits, isExplicit: true))
                case .namedOperator(let name, _): base = .namedOperator(name, .init(areLimits: isLimits, isExplicit: true))
                case .operatorName(let body, let limits) where limits.areLimits:
                    base = .operatorName(body, .init(areLimits: true, isExplicit: isLimits))
                default: throw UnsupportedFormula()
                }
                advance()
            case Self.caret:
                guard superscript == nil else { throw UnsupportedFormula() }
                advance()
                superscript = try script()
            case Self.underscore:
                guard subscripted == nil else { throw UnsupportedFormula() }
                advance()
                subscripted = try script()
            case Self.apostrophe:
                guard superscript == nil else { throw UnsupportedFormula() }
                var primes: [FormulaNode] = []
                while next == Self.apostrophe {
                    primes.append(.prime)
                    advance()
                }
                if next == Self.caret {
                    advance()
                    primes.append(try script())
                }
                superscript = .group(primes)
            default:
                if superscript != nil || subscripted != nil {
                    nodes.append(.scripts(base: base, subscript: subscripted, superscript: superscript))
                } else if let base {
                    nodes.append(base)
                }
                return nodes
            }
        }
    }

    /// What may follow `^` and `_`.
    private mutating func script() throws(UnsupportedFormula) -> FormulaNode {
        skipSpaces()
        switch next {
        case Self.openBrace: return try group()
        case .command(let name) where Self.allowedInScripts.contains(name):
            let nodes = try nested { (parser) throws(UnsupportedFormula) in try parser.nucleus() }
            guard nodes.count == 1 else { throw UnsupportedFormula() }
            return nodes[0]
        default: return try symbol()
        }
    }

    private static let allowedInScripts: Set<String> = [
        "frac", "dfrac", "tfrac", "binom", "mathrm", "mathbf", "mathit", "mathbb", "mathcal", "mathfrak", "mathscr", "mathsf", "mathtt", "text",
        "textrm", "textbf", "textit",
    ]

    /// One symbol, and nothing that takes arguments.
    mutating func symbol() throws(UnsupportedFormula) -> FormulaNode {
        switch next {
        case .character(let byte):
            guard let symbol = FormulaSymbols.character(byte) else { throw UnsupportedFormula() }
            advance()
            return .symbol(symbol)
        case .command(let name):
            guard let symbol = FormulaSymbols.command(name) else { throw UnsupportedFormula() }
            advance()
            return .symbol(symbol)
        case .space, .end: throw UnsupportedFormula()
        }
    }

    /// A group in braces.
    mutating func group() throws(UnsupportedFormula) -> FormulaNode {
        try expect(Self.openBrace)
        let body = try nested { (parser) throws(UnsupportedFormula) in try parser.expression() }
        try expect(Self.closeBrace)
        return .group(body)
    }

    /// An argument: a group, or one symbol that counts as a group.
    mutating func argument() throws(UnsupportedFormula) -> FormulaNode {
        skipSpaces()
        return next == Self.openBrace ? try group() : .group([try symbol()])
    }

    private mutating func nucleus() throws(UnsupportedFormula) -> [FormulaNode] {
        switch next {
        case Self.openBrace: return [try group()]
        case .character(UInt8(ascii: "~")):
            advance()
            return [.space]
        case .character: return [try symbol()]
        case .command(let name):
            if FormulaSymbols.command(name) != nil { return [try symbol()] }
            advance()
            return try command(name)
        case .space, .end: throw UnsupportedFormula()
        }
    }
}
