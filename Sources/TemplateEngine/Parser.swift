private import Groundwork
internal import SourceText

/// Makes a syntax tree of tokens (the grammar of Jinja 3.1's template designer documentation).
struct Parser {
    let name: String
    let environment: TemplateEnvironment
    var tokens: [Token]
    var index = 0
    var blocks: [String: BlockDefinition] = [:]
    /// Names used since the macro that is being parsed began.
    var referenced: Set<String> = []
    var loopDepth = 0
    var scopedBlockCount = 0
    /// How many `if`s surround this place: an unknown filter there is an error only once it is reached.
    var conditionalDepth = 0
    var nesting = 0
    /// The nesting of tags and parentheses past which a template is refused.
    static let maximumNesting = 80
    /// The length past which a chain of operators is refused.
    static let maximumChain = 300

    init(_ source: String, name: String, environment: TemplateEnvironment) throws(TemplateError) {
        self.name = name
        self.environment = environment
        var lexer = Lexer(source, options: environment.syntax)
        tokens = try lexer.run()
    }

    mutating func parse() throws(TemplateError) -> SyntaxTree {
        let body = try statements(until: [], of: nil)
        return SyntaxTree(name: name, body: body, blocks: blocks)
    }

    // MARK: Tokens

    var current: Token { tokens[min(index, tokens.count - 1)] }
    var next: Token { tokens[min(index + 1, tokens.count - 1)] }

    mutating func advance() -> Token {
        defer { index += 1 }
        return current
    }

    func failure(_ message: String, line: Int? = nil, solutions: [String] = []) -> TemplateError {
        TemplateError(.syntax, message, line: line ?? current.line, solutions: solutions)
    }

    mutating func skip(_ symbol: Token.Symbol) -> Bool {
        guard case .symbol(symbol) = current.kind else { return false }
        index += 1
        return true
    }

    mutating func skip(word: String) -> Bool {
        guard isWord(word) else { return false }
        index += 1
        return true
    }

    func isWord(_ word: String) -> Bool {
        if case .name(word) = current.kind { true } else { false }
    }

    func isSymbol(_ symbol: Token.Symbol) -> Bool {
        if case .symbol(symbol) = current.kind { true } else { false }
    }

    mutating func expect(_ symbol: Token.Symbol) throws(TemplateError) {
        guard skip(symbol) else { throw failure("expected '\(symbol.rawValue)', got \(current.text)") }
    }

    mutating func expect(word: String) throws(TemplateError) {
        guard skip(word: word) else { throw failure("expected '\(word)', got \(current.text)") }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw failure("expected a name, got \(current.text)") }
        index += 1
        return name
    }

    mutating func expectBlockEnd() throws(TemplateError) {
        guard case .blockEnd = current.kind else { throw failure("expected the end of the tag ('%}'), got \(current.text)") }
        index += 1
    }

    /// Runs `body` one level deeper; refuses templates nested so deeply that parsing would exhaust the stack.
    mutating func nested<Result>(_ body: (inout Parser) throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Self.maximumNesting else {
            throw TemplateError(.limit, "nested more than \(Self.maximumNesting) levels deep", line: current.line)
        }
        return try body(&self)
    }

    // MARK: Statements

    /// The body of a tag whose head ends here, up to one of `ends`, which is consumed and returned.
    mutating func body(until ends: [String], of tag: String, line: Int) throws(TemplateError) -> (body: [Statement], end: String) {
        _ = skip(.colon)
        try expectBlockEnd()
        let body = try nested { (parser) throws(TemplateError) in try parser.statements(until: ends, of: (tag, line)) }
        return (body, try expectName())
    }

    /// Statements up to a tag named in `ends`, which is left as the current token, or to the end of the template.
    mutating func statements(until ends: [String], of opening: (tag: String, line: Int)?) throws(TemplateError) -> [Statement] {
        var result: [Statement] = []
        while true {
            let token = advance()
            switch token.kind {
            case .data(let bytes): result.append(.data(bytes))
            case .variableBegin:
                let expression = try tupleOrExpression()
                result.append(.output(expression, line: token.line))
                guard case .variableEnd = current.kind else {
                    throw failure("expected the end of the expression ('}}'), got \(current.text)")
                }
                index += 1
            case .blockBegin:
                guard case .name(let word) = current.kind else { throw failure("expected the name of a tag, got \(current.text)") }
                if ends.contains(word) { return result }
                try statement(word, into: &result)
                try expectBlockEnd()
            case .end:
                if let opening {
                    throw failure(
                        "'\(opening.tag)' is never closed", line: opening.line,
                        solutions: ["Close it with '{% \(ends.last ?? "end" + opening.tag) %}'."])
                }
                return result
            default: throw failure("unexpected \(token.text)", line: token.line)
            }
        }
    }

    /// An unknown tag, with the tag that was probably meant.
    func unknownTag(_ word: String) -> TemplateError {
        if word.hasPrefix("end") || word == "else" || word == "elif" {
            return failure("'\(word)' closes nothing that is open here")
        }
        let tags = [
            "autoescape", "block", "break", "call", "continue", "do", "extends", "filter", "for", "from", "generation", "if",
            "import", "include", "macro", "print", "raw", "set", "with",
        ]
        return failure("there is no tag '\(word)'", solutions: nearestName(to: word, among: tags).map { ["Did you mean '\($0)'?"] } ?? [])
    }
}
