internal import JSON
internal import Markdown
public import NotebookModel
internal import SourceText

/// Writes notebooks as text.
public enum NotebookPrinting {
    /// The notebook as Markdown: the front matter's keys in a fixed order, the prose as it stands, every cell's options as
    /// directives where they differ from the front matter's.
    ///
    /// Printing what was parsed from a printed notebook gives the same text.
    public static func text(of notebook: Notebook) -> String {
        let file = notebook.file
        var reader = FrontMatterReader(file: file)
        let (_, bodyLine) = reader.read()
        var output = frontMatter(notebook.frontMatter)
        var line = bodyLine
        for cell in notebook.cells where cell.kind == .code && cell.indentation == 0 {
            let start = cell.range.start.line
            guard start >= line else { continue }
            if start > line { output += file.text(ofLines: line...(start - 1)) }
            output += print(cell, defaults: notebook.frontMatter.execute, fence: fence(cell, file))
            line = cell.range.end.column > 1 ? cell.range.end.line + 1 : cell.range.end.line
        }
        if line <= file.lineCount { output += file.text(ofLines: line...file.lineCount) }
        return output
    }

    private static func fence(_ cell: Cell, _ file: SourceFile) -> String {
        let opening = file.line(cell.range.start.line)
        return String(opening.prefix { $0 == "`" || $0 == "~" })
    }

    private static func print(_ cell: Cell, defaults: CellOptions, fence: String) -> String {
        var text = "\(fence)\(cell.infoString)\n"
        for (key, value) in directives(cell.options, defaults: defaults) { text += "#| \(key): \(value)\n" }
        // Directives are blank lines of the source.
        let written = cell.writtenSource.split(separator: "\n", omittingEmptySubsequences: false)
        let count = written.prefix { DirectiveReader.directive(in: $0) != nil }.count
        text += written.dropFirst(count).joined(separator: "\n")
        if !text.hasSuffix("\n") { text += "\n" }
        return text + fence + "\n"
    }

    // MARK: Options

    private static func directives(_ options: CellOptions, defaults: CellOptions) -> [(String, String)] {
        var list: [(String, String)] = []
        func add<Value: Equatable>(_ key: String, _ path: KeyPath<CellOptions, Value>, _ write: (Value) -> String?) {
            guard options[keyPath: path] != defaults[keyPath: path], let value = write(options[keyPath: path]) else { return }
            list.append((key, value))
        }
        func truth(_ value: Bool) -> String { value ? "true" : "false" }
        add("label", \.label) { $0.map(scalar) }
        add("eval", \.eval, truth)
        add("echo", \.echo) { $0 == .fenced ? "fenced" : truth($0 == .shown) }
        add("output", \.output) { $0 == .asis ? "asis" : truth($0 == .shown) }
        add("warning", \.warning, truth)
        add("include", \.include, truth)
        add("error", \.error, truth)
        add("compile-fail", \.compileFail, truth)
        add("code-fold", \.codeFold) { $0 == .open ? "show" : truth($0 == .closed) }
        add("code-summary", \.codeSummary) { $0.map(scalar) }
        if options.highlightedLines.isEmpty {
            add("code-line-numbers", \.codeLineNumbers, truth)
        } else {
            add("code-line-numbers", \.highlightedLines) { ranges in
                let parts = ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
                return "\"\(parts.joined(separator: ","))\""
            }
        }
        add("fig-cap", \.figureCaption) { $0.map(scalar) }
        add("fig-alt", \.figureAlternatives) { $0.count == 1 ? scalar($0[0]) : flow($0) }
        add("tbl-cap", \.tableCaption) { $0.map(scalar) }
        add("timeout", \.timeout) { $0.map(number) }
        add("volatile", \.volatile, truth)
        add("tolerance", \.tolerance) { $0.map(number) }
        add("absolute-tolerance", \.absoluteTolerance) { $0.map(number) }
        add("unordered", \.unordered, truth)
        add("depends", \.dependencies, flow)
        add("process-state", \.touchesProcess, truth)
        add("optimize", \.optimize, truth)
        return list
    }

    // MARK: Front matter

    private static func frontMatter(_ matter: FrontMatter) -> String {
        var lines: [String] = []
        func add(_ key: String, _ value: String?) {
            if let value { lines.append("\(key): \(scalar(value))") }
        }
        func add(_ key: String, _ values: [String]) {
            if !values.isEmpty { lines.append("\(key): \(flow(values))") }
        }
        add("title", matter.title)
        add("subtitle", matter.subtitle)
        add("description", matter.description)
        if matter.authors.count == 1 { add("author", matter.authors[0]) } else { add("author", matter.authors) }
        add("date", matter.date)
        add("updated", matter.updated)
        add("tags", matter.tags)
        if matter.draft { lines.append("draft: true") }
        add("image", matter.image)
        add("image-alt", matter.imageAlternative)
        add("lang", matter.language)
        if !matter.tableOfContents { lines.append("toc: false") }
        if !matter.hover { lines.append("hover: false") }
        if !matter.parameters.isEmpty {
            lines.append("params:")
            for parameter in matter.parameters { lines.append("  \(parameter.name): \(value(parameter.value))") }
        }
        if !matter.matrix.isEmpty {
            lines.append("matrix:")
            for set in matter.matrix {
                lines.append("  - {" + set.map { "\($0.name): \(value($0.value))" }.joined(separator: ", ") + "}")
            }
        }
        let execute = directives(matter.execute, defaults: CellOptions())
        if !execute.isEmpty || !matter.runsCells {
            lines.append("execute:")
            if !matter.runsCells { lines.append("  enabled: false") }
            for (key, value) in execute { lines.append("  \(key): \(value)") }
        }
        if !matter.packages.isEmpty {
            lines.append("packages:")
            for package in matter.packages {
                if package.version == nil, package.products.isEmpty {
                    lines.append("  - \(scalar(package.location))")
                    continue
                }
                lines.append("  - path: \(scalar(package.location))")
                if let version = package.version { lines.append("    from: \(scalar(version))") }
                if !package.products.isEmpty { lines.append("    products: \(flow(package.products))") }
            }
        }
        add("resources", matter.resources)
        add("aliases", matter.aliases)
        add("bibliography", matter.bibliography)
        // JSON is YAML.
        for (key, value) in matter.extra { lines.append("\(scalar(key)): \(value.text())") }
        return lines.isEmpty ? "" : "---\n" + lines.joined(separator: "\n") + "\n---\n"
    }

    // MARK: YAML

    private static func value(_ value: Parameter.Value) -> String {
        switch value {
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .double(let value): number(value)
        case .string(let value): scalar(value)
        case .list(let values): "[" + values.map(Self.value).joined(separator: ", ") + "]"
        }
    }

    /// Always with what makes it a number with a fraction.
    private static func number(_ value: Double) -> String { "\(value)" }

    private static func flow(_ values: [String]) -> String { "[" + values.map(scalar).joined(separator: ", ") + "]" }

    /// Without quotes only where nothing can take it for anything but a text.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.first?.isLetter == true && text.last != " "
            && text.utf8.allSatisfy { byte in
                byte >= 0x80 || byte == 0x20 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                    || byte == UInt8(ascii: "/") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
            }
        let tree = YAMLTree(content: .scalar(text, isPlain: true), place: SourceLocation(line: 1, column: 1))
        if isPlain, tree.bool == nil, !tree.isNull { return text }
        return JSONValue.string(text).text()
    }
}
