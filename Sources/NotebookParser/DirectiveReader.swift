internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Reads the directives on a cell's first lines: `# | key: value`, `#| key: value`, `//| key: value`.
struct DirectiveReader {
    let path: String
    var diagnostics: [Diagnostic] = []

    /// One directive with the lines that continue its value.
    private struct Entry {
        var text: String
        var line: Int
        var column: Int
    }

    init(path: String) {
        self.path = path
    }

    /// Reads directives into `options`.
    ///
    /// - Parameters:
    ///   - source: the cell as written, lines ended by line feeds.
    ///   - firstLine: the line of the file that its first line stands on.
    ///   - column: how many columns the file has in front of the source.
    /// - Returns: how many lines are directives.
    mutating func read(_ source: String, firstLine: Int, column: Int, into options: inout CellOptions) -> Int {
        var entries: [Entry] = []
        var count = 0
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let (content, offset) = Self.directive(in: line) else { break }
            let number = firstLine + count
            count += 1
            let indent = content.prefix { $0 == " " || $0 == "\t" }.count
            let trimmed = content.dropFirst(indent)
            if trimmed.isEmpty { continue }
            // Spacing round the bar is free, so an option's name begins an entry however far it stands to the right.
            let isContinuation = (indent > 1 && !startsOption(trimmed)) || trimmed.hasPrefix("- ") || trimmed == "-"
            if isContinuation, let last = entries.indices.last {
                // Lines between, which hold nothing, keep the numbers right.
                let gap = number - entries[last].line - entries[last].text.split(separator: "\n", omittingEmptySubsequences: false).count
                entries[last].text += String(repeating: "\n", count: max(gap, 0) + 1) + content
            } else {
                entries.append(Entry(text: String(trimmed), line: number, column: column + offset + indent))
            }
        }
        for entry in entries { apply(entry, to: &options) }
        return count
    }

    private func startsOption(_ text: Substring) -> Bool {
        guard let colon = text.firstIndex(of: ":") else { return false }
        return CellOptionReader.isKnown(text[..<colon].trimmingSuffix { $0 == " " })
    }

    /// The text after the bar, and how many bytes stand before it.
    static func directive(in line: Substring) -> (content: Substring, offset: Int)? {
        var rest = line.drop { $0 == " " || $0 == "\t" }
        if rest.hasPrefix("//") { rest = rest.dropFirst(2) } else if rest.hasPrefix("#") { rest = rest.dropFirst() } else { return nil }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        guard rest.first == "|" else { return nil }
        rest = rest.dropFirst()
        // `//||` and `#||` are no directives.
        guard rest.first != "|" else { return nil }
        return (rest, line.utf8.count - rest.utf8.count)
    }

    private mutating func apply(_ entry: Entry, to options: inout CellOptions) {
        let place = SourceLocation(line: entry.line, column: entry.column + 1)
        let isName = entry.text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "." }
        let tree: YAMLTree?
        do throws(YAMLProblem) {
            tree = try YAMLTree.parse(isName ? entry.text + ": true" : entry.text, line: entry.line, column: entry.column)
        } catch {
            report(
                severity(of: entry), "bad-directive", "the directive is not YAML: \(error.message)",
                at: SourceRange(start: error.place, end: error.place), ["Write it as `#| key: value`"])
            return
        }
        guard let members = tree?.mapping else {
            report(
                severity(of: entry), "bad-directive", "the directive has no key and value", at: range(of: entry.text, at: place),
                ["Write it as `#| key: value`"])
            return
        }
        for (key, value) in members { set(key, value, in: &options) }
    }

    /// What cannot be read is an error where it may have been to keep a cell from running, or something from being shown.
    private func severity(of entry: Entry) -> Diagnostic.Severity {
        let name = entry.text.prefix { $0.isLetter || $0 == "-" || $0 == "_" || $0 == "." }
        return CellOptionReader.hides(String(name)) ? .error : .warning
    }

    /// Sets one option, and says what was wrong with it.
    ///
    /// - Parameter moreNames: what may have been meant beside the options of cells.
    mutating func set(_ key: YAMLTree, _ value: YAMLTree, in options: inout CellOptions, moreNames: [String] = []) {
        let name = key.string ?? ""
        switch CellOptionReader.set(name, to: value, in: &options) {
        case .set: break
        case .badValue(let expected):
            // Whether something runs or is shown is not guessed.
            report(
                CellOptionReader.hides(name) ? .error : .warning, "bad-option-value", "“\(name)” takes \(expected), not \(shown(value))",
                at: range(of: value.string ?? "", at: value.place))
        case .unsupported:
            report(.warning, "unsupported-option", "the option “\(name)” has no effect in Galley", at: range(of: name, at: key.place))
        case .unknown:
            let meant = nearestName(to: name, among: CellOptionReader.names + moreNames)
            // What was meant to keep a whole cell from running, or from the page, must not do the opposite.
            let isMeantToHide = meant.map { (["eval", "include"] + moreNames).contains($0) && value.truth == false } ?? false
            report(
                isMeantToHide ? .error : .warning, "unknown-option", "there is no option “\(name)”", at: range(of: name, at: key.place),
                meant.map { ["Did you mean “\($0)”?"] } ?? [])
        }
    }

    private mutating func report(
        _ severity: Diagnostic.Severity, _ identifier: String, _ summary: String, at range: SourceRange, _ solutions: [String] = []
    ) {
        diagnostics.append(
            Diagnostic(severity, identifier: identifier, summary: summary, path: path, range: range, solutions: solutions))
    }

    private func shown(_ value: YAMLTree) -> String {
        if value.isNull { return "nothing" }
        if let string = value.string { return "“\(string)”" }
        return value.sequence == nil ? "a mapping" : "a list"
    }

    private func range(of text: String, at place: SourceLocation) -> SourceRange {
        let width = text.utf8.prefix { $0 != 0x0A }.count
        return SourceRange(start: place, end: SourceLocation(line: place.line, column: place.column + width))
    }
}

extension Substring {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, predicate(last) { text.removeLast() }
        return String(text)
    }
}
