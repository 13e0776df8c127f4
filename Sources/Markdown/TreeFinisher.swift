internal import SourceText

/// Makes the document of libcmark's nodes: placeholders become tables and divisions, marks become math and footnotes,
/// and what GitHub and Quarto read into paragraphs, quotes, items and headings is made nodes.
struct TreeFinisher {
    let raw: [MarkdownNode]
    let source: SourceLines
    let assembly: Assembly?
    let extensions: MarkdownExtensions
    var output: [MarkdownNode] = []

    /// The index of the first raw child of each footnote's and each cell's container.
    private var footnoteRoots: [Int] = []
    private var cellRoots: [Int] = []

    private struct OpenNode {
        /// The raw index at which it ends; `nil` for divisions, which a mark or their parent's end closes.
        var rawEnd: Int?
        var index: Int
    }

    init(raw: [MarkdownNode], source: SourceLines, assembly: Assembly?, extensions: MarkdownExtensions) {
        self.raw = raw
        self.source = source
        self.assembly = assembly
        self.extensions = extensions
    }

    mutating func finish() -> [MarkdownNode] {
        guard let root = raw.first else {
            let origin = SourceLocation(line: 1, column: 1)
            return [MarkdownNode(.document, range: SourceRange(start: origin, end: origin), end: 1)]
        }
        output.reserveCapacity(raw.count)
        var first = 1
        for _ in 0..<(assembly?.footnotes.count ?? 0) where first < raw.count {
            footnoteRoots.append(first)
            first = raw[first].end
        }
        for _ in 0..<(assembly?.cellCount ?? 0) where first < raw.count {
            cellRoots.append(first)
            first = raw[first].end
        }
        var document = root
        document.range.start = SourceLocation(line: 1, column: 1)
        output.append(document)
        emit(first..<raw.count)
        appendFootnotes()
        output[0].end = output.count
        return output
    }

    /// Appends the raw nodes of a range, finished.
    private mutating func emit(_ range: Range<Int>) {
        var open: [OpenNode] = []
        func close(_ node: OpenNode, in output: inout [MarkdownNode]) { output[node.index].end = output.count }
        var index = range.lowerBound
        while index < range.upperBound {
            // A division that its container ends before it does ends with it.
            while let container = open.lastIndex(where: { $0.rawEnd != nil }), let end = open[container].rawEnd, end <= index {
                while open.count > container { close(open.removeLast(), in: &output) }
            }
            let node = raw[index]
            switch node.kind {
            case .heading:
                if let name = placeholderName(at: index) {
                    index = emitPlaceholder(name, at: index, in: range, open: &open)
                    continue
                }
                emitHeading(at: index)
                index = node.end
            case .paragraph:
                emitParagraph(at: index)
                index = node.end
            case .codeBlock(let block):
                output.append(finishedCodeBlock(block, node))
                index += 1
            case .item:
                var item = node
                if extensions.contains(.taskLists), let isChecked = taskState(ofItem: index) { item.kind = .item(isChecked: isChecked) }
                open.append(OpenNode(rawEnd: node.end, index: output.count))
                output.append(item)
                index += 1
            case .blockQuote:
                open.append(OpenNode(rawEnd: node.end, index: output.count))
                if extensions.contains(.callouts), let (callout, end) = gitHubCallout(atQuote: index) {
                    var quote = node
                    quote.kind = .callout(callout)
                    output.append(quote)
                    index = end
                } else {
                    output.append(node)
                    index += 1
                }
            default:
                if node.end > index + 1 { open.append(OpenNode(rawEnd: node.end, index: output.count)) }
                output.append(MarkdownNode(node.kind, range: node.range, end: output.count + 1))
                index += 1
            }
        }
        while let last = open.popLast() { close(last, in: &output) }
    }

    /// Appends inlines, the first `dropped` bytes of the first text left out.
    private mutating func appendInlines(_ range: Range<Int>, droppingBytes dropped: Int = 0) {
        InlineRewriter(extensions: extensions).rewrite(raw[range], droppingBytes: dropped, into: &output)
    }

    // MARK: Leaf blocks

    private mutating func emitParagraph(at index: Int) {
        let node = raw[index]
        let position = output.count
        output.append(node)
        var inlines = index + 1
        if let pending = pendingCallout, pending.paragraph == index {
            inlines = min(inlines + pending.inlines, node.end)
            pendingCallout = nil
        }
        var taskMark = 0
        if extensions.contains(.taskLists), index > 0, case .item = raw[index - 1].kind, taskState(ofItem: index - 1) != nil { taskMark = 4 }
        appendInlines(inlines..<node.end, droppingBytes: taskMark)
        output[position].end = output.count
        mergeDisplayMath(at: position)
    }

    /// A paragraph that holds display math only, perhaps with `{#eq-label}`, is a block.
    private mutating func mergeDisplayMath(at position: Int) {
        guard position + 1 < output.count, case .math(let tex, true) = output[position + 1].kind else { return }
        let rest = output[(position + 2)...]
        if rest.isEmpty {
            output[position].kind = .mathBlock(tex, attributes: MarkdownAttributes())
        } else if rest.count == 1, case .text(let text)? = rest.first?.kind {
            let trimmed = Array(text.utf8)[...].trimmingBlanks()
            guard trimmed.first == UInt8(ascii: "{"), trimmed.last == UInt8(ascii: "}"),
                let attributes = MarkdownAttributes(parsing: trimmed.dropFirst().dropLast().string)
            else { return }
            output[position].kind = .mathBlock(tex, attributes: attributes)
        } else {
            return
        }
        output.removeSubrange((position + 1)...)
        output[position].end = output.count
    }

    private mutating func emitHeading(at index: Int) {
        let node = raw[index]
        let position = output.count
        output.append(node)
        appendInlines((index + 1)..<node.end)
        output[position].end = output.count
        guard extensions.contains(.attributes), case .heading(let level, _) = node.kind, let last = output.last, output.count > position + 1,
            last.end == output.count, case .text(let text) = last.kind, let (shortened, attributes) = trailingAttributes(of: text)
        else { return }
        output[position].kind = .heading(level: level, attributes: attributes)
        output[output.count - 1].kind = .text(shortened)
    }

    /// Splits `text {#id}` at its end.
    func trailingAttributes(of text: String) -> (text: String, attributes: MarkdownAttributes)? {
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, last.isBlank { bytes = bytes.dropLast() }
        guard bytes.last == UInt8(ascii: "}"), let brace = bytes.lastIndex(of: UInt8(ascii: "{")),
            let attributes = MarkdownAttributes(parsing: bytes[(brace + 1)...].dropLast().string), !attributes.isEmpty
        else { return nil }
        bytes = bytes[..<brace]
        while let last = bytes.last, last.isBlank { bytes = bytes.dropLast() }
        return (bytes.string, attributes)
    }

    private func finishedCodeBlock(_ block: MarkdownCodeBlock, _ node: MarkdownNode) -> MarkdownNode {
        var result = MarkdownNode(node.kind, range: node.range, end: output.count + 1)
        var block = block
        if block.info.unicodeScalars.first == Sentinel.character(Sentinel.displayMath) {
            let text = block.info.unicodeScalars.dropFirst().drop { $0 == "{" }
            var inner = String(text)
            if inner.hasSuffix("}") { inner.removeLast() }
            result.kind = .mathBlock(trimmedBlock(block.literal), attributes: MarkdownAttributes(parsing: inner) ?? MarkdownAttributes())
            return result
        }
        let line = node.range.start.line - 1
        if line >= 0, line < source.count {
            let content = source[line]
            let start = min(content.startIndex + max(node.range.start.column - 1, 0), content.endIndex)
            let opening = content[start...]
            let run = opening.prefix { $0 == opening.first }
            if let fence = opening.first, fence == UInt8(ascii: "`") || fence == UInt8(ascii: "~"), run.count >= 3 {
                // The text of an indented block begins with its own first line.
                block.isFenced = !block.info.isEmpty || !block.literal.utf8.starts(with: opening)
                if block.isFenced { block.isClosed = isClosed(fence: fence, length: run.count, node) }
            }
        }
        if extensions.contains(.math), block.isFenced, block.info == "math" {
            result.kind = .mathBlock(trimmedBlock(block.literal), attributes: MarkdownAttributes())
        } else {
            result.kind = .codeBlock(block)
        }
        return result
    }

    private func trimmedBlock(_ text: String) -> String {
        var bytes = Array(text.utf8)[...]
        while bytes.last == 0x0A { bytes = bytes.dropLast() }
        return bytes.string
    }

    private func isClosed(fence: UInt8, length: Int, _ node: MarkdownNode) -> Bool {
        let line = node.range.end.line - 1
        guard line > node.range.start.line - 1, line < source.count else { return false }
        var content = source[line].trimmingBlanks()
        while content.first == UInt8(ascii: ">") { content = content.dropFirst().trimmingBlanks() }
        return content.count >= length && content.allSatisfy { $0 == fence }
    }

    // MARK: Items and quotes

    /// `[ ]` or `[x]` at the start of an item's first paragraph, followed by a space.
    private func taskState(ofItem index: Int) -> Bool? {
        guard index + 2 < raw[index].end, raw[index + 1].kind == .paragraph, case .text(let text) = raw[index + 2].kind else { return nil }
        var bytes = text.utf8.makeIterator()
        guard bytes.next() == UInt8(ascii: "["), let mark = bytes.next(), bytes.next() == UInt8(ascii: "]"), let space = bytes.next(),
            space.isSpace
        else { return nil }
        switch mark {
        case 0x20: return false
        case UInt8(ascii: "x"), UInt8(ascii: "X"): return true
        default: return nil
        }
    }

    /// `[!NOTE]` alone on a quote's first line.
    ///
    /// - Returns: the callout, and the raw index at which its body begins; the first paragraph's rest has been appended.
    private mutating func gitHubCallout(atQuote index: Int) -> (MarkdownCallout, end: Int)? {
        let paragraph = index + 1
        guard paragraph + 1 < raw[index].end, raw[paragraph].kind == .paragraph, case .text(let text) = raw[paragraph + 1].kind else { return nil }
        let mark = Array(text.utf8)[...].trimmingBlanks().string
        guard mark.hasPrefix("[!"), mark.hasSuffix("]"), let kind = MarkdownCallout.Kind(rawValue: mark.dropFirst(2).dropLast().lowercased()) else {
            return nil
        }
        let next = paragraph + 2
        if next < raw[paragraph].end {
            switch raw[next].kind {
            case .softBreak, .lineBreak: break
            default: return nil
            }
        }
        pendingCallout = (paragraph, 2)
        return (MarkdownCallout(kind: kind), next < raw[paragraph].end ? paragraph : raw[paragraph].end)
    }

    /// The paragraph whose first inlines are a callout's mark, and how many they are.
    private var pendingCallout: (paragraph: Int, inlines: Int)?

    // MARK: Placeholders

    private func placeholderName(at index: Int) -> String? {
        guard assembly != nil, case .heading(6, _) = raw[index].kind, raw[index].end == index + 2, case .text(let text) = raw[index + 1].kind,
            text.unicodeScalars.first == Sentinel.character(Sentinel.placeholder)
        else { return nil }
        return String(text.unicodeScalars.dropFirst())
    }

    private mutating func emitPlaceholder(_ name: String, at index: Int, in range: Range<Int>, open: inout [OpenNode]) -> Int {
        guard let assembly, let number = Int(name.dropFirst()) else { return raw[index].end }
        if name.hasPrefix("T"), assembly.tables.indices.contains(number) {
            return emitTable(assembly.tables[number], at: index, in: range)
        }
        guard name.hasPrefix("D"), assembly.divisions.indices.contains(number) else { return raw[index].end }
        switch assembly.divisions[number] {
        case .open(let attributes):
            open.append(OpenNode(rawEnd: nil, index: output.count))
            var node = raw[index]
            var end = node.end
            if let callout = quartoCallout(attributes, bodyAt: &end, in: range) {
                node.kind = .callout(callout)
            } else {
                node.kind = .division(attributes)
            }
            output.append(node)
            return end
        case .close:
            if let last = open.last, last.rawEnd == nil {
                open.removeLast()
                output[last.index].end = output.count
                output[last.index].range.end = SourceLocation(line: raw[index].range.start.line + 1, column: 1)
            }
            return raw[index].end
        }
    }

    /// `.callout-note title="…" collapse="true"`; without a title, a heading that comes first is one.
    private func quartoCallout(_ attributes: MarkdownAttributes, bodyAt next: inout Int, in range: Range<Int>) -> MarkdownCallout? {
        guard let name = attributes.classes.first(where: { $0.hasPrefix("callout-") }),
            let kind = MarkdownCallout.Kind(rawValue: String(name.dropFirst("callout-".count)))
        else { return nil }
        var callout = MarkdownCallout(kind: kind, title: attributes["title"], attributes: attributes)
        switch attributes["collapse"] {
        case "true": callout.isCollapsed = true
        case "false": callout.isCollapsed = false
        default: break
        }
        if callout.title == nil, next < range.upperBound, case .heading = raw[next].kind, placeholderName(at: next) == nil {
            callout.title = MarkdownDocument(nodes: raw).plainText(of: next)
            next = raw[next].end
        }
        return callout
    }

    private mutating func emitTable(_ table: Assembly.Table, at index: Int, in range: Range<Int>) -> Int {
        let position = output.count
        let line = raw[index].range.start.line
        let tableRange = SourceRange(
            start: raw[index].range.start, end: SourceLocation(line: (table.rowLines.last ?? line - 1) + 2, column: 1))
        output.append(MarkdownNode(.table(alignments: table.alignments), range: tableRange, end: 0))
        var end = raw[index].end
        if extensions.contains(.attributes), end < range.upperBound, raw[end].kind == .paragraph, let skip = captionMark(ofParagraph: end) {
            let caption = output.count
            output.append(MarkdownNode(.tableCaption(MarkdownAttributes()), range: raw[end].range, end: 0))
            appendInlines((end + 1)..<raw[end].end, droppingBytes: skip)
            if let last = output.last, output.count > caption + 1, case .text(let text) = last.kind,
                let (shortened, attributes) = trailingAttributes(of: text)
            {
                output[caption].kind = .tableCaption(attributes)
                output[output.count - 1].kind = .text(shortened)
            }
            output[caption].end = output.count
            end = raw[end].end
        }
        for (number, row) in table.rows.enumerated() {
            let rowPosition = output.count
            let rowRange = SourceRange(lines: (table.rowLines[number] + 1)...(table.rowLines[number] + 1))
            output.append(MarkdownNode(.tableRow(isHeader: number == 0), range: rowRange, end: 0))
            for (column, cell) in row.enumerated() {
                let cellPosition = output.count
                output.append(MarkdownNode(.tableCell(table.alignments[column]), range: rowRange, end: 0))
                if let cell, cellRoots.indices.contains(cell) {
                    let root = cellRoots[cell]
                    output[cellPosition].range = raw[root].range
                    // The mark and the space after it.
                    appendInlines((root + 1)..<raw[root].end, droppingBytes: 3)
                }
                output[cellPosition].end = output.count
            }
            output[rowPosition].end = output.count
        }
        output[position].end = output.count
        return end
    }

    /// The bytes of `: ` or `Table: ` at the start of a paragraph.
    private func captionMark(ofParagraph index: Int) -> Int? {
        guard index + 1 < raw[index].end, case .text(let text) = raw[index + 1].kind else { return nil }
        for mark in [": ", "Table: "] where text.hasPrefix(mark) { return mark.utf8.count }
        return nil
    }

    // MARK: Footnotes

    /// Numbers the references and appends the definitions they need; a definition without a reference is left out.
    private mutating func appendFootnotes() {
        guard let assembly, !assembly.footnotes.isEmpty else { return }
        var numbers: [String: Int] = [:]
        var order: [Int] = []
        var references: [Int: Int] = [:]
        let byLabel = Dictionary(assembly.footnotes.enumerated().map { ($1.label, $0) }, uniquingKeysWith: { first, _ in first })
        func number(_ nodes: inout [MarkdownNode], from start: Int) {
            for index in start..<nodes.count {
                guard case .footnoteReference(let label, _, _) = nodes[index].kind, let definition = byLabel[label] else { continue }
                let number =
                    numbers[label]
                    ?? {
                        order.append(definition)
                        numbers[label] = order.count
                        return order.count
                    }()
                references[number, default: 0] += 1
                nodes[index].kind = .footnoteReference(label: label, number: number, reference: references[number] ?? 1)
            }
        }
        number(&output, from: 0)
        var next = 0
        while next < order.count {
            let definition = order[next]
            next += 1
            guard footnoteRoots.indices.contains(definition) else { continue }
            let footnote = assembly.footnotes[definition]
            let root = footnoteRoots[definition]
            let position = output.count
            let range = SourceRange(lines: (footnote.firstLine + 1)...(footnote.lastLine + 1))
            output.append(MarkdownNode(.footnoteDefinition(label: footnote.label), range: range, end: 0))
            emit((root + 1)..<raw[root].end)
            output[position].end = output.count
            number(&output, from: position)
        }
    }
}
