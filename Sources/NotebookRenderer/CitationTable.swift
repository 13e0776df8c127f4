internal import HTML
internal import Markdown
internal import NotebookModel
internal import SourceText

/// The works that can be cited, and those that were.
struct CitationTable {
    private var entries: [String: BibliographyEntry] = [:]
    private(set) var cited: [String] = []

    init() {}

    init(_ entries: [BibliographyEntry]) {
        for entry in entries where self.entries[entry.key] == nil { self.entries[entry.key] = entry }
    }

    var isEmpty: Bool { entries.isEmpty }

    func contains(_ key: String) -> Bool { entries[key] != nil }

    /// Notes that a work was cited.
    mutating func cite(_ key: String) -> BibliographyEntry? {
        guard let entry = entries[key] else { return nil }
        if !cited.contains(key) { cited.append(key) }
        return entry
    }

    /// The works cited, by author, year and title.
    var references: [BibliographyEntry] {
        cited.compactMap { entries[$0] }.sorted { ($0.sortName, $0.year, $0.title) < ($1.sortName, $1.year, $1.title) }
    }
}

extension PageState {
    struct CitationItem {
        var key: String
        /// What stands before and after the key: `see`, `p. 3`.
        var prefix: String
        var suffix: String
    }

    /// Reads `[see @a, p. 3; @b]` from its bracket on.
    ///
    /// - Returns: `nil` when a part of it is no citation of a known work.
    func citationGroup(in bytes: [UInt8], at start: Int) -> (items: [CitationItem], end: Int)? {
        guard let close = bytes[start...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        var items: [CitationItem] = []
        for part in bytes[(start + 1)..<close].split(separator: UInt8(ascii: ";")) {
            guard let at = part.firstIndex(of: UInt8(ascii: "@")) else { return nil }
            var end = at + 1
            while end < part.endIndex, part[end] != UInt8(ascii: ","), part[end] > 0x20 { end += 1 }
            let key = String(decoding: part[(at + 1)..<end], as: UTF8.self)
            guard citations.contains(key) else { return nil }
            items.append(
                CitationItem(
                    key: key, prefix: String(decoding: part[..<at].filter { $0 != UInt8(ascii: "-") }, as: UTF8.self).trimmed,
                    suffix: String(decoding: part[end...], as: UTF8.self).trimmed))
        }
        return items.isEmpty ? nil : (items, close + 1)
    }

    mutating func writeCitations(_ items: [CitationItem], into writer: inout HTMLWriter) {
        features.insert(.citations)
        writer.raw("<span class=\"citation\">(")
        for (index, item) in items.enumerated() {
            if index > 0 { writer.raw("; ") }
            guard let entry = citations.cite(item.key) else { continue }
            if !item.prefix.isEmpty { writer.text(item.prefix + " ") }
            writer.element(
                "a", [HTMLAttribute("href", "#ref-\(entry.identifier)"), HTMLAttribute("role", "doc-biblioref")],
                text: "\(entry.shortNames) \(entry.year)")
            if !item.suffix.isEmpty { writer.text(item.suffix.hasPrefix(",") ? item.suffix : " " + item.suffix) }
        }
        writer.raw(")</span>")
    }

    /// `@key` in the text: the names, the year in parentheses.
    mutating func writeNarrativeCitation(_ key: String, into writer: inout HTMLWriter) {
        guard let entry = citations.cite(key) else { return }
        features.insert(.citations)
        writer.raw("<span class=\"citation\">")
        writer.text(entry.shortNames + " (")
        writer.element("a", [HTMLAttribute("href", "#ref-\(entry.identifier)"), HTMLAttribute("role", "doc-biblioref")], text: entry.year)
        writer.raw(")</span>")
    }

    /// The list of the works cited, at the page's end.
    mutating func writeReferenceList(into writer: inout HTMLWriter) {
        let references = citations.references
        guard !references.isEmpty else { return }
        let level = 2
        let id = slugs.slug(for: words.references)
        headings.append((level: level, entry: RenderedPage.ContentsEntry(id: id, title: escaped(words.references))))
        writer.freshLine()
        writer.open(
            "section", [HTMLAttribute("class", "references"), HTMLAttribute("role", "doc-bibliography"), HTMLAttribute("aria-labelledby", id)])
        writer.newLine()
        writer.element("h2", [HTMLAttribute("id", id)], text: words.references)
        writer.raw("\n<ul>\n")
        for entry in references {
            writer.open("li", [HTMLAttribute("id", "ref-\(entry.identifier)")])
            entry.write(into: &writer)
            writer.raw("</li>\n")
        }
        writer.raw("</ul>\n</section>\n")
    }

    mutating func reportUnknownReference(_ id: String) {
        diagnostics.append(
            .init(
                .warning, identifier: "unknown-reference", summary: "nothing here is labelled “\(id)”", path: notebook?.file.path ?? ""))
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
