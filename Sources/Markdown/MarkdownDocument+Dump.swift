internal import SourceText

extension MarkdownDocument {
    /// The tree as lines, children indented, for tests and for looking at.
    ///
    /// - Parameter showsRanges: whether each line ends with the node's place.
    public func dump(showsRanges: Bool = false) -> String {
        var lines: [String] = []
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            while let end = ends.last, index >= end { ends.removeLast() }
            var line = String(repeating: "  ", count: ends.count) + node.kind.summary
            if showsRanges { line += " @\(node.range.start)-\(node.range.end)" }
            lines.append(line)
            ends.append(node.end)
        }
        return lines.joined(separator: "\n")
    }
}

extension MarkdownNode.Kind {
    /// One line that names the kind and what it carries.
    public var summary: String {
        switch self {
        case .document: "document"
        case .paragraph: "paragraph"
        case .heading(let level, let attributes): "heading \(level)\(attributes.summary)"
        case .thematicBreak: "thematic break"
        case .blockQuote: "block quote"
        case .callout(let callout):
            "callout \(callout.kind.rawValue)" + (callout.title.map { " \"\($0)\"" } ?? "")
                + (callout.isCollapsed.map { $0 ? " collapsed" : " collapsible" } ?? "")
        case .division(let attributes): "division\(attributes.summary)"
        case .list(let list): (list.start.map { "list from \($0)" } ?? "list") + (list.isTight ? " tight" : " loose")
        case .item(let isChecked): "item" + (isChecked.map { $0 ? " [x]" : " [ ]" } ?? "")
        case .codeBlock(let block):
            "code block" + (block.isFenced ? " fenced" : "") + (block.isClosed ? "" : " unclosed")
                + (block.info.isEmpty ? "" : " (\(block.info))") + " \(quoted(block.literal))"
        case .htmlBlock(let html): "html block \(quoted(html))"
        case .mathBlock(let tex, let attributes): "math block\(attributes.summary) \(quoted(tex))"
        case .table(let alignments): "table " + alignments.map(\.rawValue).joined(separator: " ")
        case .tableRow(let isHeader): isHeader ? "header row" : "row"
        case .tableCell: "cell"
        case .tableCaption(let attributes): "caption\(attributes.summary)"
        case .footnoteDefinition(let label): "footnote \(label)"
        case .text(let text): "text \(quoted(text))"
        case .softBreak: "soft break"
        case .lineBreak: "line break"
        case .code(let text): "code \(quoted(text))"
        case .html(let html): "html \(quoted(html))"
        case .emphasis: "emphasis"
        case .strong: "strong"
        case .strikethrough: "strikethrough"
        case .span(let attributes): "span\(attributes.summary)"
        case .link(let destination, let title): "link \(destination)" + (title.isEmpty ? "" : " \(quoted(title))")
        case .image(let destination, let title, let attributes):
            "image \(destination)" + (title.isEmpty ? "" : " \(quoted(title))") + attributes.summary
        case .math(let tex, let isDisplay): (isDisplay ? "display math " : "math ") + quoted(tex)
        case .footnoteReference(let label, let number, let reference): "footnote reference \(label) (\(number).\(reference))"
        }
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\n", with: "\\n").replacing("\"", with: "\\\"") + "\""
    }
}

extension MarkdownAttributes {
    /// ` {#id .class key=value}`, or nothing.
    fileprivate var summary: String {
        if isEmpty { return "" }
        let parts = (id.map { ["#\($0)"] } ?? []) + classes.map { ".\($0)" } + pairs.map { "\($0.key)=\($0.value)" }
        return " {" + parts.joined(separator: " ") + "}"
    }
}
