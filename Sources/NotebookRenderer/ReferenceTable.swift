internal import HTML
internal import Markdown
internal import NotebookModel
internal import SourceText

/// The figures, tables and equations that can be referred to as `@fig-…`, `@tbl-…` and `@eq-…`, with their numbers.
struct ReferenceTable {
    struct Target {
        var name: String
        var number: Int
    }

    private var targets: [String: Target] = [:]
    private var counts: [String: Int] = [:]
    /// What formulas say of their numbers themselves.
    private(set) var equations = EquationTable()

    subscript(id: String) -> Target? { targets[id] }

    /// Numbers everything in the order in which it stands on the page.
    ///
    /// - Parameter cells: The notebook's cells by their nodes in the document.
    init(document: MarkdownDocument, cells: [Int: Cell], words: PageWords) {
        func add(_ id: String?, to table: inout ReferenceTable) {
            guard let id, table.targets[id] == nil, let (kind, word) = Self.kind(of: id, words) else { return }
            table.counts[kind, default: 0] += 1
            let number = table.counts[kind] ?? 1
            table.targets[id] = Target(name: "\(word)\u{A0}\(number)", number: number)
        }
        for (index, node) in document.nodes.enumerated() {
            if let cell = cells[index] { add(cell.options.label, to: &self) }
            switch node.kind {
            case .image(_, _, let attributes), .tableCaption(let attributes): add(attributes.id, to: &self)
            case .mathBlock(let tex, let attributes): addEquation(tex, index, id: attributes.id, words)
            case .math(let tex, isDisplay: true): addEquation(tex, index, id: nil, words)
            default: break
            }
        }
    }

    init() {}

    /// Equations have one row of numbers, whether Markdown's attributes or TeX's labels and environments ask for them.
    private mutating func addEquation(_ tex: String, _ node: Int, id: String?, _ words: PageWords) {
        var next = (counts["eq"] ?? 0) + 1
        equations.add(tex, node: node, id: id, next: &next)
        let first = equations.firstNumber(node: node)
        counts["eq"] = next - 1
        guard let id, targets[id] == nil, let (kind, word) = Self.kind(of: id, words), kind == "eq" else { return }
        let number = first ?? next
        if first == nil { counts["eq"] = next }
        targets[id] = Target(name: "\(word)\u{A0}\(number)", number: number)
    }

    static func kind(of id: String, _ words: PageWords) -> (kind: String, word: String)? {
        if id.hasPrefix("fig-") { return ("fig", words.figure) }
        if id.hasPrefix("tbl-") { return ("tbl", words.table) }
        if id.hasPrefix("eq-") { return ("eq", words.equation) }
        return nil
    }
}

extension PageState {
    /// Writes a text whose `@fig-…` and the like are links. An `@` within a word or without a target is itself.
    ///
    /// - Parameter range: where the text stands in the notebook; `nil` for texts of outputs.
    mutating func writeReferences(in text: String, at range: SourceRange?, into writer: inout HTMLWriter) {
        let bytes = Array(text.utf8)
        var start = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "[") {
                var group = HTMLWriter()
                if let end = writeCitationGroup(in: bytes, at: index, range: range, into: &group) {
                    writer.text(utf8: bytes[start..<index])
                    writer.raw(bytes: group.bytes)
                    index = end
                    start = index
                    continue
                }
            }
            guard bytes[index] == UInt8(ascii: "@"), CitationReading.begins(index, in: bytes[...]) else {
                index += 1
                continue
            }
            if let end = writeCitation(in: bytes, at: index, from: start, range: range, into: &writer) {
                index = end
                start = end
                continue
            }
            var end = index + 1
            while end < bytes.count, isNameByte(bytes[end]) || bytes[end] == UInt8(ascii: ":") || bytes[end] == UInt8(ascii: ".") { end += 1 }
            while end > index + 1, !isNameByte(bytes[end - 1]) { end -= 1 }
            let id = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
            if let target = references[id] {
                writer.text(utf8: bytes[start..<index])
                writer.element("a", [HTMLAttribute("href", "#\(id)"), HTMLAttribute("class", "reference")], text: target.name)
                start = end
            } else if ReferenceTable.kind(of: id, words) != nil {
                reportUnknownReference(id)
            } else if !id.isEmpty, range != nil, hasBibliography {
                reportUnknownCitation(id, .warning, at: range)
            }
            index = max(end, index + 1)
        }
        writer.text(utf8: bytes[start...])
    }

    /// Writes `@key`, `-@key` or `@key [p. 3]` of a known work, after the text before it.
    ///
    /// - Returns: the offset after it; `nil` where it names no work.
    private mutating func writeCitation(
        in bytes: [UInt8], at index: Int, from start: Int, range: SourceRange?, into writer: inout HTMLWriter
    ) -> Int? {
        guard let (key, keyEnd) = CitationReading.key(in: bytes[...], at: index), references[key] == nil, citations.contains(key) else { return nil }
        let suppresses = index > start && CitationReading.isSuppressed(index, in: bytes[...])
        writer.text(utf8: bytes[start..<(suppresses ? index - 1 : index)])
        let locator = CitationReading.locator(in: bytes, at: keyEnd)
        writeNarrativeCitation(key, suppressesAuthor: suppresses, locator: locator?.text, into: &writer)
        return locator?.end ?? keyEnd
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte >= 0x80
    }
}
