internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Values given for a notebook's parameters, read by the type of each one's default.
struct ParameterArguments: Sendable {
    /// `name=value`, in order; of repeated names the last counts.
    let assignments: [String]
    /// Values of a file, which assignments replace.
    var file: [Parameter] = []
    var filePath: String?

    var isEmpty: Bool { assignments.isEmpty && file.isEmpty }

    /// - Parameter varied: The parameters that the notebook's matrix gives values to.
    /// - Returns: The parameters, or what is wrong with the values.
    func values(for notebook: Notebook, varied: Set<String> = []) -> (parameters: [Parameter], diagnostics: [Diagnostic]) {
        var parameters: [Parameter] = []
        var diagnostics: [Diagnostic] = []
        for parameter in file {
            take(parameter, from: filePath, of: notebook, varied, &parameters, &diagnostics)
        }
        for assignment in assignments {
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                diagnostics.append(problem("'-P \(assignment)' gives no value", "write -P name=value", notebook.file.path))
                continue
            }
            take(Parameter(name: parts[0], value: .string(parts[1])), from: nil, of: notebook, varied, &parameters, &diagnostics)
        }
        return (parameters, diagnostics)
    }

    private func take(
        _ parameter: Parameter, from file: String?, of notebook: Notebook, _ varied: Set<String>, _ parameters: inout [Parameter],
        _ diagnostics: inout [Diagnostic]
    ) {
        let path = file ?? notebook.file.path
        let declared = notebook.frontMatter.parameters
        guard let example = declared.first(where: { $0.name == parameter.name })?.value else {
            let near = nearestName(to: parameter.name, among: declared.map(\.name))
            let help =
                near.map { "did you mean '\($0)'?" }
                ?? (declared.isEmpty ? "its front matter has no params" : "it has \(declared.map(\.name).joined(separator: ", "))")
            diagnostics.append(problem("the notebook has no parameter '\(parameter.name)'", help, path, parameter.line))
            return
        }
        guard !varied.contains(parameter.name) else {
            diagnostics.append(
                problem("the parameter '\(parameter.name)' has its values from the notebook's matrix", "change the matrix", path, parameter.line))
            return
        }
        guard let value = parameter.value.converted(to: example) else {
            diagnostics.append(
                problem(
                    "'\(parameter.value.text)' is not \(example.typeName), which the parameter '\(parameter.name)' is", nil, path, parameter.line))
            return
        }
        parameters.removeAll { $0.name == parameter.name }
        parameters.append(Parameter(name: parameter.name, value: value))
    }

    private func problem(_ summary: String, _ solution: String?, _ path: String, _ line: Int? = nil) -> Diagnostic {
        Diagnostic(
            .error, identifier: "bad-parameter", summary: summary, path: path, range: line.map { SourceRange(lines: $0...$0) },
            solutions: solution.map { [$0] } ?? [])
    }
}
