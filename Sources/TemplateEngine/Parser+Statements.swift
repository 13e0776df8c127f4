extension Parser {
    /// A tag, from its name on; its own end is consumed by the caller.
    mutating func statement(_ word: String, into result: inout [Statement]) throws(TemplateError) {
        let line = current.line
        index += 1
        switch word {
        case "if": result.append(try conditional(line))
        case "for": result.append(try forLoop(line))
        case "set": result.append(try set(line))
        case "with": result.append(try with(line))
        case "macro":
            let name = try expectName()
            result.append(.macro(try macro(named: name, end: "endmacro", line)))
        case "call":
            let signature = isSymbol(.leftParenthesis) ? try signature() : []
            let call = try expression()
            switch call {
            case .call, .method: break
            default: throw failure("'call' must be followed by a call of a macro", line: line)
            }
            let caller = try macro(named: "caller", parameters: signature, end: "endcall", line)
            result.append(.callBlock(call, caller: caller, line: line))
        case "filter":
            let filters = try filterChain(startsInline: true)
            result.append(.filterBlock(filters, try body(until: ["endfilter"], of: "filter", line: line).body, line: line))
        case "block": result.append(try block(line))
        case "extends": result.append(.extends(try expression(), line: line))
        case "include":
            let template = try expression()
            let ignores = isWord("ignore") && next.kind == .name("missing")
            if ignores { index += 2 }
            result.append(.include(template, ignoresMissing: ignores, withContext: context(default: true), line: line))
        case "import":
            let template = try expression()
            try expect(word: "as")
            let name = try expectName()
            result.append(.importModule(template, Symbol(name), withContext: context(default: false), line: line))
        case "from": result.append(try importNames(line))
        case "autoescape":
            let flag = try expression()
            result.append(.autoescape(flag, try body(until: ["endautoescape"], of: "autoescape", line: line).body, line: line))
        case "generation":
            // Transformers' tag that marks the assistant's text for training; rendering, it is a plain scope.
            result.append(.scope(try body(until: ["endgeneration"], of: "generation", line: line).body))
        case "print":
            while true {
                result.append(.output(try expression(), line: line))
                guard skip(.comma) else { break }
            }
        case "do": result.append(.evaluate(try tupleOrExpression(), line: line))
        case "break", "continue":
            guard loopDepth > 0 else { throw failure("'\(word)' stands outside of a loop", line: line) }
            result.append(word == "break" ? .breakLoop : .continueLoop)
        default:
            index -= 1
            throw unknownTag(word)
        }
    }

    private mutating func conditional(_ line: Int) throws(TemplateError) -> Statement {
        conditionalDepth += 1
        defer { conditionalDepth -= 1 }
        var branches: [(Expression, [Statement])] = []
        var otherwise: [Statement] = []
        while true {
            let test = try tupleOrExpression(withConditional: false)
            let (body, end) = try body(until: ["elif", "else", "endif"], of: "if", line: line)
            branches.append((test, body))
            if end == "elif" { continue }
            if end == "else" { otherwise = try self.body(until: ["endif"], of: "if", line: line).body }
            return .conditional(branches, otherwise: otherwise, line: line)
        }
    }

    private mutating func forLoop(_ line: Int) throws(TemplateError) -> Statement {
        let target = try target(end: "in")
        try expect(word: "in")
        let iterable = try tupleOrExpression(withConditional: false, end: "recursive")
        let filter = skip(word: "if") ? try expression() : nil
        let isRecursive = skip(word: "recursive")
        let outer = (referenced, scopedBlockCount)
        referenced = []
        loopDepth += 1
        let (body, end) = try body(until: ["else", "endfor"], of: "for", line: line)
        loopDepth -= 1
        let usesLoop = isRecursive || referenced.contains("loop") || scopedBlockCount > outer.1
        referenced.formUnion(outer.0)
        let otherwise = end == "else" ? try self.body(until: ["endfor"], of: "for", line: line).body : []
        return .forLoop(
            ForLoop(
                target: target, iterable: iterable, filter: filter, isRecursive: isRecursive, usesLoop: usesLoop, body: body,
                otherwise: otherwise, line: line))
    }

    private mutating func set(_ line: Int) throws(TemplateError) -> Statement {
        let target = try target(allowsAttributes: true)
        if skip(.assign) { return .set(target, try tupleOrExpression(), line: line) }
        let filters = try filterChain(startsInline: false)
        return .setBlock(target, filters, try body(until: ["endset"], of: "set", line: line).body, line: line)
    }

    private mutating func with(_ line: Int) throws(TemplateError) -> Statement {
        var bindings: [(Target, Expression)] = []
        while current.kind != .blockEnd {
            if !bindings.isEmpty { try expect(.comma) }
            let target = try target(stopsAtComma: true)
            try expect(.assign)
            bindings.append((target, try expression()))
        }
        return .with(bindings, try body(until: ["endwith"], of: "with", line: line).body, line: line)
    }

    private mutating func macro(
        named name: String, parameters: [Parameter]? = nil, end: String, _ line: Int
    ) throws(TemplateError) -> MacroDefinition {
        let outer = (referenced, loopDepth)
        (referenced, loopDepth) = ([], 0)
        let parameters = if let parameters { parameters } else { try signature() }
        let body = try body(until: [end], of: name == "caller" ? "call" : "macro", line: line).body
        let macro = MacroDefinition(name: name, parameters: parameters, body: body, referenced: referenced, line: line)
        (referenced, loopDepth) = (outer.0.union(referenced), outer.1)
        return macro
    }

    private mutating func signature() throws(TemplateError) -> [Parameter] {
        try expect(.leftParenthesis)
        var parameters: [Parameter] = []
        while !isSymbol(.rightParenthesis) {
            if !parameters.isEmpty { try expect(.comma) }
            let name = try expectName()
            let value = skip(.assign) ? try expression() : nil
            if value == nil, parameters.last?.defaultValue != nil {
                throw failure("the parameter '\(name)' without a default follows one with a default")
            }
            parameters.append(Parameter(symbol: Symbol(name), name: name, defaultValue: value))
        }
        try expect(.rightParenthesis)
        return parameters
    }

    private mutating func block(_ line: Int) throws(TemplateError) -> Statement {
        let name = try expectName()
        if isSymbol(.minus) { throw failure("names of blocks have no hyphens", solutions: ["Write an underscore instead."]) }
        let isScoped = skip(word: "scoped")
        let isRequired = skip(word: "required")
        // A block may be rendered elsewhere: it has neither the loop nor the macro round it.
        let outer = (loopDepth, referenced)
        loopDepth = 0
        let body = try body(until: ["endblock"], of: "block", line: line).body
        (loopDepth, referenced) = outer
        if isScoped { scopedBlockCount += 1 }
        if isRequired, !body.allSatisfy(Self.isBlank) {
            throw failure("a required block holds nothing but comments and white space", line: line)
        }
        _ = skip(word: name)
        let definition = BlockDefinition(name: name, body: body, isScoped: isScoped, isRequired: isRequired, line: line)
        guard blocks.updateValue(definition, forKey: name) == nil else {
            throw failure("the block '\(name)' is defined twice", line: line)
        }
        return .block(definition)
    }

    private static func isBlank(_ statement: Statement) -> Bool {
        if case .data(let bytes) = statement { bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) } } else { false }
    }

    private mutating func context(default value: Bool) -> Bool {
        guard isWord("with") || isWord("without"), next.kind == .name("context") else { return value }
        defer { index += 2 }
        return isWord("with")
    }

    private mutating func importNames(_ line: Int) throws(TemplateError) -> Statement {
        let template = try expression()
        try expect(word: "import")
        var names: [(String, Symbol)] = []
        var withContext = false
        while true {
            if isWord("with") || isWord("without"), next.kind == .name("context") {
                withContext = context(default: false)
                break
            }
            let name = try expectName()
            guard !name.hasPrefix("_") else { throw failure("names that start with an underscore cannot be imported") }
            let alias = skip(word: "as") ? try expectName() : name
            names.append((name, Symbol(alias)))
            if skip(.comma) {
                if current.kind == .blockEnd { break }
                continue
            }
            withContext = context(default: false)
            break
        }
        return .importNames(template, names, withContext: withContext, line: line)
    }

    /// What a `set`, `for` or `with` assigns to.
    private mutating func target(
        end: String? = nil, allowsAttributes: Bool = false, stopsAtComma: Bool = false
    ) throws(TemplateError) -> Target {
        var targets: [Target] = []
        var isTuple = false
        while true {
            if let end, isWord(end) { break }
            if targets.isEmpty == false, !isName, !isSymbol(.leftParenthesis) { break }
            targets.append(try singleTarget(allowsAttributes: allowsAttributes))
            guard !stopsAtComma, skip(.comma) else { break }
            isTuple = true
        }
        guard let first = targets.first else { throw failure("expected a name to assign to, got \(current.text)") }
        return isTuple ? .tuple(targets) : first
    }

    private var isName: Bool {
        if case .name = current.kind { true } else { false }
    }

    private mutating func singleTarget(allowsAttributes: Bool) throws(TemplateError) -> Target {
        if skip(.leftParenthesis) {
            let inner = try nested { (parser) throws(TemplateError) in try parser.target(allowsAttributes: allowsAttributes) }
            try expect(.rightParenthesis)
            return inner
        }
        guard isName else { throw failure("cannot assign to \(current.text)") }
        let name = try expectName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else { throw failure("cannot assign to '\(name)'") }
        if allowsAttributes, skip(.dot) {
            referenced.insert(name)
            return .attribute(Symbol(name), of: name, try expectName())
        }
        return .name(Symbol(name))
    }
}
