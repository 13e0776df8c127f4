extension Rendering {
    func evaluate(_ expression: Expression) throws(TemplateError) -> TemplateValue {
        try spend()
        switch expression {
        case .constant(let value): return value
        case .name(let symbol, let name): return value(of: symbol, name)
        case .attribute(let object, let name, let line):
            let object = try evaluate(object)
            self.line = line
            return try attribute(name, of: object)
        case .subscripted(let object, let index, let line):
            let object = try evaluate(object)
            let index = try evaluate(index)
            self.line = line
            return try item(index, of: object)
        case .and(let left, let right):
            let value = try evaluate(left)
            return try isTrue(value) ? try evaluate(right) : value
        case .or(let left, let right):
            let value = try evaluate(left)
            return try isTrue(value) ? value : try evaluate(right)
        case .not(let operand): return .bool(!(try isTrue(try evaluate(operand))))
        default:
            return try deeper { () throws(TemplateError) in try evaluateCompound(expression) }
        }
    }

    private func evaluateCompound(_ expression: Expression) throws(TemplateError) -> TemplateValue {
        switch expression {
        case .call, .method: return try evaluateCall(expression, caller: nil)
        case .filter(let value, let use): return try apply(use, to: try evaluate(value))
        case .test(let value, let use): return .bool(try check(use, try evaluate(value)))
        case .binary(let symbol, let left, let right, let line):
            let left = try evaluate(left)
            let right = try evaluate(right)
            self.line = line
            return try located { () throws(TemplateError) in try binary(symbol, left, right) }
        case .comparison(let left, let comparisons, let line): return try compare(left, comparisons, line)
        case .concatenation(let parts, let line):
            var values: [TemplateValue] = []
            for part in parts { values.append(try evaluate(part)) }
            self.line = line
            return try concatenate(values)
        case .conditional(let test, let then, let otherwise):
            if try isTrue(try evaluate(test)) { return try evaluate(then) }
            guard let otherwise else {
                return .undefined(.other("the inline 'if' is false and has no 'else'"))
            }
            return try evaluate(otherwise)
        default: return try evaluateLiteral(expression)
        }
    }

    private func evaluateLiteral(_ expression: Expression) throws(TemplateError) -> TemplateValue {
        switch expression {
        case .list(let elements): return .list(try evaluate(elements))
        case .tuple(let elements): return .tuple(try evaluate(elements))
        case .map(let members, let line):
            var map = TemplateMap()
            for (key, value) in members {
                let key = try evaluate(key)
                self.line = line
                try requireHashable(key)
                map[key] = try evaluate(value)
            }
            return .map(map)
        case .negative(let operand, let line):
            let value = try evaluate(operand)
            self.line = line
            return try located { () throws(TemplateError) in try Operators.negate(value) }
        case .positive(let operand, let line):
            let value = try evaluate(operand)
            self.line = line
            if let integer = value.exactInteger { return .integer(integer) }
            if case .double = value { return value }
            throw located(TemplateError(.value, "bad operand type for unary +: '\(value.typeName)'"))
        case .slice(let value, let start, let stop, let step, let line):
            let value = try evaluate(value)
            let bounds = (try bound(start), try bound(stop), try bound(step))
            self.line = line
            return try located { () throws(TemplateError) in try Slicing.slice(value, bounds.0, bounds.1, bounds.2) }
        default: return .none
        }
    }

    private func evaluate(_ expressions: [Expression]) throws(TemplateError) -> [TemplateValue] {
        var values: [TemplateValue] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression)) }
        return values
    }

    private func bound(_ expression: Expression?) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression)
        if value.isNone { return nil }
        guard let integer = value.exactInteger else { throw located(TemplateError(.value, "slice indices must be integers, not \(value.typeName)")) }
        return integer
    }

    func requireHashable(_ key: TemplateValue) throws(TemplateError) {
        switch key {
        case .list, .map: throw located(TemplateError(.value, "unhashable type: '\(key.typeName)'"))
        default: break
        }
    }

    /// Gives errors of `body` the place of what is being evaluated.
    func located<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        do throws(TemplateError) { return try body() } catch { throw located(error) }
    }

    // MARK: Attributes and items

    /// `object.name`: an attribute or method, then an item.
    func attribute(_ name: String, of object: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch object {
        case .map(let map):
            if Methods.maps.contains(name) { return bound(name, to: object) }
            return map[name] ?? .undefined(.attribute(name, of: "dict object"))
        case .object(let target): return target.attribute(name) ?? .undefined(.attribute(name, of: "\(target.typeName) object"))
        case .undefined(let reason):
            if environment.undefined == .chainable { return object }
            throw located(TemplateError(.undefined, reason.message))
        default:
            if Methods.has(name, object) { return bound(name, to: object) }
            return .undefined(.attribute(name, of: "\(object.typeName) object"))
        }
    }

    /// A method as a value of its own.
    private func bound(_ name: String, to object: TemplateValue) -> TemplateValue {
        .function(
            TemplateFunction(name) { (arguments, rendering) throws(TemplateError) in
                try Methods.call(name, on: object, arguments, rendering) ?? .none
            })
    }

    /// `object[index]`: an item, then an attribute.
    func item(_ index: TemplateValue, of object: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch object {
        case .map(let map):
            if case .list = index { throw located(TemplateError(.value, "unhashable type: 'list'")) }
            if let value = map[index] { return value }
        case .list(let elements), .tuple(let elements):
            if let position = index.exactInteger {
                let offset = position < 0 ? position + elements.count : position
                if elements.indices.contains(offset) { return elements[offset] }
                return .undefined(.other("\(object.typeName) object has no element \(position)"))
            }
        case .string(let text), .safe(let text):
            if let position = index.exactInteger {
                if let character = PythonText.character(text, at: position) {
                    if case .safe = object { return .safe(character) }
                    return .string(character)
                }
                return .undefined(.other("\(object.typeName) object has no element \(position)"))
            }
        case .undefined(let reason):
            if environment.undefined == .chainable { return object }
            throw located(TemplateError(.undefined, reason.message))
        case .object(let target):
            if let position = index.exactInteger, let elements = target.elements {
                let offset = position < 0 ? position + elements.count : position
                if elements.indices.contains(offset) { return elements[offset] }
            }
        default: break
        }
        if let name = index.stringValue {
            if case .map = object {
                return Methods.maps.contains(name) ? bound(name, to: object) : .undefined(.attribute(name, of: "dict object"))
            }
            return try attribute(name, of: object)
        }
        return .undefined(.other("\(object.typeName) object has no element \(index.representation)"))
    }

    // MARK: Calls

    /// A call; `caller` is the body of the `call` block round it.
    func evaluateCall(_ expression: Expression, caller: TemplateValue?) throws(TemplateError) -> TemplateValue {
        switch expression {
        case .method(let object, let name, let arguments, let line):
            let object = try evaluate(object)
            let arguments = try evaluate(arguments, caller: caller)
            self.line = line
            if case .object(let target) = object {
                if let loop = target as? LoopState, name == "cycle" { return try located { () throws(TemplateError) in try loop.cycle(arguments) } }
            } else if let result = try located({ () throws(TemplateError) in try Methods.call(name, on: object, arguments, self) }) {
                return result
            }
            return try call(try attribute(name, of: object), arguments, name: name)
        case .call(let function, let arguments, let line):
            let target = try evaluate(function)
            let arguments = try evaluate(arguments, caller: caller)
            self.line = line
            return try call(target, arguments, name: "")
        default: return try evaluate(expression)
        }
    }

    func call(_ target: TemplateValue, _ arguments: TemplateArguments, name: String) throws(TemplateError) -> TemplateValue {
        try located { () throws(TemplateError) in
            switch target {
            case .function(let function): return try function.body(arguments, self)
            case .object(let object): return try object.call(arguments, self)
            case .undefined(let reason): throw TemplateError(.undefined, reason.message)
            default: throw TemplateError(.value, "'\(target.typeName)' object is not callable")
            }
        }
    }

    func evaluate(_ arguments: CallArguments, caller: TemplateValue? = nil) throws(TemplateError) -> TemplateArguments {
        var result = TemplateArguments(try evaluate(arguments.positional))
        for (name, value) in arguments.named { result.named.append((name, try evaluate(value))) }
        if let unpacked = arguments.unpacked { result.positional += try elements(of: try evaluate(unpacked)) }
        if let unpacked = arguments.unpackedNamed {
            guard case .map(let map) = try evaluate(unpacked) else { throw located(TemplateError(.value, "argument after ** must be a mapping")) }
            for (key, value) in map { result.named.append((key.text, value)) }
        }
        if let caller { result.named.append(("caller", caller)) }
        return result
    }

    // MARK: Filters and tests

    func apply(_ filters: [FilterUse], to value: TemplateValue) throws(TemplateError) -> TemplateValue {
        var value = value
        for filter in filters { value = try apply(filter, to: value) }
        return value
    }

    func apply(_ use: FilterUse, to value: TemplateValue) throws(TemplateError) -> TemplateValue {
        let arguments =
            use.arguments.positional.isEmpty && use.arguments.named.isEmpty && use.arguments.unpacked == nil
                && use.arguments.unpackedNamed == nil ? TemplateArguments.none : try evaluate(use.arguments)
        line = use.line
        return try located { () throws(TemplateError) in
            guard let function = use.function else { throw environment.unknownFilter(use.name) }
            return try function(value, arguments, self)
        }
    }

    func check(_ use: TestUse, _ value: TemplateValue) throws(TemplateError) -> Bool {
        let arguments =
            use.arguments.positional.isEmpty && use.arguments.named.isEmpty && use.arguments.unpacked == nil
                && use.arguments.unpackedNamed == nil ? TemplateArguments.none : try evaluate(use.arguments)
        line = use.line
        return try located { () throws(TemplateError) in
            guard let function = use.function else { throw environment.unknownTest(use.name) }
            return try function(value, arguments, self)
        }
    }
}
