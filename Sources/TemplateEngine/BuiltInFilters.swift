/// Jinja's filters, by name.
enum BuiltInFilters {
    static let all: [String: TemplateFilter] = TextFilters.all
        .merging(SequenceFilters.all) { first, _ in first }
        .merging(SelectionFilters.all) { first, _ in first }
        .merging(MarkupFilters.all) { first, _ in first }
        .merging(NumberFilters.all) { first, _ in first }

    /// A value by a dotted path of attributes and indices, as `map(attribute="a.0.b")` takes it.
    static func path(_ path: TemplateValue, of value: TemplateValue, default fallback: TemplateValue? = nil, _ rendering: Rendering)
        throws(TemplateError) -> TemplateValue
    {
        var value = value
        let steps: [TemplateValue] =
            path.stringValue.map { text in
                TextSearch.split(text, by: ".", limit: -1).map { step in Int(step).map { .integer($0) } ?? .string(step) }
            } ?? [path]
        for step in steps {
            value = try rendering.item(step, of: value)
            if value.isUndefined, let fallback { value = fallback }
        }
        return value
    }

    /// Text in lower case; any other value as it is.
    static func ignoringCase(_ value: TemplateValue) -> TemplateValue {
        value.stringValue.map { .string($0.lowercased()) } ?? value
    }
}

enum TextFilters {
    static let all: [String: TemplateFilter] = [
        "upper": { (value, _, _) throws(TemplateError) in like(value, value.text.uppercased()) },
        "lower": { (value, _, _) throws(TemplateError) in like(value, value.text.lowercased()) },
        "capitalize": { (value, _, _) throws(TemplateError) in like(value, CaseMapping.capitalized(value.text)) },
        "title": { (value, _, _) throws(TemplateError) in .string(title(value.text)) },
        "trim": { (value, arguments, _) throws(TemplateError) in
            let characters = try arguments.bound(to: ["chars"], of: "trim")[0]
            return like(value, try StringMethods.strip(value.text, characters, left: true, right: true))
        },
        "string": { (value, _, _) throws(TemplateError) in like(value, value.text) },
        "replace": { (value, arguments, rendering) throws(TemplateError) in try replace(value, arguments, rendering) },
        "center": { (value, arguments, rendering) throws(TemplateError) in
            let width = try arguments.bound(to: ["width"], of: "center")[0].integer(or: 80, "width")
            return like(value, try StringQueries.pad(value.text, width: width, fill: " ", "center", rendering))
        },
        "format": { (value, arguments, rendering) throws(TemplateError) in
            guard arguments.positional.isEmpty || arguments.named.isEmpty else {
                throw TemplateError(.value, "can't handle positional and keyword arguments at the same time")
            }
            let values: TemplateValue =
                arguments.named.isEmpty
                ? .tuple(arguments.positional) : .map(TemplateMap(arguments.named.map { ($0.name, $0.value) }))
            return try rendering.binary(.modulo, value.stringValue == nil ? .string(value.text) : value, values)
        },
        "indent": { (value, arguments, rendering) throws(TemplateError) in try indent(value, arguments, rendering) },
        "truncate": { (value, arguments, _) throws(TemplateError) in try truncate(value, arguments) },
        "wordcount": { (value, _, _) throws(TemplateError) in .integer(wordCount(value.text)) },
        "wordwrap": { (value, arguments, rendering) throws(TemplateError) in try WordWrap.wrap(value, arguments, rendering) },
    ]

    /// Text of the same kind: what was safe stays safe.
    static func like(_ value: TemplateValue, _ text: String) -> TemplateValue {
        if case .safe = value { .safe(text) } else { .string(text) }
    }

    private static func replace(_ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue
    {
        let values = try arguments.bound(to: ["old", "new", "count"], required: 2, of: "replace")
        let count = values[2].map { $0.isNone ? -1 : $0.exactInteger ?? -1 } ?? -1
        let (old, new) = (values[0] ?? .none, values[1] ?? .none)
        guard rendering.autoescape else {
            return .string(try StringMethods.replace(value.text, old.text, new.text, count, rendering))
        }
        var isSafe = false
        for part in [value, old, new] { if case .safe = part { isSafe = true } }
        guard isSafe else { return .string(try StringMethods.replace(value.text, old.text, new.text, count, rendering)) }
        return .safe(try StringMethods.replace(value.html, old.text, new.html, count, rendering))
    }

    private static func title(_ text: String) -> String {
        var result = ""
        var startsWord = true
        for scalar in text.unicodeScalars {
            let separates = PythonText.isSpace(scalar) || "-({[<".unicodeScalars.contains(scalar)
            result += separates ? String(scalar) : startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
            startsWord = separates
        }
        return result
    }

    private static func wordCount(_ text: String) -> Int {
        var count = 0
        var inside = false
        for scalar in text.unicodeScalars {
            let isWord = PythonText.isWord(scalar)
            if isWord, !inside { count += 1 }
            inside = isWord
        }
        return count
    }

    private static func indent(_ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue
    {
        let values = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        let indentation: String
        if let text = values[0]?.stringValue {
            indentation = text
        } else {
            let width = max(0, try values[0].integer(or: 4, "width"))
            try rendering.spend(bytes: width)
            indentation = String(repeating: " ", count: width)
        }
        // A line break at the end begins no line of its own.
        let lines = TextSearch.lines(value.text + "\n")
        let (bytes, overflow) = indentation.utf8.count.multipliedReportingOverflow(by: lines.count)
        try rendering.spend(bytes: overflow ? .max : bytes)
        var result = values[1].isTrue ? indentation : ""
        for (i, line) in lines.enumerated() {
            if i > 0 {
                result += "\n"
                if values[2].isTrue || !line.isEmpty { result += indentation }
            }
            result += line
        }
        return like(value, result)
    }

    private static func truncate(_ value: TemplateValue, _ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        let length = try values[0].integer(or: 255, "length")
        let end = try values[2].text(or: "...", "end")
        let leeway = values[3].map { $0.isNone ? 5 : $0.exactInteger ?? 5 } ?? 5
        guard length >= end.unicodeScalars.count else {
            throw TemplateError(.value, "expected length >= \(end.unicodeScalars.count), got \(length)")
        }
        let scalars = value.text.unicodeScalars
        guard scalars.count > length.addingReportingOverflow(leeway).partialValue else { return value }
        let cut = String(String.UnicodeScalarView(scalars.prefix(length - end.unicodeScalars.count)))
        if values[1].isTrue { return like(value, cut + end) }
        return like(value, TextSearch.splitFromEnd(cut, by: " ", limit: 1)[0] + end)
    }
}

enum NumberFilters {
    static let all: [String: TemplateFilter] = [
        "abs": { (value, _, _) throws(TemplateError) in
            if let integer = value.exactInteger { return try integer < 0 ? Operators.negate(.integer(integer)) : .integer(integer) }
            guard case .double(let number) = value else { throw TemplateError(.value, "bad operand type for abs(): '\(value.typeName)'") }
            return .double(number.magnitude)
        },
        "int": { (value, arguments, _) throws(TemplateError) in
            let values = try arguments.bound(to: ["default", "base"], of: "int")
            let base = try values[1].integer(or: 10, "base")
            if let text = value.stringValue {
                if let integer = integer(text, base: base) { return .integer(integer) }
                if let number = double(text), number.isFinite, let integer = Int(exactly: number.rounded(.towardZero)) { return .integer(integer) }
            } else if let integer = value.exactInteger {
                return .integer(integer)
            } else if let number = value.number, let integer = Int(exactly: number.rounded(.towardZero)) {
                return .integer(integer)
            }
            return values[0] ?? .integer(0)
        },
        "float": { (value, arguments, _) throws(TemplateError) in
            if let number = value.number ?? value.stringValue.flatMap(double) { return .double(number) }
            return try arguments.bound(to: ["default"], of: "float")[0] ?? .double(0)
        },
        "round": { (value, arguments, _) throws(TemplateError) in
            let values = try arguments.bound(to: ["precision", "method"], of: "round")
            let precision = try values[0].integer(or: 0, "precision")
            let method = try values[1].text(or: "common", "method")
            guard let number = value.number else { throw TemplateError(.value, "type \(value.typeName) cannot be rounded") }
            switch method {
            case "common":
                if let integer = value.exactInteger, precision >= 0 { return .integer(integer) }
                let rounded = PythonNumber.round(number, digits: precision)
                if value.exactInteger != nil, let integer = Int(exactly: rounded) { return .integer(integer) }
                return .double(rounded)
            case "ceil", "floor":
                let scale = PythonNumber.power(10, precision)
                return .double((number * scale).rounded(method == "ceil" ? .up : .down) / scale)
            default: throw TemplateError(.value, "method must be common, ceil or floor")
            }
        },
        "filesizeformat": { (value, arguments, _) throws(TemplateError) in
            guard let bytes = value.number ?? value.stringValue.flatMap(double) else {
                throw TemplateError(.value, "a size must be a number, not \(value.typeName)")
            }
            return .string(fileSize(bytes, binary: try arguments.bound(to: ["binary"], of: "filesizeformat")[0].isTrue))
        },
    ]

    /// `int(text, base)`
    static func integer(_ text: String, base: Int) -> Int? {
        guard (2...36).contains(base) || base == 0 else { return nil }
        var digits = String(TextSearch.trimmed(text[...].unicodeScalars, left: true, right: true, PythonText.isSpace))
        var sign = 1
        if let first = digits.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            digits.removeFirst()
        }
        var radix = base == 0 ? 10 : base
        for (mark, value) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.lowercased().hasPrefix(mark) && (base == value || base == 0) {
            radix = value
            digits.removeFirst(2)
        }
        guard let first = digits.first, first != "_", first != "+", first != "-", digits.last != "_" else { return nil }
        return Int(digits.filter { $0 != "_" }, radix: radix).map { $0 * sign }
    }

    /// `float(text)`
    static func double(_ text: String) -> Double? {
        let trimmed = String(TextSearch.trimmed(text[...].unicodeScalars, left: true, right: true, PythonText.isSpace))
        guard !trimmed.isEmpty, !trimmed.lowercased().contains("x"), !trimmed.lowercased().contains("p") else { return nil }
        switch trimmed.lowercased() {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: return Double(trimmed.filter { $0 != "_" })
        }
    }

    private static func fileSize(_ bytes: Double, binary: Bool) -> String {
        let base = binary ? 1024.0 : 1000.0
        let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"].map { (binary && $0 == "k" ? "K" : $0) + (binary ? "iB" : "B") }
        if bytes == 1 { return "1 Byte" }
        if bytes < base { return "\(Int(exactly: bytes.rounded(.towardZero)) ?? 0) Bytes" }
        var unit = base
        for prefix in prefixes {
            unit *= base
            if bytes < unit { return PythonNumber.fixed(base * bytes / unit, digits: 1) + " " + prefix }
        }
        return PythonNumber.fixed(base * bytes / unit, digits: 1) + " " + (prefixes.last ?? "")
    }
}
