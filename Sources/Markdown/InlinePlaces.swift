package import SourceText

/// Where code spans, and spans with attributes, stand in a text, byte for byte.
///
/// libcmark tells columns of inlines only for the first line of a block. Here each block's source is read again in the order of its nodes:
/// code that looks the same in a comment, in a formula or behind an escape is told apart by what stands before it.
package struct InlinePlaces {
    /// Offsets in the text's UTF-8, by the nodes' indices, marks and attributes included. What was not found is absent.
    package private(set) var ranges: [Int: Range<Int>] = [:]
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - file: The text that the document was parsed from.
    ///   - spans: The nodes with attributes that are looked for, beside all code, with their attributes. What is within them is not.
    /// - Complexity: Linear in the length of blocks that hold such nodes, times the nodes with attributes.
    package init(of document: MarkdownDocument, in file: SourceFile, spans: [Int: MarkdownAttributes] = [:]) {
        bytes = Array(file.text.utf8)
        var index = 0
        while index < document.nodes.count {
            let node = document.nodes[index]
            guard Self.isLeafBlock(node.kind) else {
                index += 1
                continue
            }
            let end = min(file.offset(ofLine: node.range.end.line + 1), bytes.count)
            var cursor = min(file.offset(ofLine: node.range.start.line), end)
            read(document, index..<node.end, &cursor, end, spans)
            index = node.end
        }
    }

    /// What holds inlines. A row stands on one line, and its cells one after the other.
    private static func isLeafBlock(_ kind: MarkdownNode.Kind) -> Bool {
        switch kind {
        case .paragraph, .heading, .tableRow, .tableCaption: true
        default: false
        }
    }

    private mutating func read(
        _ document: MarkdownDocument, _ nodes: Range<Int>, _ cursor: inout Int, _ end: Int, _ spans: [Int: MarkdownAttributes]
    ) {
        var index = nodes.lowerBound
        while index < nodes.upperBound {
            let node = document.nodes[index]
            if let attributes = spans[index] {
                if let range = span(attributes, from: cursor, to: end) {
                    ranges[index] = range
                    cursor = range.upperBound
                }
                index = node.end
                continue
            }
            switch node.kind {
            case .code(let literal):
                if let range = codeSpan(literal, from: cursor, to: end) {
                    ranges[index] = range
                    cursor = range.upperBound
                }
            case .html(let text), .math(let text, _): cursor = self.end(of: text, from: cursor, to: end)
            default: break
            }
            index += 1
        }
    }

    /// Behind a text that stands as it is, but for what its lines are indented by.
    private func end(of text: String, from start: Int, to end: Int) -> Int {
        var place = start
        for line in text.split(separator: "\n") {
            let line = Array(line.utf8)
            guard let found = first(line, from: place, to: end) else { return start }
            place = found + line.count
        }
        // GitHub's formulas have backticks within their dollars.
        while place < end, bytes[place] == UInt8(ascii: "`") || bytes[place] == UInt8(ascii: "$") { place += 1 }
        return place
    }

    private func first(_ word: [UInt8], from start: Int, to end: Int) -> Int? {
        guard !word.isEmpty, start + word.count <= end else { return nil }
        return (start...(end - word.count)).first { bytes[$0] == word[0] && bytes[$0..<($0 + word.count)].elementsEqual(word) }
    }

    // MARK: Code

    private func codeSpan(_ literal: String, from start: Int, to end: Int) -> Range<Int>? {
        let wanted = Self.words(Array(literal.utf8)[...])
        var index = start
        while index < end {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 2
                continue
            }
            guard bytes[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let content = runEnd(index, end)
            guard let close = closing(content - index, from: content, to: end) else {
                index = content
                continue
            }
            let span = index..<(close + content - index)
            if Self.words(bytes[content..<close]) == wanted { return span }
            index = span.upperBound
        }
        return nil
    }

    private func runEnd(_ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, bytes[index] == UInt8(ascii: "`") { index += 1 }
        return index
    }

    /// The start of the next run of exactly as many backticks.
    private func closing(_ length: Int, from start: Int, to end: Int) -> Int? {
        var index = start
        while index < end {
            guard bytes[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let next = runEnd(index, end)
            if next - index == length { return index }
            index = next
        }
        return nil
    }

    /// A code's words. Lines after the first have the marks of quotations and indentation before them, tables escape their bars.
    private static func words(_ code: ArraySlice<UInt8>) -> [[UInt8]] {
        var words: [[UInt8]] = []
        for (number, line) in code.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 0x0A }).enumerated() {
            let line = number == 0 ? line : line.drop { $0.isSpace || $0 == UInt8(ascii: ">") }
            words += line.split(whereSeparator: \.isSpace).map { word in
                var plain: [UInt8] = []
                for byte in word {
                    if byte == UInt8(ascii: "|"), plain.last == UInt8(ascii: "\\") { plain.removeLast() }
                    plain.append(byte)
                }
                return plain
            }
        }
        return words
    }

    // MARK: Attributes

    /// What the first braces of the same attributes belong to, with them.
    private func span(_ attributes: MarkdownAttributes, from start: Int, to end: Int) -> Range<Int>? {
        var index = start
        while let open = bytes[index..<end].firstIndex(of: UInt8(ascii: "{")) {
            index = open + 1
            guard let close = bytes[index..<end].firstIndex(of: UInt8(ascii: "}")) else { return nil }
            let inner = String(decoding: bytes[index..<close], as: UTF8.self)
            guard MarkdownAttributes(parsing: inner) == attributes, let begin = beginning(before: open, from: start) else { continue }
            return begin..<(close + 1)
        }
        return nil
    }

    /// Where the text, link, picture or code before an offset begins.
    private func beginning(before offset: Int, from start: Int) -> Int? {
        var index = offset
        while index > start {
            switch bytes[index - 1] {
            case UInt8(ascii: "]"):
                guard let open = opening(UInt8(ascii: "["), UInt8(ascii: "]"), before: index, from: start) else { return nil }
                index = open
                if index > start, bytes[index - 1] == UInt8(ascii: "!") { return index - 1 }
                if index > start, bytes[index - 1] == UInt8(ascii: "]") { continue }
                return index
            case UInt8(ascii: ")"):
                guard let open = opening(UInt8(ascii: "("), UInt8(ascii: ")"), before: index, from: start) else { return nil }
                index = open
            case UInt8(ascii: "`"):
                var run = index
                while run > start, bytes[run - 1] == UInt8(ascii: "`") { run -= 1 }
                var place = run
                while place > start {
                    var first = place
                    while first > start, bytes[first - 1] == UInt8(ascii: "`") { first -= 1 }
                    if place - first == index - run { return first }
                    place = min(first, place - 1)
                }
                return nil
            default: return nil
            }
        }
        return nil
    }

    private func opening(_ open: UInt8, _ close: UInt8, before offset: Int, from start: Int) -> Int? {
        var depth = 0
        var index = offset - 1
        while index >= start {
            let isEscaped = index > start && bytes[index - 1] == UInt8(ascii: "\\")
            if bytes[index] == close, !isEscaped { depth += 1 }
            if bytes[index] == open, !isEscaped { depth -= 1 }
            if depth == 0 { return index }
            index -= 1
        }
        return nil
    }
}
