internal import NotebookModel
internal import SourceText

extension FrontMatterReader {
    /// The parameters of a file that holds nothing else.
    mutating func readParameters() -> [Parameter] {
        do throws(YAMLProblem) {
            return try YAMLTree.parse(normalised(file.text), line: 1).map { parameters("params", $0) } ?? []
        } catch {
            diagnostics.append(
                Diagnostic(
                    .error, identifier: "bad-parameters", summary: "the file of parameters is not YAML: \(error.message)", path: file.path,
                    range: SourceRange(start: error.place, end: error.place)))
            return []
        }
    }

    mutating func parameters(_ key: String, _ value: YAMLTree) -> [Parameter] {
        guard let members = value.mapping else {
            if !value.isNull { warn(value, "“\(key)” takes names and values") }
            return []
        }
        var parameters: [Parameter] = []
        for (name, value) in members {
            guard let text = name.string, isIdentifier(text) else {
                warn(name, "a parameter's name must be a Swift identifier", identifier: "bad-parameter")
                continue
            }
            guard let converted = parameterValue(value) else {
                warn(value, "the parameter “\(text)” takes a truth value, a number, a text or a list of them", identifier: "bad-parameter")
                continue
            }
            parameters.append(Parameter(name: text, value: converted, line: name.place.line))
        }
        return parameters
    }

    private func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return false }
        return text.unicodeScalars.dropFirst().allSatisfy { $0.properties.isXIDContinue }
    }

    private func parameterValue(_ tree: YAMLTree) -> Parameter.Value? {
        if tree.isNull { return nil }
        if let bool = tree.bool { return .bool(bool) }
        if let integer = tree.integer { return .integer(integer) }
        if let double = tree.double { return .double(double) }
        if let string = tree.string { return .string(string) }
        guard let elements = tree.sequence else { return nil }
        let values = elements.compactMap(parameterValue)
        return values.count == elements.count ? .list(values) : nil
    }

    /// A list of parameter sets, or lists of values by name, of which every combination is a set.
    mutating func matrix(_ value: YAMLTree) -> [[Parameter]] {
        if let sets = value.sequence { return sets.map { parameters("matrix", $0) } }
        guard let members = value.mapping else {
            if !value.isNull { warn(value, "“matrix” takes a list of parameter sets, or names with lists of values") }
            return []
        }
        var sets: [[Parameter]] = [[]]
        for (name, values) in members {
            guard let text = name.string, isIdentifier(text) else {
                warn(name, "a parameter's name must be a Swift identifier", identifier: "bad-parameter")
                continue
            }
            let choices = (values.sequence ?? [values]).compactMap(parameterValue)
            guard !choices.isEmpty, sets.count * choices.count <= 1000 else {
                warn(values, "“matrix” takes up to 1000 combinations, and at least one value for each name")
                continue
            }
            sets = sets.flatMap { set in choices.map { set + [Parameter(name: text, value: $0, line: name.place.line)] } }
        }
        return members.isEmpty ? [] : sets
    }
}
