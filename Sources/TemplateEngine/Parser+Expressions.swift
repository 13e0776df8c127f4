private import SourceText

extension Parser {
    mutating func expression(withConditional: Bool = true) throws(TemplateError) -> Expression {
        try nested { (parser) throws(TemplateError) in
            withConditional ? try parser.conditionalExpression() : try parser.or()
        }
    }

    /// An expression, or several with commas between them, which are a tuple.
    mutating func tupleOrExpression(
        withConditional: Bool = true, end: String? = nil, inParentheses: Bool = false
    ) throws(TemplateError) -> Expression {
        var elements: [Expression] = []
        var isTuple = false
        while true {
            if endsTuple(end) { break }
            elements.append(try expression(withConditional: withConditional))
            guard skip(.comma) else { break }
            isTuple = true
        }
        if !isTuple, let first = elements.first { return first }
        guard isTuple || inParentheses else { throw failure("expected an expression, got \(current.text)") }
        return .tuple(elements)
    }

    private func endsTuple(_ end: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(.rightParenthesis): true
        case .name(let name): name == end
        default: false
        }
    }

    private mutating func conditionalExpression() throws(TemplateError) -> Expression {
        var value = try or()
        var chain = 0
        while skip(word: "if") {
            try count(&chain)
            let test = try or()
            let otherwise =
                skip(word: "else")
                ? try nested { (parser) throws(TemplateError) in try parser.conditionalExpression() } : nil
            value = .conditional(test: test, then: value, otherwise: otherwise)
        }
        return value
    }

    private func count(_ chain: inout Int) throws(TemplateError) {
        chain += 1
        if chain > Self.maximumChain {
            throw TemplateError(.limit, "an expression with more than \(Self.maximumChain) operators in a row", line: current.line)
        }
    }

    private mutating func or() throws(TemplateError) -> Expression {
        var left = try and()
        var chain = 0
        while skip(word: "or") {
            try count(&chain)
            left = .or(left, try and())
        }
        return left
    }

    private mutating func and() throws(TemplateError) -> Expression {
        var left = try not()
        var chain = 0
        while skip(word: "and") {
            try count(&chain)
            left = .and(left, try not())
        }
        return left
    }

    private mutating func not() throws(TemplateError) -> Expression {
        guard skip(word: "not") else { return try comparison() }
        return .not(try nested { (parser) throws(TemplateError) in try parser.not() })
    }

    private mutating func comparison() throws(TemplateError) -> Expression {
        let line = current.line
        let left = try sum()
        var comparisons: [Comparison] = []
        while true {
            let symbol: Comparison.Operator
            switch current.kind {
            case .symbol(let token):
                guard let comparison = Comparison.Operator(rawValue: token.rawValue) else {
                    return comparisons.isEmpty ? left : .comparison(left, comparisons, line: line)
                }
                symbol = comparison
                index += 1
            case .name("in"):
                symbol = .isIn
                index += 1
            case .name("not") where next.kind == .name("in"):
                symbol = .isNotIn
                index += 2
            default: return comparisons.isEmpty ? left : .comparison(left, comparisons, line: line)
            }
            comparisons.append(Comparison(symbol: symbol, right: try sum()))
        }
    }

    private mutating func sum() throws(TemplateError) -> Expression {
        var left = try concatenation()
        var chain = 0
        while true {
            let line = current.line
            let symbol: BinaryOperator
            if skip(.plus) { symbol = .add } else if skip(.minus) { symbol = .subtract } else { return left }
            try count(&chain)
            left = .binary(symbol, left, try concatenation(), line: line)
        }
    }

    private mutating func concatenation() throws(TemplateError) -> Expression {
        let line = current.line
        let first = try product()
        guard isSymbol(.tilde) else { return first }
        var parts = [first]
        while skip(.tilde) { parts.append(try product()) }
        return .concatenation(parts, line: line)
    }

    private mutating func product() throws(TemplateError) -> Expression {
        var left = try power()
        var chain = 0
        while true {
            let line = current.line
            let symbol: BinaryOperator
            if skip(.multiply) {
                symbol = .multiply
            } else if skip(.divide) {
                symbol = .divide
            } else if skip(.floorDivide) {
                symbol = .floorDivide
            } else if skip(.modulo) {
                symbol = .modulo
            } else {
                return left
            }
            try count(&chain)
            left = .binary(symbol, left, try power(), line: line)
        }
    }

    private mutating func power() throws(TemplateError) -> Expression {
        var left = try unary()
        var chain = 0
        while true {
            let line = current.line
            guard skip(.power) else { return left }
            try count(&chain)
            left = .binary(.power, left, try unary(), line: line)
        }
    }

    private mutating func unary(withFilters: Bool = true) throws(TemplateError) -> Expression {
        let line = current.line
        var value: Expression
        if skip(.minus) {
            value = .negative(try nested { (parser) throws(TemplateError) in try parser.unary(withFilters: false) }, line: line)
        } else if skip(.plus) {
            value = .positive(try nested { (parser) throws(TemplateError) in try parser.unary(withFilters: false) }, line: line)
        } else {
            value = try primary()
        }
        value = try postfix(value)
        return withFilters ? try filtersAndTests(value) : value
    }

    private mutating func primary() throws(TemplateError) -> Expression {
        let token = advance()
        switch token.kind {
        case .name(let name):
            switch name {
            case "true", "True": return .constant(.bool(true))
            case "false", "False": return .constant(.bool(false))
            case "none", "None": return .constant(.none)
            default:
                referenced.insert(name)
                return .name(Symbol(name), name)
            }
        case .string(var text):
            while case .string(let more) = current.kind {
                text += more
                index += 1
            }
            return .constant(.string(text))
        case .integer(let value): return .constant(.integer(value))
        case .double(let value): return .constant(.double(value))
        case .symbol(.leftParenthesis):
            let inner = try tupleOrExpression(inParentheses: true)
            try expect(.rightParenthesis)
            return inner
        case .symbol(.leftBracket):
            var elements: [Expression] = []
            while !isSymbol(.rightBracket) {
                if !elements.isEmpty { try expect(.comma) }
                if isSymbol(.rightBracket) { break }
                elements.append(try expression())
            }
            try expect(.rightBracket)
            return .list(elements)
        case .symbol(.leftBrace):
            var members: [(Expression, Expression)] = []
            while !isSymbol(.rightBrace) {
                if !members.isEmpty { try expect(.comma) }
                if isSymbol(.rightBrace) { break }
                let key = try expression()
                try expect(.colon)
                members.append((key, try expression()))
            }
            try expect(.rightBrace)
            return .map(members, line: token.line)
        default:
            index -= 1
            throw failure("unexpected \(token.text)", line: token.line)
        }
    }

    private mutating func postfix(_ value: Expression) throws(TemplateError) -> Expression {
        var value = value
        var chain = 0
        while true {
            let line = current.line
            if skip(.dot) {
                switch advance().kind {
                case .name(let name): value = .attribute(value, name, line: line)
                case .integer(let number): value = .subscripted(value, .constant(.integer(number)), line: line)
                default:
                    index -= 1
                    throw failure("expected a name or a number after '.', got \(current.text)")
                }
            } else if skip(.leftBracket) {
                value = try subscripted(value, line)
            } else if isSymbol(.leftParenthesis) {
                value = try call(value, line)
            } else {
                return value
            }
            try count(&chain)
        }
    }

    private mutating func call(_ function: Expression, _ line: Int) throws(TemplateError) -> Expression {
        let arguments = try callArguments()
        if case .attribute(let object, let name, _) = function { return .method(object, name, arguments, line: line) }
        return .call(function, arguments, line: line)
    }

    private mutating func subscripted(_ value: Expression, _ line: Int) throws(TemplateError) -> Expression {
        var elements: [Expression] = []
        while !isSymbol(.rightBracket) {
            if !elements.isEmpty { try expect(.comma) }
            var start: Expression?
            if !isSymbol(.colon) {
                let element = try expression()
                if !isSymbol(.colon) {
                    elements.append(element)
                    continue
                }
                start = element
            }
            try expect(.colon)
            let stop = isSymbol(.colon) || isSymbol(.rightBracket) ? nil : try expression()
            let step = skip(.colon) && !isSymbol(.rightBracket) ? try expression() : nil
            try expect(.rightBracket)
            guard elements.isEmpty else { throw failure("a slice stands alone between brackets", line: line) }
            return .slice(value, start, stop, step, line: line)
        }
        try expect(.rightBracket)
        guard let first = elements.first else { throw failure("expected an index between brackets", line: line) }
        return .subscripted(value, elements.count == 1 ? first : .tuple(elements), line: line)
    }

    private mutating func filtersAndTests(_ value: Expression) throws(TemplateError) -> Expression {
        var value = value
        var chain = 0
        while true {
            let line = current.line
            if skip(.pipe) {
                value = .filter(value, try filterUse())
            } else if skip(word: "is") {
                value = try test(value, line)
            } else if isSymbol(.leftParenthesis) {
                value = try call(value, line)
            } else {
                return value
            }
            try count(&chain)
        }
    }

    mutating func filterChain(startsInline: Bool) throws(TemplateError) -> [FilterUse] {
        var filters: [FilterUse] = []
        if startsInline { filters.append(try filterUse()) }
        while skip(.pipe) { filters.append(try filterUse()) }
        return filters
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(.dot) { name += "." + (try expectName()) }
        return name
    }

    private mutating func filterUse() throws(TemplateError) -> FilterUse {
        let line = current.line
        let name = try dottedName()
        let function = environment.filter(named: name)
        if function == nil, conditionalDepth == 0 { throw environment.unknownFilter(name).located(template: self.name, line: line) }
        let arguments = isSymbol(.leftParenthesis) ? try callArguments() : CallArguments()
        return FilterUse(name: name, function: function, arguments: arguments, line: line)
    }

    private mutating func test(_ value: Expression, _ line: Int) throws(TemplateError) -> Expression {
        let isNegated = skip(word: "not")
        let name = try dottedName()
        let function = environment.test(named: name)
        if function == nil, conditionalDepth == 0 { throw environment.unknownTest(name).located(template: self.name, line: line) }
        var arguments = CallArguments()
        switch current.kind {
        case .symbol(.leftParenthesis): arguments = try callArguments()
        case .name("else"), .name("or"), .name("and"): break
        case .name("is"): throw failure("tests with 'is' cannot be chained", solutions: ["Join them with 'and'."])
        case .name, .string, .integer, .double, .symbol(.leftBracket), .symbol(.leftBrace):
            // As in Jinja, a name that follows is an argument, though `if` or `not` would rather begin something else.
            if !isWord("if") { arguments.positional = [try postfix(try primary())] }
        default: break
        }
        let result = Expression.test(value, TestUse(name: name, function: function, arguments: arguments, line: line))
        return isNegated ? .not(result) : result
    }

    mutating func callArguments() throws(TemplateError) -> CallArguments {
        let line = current.line
        try expect(.leftParenthesis)
        var arguments = CallArguments()
        var isFirst = true
        while !isSymbol(.rightParenthesis) {
            if !isFirst {
                try expect(.comma)
                if isSymbol(.rightParenthesis) { break }
            }
            isFirst = false
            if skip(.multiply) {
                guard arguments.unpacked == nil, arguments.unpackedNamed == nil else { throw failure("a second '*' in one call", line: line) }
                arguments.unpacked = try expression()
            } else if skip(.power) {
                guard arguments.unpackedNamed == nil else { throw failure("a second '**' in one call", line: line) }
                arguments.unpackedNamed = try expression()
            } else if case .name(let name) = current.kind, next.kind == .symbol(.assign) {
                index += 2
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.named.isEmpty, arguments.unpacked == nil, arguments.unpackedNamed == nil else {
                    throw failure("a positional argument follows a named one", line: line)
                }
                arguments.positional.append(try expression())
            }
        }
        try expect(.rightParenthesis)
        return arguments
    }
}
