internal import Groundwork
internal import Markdown
package import NotebookModel
package import NotebookParser
internal import NotebookRenderer
package import SourceText

/// A notebook as Markdown that shows its outputs where nothing runs it, such as on GitHub.
///
/// Prose stands as it was written, without what pages hide. Code is fenced in its language, text outputs as text; pictures are files
/// beside it.
package struct MarkdownExport: Sendable {
    package private(set) var text = ""
    /// Pictures by their paths from the Markdown's folder.
    package internal(set) var pictures: [String: [UInt8]] = [:]
    /// Errors where what is to be hidden cannot be left out.
    package private(set) var diagnostics: [Diagnostic] = []
    let pictureFolder: String
    let records: [Cell.ID: CellRecord]
    let stale: Set<Cell.ID>
    private let notebook: Notebook

    /// Bytes of the notebook that the export does not have as they are.
    private struct Edit {
        var range: Range<Int>
        var text: String
    }

    /// - Parameters:
    ///   - stale: Cells whose outputs are older than their code; that is said above them.
    ///   - pictureFolder: The name of the folder for pictures, beside the Markdown.
    package init(_ parsed: ParsedNotebook, record: RunRecord?, stale: Set<Cell.ID> = [], pictureFolder: String) {
        self.pictureFolder = pictureFolder
        self.stale = stale
        notebook = parsed.notebook
        records = Dictionary((record?.cells ?? []).map { ($0.id, $0) }) { first, _ in first }
        let file = notebook.file
        let bytes = Array(file.text.utf8)
        var hidden = HiddenContent(notebook)
        let hiddenNodes = hidden.nodes(of: parsed.document)
        diagnostics = hidden.diagnostics
        let spans = Dictionary(
            uniqueKeysWithValues: hiddenNodes.compactMap { nodes in
                let kind = parsed.document.nodes[nodes.lowerBound].kind
                return Self.isInline(kind) ? HiddenContent.attributes(of: kind).map { (nodes.lowerBound, $0) } : nil
            })
        let places = InlinePlaces(of: parsed.document, in: file, spans: spans)
        var edits = removals(of: hiddenNodes, in: parsed.document, places, bytes, of: notebook.file) { [path = notebook.file.path] node in
            Diagnostic(
                .error, identifier: "hidden-in-markdown", summary: "what is hidden here cannot be found in the text, so it would be shown",
                path: path, range: SourceRange(start: node.range.start, end: node.range.start),
                solutions: ["Write it as a division on lines of its own: `::: {.content-hidden}` and `:::`"])
        }
        edits += conditionalMarks(in: parsed.document, bytes)
        for cell in notebook.cells {
            switch cell.kind {
            case .inlineValue:
                // A row of a table is on one line, and its bars would cut the value.
                let isInTable = cell.node.map { Self.isInTable($0, parsed.document) } ?? false
                guard let range = cell.node.flatMap({ places.ranges[$0] }), let value = inlineText(cell, isInTable: isInTable) else { continue }
                let lineStart = bytes[..<range.lowerBound].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
                let isFirst = bytes[lineStart..<range.lowerBound].allSatisfy { [0x20, 0x09, UInt8(ascii: ">")].contains($0) }
                edits.append(Edit(range: range, text: isFirst ? MarkdownText.escapedAtLineStart(value) : value))
            case .code:
                let range = offset(cell.range.start)..<offset(cell.range.end)
                let lead = String(decoding: file.line(cell.range.start.line).utf8.prefix(cell.range.start.column - 1), as: UTF8.self)
                let prefix = String(lead.map { $0 == ">" || $0.isWhitespace ? $0 : " " })
                var shown = blocks(of: cell).joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false)
                    .joined(separator: "\n" + prefix)
                if !range.isEmpty, bytes[range.upperBound - 1] == 0x0A { shown += "\n" }
                edits.append(Edit(range: range, text: shown))
            }
        }
        let start = notebook.bodyLine > 1 ? file.offset(ofLine: notebook.bodyLine) : 0
        if notebook.bodyLine > 1, let title = notebook.frontMatter.title { text = "# \(title)\n" }
        text += Self.apply(edits, to: bytes, from: start)
        while text.hasSuffix("\n") { text.removeLast() }
        text += "\n"
    }

    /// Applies edits in order; what lies within an earlier one is gone with it.
    private static func apply(_ edits: [Edit], to bytes: [UInt8], from start: Int) -> String {
        var text = ""
        var position = min(start, bytes.count)
        for edit in edits.sorted(by: { ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound) })
        where edit.range.lowerBound >= position && edit.range.upperBound <= bytes.count {
            text += String(decoding: bytes[position..<edit.range.lowerBound], as: UTF8.self) + edit.text
            position = edit.range.upperBound
        }
        return text + String(decoding: bytes[position...], as: UTF8.self)
    }

    private func offset(_ place: SourceLocation) -> Int { notebook.file.offset(ofLine: place.line) + place.column - 1 }

    // MARK: What is hidden

    private static func isInline(_ kind: MarkdownNode.Kind) -> Bool {
        switch kind {
        case .span, .image: true
        default: false
        }
    }

    private static func isInTable(_ node: Int, _ document: MarkdownDocument) -> Bool {
        document.nodes[..<node].lastIndex { if case .tableRow = $0.kind { true } else { false } }.map { document.nodes[$0].end > node } ?? false
    }

    /// Takes hidden blocks out by their lines, and hidden spans by their bytes.
    ///
    /// - Parameter problem: What to say of a hidden node that cannot be found in the text.
    private mutating func removals(
        of hidden: [Range<Int>], in document: MarkdownDocument, _ places: InlinePlaces, _ bytes: [UInt8], of file: SourceFile,
        _ problem: (MarkdownNode) -> Diagnostic
    ) -> [Edit] {
        hidden.compactMap { nodes in
            let node = document.nodes[nodes.lowerBound]
            guard Self.isInline(node.kind) else {
                let end = min(file.offset(ofLine: Self.lastLine(of: node) + 1), bytes.count)
                return Edit(range: min(file.offset(ofLine: node.range.start.line), end)..<end, text: "")
            }
            if let range = places.ranges[nodes.lowerBound] { return Edit(range: range, text: "") }
            diagnostics.append(problem(node))
            return nil
        }
    }

    /// A range that ends at a line's first column ends with the line before.
    private static func lastLine(of node: MarkdownNode) -> Int {
        node.range.end.column > 1 ? node.range.end.line : max(node.range.start.line, node.range.end.line - 1)
    }

    /// The marks of divisions that are shown under a condition say nothing to readers.
    private func conditionalMarks(in document: MarkdownDocument, _ bytes: [UInt8]) -> [Edit] {
        let file = notebook.file
        return document.nodes.flatMap { node -> [Edit] in
            guard case .division = node.kind, HiddenContent.isConditional(node.kind) else { return [] }
            return [node.range.start.line, Self.lastLine(of: node)].compactMap { line in
                let mark = file.line(line).drop { $0.isWhitespace || $0 == ">" }
                guard mark.hasPrefix(":::") else { return nil }
                let end = min(file.offset(ofLine: line + 1), bytes.count)
                return Edit(range: min(file.offset(ofLine: line), end)..<end, text: "")
            }
        }
    }

    // MARK: Values in prose

    private func inlineText(_ cell: Cell, isInTable: Bool) -> String? {
        let texts = (records[cell.id]?.outputs ?? []).compactMap { output -> String? in
            switch output {
            case .result(let bundle), .display(let bundle, _): bundle.plainText
            case .stream(.standardOutput, let text): text
            default: nil
            }
        }
        return texts.last.map { MarkdownText.escaped($0, isInTable: isInTable) }
            .map { stale.contains(cell.id) ? $0 + " *(older than its expression)*" : $0 }
    }

    /// The Markdown of an output without what pages hide.
    mutating func shown(_ markdown: String, of cell: Cell) -> String {
        let document = MarkdownDocument(parsing: markdown)
        var hidden = HiddenContent(notebook, origin: cell.range)
        let nodes = hidden.nodes(of: document)
        diagnostics += hidden.diagnostics
        if nodes.isEmpty { return markdown }
        let file = SourceFile(path: notebook.file.path, text: markdown)
        let bytes = Array(markdown.utf8)
        let spans = Dictionary(
            uniqueKeysWithValues: nodes.compactMap { range in
                let kind = document.nodes[range.lowerBound].kind
                return Self.isInline(kind) ? HiddenContent.attributes(of: kind).map { (range.lowerBound, $0) } : nil
            })
        let places = InlinePlaces(of: document, in: file, spans: spans)
        let notebook = notebook
        let edits = removals(of: nodes, in: document, places, bytes, of: file) { _ in
            Diagnostic(
                .error, identifier: "hidden-in-markdown",
                summary: "the output of '\(cell.id)' hides what cannot be found in its text, so it would be shown",
                path: notebook.file.path, range: SourceRange(start: cell.range.start, end: cell.range.start))
        }
        return Self.apply(edits, to: bytes, from: 0)
    }
}
