internal import HTML
internal import Markdown
internal import NotebookModel
internal import SourceText

/// What is gathered while a page is written, shared by the documents on it.
struct PageState {
    var words = PageWords()
    var options = PageOptions()
    var slugs = HeadingSlugs()
    var headings: [(level: Int, entry: RenderedPage.ContentsEntry)] = []
    var features: Set<RenderedPage.Feature> = []
    var links: [RenderedPage.Link] = []
    var diagnostics: [Diagnostic] = []
    /// What a reader reads, UTF-8, a line for each block.
    var plainText: [UInt8] = []

    var notebook: Notebook?
    /// Cells by the place at which their node starts.
    var cells: [SourceLocation: Cell] = [:]
    var records: [Cell.ID: CellRecord] = [:]
    /// Whether there is any record: without one, cells are shown as not run.
    var hasRecord = false
    var highlight: SwiftHighlighter = { _ in [] }
    var references = ReferenceTable()
    var citations = CitationTable()
    var typesetting = Typesetting()
    /// How many documents stand within the page.
    var embeddedCount = 0
    var headingShift = 0

    mutating func endBlock() {
        if let last = plainText.last, last != 0x0A { plainText.append(0x0A) }
    }

    // MARK: Inlines

    mutating func writeText(_ text: String, isInLink: Bool, into writer: inout HTMLWriter) {
        plainText.append(contentsOf: text.utf8)
        if !isInLink, text.utf8.contains(UInt8(ascii: "@")) {
            writeReferences(in: text, into: &writer)
        } else {
            writer.text(text)
        }
    }

    mutating func writeInlineCode(_ text: String, _ node: MarkdownNode, into writer: inout HTMLWriter) {
        if text.hasPrefix("{swift} "), let cell = cells[node.range.start], cell.kind == .inlineValue {
            writeInlineValue(cell, into: &writer)
            return
        }
        plainText.append(contentsOf: text.utf8)
        writer.raw("<code>")
        writer.text(text)
        writer.raw("</code>")
    }

    mutating func writeMath(_ tex: String, isDisplay: Bool, range: SourceRange, into writer: inout HTMLWriter) {
        features.insert(.math)
        plainText.append(contentsOf: tex.utf8)
        switch typesetting.math(tex, isDisplay: isDisplay) {
        case .success(let markup): writer.raw(bytes: markup)
        case .failure(let problem):
            report(problem, tex: tex, range: range)
            writer.element("code", [HTMLAttribute("class", "math-source")], text: tex)
        }
    }

    mutating func writeMathBlock(_ tex: String, _ attributes: MarkdownAttributes, range: SourceRange, into writer: inout HTMLWriter) {
        features.insert(.math)
        writer.freshLine()
        plainText.append(contentsOf: tex.utf8)
        endBlock()
        let number = attributes.id.flatMap { references[$0] }
        writer.open("div", [HTMLAttribute("class", number == nil ? "math-block" : "math-block numbered"), HTMLAttribute("id", attributes.id)])
        switch typesetting.math(tex, isDisplay: true) {
        case .success(let markup): writer.raw(bytes: markup)
        case .failure(let problem):
            report(problem, tex: tex, range: range)
            writer.open("pre")
            writer.element("code", [HTMLAttribute("class", "math-source")], text: tex)
            writer.close("pre")
        }
        if let number { writer.element("span", [HTMLAttribute("class", "equation-number")], text: "(\(number.number))") }
        writer.raw("</div>\n")
    }

    private mutating func report(_ problem: TypesettingProblem, tex: String, range: SourceRange) {
        let path = notebook?.file.path ?? ""
        switch problem {
        case .badSource(let message):
            diagnostics.append(
                Diagnostic(.warning, identifier: "bad-math", summary: "the formula cannot be set: \(message)", path: path, range: range))
        case .unavailable(let message):
            // One such message for a page says it all.
            if diagnostics.contains(where: { $0.identifier == "no-math" }) { return }
            diagnostics.append(
                Diagnostic(
                    .warning, identifier: "no-math", summary: "formulas are shown as TeX: \(message)", path: path, range: range,
                    solutions: ["Install KaTeX (Debian: libjs-katex) or say where katex.min.js is in GALLEY_KATEX"]))
        }
    }

    mutating func openTableCaption(_ attributes: MarkdownAttributes, into writer: inout HTMLWriter) {
        writer.raw("<caption>")
        if let id = attributes.id, let reference = references[id] { writer.text("\(reference.name): ") }
    }

    /// A caption after its number, if what it belongs to has one.
    func numbered(_ caption: String, id: String?) -> String {
        guard let id, let reference = references[id] else { return caption }
        return caption.isEmpty ? reference.name : "\(reference.name): \(caption)"
    }
}
