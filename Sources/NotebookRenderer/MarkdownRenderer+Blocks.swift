internal import Groundwork
internal import HTML
internal import Markdown

extension MarkdownRenderer {
    // MARK: Lists

    func openList(_ list: MarkdownList, _ index: Int, into writer: inout HTMLWriter) {
        writer.freshLine()
        guard let start = list.start else {
            let isTaskList =
                style == .page
                && document.children(of: index).contains { child in
                    if case .item(.some) = document.nodes[child].kind { true } else { false }
                }
            writer.raw(isTaskList ? "<ul class=\"task-list\">\n" : "<ul>\n")
            return
        }
        writer.raw(start == 1 ? "<ol>\n" : "<ol start=\"\(start)\">\n")
    }

    func openItem(_ isChecked: Bool?, _ index: Int, into writer: inout HTMLWriter) {
        writer.freshLine()
        writer.raw("<li>")
        guard let isChecked else { return }
        if style == .specification {
            writer.raw(isChecked ? "<input checked=\"\" disabled=\"\" type=\"checkbox\"> " : "<input disabled=\"\" type=\"checkbox\"> ")
        } else {
            writer.open(
                "input",
                [
                    HTMLAttribute("type", "checkbox"), HTMLAttribute("disabled", isPresent: true), HTMLAttribute("checked", isPresent: isChecked),
                    HTMLAttribute("aria-label", isChecked ? "done" : "to do"),
                ])
            writer.raw(" ")
        }
    }

    func writeCodeBlock(_ block: MarkdownCodeBlock, into writer: inout HTMLWriter) {
        let word = block.info.prefix { $0 != " " && $0 != "\t" && $0 != "\n" }
        writer.open("pre")
        writer.open("code", [HTMLAttribute("class", word.isEmpty ? nil : "language-\(word)")])
        writer.text(block.literal)
        writer.raw("</code></pre>\n")
    }

    // MARK: Headings

    mutating func openHeading(
        _ index: Int, level: Int, _ attributes: MarkdownAttributes, into writer: inout HTMLWriter, page: inout PageState
    ) {
        writer.freshLine()
        guard style == .page else {
            writer.raw("<h\(level)>")
            return
        }
        headingID = attributes.id ?? page.slugs.slug(for: document.plainText(of: index))
        let shown = min(level + headingShift, 6)
        writer.raw("<h\(shown) id=\"")
        writer.text(headingID)
        writer.raw("\"")
        let classes = attributes.classes.filter { $0 != "unlisted" }
        if !classes.isEmpty {
            writer.raw(" class=\"")
            writer.text(classes.joined(separator: " "))
            writer.raw("\"")
        }
        writer.raw(">")
        headingStart = writer.bytes.count
    }

    mutating func closeHeading(_ index: Int, level: Int, into writer: inout HTMLWriter, page: inout PageState) {
        guard style == .page else {
            writer.raw("</h\(level)>\n")
            return
        }
        let shown = min(level + headingShift, 6)
        let text = document.plainText(of: index)
        let hasLink = document.nodes[index..<document.nodes[index].end].contains { node in
            switch node.kind {
            case .link, .footnoteReference, .html: true
            default: false
            }
        }
        let title = hasLink ? escaped(text) : String(decoding: writer.bytes[headingStart...], as: UTF8.self)
        writer.raw(" <a class=\"anchor\" href=\"#")
        writer.raw(bytes: percentEncoded(headingID))
        writer.raw("\" aria-label=\"")
        writer.text("Link to “\(text)”")
        writer.raw("\">#</a></h\(shown)>\n")
        if case .heading(_, let attributes) = document.nodes[index].kind, attributes.classes.contains("unlisted") {
        } else {
            page.headings.append((level: shown, entry: RenderedPage.ContentsEntry(id: headingID, title: title)))
        }
        page.endBlock()
    }

    // MARK: Tables

    mutating func openTable(_ alignments: [MarkdownAlignment], _ index: Int, into writer: inout HTMLWriter, page: inout PageState) {
        writer.freshLine()
        guard style == .page else {
            writer.raw("<table>\n")
            return
        }
        page.features.insert(.tables)
        if alignments.count > 3 { findWideColumns(ofTable: index) }
        var id: String?
        var label: String?
        if index + 1 < document.nodes.count, case .tableCaption(let attributes) = document.nodes[index + 1].kind {
            id = attributes.id
            label = document.plainText(of: index + 1)
        }
        writer.open(
            "div",
            [
                HTMLAttribute("class", "table-scroll"), HTMLAttribute("tabindex", "0"), HTMLAttribute("role", "region"),
                HTMLAttribute("aria-label", label ?? page.words.table), HTMLAttribute("id", id),
            ])
        writer.raw("<table>\n")
    }

    private mutating func findWideColumns(ofTable index: Int) {
        var header: [Int] = []
        for row in document.children(of: index) {
            guard case .tableRow(let isHeader) = document.nodes[row].kind else { continue }
            for (column, cell) in document.children(of: row).enumerated() {
                if isHeader { header.append(cell) }
                if column < header.count, document.plainText(of: cell).utf8.count > 32 { wideHeaderCells.insert(header[column]) }
            }
        }
    }

    func closeTable(_ index: Int, into writer: inout HTMLWriter, page: inout PageState) {
        let rows = document.children(of: index).count { child in
            if case .tableRow(false) = document.nodes[child].kind { true } else { false }
        }
        if rows > 0 { writer.raw("</tbody>\n") }
        writer.raw(style == .page ? "</table></div>\n" : "</table>\n")
    }

    func openCell(_ alignment: MarkdownAlignment, _ index: Int, into writer: inout HTMLWriter) {
        let isHeader = isInHeaderRow
        writer.raw(isHeader ? "<th" : "<td")
        if alignment != .none {
            writer.raw(style == .page ? " style=\"text-align:\(alignment.rawValue)\"" : " align=\"\(alignment.rawValue)\"")
        }
        if isHeader, style == .page { writer.raw(wideHeaderCells.contains(index) ? " scope=\"col\" class=\"wide\"" : " scope=\"col\"") }
        writer.raw(">")
    }

    // MARK: Callouts

    func openCallout(_ callout: MarkdownCallout, into writer: inout HTMLWriter, page: inout PageState) {
        page.features.insert(.callouts)
        writer.freshLine()
        let name = callout.kind.rawValue
        let title = callout.title ?? page.words.callouts[name] ?? name
        if let isCollapsed = callout.isCollapsed {
            writer.open("details", [HTMLAttribute("class", "callout callout-\(name)"), HTMLAttribute("open", isPresent: !isCollapsed)])
            writer.element("summary", [HTMLAttribute("class", "callout-title")], text: title)
            writer.raw("<div>\n")
        } else {
            writer.open("div", [HTMLAttribute("class", "callout callout-\(name)"), HTMLAttribute("role", "note")])
            writer.element("p", [HTMLAttribute("class", "callout-title")], text: title)
            writer.newLine()
        }
    }

    func htmlAttributes(_ attributes: MarkdownAttributes) -> [HTMLAttribute] {
        var result = [
            HTMLAttribute("id", attributes.id), HTMLAttribute("class", attributes.classes.isEmpty ? nil : attributes.classes.joined(separator: " ")),
        ]
        // Only what has a meaning on every element: nothing that runs, loads or leads elsewhere.
        for pair in attributes.pairs where ["lang", "dir", "title"].contains(pair.key) || pair.key.hasPrefix("data-") {
            result.append(HTMLAttribute(pair.key, pair.value))
        }
        return result
    }

    // MARK: Footnotes

    mutating func openFootnote(into writer: inout HTMLWriter, page: inout PageState) {
        if !hasFootnotes {
            hasFootnotes = true
            page.features.insert(.footnotes)
            writer.freshLine()
            writer.open(
                "section",
                [HTMLAttribute("class", "footnotes"), HTMLAttribute("role", "doc-endnotes"), HTMLAttribute("aria-label", page.words.footnotes)])
            writer.raw("\n<ol>\n")
        }
        footnoteNumber += 1
        writer.raw("<li id=\"\(idPrefix)fn-\(footnoteNumber)\">\n")
    }

    func writeFootnoteReference(_ number: Int, _ reference: Int, into writer: inout HTMLWriter, page: inout PageState) {
        let suffix = reference > 1 ? "-\(reference)" : ""
        writer.raw("<sup><a href=\"#\(idPrefix)fn-\(number)\" id=\"\(idPrefix)fnref-\(number)\(suffix)\" role=\"doc-noteref\">\(number)</a></sup>")
    }

    /// The links back stand in the footnote's last paragraph.
    func writeBackReferences(afterParagraph index: Int, into writer: inout HTMLWriter) {
        guard style == .page, let parent = open.last, case .footnoteDefinition = document.nodes[parent].kind,
            document.nodes[parent].end == document.nodes[index].end
        else { return }
        writeBackLinks(into: &writer)
    }

    /// A footnote that ends with another kind of block has them in a paragraph of their own.
    func writeBackReferences(ofFootnote index: Int, into writer: inout HTMLWriter) {
        let last = document.children(of: index).reduce(nil as Int?) { $1 }
        if let last, document.nodes[last].kind == .paragraph { return }
        writer.raw("<p>")
        writeBackLinks(into: &writer)
        writer.raw("</p>\n")
    }

    private func writeBackLinks(into writer: inout HTMLWriter) {
        for reference in 1...max(footnoteReferences[footnoteNumber] ?? 1, 1) {
            let suffix = reference > 1 ? "-\(reference)" : ""
            let place = reference > 1 ? "\(footnoteNumber), \(reference)" : "\(footnoteNumber)"
            writer.raw(
                " <a href=\"#\(idPrefix)fnref-\(footnoteNumber)\(suffix)\" role=\"doc-backlink\" aria-label=\"Back to reference \(place)\">↩\u{FE0E}</a>"
            )
        }
    }
}
