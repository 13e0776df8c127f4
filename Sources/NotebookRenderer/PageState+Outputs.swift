internal import Groundwork
internal import HTML
internal import JSON
internal import Markdown
internal import NotebookModel
internal import SourceText

extension PageState {
    mutating func writeOutputs(_ outputs: [CellOutput], of cell: Cell, into writer: inout HTMLWriter) {
        let outputs = merged(outputs)
        var options = cell.options
        options.figureCaption = options.figureCaption.map(plainText(ofInline:))
        let alternatives = FigureAlternatives(outputs, options: options)
        let caption = cell.options.figureCaption ?? cell.options.tableCaption
        // A caption belongs to what can be looked at, not to what was printed on the way there.
        let captioned =
            caption == nil
            ? nil
            : outputs.lastIndex { output in
                switch output {
                case .display(let bundle, _), .result(let bundle): isRich(bundle)
                default: false
                }
            }
        for (index, output) in outputs.enumerated() {
            writer.freshLine()
            if index == captioned, let caption {
                features.insert(.figures)
                writer.raw("<figure>")
                writeOutput(output, alternatives[index], of: cell, into: &writer)
                writer.open("figcaption")
                writeInlineMarkdown(numbered(caption, id: cell.options.label), of: cell, into: &writer)
                endBlock()
                writer.raw("</figcaption></figure>\n")
            } else {
                writeOutput(output, alternatives[index], of: cell, into: &writer)
            }
        }
    }

    private func isRich(_ bundle: MIMEBundle) -> Bool { bundle.representations.contains { $0.type != "text/plain" } }

    /// Neighbouring pieces of one stream are one output.
    private func merged(_ outputs: [CellOutput]) -> [CellOutput] {
        var result: [CellOutput] = []
        for output in outputs {
            if case .stream(let stream, let text) = output, case .stream(stream, let before)? = result.last {
                result[result.count - 1] = .stream(stream, before + text)
            } else {
                result.append(output)
            }
        }
        return result
    }

    private mutating func writeOutput(_ output: CellOutput, _ alternative: String?, of cell: Cell, into writer: inout HTMLWriter) {
        switch output {
        case .stream(.standardOutput, let text):
            if cell.options.output == .asis {
                writeAsIs(text, of: cell, into: &writer)
            } else {
                openOutput("stdout", label: words.output, showsLabel: false, into: &writer)
                writeTerminalText(text, into: &writer)
                writer.raw("</div>\n")
            }
        case .stream(.standardError, let text):
            openOutput("stderr", label: words.standardError, showsLabel: true, into: &writer)
            writeTerminalText(text, into: &writer)
            writer.raw("</div>\n")
        case .result(let bundle), .display(let bundle, _): writeBundle(bundle, alternative, of: cell, into: &writer)
        case .diagnostics(let diagnostics): writeDiagnostics(diagnostics, into: &writer)
        case .error(let error): writeError(error, into: &writer)
        }
    }

    private func openOutput(_ kind: String, label: String, showsLabel: Bool, into writer: inout HTMLWriter) {
        writer.open("div", [HTMLAttribute("class", "output \(kind)"), HTMLAttribute("role", "group"), HTMLAttribute("aria-label", label)])
        if showsLabel { writer.element("span", [HTMLAttribute("class", "output-kind"), HTMLAttribute("aria-hidden", "true")], text: label) }
    }

    /// Standard output that is Markdown of the page.
    private mutating func writeAsIs(_ text: String, of cell: Cell, into writer: inout HTMLWriter) {
        writer.raw("<div class=\"output asis\">\n")
        var document = MarkdownDocument(parsing: text)
        if let notebook {
            var hidden = HiddenContent(notebook, origin: cell.range)
            document = hidden.removed(from: document)
            diagnostics += hidden.diagnostics
        }
        var renderer = MarkdownRenderer(document: document, style: .page)
        renderer.origin = cell.range
        embeddedCount += 1
        renderer.idPrefix = "o\(embeddedCount)-"
        let hasTopLevel = document.nodes.contains { node in
            if case .heading(1, _) = node.kind { true } else { false }
        }
        // The page's one heading of level 1 is its title.
        renderer.headingShift = max(headingShift, hasTopLevel ? 1 : 0)
        renderer.render(into: &writer, page: &self)
        writer.freshLine()
        writer.raw("</div>\n")
    }

    // MARK: Text

    /// Writes a stream's text: colours as classes, overwritten lines gone, what is long folded.
    private mutating func writeTerminalText(_ text: String, into writer: inout HTMLWriter) {
        let cut = text.utf8.count > options.outputByteLimit
        let bytes = cut ? Array(text.utf8.prefix(options.outputByteLimit)) : Array(text.utf8)
        var terminal = TerminalText(bytes)
        let lines = terminal.lines()
        if terminal.hasColors { features.insert(.terminalColors) }
        for line in lines.prefix(200) {
            plainText += line.plain
            plainText.append(0x0A)
        }
        let isAligned = lines.contains { Self.isAligned($0.plain) }
        let isWide = isAligned && lines.contains { $0.plain.count > 72 }
        func writePre(_ lines: ArraySlice<TerminalText.Line>, into writer: inout HTMLWriter) {
            writer.open("pre", [HTMLAttribute("class", isAligned ? "columns" : nil), HTMLAttribute("tabindex", isWide ? "0" : nil)])
            // A line feed that begins the content of `pre` is dropped by parsers.
            if lines.first?.plain.isEmpty == true { writer.newLine() }
            for (index, line) in lines.enumerated() {
                if index > 0 { writer.newLine() }
                writer.raw(bytes: line.markup)
            }
            writer.raw("</pre>")
        }
        if lines.count > options.foldedLineLimit {
            writePre(lines.prefix(options.shownLinesOfFolded), into: &writer)
            let rest = lines.dropFirst(options.shownLinesOfFolded)
            writer.raw("\n<details class=\"more-output\">")
            writer.element("summary", text: "\(rest.count) more lines")
            writePre(rest, into: &writer)
            writer.raw("</details>")
        } else {
            writePre(lines[...], into: &writer)
        }
        if cut { writer.element("p", [HTMLAttribute("class", "cell-note")], text: "\(text.utf8.count - bytes.count) more bytes are in the record.") }
    }

    /// Whether a line is set in columns, or drawn: wrapping would spoil it, so it scrolls.
    private static func isAligned(_ line: [UInt8]) -> Bool {
        var spaces = 0
        var hasInk = false
        for (index, byte) in line.enumerated() {
            if byte == 0x20 {
                spaces += 1
                continue
            }
            if byte == 0x09 || byte == UInt8(ascii: "|") && (spaces > 0 || !hasInk) { return true }
            // Two spaces end a sentence for some.
            if hasInk, spaces > 2 || spaces == 2 && ![0x2E, 0x21, 0x3F, 0x3A].contains(line[index - 3]) { return true }
            // U+2500 to U+259F: lines, corners and blocks.
            if byte == 0xE2, index + 1 < line.count, (0x94...0x96).contains(line[index + 1]) { return true }
            spaces = 0
            hasInk = true
        }
        return false
    }

    private mutating func writePlain(_ text: String, kind: String, label: String, into writer: inout HTMLWriter) {
        openOutput(kind, label: label, showsLabel: false, into: &writer)
        writeTerminalText(text, into: &writer)
        writer.raw("</div>\n")
    }

    // MARK: Bundles

    /// The richest representation that a page can show.
    private mutating func writeBundle(_ bundle: MIMEBundle, _ alternative: String?, of cell: Cell, into writer: inout HTMLWriter) {
        if case .text(let html)? = bundle["text/html"] {
            writer.raw("<div class=\"output rich\">\n")
            // What the author says of a picture goes before what it says of itself.
            if let alternative, !cell.options.figureAlternatives.isEmpty {
                writer.raw(bytes: PictureMarkup.labelled(html, alternative))
            } else {
                writer.raw(html)
            }
            writer.freshLine()
            writer.raw("</div>\n")
            appendPlain(of: bundle)
        } else if case .text(let markdown)? = bundle["text/markdown"] {
            writeAsIs(markdown, of: cell, into: &writer)
        } else if let svg = svg(in: bundle) {
            features.insert(.figures)
            writer.raw("<div class=\"output picture\">")
            if let alternative { writer.raw(bytes: PictureMarkup.labelled(String(svg), alternative)) } else { writer.raw(svg) }
            writer.raw("</div>\n")
        } else if let (type, bytes) = picture(in: bundle) {
            writePicture(type, bytes, alternative, into: &writer)
        } else if case .text(let latex)? = bundle["text/latex"] {
            writer.raw("<div class=\"output rich\">")
            writeMathBlock(TeXText.withoutDelimiters(latex), MarkdownAttributes(), node: nil, range: cell.range, into: &writer)
            writer.raw("</div>\n")
        } else if let json = json(in: bundle) {
            openOutput("json", label: words.value, showsLabel: false, into: &writer)
            writeTree(json, key: nil, depth: 0, into: &writer)
            writer.raw("</div>\n")
            appendPlain(of: bundle)
        } else if let text = bundle.plainText {
            writePlain(text, kind: "value", label: words.value, into: &writer)
        } else if let type = bundle.representations.first?.type {
            writer.element("p", [HTMLAttribute("class", "cell-note")], text: "An output of the type \(type), which is not shown here.")
        }
    }

    private mutating func appendPlain(of bundle: MIMEBundle) {
        guard let text = bundle.plainText else { return }
        plainText += text.utf8.prefix(4096)
        endBlock()
    }

    func svg(in bundle: MIMEBundle) -> Substring? {
        guard case .text(let text)? = bundle["image/svg+xml"], let start = text.range(ofFirst: "<svg") else { return nil }
        return text[start...]
    }

    func picture(in bundle: MIMEBundle) -> (String, [UInt8])? {
        for type in MediaType.pictures.map(\.name) where MediaType.isBinary(type) {
            switch bundle[type] {
            case .binary(let bytes): return (type, bytes)
            case .text(let text):
                if let bytes = bytes(base64: text) { return (type, bytes) }
            default: continue
            }
        }
        return nil
    }

    private mutating func writePicture(_ type: String, _ bytes: [UInt8], _ alternative: String?, into writer: inout HTMLWriter) {
        features.insert(.figures)
        let size = PictureSize(bytes)
        writer.raw("<div class=\"output picture\">")
        writer.open(
            "img",
            [
                HTMLAttribute("src", "data:\(type);base64,\(base64(bytes))"),
                HTMLAttribute("alt", alternative ?? ""),
                HTMLAttribute("width", size.map { String($0.width) }), HTMLAttribute("height", size.map { String($0.height) }),
            ])
        writer.raw("</div>\n")
    }

    // MARK: Errors

    private mutating func writeDiagnostics(_ diagnostics: [Diagnostic], into writer: inout HTMLWriter) {
        guard let worst = diagnostics.map(\.severity).max() else { return }
        let isError = worst == .error
        openOutput(isError ? "error" : "warning", label: isError ? words.error : words.warning, showsLabel: true, into: &writer)
        let text = diagnostics.map { diagnostic in
            if let file = notebook?.file, diagnostic.path == file.path { return diagnostic.rendered(in: file) }
            return diagnostic.description
        }
        writeTerminalText(text.joined(separator: "\n"), into: &writer)
        writer.raw("</div>\n")
    }

    private mutating func writeError(_ error: CellError, into writer: inout HTMLWriter) {
        openOutput("error", label: words.error, showsLabel: true, into: &writer)
        writer.raw("<p>")
        // A type that does not describe itself is described by its name again.
        let namesItself = error.message == error.name || error.message.hasPrefix(error.name + "(")
        writer.element("strong", [HTMLAttribute("class", "error-name")], text: error.name)
        if namesItself {
            writer.text(String(error.message.dropFirst(error.name.count)))
        } else if !error.message.isEmpty {
            writer.raw(": ")
            writer.text(error.message)
        }
        if let line = error.line { writer.text(" (line \(line))") }
        writer.raw("</p>")
        plainText += "\(error.name): \(error.message)\n".utf8
        if !error.details.isEmpty { writeTerminalText(error.details.joined(separator: "\n"), into: &writer) }
        writer.raw("</div>\n")
    }
}

/// TeX as notebooks hold it.
enum TeXText {
    /// The formula without the dollars or brackets that Jupyter's `text/latex` has around it.
    static func withoutDelimiters(_ text: String) -> String {
        var text = text[...]
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        for (opening, closing) in [("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")]
        where text.count >= opening.count + closing.count && text.hasPrefix(opening) && text.hasSuffix(closing) {
            text = text.dropFirst(opening.count).dropLast(closing.count)
            if text.hasPrefix("\\displaystyle") { text = text.dropFirst("\\displaystyle".count) }
            return String(text)
        }
        return String(text)
    }
}

extension String {
    /// Where `word` first occurs.
    func range(ofFirst word: String) -> String.Index? {
        let word = Array(word.utf8)
        var index = utf8.startIndex
        while index < utf8.endIndex {
            if utf8[index...].starts(with: word) { return index }
            index = utf8.index(after: index)
        }
        return nil
    }
}
