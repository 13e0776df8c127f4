internal import Groundwork
internal import HTML
internal import JSON
internal import Markdown
internal import NotebookModel
internal import SourceText

/// The works that can be cited, and those that were.
struct CitationTable {
    private var entries: [String: BibliographyEntry] = [:]
    private(set) var cited: [String] = []

    init() {}

    /// Keys that several works have; the first of these is cited.
    private(set) var repeated: [String] = []

    init(_ entries: [BibliographyEntry]) {
        for entry in entries {
            if let known = self.entries[entry.key] {
                if known != entry { repeated.append(entry.key) }
            } else {
                self.entries[entry.key] = entry
            }
        }
    }

    /// All keys, sorted.
    var keys: [String] { entries.keys.sorted() }

    subscript(key: String) -> BibliographyEntry? { entries[key] }

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
    /// Whether the author has works to cite, so that an `@` before a word cites one.
    var hasBibliography: Bool {
        !options.bibliography.isEmpty || notebook?.frontMatter.bibliography.isEmpty == false || notebook?.frontMatter.extra["references"] != nil
    }

    /// Writes `[see @a, p. 3; @b]`.
    ///
    /// - Returns: the offset after it; `nil` where it is no citation.
    mutating func writeCitationGroup(in bytes: [UInt8], at start: Int, range: SourceRange?, into writer: inout HTMLWriter) -> Int? {
        guard let (items, end) = CitationReading.group(in: bytes, at: start), !items.contains(where: { isReference($0.key) }) else { return nil }
        guard hasBibliography else {
            // An output says what it says.
            guard range != nil else { return nil }
            report(
                .warning, "unknown-citation",
                "“\(String(decoding: bytes[start..<end], as: UTF8.self))” cites, and the front matter names no bibliography",
                at: range, nil)
            return nil
        }
        for item in items where !citations.contains(item.key) { reportUnknownCitation(item.key, .error, at: range) }
        writeCitations(items, into: &writer)
        return end
    }

    /// Whether a key is a figure's, or of another kind that Quarto numbers.
    func isReference(_ key: String) -> Bool {
        if references[key] != nil { return true }
        let kinds = ["fig", "tbl", "eq", "sec", "lst", "thm", "lem", "cor", "prp", "cnj", "def", "exm", "exr", "sol", "rem", "alg"]
        return !citations.contains(key) && kinds.contains { key.hasPrefix($0 + "-") }
    }

    private mutating func writeCitations(_ items: [CitationItem], into writer: inout HTMLWriter) {
        features.insert(.citations)
        writer.raw("<span class=\"citation\">(")
        for (index, item) in items.enumerated() {
            if index > 0 { writer.raw("; ") }
            if !item.prefix.isEmpty { writer.text(item.prefix + " ") }
            writeLink(to: item.key, suppressesAuthor: item.suppressesAuthor, into: &writer)
            if !item.suffix.isEmpty { writer.text(item.suffix.first.map { ",.;:".contains($0) } == true ? item.suffix : " " + item.suffix) }
        }
        writer.raw(")</span>")
    }

    private mutating func writeLink(to key: String, suppressesAuthor: Bool, into writer: inout HTMLWriter) {
        guard let entry = citations.cite(key) else { return writer.element("strong", text: key + "?") }
        writer.element(
            "a", [HTMLAttribute("href", "#ref-\(entry.identifier)"), HTMLAttribute("role", "doc-biblioref")],
            text: suppressesAuthor ? entry.year : "\(entry.shortNames) \(entry.year)")
    }

    /// Writes a work within the parentheses of a group, and what is searched of it.
    mutating func writeWork(_ key: String, suppressesAuthor: Bool, into writer: inout HTMLWriter) {
        if let entry = citations[key] { plainText += (suppressesAuthor ? entry.year : "\(entry.shortNames) \(entry.year)").utf8 }
        writeLink(to: key, suppressesAuthor: suppressesAuthor, into: &writer)
    }

    /// Writes `@key` in the text: the names, and in parentheses the year and what `[p. 3]` after it says; of `-@key` the latter alone.
    mutating func writeNarrativeCitation(_ key: String, suppressesAuthor: Bool, locator: String?, into writer: inout HTMLWriter) {
        guard let entry = citations.cite(key) else { return }
        features.insert(.citations)
        writer.raw("<span class=\"citation\">")
        writer.text(suppressesAuthor ? "(" : entry.shortNames + " (")
        writer.element("a", [HTMLAttribute("href", "#ref-\(entry.identifier)"), HTMLAttribute("role", "doc-biblioref")], text: entry.year)
        if let locator { writer.text(", " + locator) }
        writer.raw(")</span>")
    }

    /// Says that a key names no work: an error in brackets, or where another key was meant; in the text `@name` may be a person.
    mutating func reportUnknownCitation(_ key: String, _ severity: Diagnostic.Severity, at range: SourceRange?) {
        let meant = nearestName(to: key, among: citations.keys, within: key.count < 5 ? 1 : 2)
        report(
            meant == nil ? severity : .error, "unknown-citation", "the bibliography has no work “\(key)”", at: range,
            meant.map { "did you mean “\($0)”?" } ?? (severity == .error ? nil : "write `@\(key)` as code or as a link where it is a name"))
    }

    /// Cites what the front matter wants in the list of works without a citation in the text: `nocite: "@a, @b"`, or `@*` for all.
    mutating func citeSilently() {
        guard let wanted = notebook?.frontMatter.extra["nocite"] else { return }
        let texts = wanted.arrayValue?.compactMap(\.stringValue) ?? [wanted.stringValue ?? ""]
        for text in texts {
            let bytes = Array(text.utf8)[...]
            var index = 0
            while let at = bytes[index...].firstIndex(of: UInt8(ascii: "@")) {
                index = at + 1
                if index < bytes.endIndex, bytes[index] == UInt8(ascii: "*") {
                    for key in citations.keys { _ = citations.cite(key) }
                } else if let (key, end) = CitationReading.key(in: bytes, at: at) {
                    if citations.cite(key) == nil { reportUnknownCitation(key, .error, at: nil) }
                    index = end
                }
            }
        }
    }

    private mutating func report(
        _ severity: Diagnostic.Severity, _ identifier: String, _ summary: String, at range: SourceRange?, _ solution: String?
    ) {
        diagnostics.append(
            Diagnostic(
                severity, identifier: identifier, summary: summary, path: notebook?.file.path ?? "",
                range: range.map { SourceRange(start: $0.start, end: $0.start) }, solutions: solution.map { [$0] } ?? []))
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
