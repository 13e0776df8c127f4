internal import HTML
internal import Markdown
internal import NotebookModel
internal import SourceText

extension PageState {
    /// Writes a fenced block: the cell that it is, or code to be read.
    mutating func writeCodeBlock(_ block: MarkdownCodeBlock, _ node: MarkdownNode, into writer: inout HTMLWriter) {
        if let cell = cells[node.range.start], cell.kind == .code {
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
            writer.element("p", [HTMLAttribute("class", "cell-note")], text: words.stale)
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
        let source = options.echo == .fenced ? fenced(cell) : shownSource(cell)
        if source.isEmpty { return }
        features.insert(.code)
        let isFolded = options.codeFold != .none
        if isFolded {
            writer.open("details", [HTMLAttribute("class", "cell-fold"), HTMLAttribute("open", isPresent: options.codeFold == .open)])
            writer.element("summary", text: options.codeSummary ?? words.showCode)
        }
        writeSource(
            source, language: options.echo == .fenced ? "text" : language(of: cell), lineNumbers: options.codeLineNumbers,
            highlighted: options.highlightedLines, into: &writer)
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

    /// The source without directives, and without empty lines at its ends.
    private func shownSource(_ cell: Cell) -> String {
        var bytes = Array(cell.source.utf8)[...]
        while let end = bytes.firstIndex(of: 0x0A), bytes[..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
            bytes = bytes[(end + 1)...]
        }
        while let last = bytes.last, last == 0x0A || last == 0x20 || last == 0x09 || last == 0x0D { bytes = bytes.dropLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Source

    /// Writes code, highlighted where its language is known.
    mutating func writeSource(
        _ source: String, language: String, lineNumbers: Bool, highlighted: [ClosedRange<Int>], into writer: inout HTMLWriter
    ) {
        writer.open(
            "pre",
            [
                HTMLAttribute("class", lineNumbers ? "numbered" : nil), HTMLAttribute("tabindex", isWide(source) ? "0" : nil),
            ])
        writer.open("code", [HTMLAttribute("class", language.isEmpty ? nil : "language-\(language)")])
        let markup: [UInt8]
        if language == "swift" {
            markup = highlightedMarkup(of: source, spans: highlight(source))
        } else if let other = language.isEmpty ? nil : typesetting.highlighted(source, language: language) {
            markup = other
        } else {
            var plain: [UInt8] = []
            escape(source.utf8, into: &plain)
            markup = plain
        }
        if lineNumbers || !highlighted.isEmpty {
            writeLines(markup, highlighted: highlighted, into: &writer)
        } else {
            writer.raw(bytes: markup)
        }
        writer.raw("</code></pre>\n")
    }

    /// Whether a line is likely to need scrolling sideways, so that the keyboard must be able to reach it.
    func isWide(_ text: String) -> Bool {
        var column = 0
        for byte in text.utf8 {
            if byte == 0x0A { column = 0 } else if byte & 0xC0 != 0x80 { column += 1 }
            if column > 72 { return true }
        }
        return false
    }

    private func highlightedMarkup(of source: String, spans: [SyntaxSpan]) -> [UInt8] {
        let bytes = Array(source.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count * 3)
        var position = 0
        for span in spans {
            let end = min(span.offset + span.length, bytes.count)
            guard span.offset >= position, span.offset < end else { continue }
            escape(bytes[position..<span.offset], into: &output)
            position = end
            if span.kind == .identifier {
                escape(bytes[span.offset..<end], into: &output)
                continue
            }
            output += "<span class=\"tok-\(span.kind.rawValue)\">".utf8
            escape(bytes[span.offset..<end], into: &output)
            output += "</span>".utf8
        }
        escape(bytes[position...], into: &output)
        return output
    }

    /// Writes each line in an element of its own; what is open at a line's end is closed and opened again.
    private func writeLines(_ markup: [UInt8], highlighted: [ClosedRange<Int>], into writer: inout HTMLWriter) {
        var openTags: [ArraySlice<UInt8>] = []
        var number = 1
        func begin(_ writer: inout HTMLWriter) {
            let isHighlighted = highlighted.contains { $0.contains(number) }
            writer.raw(isHighlighted ? "<span class=\"line highlighted\">" : "<span class=\"line\">")
            for tag in openTags { writer.raw(bytes: tag) }
        }
        func end(_ writer: inout HTMLWriter) {
            for _ in openTags { writer.raw("</span>") }
            writer.raw("</span>")
        }
        begin(&writer)
        var index = 0
        var start = 0
        while index < markup.count {
            if markup[index] == 0x0A {
                writer.raw(bytes: markup[start..<index])
                // The break stands inside the line, which is a block: copied text keeps it.
                writer.newLine()
                end(&writer)
                number += 1
                start = index + 1
                begin(&writer)
            } else if markup[index] == UInt8(ascii: "<") {
                let close = markup[index...].firstIndex(of: UInt8(ascii: ">")) ?? markup.count - 1
                let tag = markup[index...close]
                if tag.dropFirst().first == UInt8(ascii: "/") { _ = openTags.popLast() } else { openTags.append(tag) }
                index = close
            }
            index += 1
        }
        writer.raw(bytes: markup[start...])
        end(&writer)
    }

    // MARK: Inline values

    mutating func writeInlineValue(_ cell: Cell, into writer: inout HTMLWriter) {
        guard cell.options.include else { return }
        guard let record = records[cell.id], cell.options.eval else {
            writer.element("code", [HTMLAttribute("class", "inline-value not-run"), HTMLAttribute("title", words.notRun)], text: cell.source)
            return
        }
        for output in record.outputs {
            switch output {
            case .result(let bundle), .display(let bundle, _):
                if case .text(let markdown)? = bundle["text/markdown"] {
                    writeInlineMarkdown(markdown, into: &writer)
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

    /// A paragraph's inlines without the paragraph.
    mutating func writeInlineMarkdown(_ markdown: String, into writer: inout HTMLWriter) {
        let document = MarkdownDocument(parsing: markdown)
        guard document.nodes.count > 2, document.nodes[1].kind == .paragraph, document.nodes[1].end == document.nodes.count else {
            plainText.append(contentsOf: markdown.utf8)
            writer.text(markdown)
            return
        }
        var inlines = document.nodes.dropFirst(2).map { node in MarkdownNode(node.kind, range: node.range, end: node.end - 1) }
        inlines.insert(MarkdownNode(.document, range: document.nodes[0].range, end: inlines.count + 1), at: 0)
        var renderer = MarkdownRenderer(document: MarkdownDocument(nodes: inlines), style: .page)
        renderer.render(into: &writer, page: &self)
    }
}
