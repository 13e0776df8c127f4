internal import HTML
package import Markdown
internal import NotebookModel
internal import SourceText

/// Writes a document as the specifications of CommonMark and GitHub Flavored Markdown show it, and nothing else.
package func specificationHTML(of document: MarkdownDocument) -> String {
    var renderer = MarkdownRenderer(document: document, style: .specification)
    var writer = HTMLWriter()
    var page = PageState()
    renderer.render(into: &writer, page: &page)
    return writer.string
}

/// Writes a document in one sweep over its nodes; depth costs no stack.
struct MarkdownRenderer {
    enum Style {
        /// As the specifications' examples have it.
        case specification
        case page
    }

    let document: MarkdownDocument
    let style: Style
    /// Set before identifiers that could repeat those of another document on the page.
    var idPrefix = ""
    /// How much deeper headings are than in the source.
    var headingShift = 0
    /// Nodes that are not written, descendants included.
    var omitted: Set<Int> = []
    /// The notebook's cells by their nodes; documents that are not the notebook's have none.
    var cells: [Int: Cell] = [:]
    /// Where the document comes from, if it is not the notebook's own: what is said of its nodes is said of that place.
    var origin: SourceRange?

    /// Indices of the nodes that are open.
    var open: [Int] = []
    /// Where the text of the open heading begins in the writer.
    var headingStart = 0
    var headingID = ""
    var hasFootnotes = false
    var footnoteNumber = 0
    var linkDepth = 0
    var openCitation: OpenCitation?
    /// How often each footnote is referred to.
    var footnoteReferences: [Int: Int] = [:]

    /// The header cells of columns of prose in tables of many columns: they would be squeezed to a word's width.
    var wideHeaderCells: Set<Int> = []

    init(document: MarkdownDocument, style: Style) {
        self.document = document
        self.style = style
    }

    mutating func render(into writer: inout HTMLWriter, page: inout PageState) {
        let nodes = document.nodes
        if style == .page {
            for node in nodes {
                if case .footnoteReference(_, let number, let reference) = node.kind {
                    footnoteReferences[number] = max(footnoteReferences[number] ?? 0, reference)
                }
            }
        }
        var index = 0
        while true {
            while let top = open.last, nodes[top].end <= index {
                open.removeLast()
                close(top, into: &writer, page: &page)
            }
            guard index < nodes.count else { return }
            if omitted.contains(index) {
                index = nodes[index].end
                continue
            }
            index = enter(index, into: &writer, page: &page)
        }
    }

    /// Whether a paragraph's tags are left out: it stands in a tight list.
    private func isTight(paragraph index: Int) -> Bool {
        guard open.count >= 2, case .item = document.nodes[open[open.count - 1]].kind,
            case .list(let list) = document.nodes[open[open.count - 2]].kind
        else { return false }
        return list.isTight
    }

    // MARK: Opening

    /// Writes a leaf, or the start of a container.
    ///
    /// - Returns: the index of the next node to write.
    private mutating func enter(_ index: Int, into writer: inout HTMLWriter, page: inout PageState) -> Int {
        let node = document.nodes[index]
        var isContainer = false
        switch node.kind {
        // Inlines first: there are the most of them.
        case .text(let text):
            if style == .page { writeProse(text, at: index, into: &writer, page: &page) } else { writer.text(text) }
        case .softBreak:
            writer.newLine()
            if style == .page { page.plainText.append(0x20) }
        case .lineBreak:
            writer.raw(style == .page ? "<br>\n" : "<br />\n")
            if style == .page { page.plainText.append(0x20) }
        case .code(let text):
            if style == .page { page.writeInlineCode(text, cells[index], into: &writer) } else { writer.element("code", text: text) }
        case .html(let html): writer.raw(html)
        case .emphasis:
            writer.open("em")
            isContainer = true
        case .strong:
            writer.open("strong")
            isContainer = true
        case .strikethrough:
            writer.open("del")
            isContainer = true
        case .span(let attributes):
            writer.open("span", htmlAttributes(attributes))
            isContainer = true
        case .link(let destination, let title):
            isContainer = true
            linkDepth += 1
            writer.raw("<a href=\"")
            writer.raw(bytes: percentEncoded(destination))
            writer.raw("\"")
            if !title.isEmpty {
                writer.raw(" title=\"")
                writer.text(title)
                writer.raw("\"")
            }
            writer.raw(">")
            if style == .page { page.links.append(RenderedPage.Link(kind: .link, destination: destination, range: place(of: node))) }
        case .image(let destination, let title, let attributes):
            writeImage(index, destination, title, attributes, into: &writer, page: &page)
            return node.end
        case .math(let tex, let isDisplay):
            page.writeMath(tex, isDisplay: isDisplay, node: origin == nil ? index : nil, range: place(of: node), into: &writer)
        case .footnoteReference(_, let number, let reference): writeFootnoteReference(number, reference, into: &writer, page: &page)

        case .document: isContainer = true
        case .paragraph:
            isContainer = true
            if !isTight(paragraph: index) {
                writer.freshLine()
                if style == .page, let image = loneImage(in: index) { return writeFigure(image, paragraph: index, into: &writer, page: &page) }
                writer.raw("<p>")
            }
        case .heading(let level, let attributes):
            isContainer = true
            openHeading(index, level: level, attributes, into: &writer, page: &page)
        case .thematicBreak:
            writer.freshLine()
            writer.raw(style == .page ? "<hr>\n" : "<hr />\n")
        case .blockQuote:
            isContainer = true
            writer.freshLine()
            writer.raw("<blockquote>\n")
        case .callout(let callout):
            isContainer = true
            openCallout(callout, into: &writer, page: &page)
        case .division(let attributes):
            isContainer = true
            writer.freshLine()
            writer.open("div", htmlAttributes(attributes))
            writer.newLine()
        case .list(let list):
            isContainer = true
            openList(list, index, into: &writer)
        case .item(let isChecked):
            isContainer = true
            openItem(isChecked, index, into: &writer)
        case .codeBlock(let block):
            writer.freshLine()
            if style == .page { page.writeCodeBlock(block, cells[index], into: &writer) } else { writeCodeBlock(block, into: &writer) }
        case .htmlBlock(let html):
            writer.freshLine()
            writer.raw(html)
            writer.freshLine()
        case .mathBlock(let tex, let attributes):
            page.writeMathBlock(tex, attributes, node: origin == nil ? index : nil, range: place(of: node), into: &writer)
        case .table(let alignments):
            isContainer = true
            openTable(alignments, index, into: &writer, page: &page)
        case .tableRow(let isHeader):
            isContainer = true
            writer.raw(isHeader ? "<thead>\n<tr>\n" : "<tr>\n")
        case .tableCell(let alignment):
            isContainer = true
            openCell(alignment, index, into: &writer)
        case .tableCaption(let attributes):
            isContainer = true
            page.openTableCaption(attributes, into: &writer)
        case .footnoteDefinition:
            isContainer = true
            openFootnote(into: &writer, page: &page)
        }
        if isContainer { open.append(index) }
        return index + 1
    }

    // MARK: Closing

    private mutating func close(_ index: Int, into writer: inout HTMLWriter, page: inout PageState) {
        switch document.nodes[index].kind {
        case .emphasis: writer.close("em")
        case .strong: writer.close("strong")
        case .strikethrough: writer.close("del")
        case .span: writer.close("span")
        case .link:
            linkDepth -= 1
            writer.close("a")
        case .document:
            if hasFootnotes { writer.raw("</ol>\n</section>\n") }
        case .paragraph:
            if !isTight(paragraph: index) {
                writeBackReferences(afterParagraph: index, into: &writer)
                writer.raw("</p>\n")
            }
            if style == .page { page.endBlock() }
        case .heading(let level, _): closeHeading(index, level: level, into: &writer, page: &page)
        case .blockQuote:
            writer.freshLine()
            writer.raw("</blockquote>\n")
        case .callout(let callout):
            writer.freshLine()
            writer.raw(callout.isCollapsed == nil ? "</div>\n" : "</div>\n</details>\n")
        case .division:
            writer.freshLine()
            writer.raw("</div>\n")
        case .list(let list):
            writer.raw(list.start == nil ? "</ul>\n" : "</ol>\n")
        case .item:
            writer.raw("</li>\n")
            if style == .page { page.endBlock() }
        case .table:
            closeTable(index, into: &writer, page: &page)
        case .tableRow(let isHeader):
            writer.raw("</tr>\n")
            if isHeader {
                writer.raw("</thead>\n")
                if let table = open.last, document.nodes[index].end < document.nodes[table].end { writer.raw("<tbody>\n") }
            }
            if style == .page { page.endBlock() }
        case .tableCell:
            writer.raw(isInHeaderRow ? "</th>\n" : "</td>\n")
            if style == .page { page.plainText.append(0x20) }
        case .tableCaption:
            writer.raw("</caption>\n")
            if style == .page { page.endBlock() }
        case .footnoteDefinition:
            writeBackReferences(ofFootnote: index, into: &writer)
            writer.raw("</li>\n")
        default: break
        }
    }

    /// Where a node stands in the notebook.
    func place(of node: MarkdownNode) -> SourceRange { origin ?? node.range }

    var isInHeaderRow: Bool {
        guard let row = open.last, case .tableRow(true) = document.nodes[row].kind else { return false }
        return true
    }
}
