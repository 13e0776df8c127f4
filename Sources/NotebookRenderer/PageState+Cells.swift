internal import Groundwork
internal import HTML
internal import Markdown
internal import NotebookModel
internal import SourceText

extension PageState {
    /// Writes a fenced block: the cell that it is, or code to be read.
    mutating func writeCodeBlock(_ block: MarkdownCodeBlock, _ cell: Cell?, into writer: inout HTMLWriter) {
        if let cell, cell.kind == .code {
            writeCell(cell, into: &writer)
            return
        }
        features.insert(.code)
        plainText.append(contentsOf: block.literal.utf8)
        endBlock()
        let attributes = blockAttributes(block.info)
        if let title = attributes?["title"] ?? attributes?["filename"] {
            writer.element("div", [HTMLAttribute("class", "code-title")], text: title)
        }
        var literal = block.literal
        if literal.utf8.last == 0x0A { literal.removeLast() }
        writeSource(literal, language: block.language, lineNumbers: false, highlighted: [], into: &writer)
    }

    private func blockAttributes(_ info: String) -> MarkdownAttributes? {
        if let brace = info.firstIndex(of: "{"), let closing = info.lastIndex(of: "}"), brace < closing {
            let inner = info[info.index(after: brace)..<closing]
            return MarkdownAttributes(parsing: inner) ?? MarkdownAttributes(parsing: inner.drop { $0 != " " })
        }
        return MarkdownAttributes(parsing: info.drop { $0 != " " })
    }

    // MARK: Cells

    private mutating func writeCell(_ cell: Cell, into writer: inout HTMLWriter) {
        let options = cell.options
        guard options.include else { return }
        let record = records[cell.id]
        let outputs = options.output == .dropped ? [] : (record?.outputs ?? []).filter { isShown($0, options) }
        let isUnrun = options.eval && record == nil
        guard options.echo != .hidden || !outputs.isEmpty || isUnrun else { return }
        features.insert(.cells)
        writer.open(
            "div",
            [
                HTMLAttribute("class", "cell"), HTMLAttribute("id", cell.id),
                HTMLAttribute("data-status", isUnrun ? "not-run" : record?.status.rawValue),
            ])
        writer.newLine()
        if options.echo != .hidden { writeCellSource(cell, into: &writer) }
        if isUnrun {
            if hasRecord || notebook != nil { writer.element("p", [HTMLAttribute("class", "cell-note")], text: words.notRun) }
        } else if self.options.staleCells.contains(cell.id) {
            writer.element("p", [HTMLAttribute("class", "cell-note stale")], text: outputs.isEmpty ? words.staleCode : words.stale)
        }
        writeOutputs(outputs, of: cell, into: &writer)
        writer.freshLine()
        writer.raw("</div>\n")
    }

    private func isShown(_ output: CellOutput, _ options: CellOptions) -> Bool {
        guard !options.warning else { return true }
        switch output {
        case .stream(.standardError, _): return false
        case .diagnostics(let diagnostics): return diagnostics.contains { $0.severity == .error }
        default: return true
        }
    }

    private mutating func writeCellSource(_ cell: Cell, into writer: inout HTMLWriter) {
        let options = cell.options
        let (source, offset) = options.echo == .fenced ? (fenced(cell), 0) : shownSource(cell)
        if source.isEmpty { return }
        features.insert(.code)
        let isFolded = options.codeFold != .none
        if isFolded {
            writer.open("details", [HTMLAttribute("class", "cell-fold"), HTMLAttribute("open", isPresent: options.codeFold == .open)])
            writer.element("summary", text: options.codeSummary ?? words.showCode)
        }
        writeSource(
            source, language: options.echo == .fenced ? "text" : language(of: cell), lineNumbers: options.codeLineNumbers,
            highlighted: options.highlightedLines, names: options.echo == .fenced ? [] : notes(on: cell, from: offset), into: &writer)
        if isFolded { writer.raw("</details>\n") }
    }

    private func language(of cell: Cell) -> String {
        MarkdownCodeBlock(literal: "", info: cell.infoString, isFenced: true, isClosed: true).language
    }

    private func fenced(_ cell: Cell) -> String {
        var longest = 2
        var run = 0
        for byte in cell.writtenSource.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let body = cell.writtenSource.hasSuffix("\n") || cell.writtenSource.isEmpty ? cell.writtenSource : cell.writtenSource + "\n"
        return "\(fence)\(cell.infoString)\n\(body)\(fence)"
    }

    /// The source without directives, and without empty lines at its ends; and how many bytes were left out before it.
    private func shownSource(_ cell: Cell) -> (text: String, offset: Int) {
        let all = Array(cell.source.utf8)
        var bytes = all[...]
        while let end = bytes.firstIndex(of: 0x0A), bytes[..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            bytes = bytes[(end + 1)...]
        }
        while let last = bytes.last, last == 0x0A || last == 0x20 || last == 0x09 || last == 0x0D { bytes = bytes.dropLast() }
        return (String(decoding: bytes, as: UTF8.self), bytes.startIndex)
    }

    /// The notes on names for a source that begins `offset` bytes into the cell's.
    private func notes(on cell: Cell, from offset: Int) -> [NameNote] {
        guard notebook?.frontMatter.hover != false, let record = records[cell.id], record.source == cell.source else { return [] }
        return record.names.map { name in
            var name = name
            name.offset -= offset
            return name
        }
    }

    // MARK: Inline values

    mutating func writeInlineValue(_ cell: Cell, into writer: inout HTMLWriter) {
        guard cell.options.include else { return }
        guard let record = records[cell.id], cell.options.eval else {
            writer.element("code", [HTMLAttribute("class", "inline-value not-run"), HTMLAttribute("title", words.notRun)], text: cell.source)
            return
        }
        let isStale = options.staleCells.contains(cell.id)
        if isStale { writer.open("span", [HTMLAttribute("class", "inline-value stale"), HTMLAttribute("title", words.stale)]) }
        defer {
            if isStale {
                writer.raw(" ")
                writer.element("small", text: "(\(words.staleValue))")
                writer.raw("</span>")
            }
        }
        for output in record.outputs {
            switch output {
            case .result(let bundle), .display(let bundle, _):
                if writeInlinePicture(bundle, of: cell, into: &writer) {
                    plainText.append(contentsOf: (bundle.plainText ?? "").utf8.prefix(4096))
                } else if case .text(let markdown)? = bundle["text/markdown"] {
                    writeInlineMarkdown(markdown, of: cell, into: &writer)
                } else if let text = bundle.plainText {
                    plainText.append(contentsOf: text.utf8)
                    writer.text(text)
                }
            case .stream(.standardOutput, let text):
                plainText.append(contentsOf: text.utf8)
                writer.text(text)
            case .error(let error): writer.element("code", [HTMLAttribute("class", "inline-value error")], text: "\(error.name): \(error.message)")
            case .stream(.standardError, _), .diagnostics: break
            }
        }
    }

    /// Writes what may stand in a line of text of a value that shows itself: HTML of phrases, pictures, formulas.
    ///
    /// - Returns: whether there was such a thing.
    private mutating func writeInlinePicture(_ bundle: MIMEBundle, of cell: Cell, into writer: inout HTMLWriter) -> Bool {
        if case .text(let html)? = bundle["text/html"], PictureMarkup.isPhrasing(html) {
            writer.raw(html)
        } else if let svg = svg(in: bundle) {
            features.insert(.figures)
            // A chart's says more of itself than its numbers do.
            let isLabelled = svg.prefix { $0 != ">" }.contains("aria-label")
            writer.raw(bytes: isLabelled ? Array(svg.utf8) : PictureMarkup.labelled(String(svg), bundle.plainText ?? ""))
        } else if let (type, bytes) = picture(in: bundle) {
            let source = HTMLAttribute("src", "data:\(type);base64,\(base64(bytes))")
            writer.open("img", [source, HTMLAttribute("alt", bundle.plainText ?? "")])
        } else if case .text(let latex)? = bundle["text/latex"] {
            writeMath(TeXText.withoutDelimiters(latex), isDisplay: false, node: nil, range: cell.range, into: &writer)
        } else {
            return false
        }
        return true
    }

    /// A paragraph's inlines without the paragraph, in an output or a caption of a cell.
    mutating func writeInlineMarkdown(_ markdown: String, of cell: Cell, into writer: inout HTMLWriter) {
        let document = MarkdownDocument(parsing: markdown)
        guard document.nodes.count > 2, document.nodes[1].kind == .paragraph, document.nodes[1].end == document.nodes.count else {
            plainText.append(contentsOf: markdown.utf8)
            writer.text(markdown)
            return
        }
        var inlines = document.nodes.dropFirst(2).map { node in MarkdownNode(node.kind, range: node.range, end: node.end - 1) }
        inlines.insert(MarkdownNode(.document, range: document.nodes[0].range, end: inlines.count + 1), at: 0)
        var renderer = MarkdownRenderer(document: MarkdownDocument(nodes: inlines), style: .page)
        renderer.origin = cell.range
        renderer.render(into: &writer, page: &self)
    }
}
