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
    var formulaDefinitions = FormulaDefinitions()
    /// What a reader reads, UTF-8, a line for each block.
    var plainText: [UInt8] = []

    var notebook: Notebook?
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

    /// - Parameter range: where it stands in the notebook; `nil` for texts of outputs.
    mutating func writeText(_ text: String, range: SourceRange?, isInLink: Bool, into writer: inout HTMLWriter) {
        plainText.append(contentsOf: plain(text).utf8)
        guard !isInLink else { return writer.text(text) }
        if text.utf8.contains(UInt8(ascii: "\\")) {
            writeEquationReferences(in: text, into: &writer) { page, text, writer in page.writeMarkedText(text, range: range, into: &writer) }
        } else {
            writeMarkedText(text, range: range, into: &writer)
        }
    }

    private mutating func writeMarkedText(_ text: String, range: SourceRange?, into writer: inout HTMLWriter) {
        if text.utf8.contains(UInt8(ascii: "@")) {
            writeReferences(in: text, at: range, into: &writer)
        } else {
            writer.text(text)
        }
    }

    /// Writes code in prose: the value that it stands for if it is a cell, or itself.
    mutating func writeInlineCode(_ text: String, _ cell: Cell?, into writer: inout HTMLWriter) {
        if let cell, cell.kind == .inlineValue {
            writeInlineValue(cell, into: &writer)
            return
        }
        plainText.append(contentsOf: text.utf8)
        writer.raw("<code>")
        writer.text(text)
        writer.raw("</code>")
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
