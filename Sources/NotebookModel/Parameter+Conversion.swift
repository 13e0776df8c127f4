extension Parameter.Value {
    /// The value in the type of a default; texts are read, because command lines and file names have nothing else.
    ///
    /// Lists are given as `a,b` or `[a, b]`.
    /// - Returns: `nil` where it is no value of that type.
    package func converted(to example: Self) -> Self? {
        switch (example, self) {
        case (.bool, .bool), (.integer, .integer), (.double, .double), (.string, .string): return self
        case (.double, .integer(let number)): return .double(Double(number))
        case (.string, _): return .string(text)
        case (.bool, .string(let text)):
            return ["true": .bool(true), "yes": .bool(true), "false": .bool(false), "no": .bool(false)][text.lowercased()]
        case (.integer, .string(let text)): return Int(text).map { .integer($0) }
        case (.double, .string(let text)): return Double(text).map { .double($0) }
        case (.list(let examples), .list(let values)):
            guard let example = examples.first else { return self }
            let converted = values.compactMap { $0.converted(to: example) }
            return converted.count == values.count ? .list(converted) : nil
        case (.list, .string(let text)):
            var content = text[...]
            if content.hasPrefix("["), content.hasSuffix("]") { content = content.dropFirst().dropLast() }
            let parts = content.split(separator: ",").map { Self.string(String($0.drop { $0 == " " })) }
            return Self.list(parts).converted(to: example)
        default: return nil
        }
    }

    /// As one writes it on a command line.
    package var text: String {
        switch self {
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value
        case .list(let values): values.map(\.text).joined(separator: ",")
        }
    }

    /// With its article, such as `a whole number`.
    package var typeName: String {
        switch self {
        case .bool: "a truth value"
        case .integer: "a whole number"
        case .double: "a number"
        case .string: "a text"
        case .list: "a list like the default"
        }
    }
}
