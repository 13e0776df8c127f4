internal import Markdown
internal import NotebookModel
internal import SourceText

/// Finds the cells and inline values of a document and reads their options.
struct CellCollector {
    let file: SourceFile
    let defaults: CellOptions
    /// Whether any cell runs, whatever its own options say.
    let runsCells: Bool
    var diagnostics: [Diagnostic] = []

    init(file: SourceFile, _ frontMatter: FrontMatter) {
        self.file = file
        defaults = frontMatter.execute
        runsCells = frontMatter.runsCells
    }

    /// The cells in the order in which they stand in the file.
    ///
    /// - Parameters:
    ///   - lines: where the fences stand that are cells, whatever their language; `nil` where their info strings tell.
    ///   - takesInline: whether code in prose may be a value to be shown.
    mutating func collect(from document: MarkdownDocument, codeAtLines lines: Set<Int>? = nil, takesInline: Bool = true) -> [Cell] {
        var cells: [Cell] = []
        for (index, node) in document.nodes.enumerated() {
            switch node.kind {
            case .codeBlock(let block) where block.isFenced:
                if !block.isClosed { reportUnclosed(block, index, node.range, in: document) }
                guard lines?.contains(node.range.start.line) ?? FenceInfo.isCell(block.info) else { continue }
                var cell = codeCell(block, node.range)
                cell.node = index
                cells.append(cell)
            case .code(let literal) where takesInline && literal.hasPrefix(FenceInfo.inlineMark):
                var cell = inlineCell(literal, node.range)
                cell.node = index
                cells.append(cell)
            default: break
            }
        }
        cells.sort { $0.range.start < $1.range.start }
        name(&cells)
        diagnostics.sort { ($0.range?.start ?? SourceLocation(line: 0, column: 0)) < ($1.range?.start ?? SourceLocation(line: 0, column: 0)) }
        return cells
    }

    /// A block without an end may have taken what follows it along: cells and text that nobody would miss. Where it is in a quotation or a
    /// list its end is theirs, and where no fence stands in it nothing of the kind can be in it, unless it is a cell itself.
    private mutating func reportUnclosed(_ block: MarkdownCodeBlock, _ index: Int, _ range: SourceRange, in document: MarkdownDocument) {
        let hasFence = block.literal.split(separator: "\n").contains { line in
            let text = line.drop { $0 == " " }
            return text.hasPrefix("```") || text.hasPrefix("~~~")
        }
        let isCertain = hasFence || FenceInfo.isCell(block.info)
        let isContained = document.nodes[..<index].contains { node in
            guard node.end > index else { return false }
            switch node.kind {
            case .blockQuote, .list, .item: return true
            default: return false
            }
        }
        if !isCertain, isContained { return }
        let width = file.line(range.start.line).utf8.dropFirst(range.start.column - 1).count
        diagnostics.append(
            Diagnostic(
                isCertain ? .error : .warning, identifier: "unclosed-fence", summary: "the code block that begins here has no end", path: file.path,
                range: SourceRange(start: range.start, end: SourceLocation(line: range.start.line, column: range.start.column + width)),
                solutions: ["Close it with a line of as many backticks or tildes as it was opened with"]))
    }

    private mutating func codeCell(_ block: MarkdownCodeBlock, _ range: SourceRange) -> Cell {
        var options = defaults
        var reader = DirectiveReader(path: file.path)
        for (key, value) in FenceInfo(block.info, place: range.start).options { reader.set(key, value, in: &options) }
        let column = range.start.column - 1
        let count = reader.read(block.literal, firstLine: range.start.line + 1, column: column, into: &options)
        if !runsCells { options.eval = false }
        diagnostics += reader.diagnostics
        return Cell(
            id: "", kind: .code, source: blanked(block.literal, lines: count), firstLine: range.start.line + 1, indentation: column,
            range: range, options: options, writtenSource: block.literal, infoString: block.info)
    }

    /// The source with its first lines made empty.
    private func blanked(_ source: String, lines count: Int) -> String {
        if count == 0 { return source }
        var utf8 = source.utf8[...]
        for _ in 0..<count {
            guard let end = utf8.firstIndex(of: 0x0A) else { return String(repeating: "\n", count: count) }
            utf8 = utf8[utf8.index(after: end)...]
        }
        return String(repeating: "\n", count: count) + String(Substring(utf8))
    }

    private func inlineCell(_ literal: String, _ range: SourceRange) -> Cell {
        let expression = String(literal.dropFirst(FenceInfo.inlineMark.count))
        let place = placeOfInline(literal, near: range.start)
        var options = defaults
        options.label = nil
        return Cell(
            id: "", kind: .inlineValue, source: expression, firstLine: place.line,
            indentation: place.column - 1 + FenceInfo.inlineMark.utf8.count, range: range, options: options,
            writtenSource: expression, infoString: "{swift}")
    }

    /// Where the literal stands in the file: the line is known, the column may be off where a paragraph's lines are
    /// indented unevenly.
    private func placeOfInline(_ literal: String, near guess: SourceLocation) -> SourceLocation {
        let line = Array(file.line(guess.line).utf8)
        let mark = Array(FenceInfo.inlineMark.utf8)
        var best: (column: Int, isExact: Bool)?
        for index in line.indices where line[index...].starts(with: mark) {
            let column = index + 1
            // An expression that goes on in the next line is not on this one whole.
            let isExact = line[index...].starts(with: literal.utf8)
            guard let known = best else {
                best = (column, isExact)
                continue
            }
            let isNearer = abs(column - guess.column) < abs(known.column - guess.column)
            if isExact && !known.isExact || isExact == known.isExact && isNearer { best = (column, isExact) }
        }
        return SourceLocation(line: guess.line, column: best?.column ?? guess.column)
    }

    // MARK: Names

    /// Gives every cell an id of its own: its label, or its kind and number.
    private mutating func name(_ cells: inout [Cell]) {
        var used: [String: Int] = [:]
        for index in cells.indices {
            guard cells[index].kind == .code, let label = cells[index].options.label else { continue }
            guard Self.isValid(label) else {
                diagnostics.append(
                    Diagnostic(
                        .warning, identifier: "bad-label", summary: "the label “\(label)” is no name for a cell", path: file.path,
                        range: labelRange(cells[index], label),
                        solutions: ["Use letters, digits, “-” and “_”, at most 64"]))
                cells[index].options.label = nil
                continue
            }
            if Self.reserved.contains(label) {
                diagnostics.append(
                    Diagnostic(
                        .error, identifier: "reserved-label", summary: "the label “\(label)” is the name of another part of the record",
                        path: file.path,
                        range: labelRange(cells[index], label), solutions: ["Give the cell another label"]))
                cells[index].options.label = nil
                continue
            }
            if let earlier = used[label] {
                diagnostics.append(
                    Diagnostic(
                        .error, identifier: "duplicate-label", summary: "the label “\(label)” is used twice", path: file.path,
                        range: labelRange(cells[index], label), solutions: ["Give one of the cells another label"],
                        notes: [Diagnostic.Note(message: "it was first used here", path: file.path, range: labelRange(cells[earlier], label))]))
                cells[index].options.label = nil
                continue
            }
            used[label] = index
            cells[index].id = label
        }
        var blocks = 0
        var inlines = 0
        for index in cells.indices {
            if cells[index].kind == .code { blocks += 1 } else { inlines += 1 }
            guard cells[index].id.isEmpty else { continue }
            let base = cells[index].kind == .code ? "cell-\(blocks)" : "inline-\(inlines)"
            var name = base
            var suffix = 1
            while used[name] != nil {
                suffix += 1
                name = "\(base)-\(suffix)"
            }
            used[name] = index
            cells[index].id = name
        }
    }

    /// What records call the front matter and the cell that is made of its parameters.
    private static let reserved: Set<String> = ["front-matter", "parameters"]

    /// Whether nbformat takes the label as an id.
    static func isValid(_ label: String) -> Bool {
        !label.isEmpty && label.utf8.count <= 64
            && label.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }

    /// Where the label is written: on a directive's line, or in the fence.
    private func labelRange(_ cell: Cell, _ label: String) -> SourceRange {
        for line in cell.range.start.line...max(cell.range.end.line, cell.range.start.line) {
            let text = file.line(line)
            if line > cell.range.start.line, DirectiveReader.directive(in: text[...]) == nil { break }
            if let found = text.range(ofLast: label) {
                return SourceRange(
                    start: SourceLocation(line: line, column: found.lowerBound + 1), end: SourceLocation(line: line, column: found.upperBound + 1))
            }
        }
        return SourceRange(start: cell.range.start, end: cell.range.start)
    }
}

extension String {
    /// The UTF-8 offsets of the last occurrence of `word`.
    fileprivate func range(ofLast word: String) -> Range<Int>? {
        let text = Array(utf8)
        let word = Array(word.utf8)
        guard !word.isEmpty, text.count >= word.count else { return nil }
        for start in stride(from: text.count - word.count, through: 0, by: -1) where text[start...].starts(with: word) {
            return start..<(start + word.count)
        }
        return nil
    }
}
