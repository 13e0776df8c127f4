public import SourceText

/// A notebook under one of the parameter sets of its `matrix:`.
public struct NotebookVariant: Sendable, Hashable {
    /// Its parameters' defaults are the set's values, and its title names them.
    public var notebook: Notebook
    /// Tells the set's page and record from the others', such as `float32` or `batch-8`; `nil` where there is no matrix.
    public var name: String?
}

extension Notebook {
    /// The notebook once for each parameter set of its `matrix:`, in order; itself alone where there is none.
    ///
    /// - Returns: No variant where a set is wrong; the diagnostics say how.
    public func variants() -> (variants: [NotebookVariant], diagnostics: [Diagnostic]) {
        if frontMatter.matrix.isEmpty { return ([NotebookVariant(notebook: self, name: nil)], []) }
        var variants: [NotebookVariant] = []
        var diagnostics: [Diagnostic] = []
        var names: Set<String> = []
        for (set, name) in zip(frontMatter.matrix, Self.names(of: frontMatter.matrix)) {
            var notebook = self
            notebook.frontMatter.matrix = []
            for var parameter in set {
                if let place = notebook.frontMatter.parameters.firstIndex(where: { $0.name == parameter.name }) {
                    let example = notebook.frontMatter.parameters[place].value
                    guard let value = parameter.value.converted(to: example) else {
                        diagnostics.append(
                            problem(
                                "matrix-type", "the parameter '\(parameter.name)' is \(example.typeName), not '\(parameter.value.text)'", parameter))
                        continue
                    }
                    parameter.value = value
                    notebook.frontMatter.parameters[place] = parameter
                } else {
                    notebook.frontMatter.parameters.append(parameter)
                }
            }
            guard !name.isEmpty, names.insert(name).inserted else {
                diagnostics.append(
                    problem(
                        "matrix-name", name.isEmpty ? "a set of the matrix is empty" : "two sets of the matrix make the same page, '\(name)'",
                        set.first))
                continue
            }
            let values = set.map { "\($0.name) = \($0.value.text)" }.joined(separator: ", ")
            notebook.frontMatter.title = frontMatter.title.map { "\($0) (\(values))" }
            variants.append(NotebookVariant(notebook: notebook, name: name))
        }
        return diagnostics.isEmpty ? (variants, []) : ([], diagnostics)
    }

    private func problem(_ identifier: String, _ summary: String, _ parameter: Parameter?) -> Diagnostic {
        Diagnostic(
            .error, identifier: identifier, summary: summary, path: file.path,
            range: parameter?.line.map { SourceRange(lines: $0...$0) })
    }

    /// The names of sets. Where signs and punctuation alone tell some of them apart, as `C` and `C++`, these have them in words.
    private static func names(of sets: [[Parameter]]) -> [String] {
        let names = sets.map { name(of: $0) }
        let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
        return zip(sets, names).map { set, name in
            name.isEmpty || counts[name, default: 0] > 1 ? Self.name(of: set, spellsSigns: true) : name
        }
    }

    /// Texts stand for themselves, numbers and truth values behind their parameter's name.
    private static func name(of set: [Parameter], spellsSigns: Bool = false) -> String {
        set.map { parameter in
            let value = spellsSigns ? spelled(parameter.value.text) : parameter.value.text
            if case .string = parameter.value { return slug(value) }
            return slug("\(parameter.name)-\(value)")
        }.filter { !$0.isEmpty }.joined(separator: "-")
    }

    private static let signs: [Unicode.Scalar: String] = [
        "+": "plus", "-": "minus", "#": "sharp", "*": "star", "/": "slash", "=": "equals", "&": "and", "%": "percent", ".": "dot",
    ]

    /// A text with words in the place of its signs and punctuation.
    private static func spelled(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        func isKept(_ index: Int) -> Bool {
            guard scalars.indices.contains(index) else { return false }
            return scalars[index].properties.isAlphabetic || scalars[index].properties.numericType != nil || scalars[index] == "_"
        }
        var words = ""
        for (index, scalar) in scalars.enumerated() {
            // A dot within a number or a name stays.
            let isPoint = scalar == "." && isKept(index - 1) && isKept(index + 1)
            if isKept(index) || isPoint || scalar.properties.isWhitespace {
                words.unicodeScalars.append(scalar)
            } else {
                words += " \(signs[scalar] ?? scalar.properties.name ?? "") "
            }
        }
        return words
    }

    /// Lower-case letters, digits and dots, the rest as single hyphens.
    private static func slug(_ text: String) -> String {
        var slug = ""
        for scalar in text.lowercased().unicodeScalars {
            let isKept = scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_" || (scalar == "." && !slug.isEmpty)
            if isKept { slug.unicodeScalars.append(scalar) } else if !slug.isEmpty, slug.last != "-" { slug += "-" }
        }
        while slug.last == "-" || slug.last == "." { slug.removeLast() }
        return slug
    }
}
