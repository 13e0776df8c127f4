extension TemplateValue: Hashable {
    /// Python's `==`: numbers compare across types (`True == 1 == 1.0`), lists never equal tuples.
    public static func == (a: TemplateValue, b: TemplateValue) -> Bool {
        switch (a, b) {
        case (.undefined, .undefined), (.none, .none): true
        case (.string(let x), .string(let y)), (.string(let x), .safe(let y)), (.safe(let x), .string(let y)), (.safe(let x), .safe(let y)):
            sameText(x, y)
        case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)): x == y
        case (.map(let x), .map(let y)): x.count == y.count && x.allSatisfy { y[$0.key] == $0.value }
        case (.function(let x), .function(let y)): x === y
        case (.object(let x), .object(let y)): x === y
        default:
            switch (a.exactInteger, b.exactInteger) {
            case (let x?, let y?): x == y
            default:
                if let x = a.number, let y = b.number { x == y } else { false }
            }
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .undefined, .none: hasher.combine(0)
        case .bool(let value): hasher.combine(value ? 1 : 0)
        case .integer(let value): hasher.combine(value)
        case .double(let value):
            if let integer = Int(exactly: value) { hasher.combine(integer) } else { hasher.combine(value) }
        case .string(let text), .safe(let text):
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .list(let elements): hasher.combine(elements)
        case .tuple(let elements): hasher.combine(elements)
        case .map(let map): hasher.combine(map.count)
        case .function(let function): hasher.combine(ObjectIdentifier(function))
        case .object(let object): hasher.combine(ObjectIdentifier(object))
        }
    }

    /// The value of an integer or a boolean.
    var exactInteger: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The value of any number, booleans included.
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .bool(let value): value ? 1 : 0
        case .double(let value): value
        default: nil
        }
    }

    /// Python's `<`.
    ///
    /// - Throws: for values that have no order, with Python's message.
    static func isLess(_ a: TemplateValue, _ b: TemplateValue, _ symbol: String = "<") throws(TemplateError) -> Bool {
        if let x = a.exactInteger, let y = b.exactInteger { return x < y }
        if let x = a.number, let y = b.number { return x < y }
        if let x = a.stringValue, let y = b.stringValue { return x.unicodeScalars.lexicographicallyPrecedes(y.unicodeScalars) }
        switch (a, b) {
        case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)):
            for (left, right) in zip(x, y) where left != right { return try isLess(left, right, symbol) }
            return x.count < y.count
        case (.undefined(let reason), _), (_, .undefined(let reason)): throw TemplateError(.undefined, reason.message)
        default:
            throw TemplateError(
                .value, "'\(symbol)' not supported between instances of '\(a.typeName)' and '\(b.typeName)'")
        }
    }

    /// Sorts by a key, keeping the order of equals.
    static func sorted(
        _ elements: [TemplateValue], reverse: Bool, by key: (TemplateValue) throws(TemplateError) -> TemplateValue
    ) throws(TemplateError) -> [TemplateValue] {
        var keyed: [(key: TemplateValue, value: TemplateValue)] = []
        keyed.reserveCapacity(elements.count)
        for element in elements { keyed.append((try key(element), element)) }
        var failure: TemplateError?
        // Swift's sort is stable; with `reverse` equals keep their order too, as in Python.
        keyed.sort { a, b in
            guard failure == nil else { return false }
            do throws(TemplateError) { return try reverse ? isLess(b.key, a.key) : isLess(a.key, b.key) } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return keyed.map(\.value)
    }
}
