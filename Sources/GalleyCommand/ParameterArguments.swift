internal import NotebookModel
internal import SourceText

/// Values given for a notebook's parameters, read by the type of each one's default.
struct ParameterArguments: Sendable {
    /// `name=value`, in order; of repeated names the last counts.
    let assignments: [String]

    /// - Returns: The parameters, or what is wrong with the assignments.
    func values(for notebook: Notebook) -> (parameters: [Parameter], diagnostics: [Diagnostic]) {
        var parameters: [Parameter] = []
        var diagnostics: [Diagnostic] = []
        let declared = notebook.frontMatter.parameters
        for assignment in assignments {
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                diagnostics.append(problem("'-P \(assignment)' gives no value", "write -P name=value", notebook))
                continue
            }
            guard let parameter = declared.first(where: { $0.name == parts[0] }) else {
                let near = nearestName(to: parts[0], among: declared.map(\.name))
                let help =
                    near.map { "did you mean '\($0)'?" }
                    ?? (declared.isEmpty ? "its front matter has no params" : "it has \(declared.map(\.name).joined(separator: ", "))")
                diagnostics.append(problem("the notebook has no parameter '\(parts[0])'", help, notebook))
                continue
            }
            if let value = Self.value(parts[1], like: parameter.value) {
                parameters.append(Parameter(name: parameter.name, value: value))
            } else {
                diagnostics.append(
                    problem("'\(parts[1])' is no \(Self.typeName(parameter.value)), which the parameter '\(parameter.name)' is", nil, notebook))
            }
        }
        return (parameters, diagnostics)
    }

    private func problem(_ summary: String, _ solution: String?, _ notebook: Notebook) -> Diagnostic {
        Diagnostic(
            .error, identifier: "bad-parameter", summary: summary, path: notebook.file.path, solutions: solution.map { [$0] } ?? [])
    }

    /// The text as a value of the same type as `example`.
    private static func value(_ text: String, like example: Parameter.Value) -> Parameter.Value? {
        switch example {
        case .bool: ["true": true, "yes": true, "false": false, "no": false][text.lowercased()].map { .bool($0) }
        case .integer: Int(text).map { .integer($0) }
        case .double: Double(text).map { .double($0) }
        case .string: .string(text)
        case .list(let elements): list(text, like: elements.first ?? .string(""))
        }
    }

    /// `a,b` or `[a, b]`.
    private static func list(_ text: String, like element: Parameter.Value) -> Parameter.Value? {
        var content = text[...]
        if content.hasPrefix("["), content.hasSuffix("]") { content = content.dropFirst().dropLast() }
        let parts = content.split(separator: ",").map { $0.drop { $0 == " " } }
        let values = parts.compactMap { value(String($0), like: element) }
        return values.count == parts.count ? .list(values) : nil
    }

    private static func typeName(_ value: Parameter.Value) -> String {
        switch value {
        case .bool: "true or false"
        case .integer: "whole number"
        case .double: "number"
        case .string: "text"
        case .list: "list like the default"
        }
    }
}
