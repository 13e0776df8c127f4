#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

extension Rendering {
    func binary(_ symbol: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch (symbol, left, right) {
        case (.add, .string(let a), .string(let b)):
            try spend(bytes: a.utf8.count + b.utf8.count)
            return .string(a + b)
        case (.add, .integer(let a), .integer(let b)): return try Operators.integer(a.addingReportingOverflow(b))
        case (.modulo, .string(let format), _): return .string(try PercentFormat.format(format, right, escaping: false, self))
        case (.modulo, .safe(let format), _): return .safe(try PercentFormat.format(format, right, escaping: true, self))
        case (.add, .safe, _), (.add, _, .safe):
            guard left.stringValue != nil, right.stringValue != nil else { break }
            try spend(bytes: left.text.utf8.count + right.text.utf8.count)
            return .safe(left.html + right.html)
        case (.add, .list(let a), .list(let b)):
            try spend(a.count + b.count)
            return .list(a + b)
        case (.add, .tuple(let a), .tuple(let b)):
            try spend(a.count + b.count)
            return .tuple(a + b)
        case (.multiply, _, _):
            if let result = try repetition(left, right) { return result }
        default: break
        }
        return try Operators.arithmetic(symbol, left, right)
    }

    /// `text * count` and `list * count`, either way round.
    private func repetition(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateError) -> TemplateValue? {
        let (value, factor) = left.exactInteger == nil ? (left, right) : (right, left)
        guard let count = factor.exactInteger.map({ max($0, 0) }) else { return nil }
        switch value {
        case .string(let text), .safe(let text):
            let (bytes, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
            try spend(bytes: overflow ? .max : bytes)
            let repeated = String(repeating: text, count: text.isEmpty ? 0 : count)
            if case .safe = value { return .safe(repeated) }
            return .string(repeated)
        case .list(let elements), .tuple(let elements):
            let (total, overflow) = elements.count.multipliedReportingOverflow(by: count)
            guard !overflow, total <= 1 << 40 else { throw TemplateError(.limit, "a list of more elements than memory holds") }
            try spend(total)
            let repeated = elements.isEmpty ? [] : (0..<count).flatMap { _ in elements }
            if case .tuple = value { return .tuple(repeated) }
            return .list(repeated)
        default: return nil
        }
    }

    func concatenate(_ values: [TemplateValue]) throws(TemplateError) -> TemplateValue {
        var isSafe = false
        for value in values {
            if case .safe = value, autoescape { isSafe = true }
            if case .undefined(let reason) = value, environment.undefined == .strict {
                throw located(TemplateError(.undefined, reason.message))
            }
        }
        let parts = values.map { isSafe ? $0.html : $0.text }
        do throws(TemplateError) { try spend(bytes: parts.reduce(0) { $0 + $1.utf8.count }) } catch { throw located(error) }
        let text = parts.joined()
        return isSafe ? .safe(text) : .string(text)
    }

    func compare(_ left: Expression, _ comparisons: [Comparison], _ line: Int) throws(TemplateError) -> TemplateValue {
        var left = try evaluate(left)
        for comparison in comparisons {
            let right = try evaluate(comparison.right)
            self.line = line
            let holds = try located { () throws(TemplateError) in try compare(comparison.symbol, left, right) }
            if !holds { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    func compare(_ symbol: Comparison.Operator, _ left: TemplateValue, _ right: TemplateValue) throws(TemplateError) -> Bool {
        if environment.undefined == .strict {
            for value in [left, right] {
                if case .undefined(let reason) = value { throw TemplateError(.undefined, reason.message) }
            }
        }
        switch symbol {
        case .equal: return left == right
        case .notEqual: return left != right
        case .less: return try TemplateValue.isLess(left, right)
        case .greater: return try TemplateValue.isLess(right, left, ">")
        case .lessOrEqual: return left == right ? true : try TemplateValue.isLess(left, right, "<=")
        case .greaterOrEqual: return left == right ? true : try TemplateValue.isLess(right, left, ">=")
        case .isIn: return try contains(left, in: right)
        case .isNotIn: return try !contains(left, in: right)
        }
    }

    func contains(_ element: TemplateValue, in container: TemplateValue) throws(TemplateError) -> Bool {
        switch container {
        case .list(let elements), .tuple(let elements):
            try spend(elements.count)
            return elements.contains(element)
        case .map(let map): return map[element] != nil
        case .string(let text), .safe(let text):
            guard let part = element.stringValue else {
                throw TemplateError(.value, "'in <string>' requires string as left operand, not \(element.typeName)")
            }
            try spend(text.utf8.count / 16)
            return TextSearch.firstRange(of: part, in: text) != nil
        case .undefined: return false
        case .object(let object):
            if let elements = object.elements { return elements.contains(element) }
        default: break
        }
        throw TemplateError(.value, "argument of type '\(container.typeName)' is not iterable")
    }
}

/// Arithmetic with Python's types and signs.
enum Operators {
    static func integer(_ result: (partialValue: Int, overflow: Bool)) throws(TemplateError) -> TemplateValue {
        guard !result.overflow else { throw TemplateError(.value, "the result does not fit a 64-bit integer") }
        return .integer(result.partialValue)
    }

    static func negate(_ value: TemplateValue) throws(TemplateError) -> TemplateValue {
        if let integer = value.exactInteger { return try self.integer((0).subtractingReportingOverflow(integer)) }
        if case .double(let number) = value { return .double(-number) }
        if case .undefined(let reason) = value { throw TemplateError(.undefined, reason.message) }
        throw TemplateError(.value, "bad operand type for unary -: '\(value.typeName)'")
    }

    static func arithmetic(_ symbol: BinaryOperator, _ left: TemplateValue, _ right: TemplateValue) throws(TemplateError) -> TemplateValue {
        if let a = left.exactInteger, let b = right.exactInteger { return try integers(symbol, a, b) }
        if let a = left.number, let b = right.number { return try doubles(symbol, a, b) }
        for value in [left, right] {
            if case .undefined(let reason) = value { throw TemplateError(.undefined, reason.message) }
        }
        if symbol == .add, left.stringValue != nil {
            throw TemplateError(
                .value, "can only concatenate str (not \"\(right.typeName)\") to str", solutions: ["Join values of any kind with '~'."])
        }
        throw TemplateError(.value, "unsupported operand type(s) for \(symbol.rawValue): '\(left.typeName)' and '\(right.typeName)'")
    }

    private static func integers(_ symbol: BinaryOperator, _ a: Int, _ b: Int) throws(TemplateError) -> TemplateValue {
        switch symbol {
        case .add: return try integer(a.addingReportingOverflow(b))
        case .subtract: return try integer(a.subtractingReportingOverflow(b))
        case .multiply: return try integer(a.multipliedReportingOverflow(by: b))
        case .divide: return try doubles(.divide, Double(a), Double(b))
        case .floorDivide:
            guard b != 0 else { throw TemplateError(.value, "integer division or modulo by zero") }
            guard let result = PythonNumber.floorDivide(a, b) else { return try integer((0, true)) }
            return .integer(result)
        case .modulo:
            guard b != 0 else { throw TemplateError(.value, "integer modulo by zero") }
            return .integer(PythonNumber.modulo(a, b))
        case .power:
            guard b >= 0 else { return try doubles(.power, Double(a), Double(b)) }
            var result = 1
            var square = a
            var rest = b
            while rest > 0 {
                if rest & 1 == 1 {
                    let product = result.multipliedReportingOverflow(by: square)
                    guard !product.overflow else { return try integer(product) }
                    result = product.partialValue
                }
                rest >>= 1
                guard rest > 0 else { break }
                let next = square.multipliedReportingOverflow(by: square)
                guard !next.overflow else { return try integer(next) }
                square = next.partialValue
            }
            return .integer(result)
        }
    }

    private static func doubles(_ symbol: BinaryOperator, _ a: Double, _ b: Double) throws(TemplateError) -> TemplateValue {
        switch symbol {
        case .add: return .double(a + b)
        case .subtract: return .double(a - b)
        case .multiply: return .double(a * b)
        case .divide:
            guard b != 0 else { throw TemplateError(.value, "division by zero") }
            return .double(a / b)
        case .floorDivide:
            guard b != 0 else { throw TemplateError(.value, "float floor division by zero") }
            return .double((a / b).rounded(.down))
        case .modulo:
            guard b != 0 else { throw TemplateError(.value, "float modulo") }
            return .double(PythonNumber.modulo(a, b))
        case .power: return .double(pow(a, b))
        }
    }
}
