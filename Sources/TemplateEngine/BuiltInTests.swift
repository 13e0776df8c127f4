/// Jinja's tests, by name.
enum BuiltInTests {
    static let all: [String: TemplateTest] = basic.merging(comparisons) { first, _ in first }

    private static let basic: [String: TemplateTest] = [
        "defined": { (value, _, _) throws(TemplateError) in !value.isUndefined },
        "undefined": { (value, _, _) throws(TemplateError) in value.isUndefined },
        "none": { (value, _, _) throws(TemplateError) in value.isNone },
        "boolean": { (value, _, _) throws(TemplateError) in if case .bool = value { true } else { false } },
        "true": { (value, _, _) throws(TemplateError) in if case .bool(true) = value { true } else { false } },
        "false": { (value, _, _) throws(TemplateError) in if case .bool(false) = value { true } else { false } },
        "integer": { (value, _, _) throws(TemplateError) in if case .integer = value { true } else { false } },
        "float": { (value, _, _) throws(TemplateError) in if case .double = value { true } else { false } },
        "number": { (value, _, _) throws(TemplateError) in value.number != nil },
        "string": { (value, _, _) throws(TemplateError) in value.stringValue != nil },
        "mapping": { (value, _, _) throws(TemplateError) in if case .map = value { true } else { false } },
        "sequence": { (value, _, _) throws(TemplateError) in
            switch value {
            case .string, .safe, .list, .tuple, .map, .undefined: true
            case .object(let object): object.elements != nil
            default: false
            }
        },
        "iterable": { (value, _, _) throws(TemplateError) in
            switch value {
            case .string, .safe, .list, .tuple, .map, .undefined: true
            case .object(let object): object.elements != nil
            default: false
            }
        },
        "callable": { (value, _, _) throws(TemplateError) in
            switch value {
            case .function, .undefined: true
            case .object(let object): object.isCallable
            default: false
            }
        },
        "escaped": { (value, _, _) throws(TemplateError) in if case .safe = value { true } else { false } },
        "even": { (value, _, _) throws(TemplateError) in try remainder(value, 2) == 0 },
        "odd": { (value, _, _) throws(TemplateError) in try remainder(value, 2) == 1 },
        "divisibleby": { (value, arguments, _) throws(TemplateError) in
            guard let divisor = try argument(arguments, "divisibleby").exactInteger, divisor != 0 else {
                throw TemplateError(.value, "divisibleby needs an integer other than 0")
            }
            return try remainder(value, divisor) == 0
        },
        "lower": { (value, _, _) throws(TemplateError) in
            value.text.unicodeScalars.contains(where: PythonText.isLower) && !value.text.unicodeScalars.contains(where: PythonText.isUpper)
        },
        "upper": { (value, _, _) throws(TemplateError) in
            value.text.unicodeScalars.contains(where: PythonText.isUpper) && !value.text.unicodeScalars.contains(where: PythonText.isLower)
        },
        "sameas": { (value, arguments, _) throws(TemplateError) in
            let other = try argument(arguments, "sameas")
            // Identity exists here for none, booleans and objects; other values are the same when type and value are.
            return value == other && value.typeName == other.typeName
        },
        "in": { (value, arguments, rendering) throws(TemplateError) in
            try rendering.contains(value, in: argument(arguments, "in"))
        },
        "filter": { (value, _, rendering) throws(TemplateError) in rendering.environment.filter(named: value.text) != nil },
        "test": { (value, _, rendering) throws(TemplateError) in rendering.environment.test(named: value.text) != nil },
    ]

    private static let comparisons: [String: TemplateTest] = {
        let names: [(Comparison.Operator, [String])] = [
            (.equal, ["eq", "equalto", "=="]), (.notEqual, ["ne", "!="]), (.less, ["lt", "lessthan", "<"]),
            (.lessOrEqual, ["le", "<="]), (.greater, ["gt", "greaterthan", ">"]), (.greaterOrEqual, ["ge", ">="]),
        ]
        var tests: [String: TemplateTest] = [:]
        for (symbol, aliases) in names {
            for name in aliases { tests[name] = comparison(symbol, name) }
        }
        return tests
    }()

    private static func comparison(_ symbol: Comparison.Operator, _ name: String) -> TemplateTest {
        { (value, arguments, rendering) throws(TemplateError) -> Bool in
            let other = try argument(arguments, name)
            return try rendering.compare(symbol, value, other)
        }
    }

    private static func argument(_ arguments: TemplateArguments, _ name: String) throws(TemplateError) -> TemplateValue {
        guard let first = arguments.positional.first ?? arguments.named.first?.value else {
            throw TemplateError(.value, "the test '\(name)' needs an argument")
        }
        return first
    }

    private static func remainder(_ value: TemplateValue, _ divisor: Int) throws(TemplateError) -> Double {
        if let integer = value.exactInteger { return Double(PythonNumber.modulo(integer, divisor)) }
        if case .double(let number) = value { return PythonNumber.modulo(number, Double(divisor)) }
        if case .undefined(let reason) = value { throw TemplateError(.undefined, reason.message) }
        throw TemplateError(.value, "unsupported operand type(s) for %: '\(value.typeName)' and 'int'")
    }
}
