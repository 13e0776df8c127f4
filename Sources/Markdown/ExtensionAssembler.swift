internal import SourceText

/// Finds tables, math, footnotes and divisions in the author's lines, with the help of a first parse that says which
/// lines are code or HTML, and assembles the text for the second parse.
struct ExtensionAssembler {
    let source: SourceLines
    let nodes: [MarkdownNode]
    let extensions: MarkdownExtensions

    var assembly = Assembly()
    /// What each line (from 0) is replaced by, where it is.
    var replacements: [Int: [Replacement]] = [:]
    /// What closes formulas, and is known not to follow.
    var missingMathEnds: Set<[UInt8]> = []
    /// Whether dollars in twos come in pairs, once that was asked.
    var hasPairedDollars: Bool?
    /// Edits within a line, offsets from the line's start.
    var edits: [Int: [Edit]] = [:]
    var footnotes: [FootnoteBody] = []
    var footnoteLabels: Set<String> = []
    var cells: [CellText] = []
    /// How many more cells may be made where rows of tables have fewer than their header.
    var fillableCells = 1 << 17
    /// Lines that belong to code or HTML, or that an extension has taken.
    var isTaken: [Bool]

    struct Replacement {
        var bytes: [UInt8]
        /// The line that it stands on in the author's text.
        var origin: Int
        var shifts: [(column: Int, delta: Int)] = []
    }

    struct FootnoteBody {
        var label: String
        /// Lines with the offset from which on each belongs to the body.
        var lines: [(line: Int, offset: Int)]
    }

    struct CellText {
        var bytes: [UInt8]
        var line: Int
        /// The column (from 0) of the text in its line.
        var column: Int
    }

    init(source: SourceLines, nodes: [MarkdownNode], extensions: MarkdownExtensions) {
        self.source = source
        self.nodes = nodes
        self.extensions = extensions
        isTaken = []
    }

    /// Whether the text has any character that the extensions begin with: most need no second parse without.
    var mayApply: Bool {
        var previous: UInt8 = 0
        for byte in source.bytes {
            switch byte {
            case UInt8(ascii: "$") where extensions.contains(.math): return true
            case UInt8(ascii: "|") where extensions.contains(.tables): return true
            case UInt8(ascii: "^") where previous == UInt8(ascii: "[") && extensions.contains(.footnotes): return true
            case UInt8(ascii: ":") where previous == UInt8(ascii: ":") && extensions.contains(.callouts): return true
            case UInt8(ascii: "~") where previous == UInt8(ascii: "\\") && extensions.contains(.strikethrough): return true
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "b"):
                if previous == UInt8(ascii: "\\"), extensions.contains(.math) { return true }
            default: break
            }
            previous = byte
        }
        return false
    }

    /// - Returns: `nil` when nothing was found.
    mutating func assemble() -> Assembly? {
        isTaken = [Bool](repeating: false, count: source.count)
        for node in nodes {
            switch node.kind {
            case .codeBlock, .htmlBlock:
                for line in lines(of: node) { isTaken[line] = true }
            default: break
            }
        }
        if extensions.contains(.footnotes) { findFootnotes() }
        if extensions.contains(.callouts) { findDivisions() }
        var quoteEnds: [Int] = []
        for (index, node) in nodes.enumerated() {
            while let end = quoteEnds.last, index >= end { quoteEnds.removeLast() }
            switch node.kind {
            case .blockQuote: quoteEnds.append(node.end)
            case .paragraph: visit(Leaf(node: node, lines: lines(of: node), quoteDepth: quoteEnds.count), isParagraph: true)
            case .heading: visit(Leaf(node: node, lines: lines(of: node), quoteDepth: quoteEnds.count), isParagraph: false)
            default: break
            }
        }
        if replacements.isEmpty, edits.isEmpty, footnotes.isEmpty { return nil }
        write()
        return assembly
    }

    private func lines(of node: MarkdownNode) -> Range<Int> {
        let first = min(max(node.range.start.line - 1, 0), source.count)
        return first..<min(max(node.range.end.line, first), source.count)
    }

    /// A paragraph or heading of the first parse.
    struct Leaf {
        let node: MarkdownNode
        let lines: Range<Int>
        let quoteDepth: Int
    }

    /// The offset at which the text of a leaf begins on a line: after the markers of its containers.
    func contentStart(ofLine line: Int, in leaf: Leaf) -> Int {
        if line == leaf.lines.lowerBound {
            return min(source.starts[line] + max(leaf.node.range.start.column - 1, 0), source.ends[line])
        }
        return contentStart(ofLine: line, quoteDepth: leaf.quoteDepth)
    }

    func contentStart(ofLine line: Int, quoteDepth: Int) -> Int {
        var offset = source.firstInk(ofLine: line)
        for _ in 0..<quoteDepth {
            guard offset < source.ends[line], source.bytes[offset] == UInt8(ascii: ">") else { break }
            offset += 1
            while offset < source.ends[line], source.bytes[offset].isBlank { offset += 1 }
        }
        return offset
    }

    private mutating func visit(_ leaf: Leaf, isParagraph: Bool) {
        var segment: [(line: Int, offset: Int)] = []
        var line = leaf.lines.lowerBound
        while line < leaf.lines.upperBound {
            if isTaken[line] {
                scanInlines(segment)
                segment = []
                line += 1
                continue
            }
            let offset = contentStart(ofLine: line, in: leaf)
            if isParagraph, extensions.contains(.math), let end = takeMathBlock(atLine: line, offset: offset, leaf: leaf) {
                scanInlines(segment)
                segment = []
                line = end
                continue
            }
            if isParagraph, extensions.contains(.tables), line + 1 < leaf.lines.upperBound, !isTaken[line + 1],
                let end = takeTable(atLine: line, offset: offset, leaf: leaf)
            {
                scanInlines(segment)
                segment = []
                line = end
                continue
            }
            segment.append((line, offset))
            line += 1
        }
        scanInlines(segment)
    }

    /// Records the edits that hide inline syntax in the given lines, which are one text.
    mutating func scanInlines(_ segment: [(line: Int, offset: Int)]) {
        guard !segment.isEmpty else { return }
        var text: [UInt8] = []
        var starts: [Int] = []
        for (line, offset) in segment {
            starts.append(text.count)
            text += source.bytes[min(offset, source.ends[line])..<source.ends[line]]
            text.append(0x0A)
        }
        var scanner = InlineScanner(text: text, extensions: extensions, footnotes: footnoteLabels)
        var index = 0
        for edit in scanner.scan() {
            while index + 1 < starts.count, starts[index + 1] <= edit.offset { index += 1 }
            let (line, offset) = segment[index]
            edits[line, default: []].append(
                Edit(offset: edit.offset - starts[index] + offset - source.starts[line], length: edit.length, replacement: edit.replacement))
        }
    }

    // MARK: Writing

    private mutating func write() {
        for footnote in footnotes {
            assembly.footnotes.append(
                Assembly.Footnote(
                    label: footnote.label, firstLine: footnote.lines.first?.line ?? 0, lastLine: footnote.lines.last?.line ?? 0))
            for (line, offset) in footnote.lines { writeLine(line, from: offset, prefix: [UInt8(ascii: ">"), 0x20]) }
            assembly.append([], origin: footnote.lines.last?.line ?? 0)
        }
        assembly.cellCount = cells.count
        for cell in cells {
            let mark = Sentinel.bytes(Sentinel.placeholder) + [0x20]
            var scanner = InlineScanner(text: cell.bytes, extensions: extensions, footnotes: footnoteLabels)
            let (content, shifts) = apply(scanner.scan(), to: cell.bytes[...], leading: mark, column: cell.column)
            assembly.append(content, origin: cell.line, shifts: shifts)
            assembly.append([], origin: cell.line)
        }
        for line in 0..<source.count {
            if let replacement = replacements[line] {
                for item in replacement { assembly.append(item.bytes, origin: item.origin, shifts: item.shifts) }
            } else {
                writeLine(line, from: source.starts[line], prefix: [])
            }
        }
    }

    private mutating func writeLine(_ line: Int, from offset: Int, prefix: [UInt8]) {
        let column = min(offset, source.ends[line]) - source.starts[line]
        let content = source.bytes[(source.starts[line] + column)..<source.ends[line]]
        guard prefix.isEmpty, edits[line] == nil else {
            let moved = (edits[line] ?? []).map { Edit(offset: $0.offset - column, length: $0.length, replacement: $0.replacement) }
            let (bytes, shifts) = apply(moved, to: content, leading: prefix, column: column)
            assembly.append(bytes, origin: line, shifts: shifts)
            return
        }
        assembly.append(content, origin: line)
    }

    /// The edited bytes after `leading`, and how their columns differ from the author's.
    private func apply(
        _ edits: [Edit], to content: ArraySlice<UInt8>, leading: [UInt8], column: Int
    ) -> (bytes: [UInt8], shifts: [(column: Int, delta: Int)]) {
        var bytes = leading
        var shifts = [(column: 0, delta: column - leading.count)]
        var position = content.startIndex
        var delta = column - leading.count
        for edit in edits {
            let start = content.startIndex + edit.offset
            guard start >= position, start + edit.length <= content.endIndex else { continue }
            bytes += content[position..<start]
            bytes += edit.replacement
            delta += edit.length - edit.replacement.count
            shifts.append((column: bytes.count, delta: delta))
            position = start + edit.length
        }
        bytes += content[position...]
        return (bytes, shifts)
    }
}
