internal import Groundwork
internal import NotebookModel
internal import SourceText

/// The constants that stand before a notebook's first cell.
struct ParameterCell {
    private(set) var cell: Cell?
    private(set) var diagnostics: [Diagnostic] = []

    init(_ parameters: [Parameter], replacements: [Parameter], path: String) {
        var lines: [String] = []
        let given = Dictionary(replacements.map { ($0.name, $0) }) { $1 }
        for parameter in parameters {
            guard Self.isIdentifier(parameter.name) else {
                let line = parameter.line ?? 1
                diagnostics.append(
                    Diagnostic(
                        .error, identifier: "parameter-name", summary: "'\(parameter.name)' cannot be the name of a Swift constant", path: path,
                        range: SourceRange(lines: line...line), solutions: ["Use letters, digits and '_', not starting with a digit"]))
                continue
            }
            let value = given[parameter.name].flatMap { $0.value.converted(to: parameter.value) }
            if let replacement = given[parameter.name], value == nil {
                diagnostics.append(
                    Diagnostic(
                        .error, identifier: "parameter-type",
                        summary: "the parameter '\(parameter.name)' is \(parameter.value.typeName), not '\(replacement.value.text)'",
                        path: path, solutions: ["Give it as \(parameter.name)=\(parameter.value.text)"]))
            }
            lines.append("let `\(parameter.name)`: \(Self.type(parameter.value)) = \(Self.literal(value ?? parameter.value))")
        }
        for replacement in replacements where !parameters.contains(where: { $0.name == replacement.name }) {
            let near = nearestName(to: replacement.name, among: parameters.map(\.name))
            diagnostics.append(
                Diagnostic(
                    .error, identifier: "unknown-parameter", summary: "the notebook has no parameter '\(replacement.name)'", path: path,
                    solutions: [near.map { "Did you mean '\($0)'?" } ?? "Parameters are named under 'params:' in the front matter"]))
        }
        guard !lines.isEmpty else { return }
        let source = lines.joined(separator: "\n")
        let start = SourceLocation(line: 1, column: 1)
        cell = Cell(
            id: "parameters", kind: .code, source: source, firstLine: 1, indentation: 0, range: SourceRange(start: start, end: start),
            options: CellOptions(), writtenSource: source, infoString: "swift")
    }

    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.first, first.isLetter || first == "_" else { return false }
        return name != "_" && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    private static func type(_ value: Parameter.Value) -> String {
        switch value {
        case .bool: return "Bool"
        case .integer: return "Int"
        case .double: return "Double"
        case .string: return "String"
        case .list(let values):
            let types = Set(values.map(type))
            if types.count == 1, let only = types.first { return "[\(only)]" }
            return types.isEmpty ? "[String]" : types == ["Int", "Double"] ? "[Double]" : "[Any]"
        }
    }

    private static func literal(_ value: Parameter.Value) -> String {
        switch value {
        case .bool(let value): return "\(value)"
        case .integer(let value): return "\(value)"
        case .double(let value):
            if value.isFinite { return "\(value)" }
            return value.isNaN ? ".nan" : value < 0 ? "-.infinity" : ".infinity"
        case .string(let value): return quoted(value)
        case .list(let values): return "[\(values.map(literal).joined(separator: ", "))]"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 { result += "\\u{\(String(scalar.value, radix: 16))}" } else { result.unicodeScalars.append(scalar) }
            }
        }
        return result + "\""
    }
}
