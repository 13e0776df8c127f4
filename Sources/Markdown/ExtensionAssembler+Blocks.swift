internal import SourceText

extension ExtensionAssembler {
    // MARK: Footnotes

    /// Takes every `[^label]: …` with the lines that belong to it: those that follow without a blank line, and
    /// those indented by four columns.
    mutating func findFootnotes() {
        var line = 0
        while line < source.count {
            guard !isTaken[line], let (label, offset) = footnoteDefinition(atLine: line), footnoteLabels.insert(label).inserted else {
                line += 1
                continue
            }
            var body = FootnoteBody(label: label, lines: [(line, offset)])
            var next = line + 1
            var pendingBlanks: [Int] = []
            while next < source.count {
                if source.isBlank(next) {
                    pendingBlanks.append(next)
                } else if let offset = indentedContent(ofLine: next) {
                    for blank in pendingBlanks { body.lines.append((blank, source.ends[blank])) }
                    pendingBlanks = []
                    body.lines.append((next, offset))
                } else if pendingBlanks.isEmpty, !isTaken[next], footnoteDefinition(atLine: next) == nil, !startsBlock(next) {
                    body.lines.append((next, source.firstInk(ofLine: next)))
                } else {
                    break
                }
                next += 1
            }
            for (line, _) in body.lines {
                isTaken[line] = true
                replacements[line] = []
            }
            // What follows must not become part of what stands before.
            replacements[line] = [Replacement(bytes: [], origin: line)]
            scanFootnote(body)
            footnotes.append(body)
            line = body.lines.last.map { $0.line + 1 } ?? line + 1
        }
        // References within bodies can be known only now that every label is.
        for body in footnotes { scanFootnote(body) }
    }

    private mutating func scanFootnote(_ body: FootnoteBody) {
        for (line, _) in body.lines { edits[line] = nil }
        var segment: [(line: Int, offset: Int)] = []
        var fence: UInt8?
        for (line, offset) in body.lines {
            let content = source.bytes[min(offset, source.ends[line])..<source.ends[line]].trimmingBlanks()
            let isFence = content.starts(with: [0x60, 0x60, 0x60]) || content.starts(with: [0x7E, 0x7E, 0x7E])
            if isFence { fence = fence == nil ? content.first : fence == content.first ? nil : fence }
            if fence != nil || isFence || content.isEmpty {
                scanInlines(segment)
                segment = []
            } else {
                segment.append((line, offset))
            }
        }
        scanInlines(segment)
    }

    /// The label, and the offset of what follows the colon.
    private func footnoteDefinition(atLine line: Int) -> (label: String, offset: Int)? {
        let start = source.firstInk(ofLine: line)
        guard start - source.starts[line] < 4, let (label, end) = footnoteLabel(in: source.bytes[start..<source.ends[line]]),
            end < source.ends[line], source.bytes[end] == UInt8(ascii: ":")
        else { return nil }
        var offset = end + 1
        while offset < source.ends[line], source.bytes[offset].isBlank { offset += 1 }
        return (label, offset)
    }

    private func indentedContent(ofLine line: Int) -> Int? {
        var offset = source.starts[line]
        var columns = 0
        while offset < source.ends[line], columns < 4 {
            if source.bytes[offset] == 0x20 { columns += 1 } else if source.bytes[offset] == 0x09 { columns = 4 } else { return nil }
            offset += 1
        }
        return columns >= 4 ? offset : nil
    }

    /// Whether a line cannot be the continuation of a footnote's paragraph.
    private func startsBlock(_ line: Int) -> Bool {
        let content = source.bytes[source.firstInk(ofLine: line)..<source.ends[line]]
        return content.first == UInt8(ascii: "#") || content.first == UInt8(ascii: ">") || content.starts(with: [0x3A, 0x3A, 0x3A])
            || content.starts(with: [0x24, 0x24])
    }

    // MARK: Divisions

    /// `::: {.class}`, `::: class`, `:::note Title` and `:::`, in lists and quotes too.
    mutating func findDivisions() {
        var depth = 0
        // Lines of code are taken already, so indentation means a list.
        for line in 0..<source.count where !isTaken[line] {
            let start = contentStart(ofLine: line, quoteDepth: .max)
            guard source.bytes[start..<source.ends[line]].starts(with: [0x3A, 0x3A, 0x3A]) else { continue }
            let rest = source.bytes[start..<source.ends[line]].drop { $0 == UInt8(ascii: ":") }.trimmingBlanks()
            if rest.isEmpty {
                guard depth > 0 else { continue }
                depth -= 1
                assembly.divisions.append(.close)
            } else {
                guard let attributes = divisionAttributes(rest) else { continue }
                depth += 1
                assembly.divisions.append(.open(attributes))
            }
            isTaken[line] = true
            let prefix = Array(source.bytes[source.starts[line]..<start])
            replacements[line] = [placeholder("D\(assembly.divisions.count - 1)", prefix: prefix, line: line)]
        }
    }

    private func divisionAttributes(_ text: ArraySlice<UInt8>) -> MarkdownAttributes? {
        // Pandoc allows colons after the attributes.
        var text = text
        while text.last == UInt8(ascii: ":") { text = text.dropLast() }
        text = text.trimmingBlanks()
        if text.first == UInt8(ascii: "{") {
            guard text.last == UInt8(ascii: "}"), let attributes = MarkdownAttributes(parsing: text.dropFirst().dropLast().string) else {
                return hidingAttributes(text.string)
            }
            return attributes
        }
        var attributes = MarkdownAttributes()
        text = text.drop { $0 == UInt8(ascii: ".") }
        let name = text.prefix { !$0.isBlank }.string
        let title = text.dropFirst(name.utf8.count).trimmingBlanks().string
        if MarkdownCallout.Kind(rawValue: name) != nil {
            attributes.classes = ["callout-\(name)"]
            if !title.isEmpty { attributes.pairs = [.init(key: "title", value: title)] }
            return attributes
        }
        guard title.isEmpty else { return hidingAttributes(text.string) }
        attributes.classes = [name]
        return attributes
    }

    /// What a fence says that cannot be read and may be meant to hide what follows: it is hidden, and whoever shows the document finds
    /// the fence's text under the key `unread`.
    private func hidingAttributes(_ text: String) -> MarkdownAttributes? {
        let letters = text.lowercased()
        guard letters.contains("hidden") || letters.contains("visible") else { return nil }
        var attributes = MarkdownAttributes()
        attributes.classes = ["content-hidden"]
        attributes.pairs = [.init(key: "unread", value: text)]
        return attributes
    }

    /// A heading that stands for something else: headings end a paragraph and every lazy continuation.
    func placeholder(_ name: String, prefix: [UInt8], line: Int) -> Replacement {
        Replacement(bytes: prefix + "###### ".utf8 + Sentinel.bytes(Sentinel.placeholder) + name.utf8, origin: line)
    }

    // MARK: Tables

    /// Takes a table whose header is on `line`, by the rules of the GitHub Flavored Markdown specification.
    ///
    /// - Returns: the line after its last row.
    mutating func takeTable(atLine line: Int, offset: Int, leaf: Leaf) -> Int? {
        let delimiterOffset = contentStart(ofLine: line + 1, in: leaf)
        guard let alignments = delimiterRow(source.bytes[delimiterOffset..<source.ends[line + 1]]) else { return nil }
        let header = source.bytes[offset..<source.ends[line]]
        guard header.contains(UInt8(ascii: "|")) || source[line + 1].contains(UInt8(ascii: "|")) else { return nil }
        guard rowCells(header, line: line, count: alignments.count).count == alignments.count else { return nil }

        var table = Assembly.Table(alignments: alignments, rows: [], rowLines: [])
        var next = line
        while next < leaf.lines.upperBound, !isTaken[next] {
            defer { next += 1 }
            if next == line + 1 { continue }
            let start = contentStart(ofLine: next, in: leaf)
            var row: [Int?] = []
            for cell in rowCells(source.bytes[start..<source.ends[next]], line: next, count: alignments.count).prefix(alignments.count) {
                row.append(cells.count)
                cells.append(cell)
            }
            let missing = alignments.count - row.count
            // A header of n cells and n rows of one would make n² cells out of a text of 3 n.
            if missing <= fillableCells {
                fillableCells -= missing
                row += [Int?](repeating: nil, count: missing)
            }
            table.rows.append(row)
            table.rowLines.append(next)
        }
        let prefix = Array(source.bytes[source.starts[line]..<offset])
        for taken in line..<next {
            isTaken[taken] = true
            replacements[taken] = []
        }
        assembly.tables.append(table)
        replacements[line] = [placeholder("T\(assembly.tables.count - 1)", prefix: prefix, line: line)]
        return next
    }

    private func delimiterRow(_ text: ArraySlice<UInt8>) -> [MarkdownAlignment]? {
        var rest = text.trimmingBlanks()
        guard rest.contains(UInt8(ascii: "-")), rest.allSatisfy({ $0.isBlank || $0 == 0x2D || $0 == 0x3A || $0 == 0x7C }) else { return nil }
        if rest.first == UInt8(ascii: "|") { rest = rest.dropFirst() }
        if rest.last == UInt8(ascii: "|") { rest = rest.dropLast() }
        var alignments: [MarkdownAlignment] = []
        for part in rest.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false) {
            var marker = part.trimmingBlanks()
            let left = marker.first == UInt8(ascii: ":")
            if left { marker = marker.dropFirst() }
            let right = marker.last == UInt8(ascii: ":")
            if right { marker = marker.dropLast() }
            guard !marker.isEmpty, marker.allSatisfy({ $0 == UInt8(ascii: "-") }) else { return nil }
            alignments.append(left ? (right ? .center : .left) : right ? .right : .none)
        }
        return alignments
    }

    /// A row of a table with so many columns: where bars make more cells than that, those within formulas are the formulas'.
    private func rowCells(_ text: ArraySlice<UInt8>, line: Int, count: Int) -> [CellText] {
        let cells = rowCells(text, line: line, keepsFormulas: false)
        return cells.count > count && extensions.contains(.math) ? rowCells(text, line: line, keepsFormulas: true) : cells
    }

    private func rowCells(_ text: ArraySlice<UInt8>, line: Int, keepsFormulas: Bool) -> [CellText] {
        var rest = text.trimmingBlanks()
        if rest.first == UInt8(ascii: "|") { rest = rest.dropFirst() }
        var cells: [CellText] = []
        var bytes: [UInt8] = []
        var start = rest.startIndex
        func cell(endingAt end: Int) -> CellText {
            let lead = bytes.prefix { $0.isBlank }.count
            return CellText(bytes: Array(bytes[...].trimmingBlanks()), line: line, column: start + lead - source.starts[line])
        }
        var index = rest.startIndex
        while index < rest.endIndex {
            let byte = rest[index]
            if byte == UInt8(ascii: "\\"), index + 1 < rest.endIndex {
                // The bar's escape belongs to the table, every other one to the cell.
                if rest[index + 1] != UInt8(ascii: "|") { bytes.append(byte) }
                bytes.append(rest[index + 1])
                index += 2
                continue
            }
            if keepsFormulas, byte == UInt8(ascii: "$"), let end = endOfFormula(in: rest, at: index) {
                bytes += rest[index..<end]
                index = end
                continue
            }
            if byte == UInt8(ascii: "|") {
                cells.append(cell(endingAt: index))
                bytes = []
                start = index + 1
            } else {
                bytes.append(byte)
            }
            index += 1
        }
        // What follows the closing bar is no cell.
        if !bytes[...].trimmingBlanks().isEmpty || cells.isEmpty { cells.append(cell(endingAt: rest.endIndex)) }
        return cells
    }

    /// The offset after the dollar that closes a formula in a line of text.
    private func endOfFormula(in text: ArraySlice<UInt8>, at start: Int) -> Int? {
        var index = start + 1
        guard DollarRule.opens(text, at: start), text[index] != UInt8(ascii: "$") else { return nil }
        while index < text.endIndex {
            if text[index] == UInt8(ascii: "$") {
                if text[index - 1].isSpace { return nil }
                if DollarRule.closes(text, at: index, from: start + 1) { return index + 1 }
            }
            index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }
}
