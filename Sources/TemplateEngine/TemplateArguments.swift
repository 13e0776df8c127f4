private import Groundwork

/// The arguments of a call, a filter or a test.
public struct TemplateArguments: Sendable {
    public var positional: [TemplateValue]
    public var named: [(name: String, value: TemplateValue)]

    public init(_ positional: [TemplateValue] = [], named: [(name: String, value: TemplateValue)] = []) {
        self.positional = positional
        self.named = named
    }

    static let none = TemplateArguments()

    /// The arguments in the order of the parameters' names; `nil` for one that was not given.
    ///
    /// - Throws: when there are too many, when a name is unknown, or when one of the first `required` is missing.
    public func bound(to names: [String], required: Int = 0, of function: String) throws(TemplateError) -> [TemplateValue?] {
        guard positional.count <= names.count else {
            throw TemplateError(
                .value, "'\(function)' takes at most \(names.count) argument\(names.count == 1 ? "" : "s") (\(positional.count) given)")
        }
        var values: [TemplateValue?] = positional.map { $0 }
        values += [TemplateValue?](repeating: nil, count: names.count - positional.count)
        for (name, value) in named {
            guard let index = names.firstIndex(of: name) else {
                throw TemplateError(
                    .value, "'\(function)' has no parameter '\(name)'",
                    solutions: nearestName(to: name, among: names).map { ["Did you mean '\($0)'?"] } ?? [])
            }
            guard values[index] == nil else { throw TemplateError(.value, "'\(function)' got the argument '\(name)' twice") }
            values[index] = value
        }
        for index in 0..<min(required, names.count) where values[index] == nil {
            throw TemplateError(.value, "'\(function)' needs the argument '\(names[index])'")
        }
        return values
    }

    /// The argument at `index` or named `name`.
    func value(_ index: Int, _ name: String) -> TemplateValue? {
        index < positional.count ? positional[index] : named.first { $0.name == name }?.value
    }
}

extension Optional where Wrapped == TemplateValue {
    /// The integer that was given, or a default.
    func integer(or fallback: Int, _ name: String) throws(TemplateError) -> Int {
        guard let self else { return fallback }
        if let value = self.exactInteger { return value }
        throw TemplateError(.value, "'\(name)' must be an integer, not \(self.typeName)")
    }

    /// The text that was given, or a default.
    func text(or fallback: String, _ name: String) throws(TemplateError) -> String {
        guard let self else { return fallback }
        if let value = self.stringValue { return value }
        throw TemplateError(.value, "'\(name)' must be a string, not \(self.typeName)")
    }

    /// Python's truth of what was given; `false` when nothing was.
    var isTrue: Bool { self.map(\.isTrue) ?? false }
}
