internal import Groundwork
internal import JSON
package import Markdown
package import NotebookModel
package import SourceText

/// What an author keeps from pages: Quarto's conditional content, and blocks of the classes `hidden` and `d-none`.
///
/// It is taken out of the document before anything is made of it, so that no list, index, footnote or number knows of it.
package struct HiddenContent {
    private let notebook: Notebook
    /// Where the document stands in the notebook, if it is one of an output.
    private let origin: SourceRange?
    package private(set) var diagnostics: [Diagnostic] = []

    /// - Parameter origin: The place of the cell whose output the document is; `nil` for the notebook's own.
    package init(_ notebook: Notebook, origin: SourceRange? = nil) {
        self.notebook = notebook
        self.origin = origin
    }

    private static let conditional = ["content-visible", "content-hidden"]
    private static let conditions: Set<String> = ["when-format", "unless-format", "when-profile", "unless-profile", "when-meta", "unless-meta"]
    /// What a page is, of the names that Pandoc and Quarto have for formats.
    private static let formats: Set<String> = ["html", "html4", "html5", "html:js", "website", "web"]

    /// The document without what is hidden.
    mutating func removed(from document: MarkdownDocument) -> MarkdownDocument {
        let hidden = nodes(of: document)
        return hidden.isEmpty ? document : document.removing(hidden)
    }

    /// The nodes that are hidden, with their descendants, ascending.
    package mutating func nodes(of document: MarkdownDocument) -> [Range<Int>] {
        var hidden: [Range<Int>] = []
        var index = 0
        while index < document.nodes.count {
            let node = document.nodes[index]
            if Self.isForAnotherFormat(node.kind) || Self.attributes(of: node.kind).map({ isHidden($0, at: node.range) }) == true {
                hidden.append(index..<node.end)
                index = node.end
            } else {
                // What a program printed may be about such marks.
                if origin == nil { reportUnread(node) }
                index += 1
            }
        }
        return hidden
    }

    /// Pandoc's raw blocks, ```` ```{=latex} ````: what is for another format is nowhere in HTML.
    private static func isForAnotherFormat(_ kind: MarkdownNode.Kind) -> Bool {
        guard case .codeBlock(let block) = kind, block.isFenced, block.info.hasPrefix("{="), block.info.hasSuffix("}") else { return false }
        return !formats.contains(block.info.dropFirst(2).dropLast().lowercased())
    }

    /// Whether a division is shown under a condition: its marks say nothing to readers.
    package static func isConditional(_ kind: MarkdownNode.Kind) -> Bool {
        attributes(of: kind)?.classes.contains { conditional.contains($0) } == true
    }

    package static func attributes(of kind: MarkdownNode.Kind) -> MarkdownAttributes? {
        switch kind {
        case .division(let attributes), .span(let attributes), .heading(_, let attributes), .image(_, _, let attributes),
            .mathBlock(_, let attributes):
            return attributes.isEmpty ? nil : attributes
        case .callout(let callout): return callout.attributes
        case .codeBlock(let block):
            guard block.info.contains("{"), let brace = block.info.firstIndex(of: "{"), let end = block.info.lastIndex(of: "}"), brace < end else {
                return nil
            }
            let inner = block.info[block.info.index(after: brace)..<end]
            return MarkdownAttributes(parsing: inner) ?? MarkdownAttributes(parsing: inner.drop { $0 != " " && $0 != "," }.drop { $0 == "," })
        default: return nil
        }
    }

    /// Whether attributes say that what they stand at is not for this page. What cannot be understood is hidden, and told.
    private mutating func isHidden(_ attributes: MarkdownAttributes, at range: SourceRange) -> Bool {
        if attributes.classes.isEmpty { return false }
        var isHidden = attributes.classes.contains { $0 == "hidden" || $0 == "d-none" }
        for name in attributes.classes where !Self.conditional.contains(name) {
            guard let meant = Self.nearMiss(name) else { continue }
            report("“.\(name)” is no class that Galley knows, so it is not known whether this is to be shown", at: range, "did you mean “.\(meant)”?")
            isHidden = true
        }
        let isConditional = attributes.classes.contains { Self.conditional.contains($0) }
        guard isConditional else { return isHidden }
        if let text = attributes["unread"] {
            report(
                "“\(text)” cannot be read, so it is not known whether this is to be shown", at: range,
                "write it as `::: {.content-hidden when-format=\"html\"}`")
            return true
        }
        for pair in attributes.pairs
        where !Self.conditions.contains(pair.key) && !pair.key.hasPrefix("data-") && !["lang", "dir", "title"].contains(pair.key) {
            let meant = nearestName(to: pair.key, among: Self.conditions.sorted())
            report(
                "“\(pair.key)” is no condition for content, so it is not known whether this is to be shown", at: range,
                meant.map { "did you mean “\($0)”?" }
                    ?? "conditions are when-format, unless-format, when-profile, unless-profile, when-meta, unless-meta")
            isHidden = true
        }
        // With several conditions all have to hold, as in Quarto.
        let holds = attributes.pairs.allSatisfy(holds)
        if attributes.classes.contains("content-hidden"), holds { isHidden = true }
        if attributes.classes.contains("content-visible"), !holds { isHidden = true }
        return isHidden
    }

    private func holds(_ pair: MarkdownAttributes.Pair) -> Bool {
        let values = pair.value.lowercased().split { $0 == "," || $0 == " " || $0 == "|" }.map(String.init)
        switch pair.key {
        case "when-format": return values.contains(where: Self.formats.contains)
        case "unless-format": return !values.contains(where: Self.formats.contains)
        // Galley has no profiles.
        case "when-profile": return false
        case "when-meta": return isSet(pair.value)
        case "unless-meta": return !isSet(pair.value)
        default: return true
        }
    }

    /// Whether the front matter gives a key, or one in another (`a.b`), a value that is not false.
    private func isSet(_ key: String) -> Bool {
        let parts = key.split(separator: ".").map(String.init)
        guard let first = parts.first, var value = notebook.frontMatter.extra[first] else { return false }
        for part in parts.dropFirst() {
            guard let next = value[part] else { return false }
            value = next
        }
        switch value {
        case .null, .bool(false): return false
        default: return true
        }
    }

    private static func nearMiss(_ name: String) -> String? {
        func plain(_ text: String) -> String { String(text.lowercased().filter(\.isLetter)) }
        let letters = plain(name)
        guard letters.count > 6 else { return nil }
        let known = conditional.map(plain)
        if let index = known.firstIndex(of: letters) { return conditional[index] }
        return nearestName(to: letters, among: known, within: 2).flatMap { known.firstIndex(of: $0) }.map { conditional[$0] }
    }

    /// Says where the marks of hidden content stand as text: what they were to hide would be shown.
    private mutating func reportUnread(_ node: MarkdownNode) {
        let text: String
        switch node.kind {
        case .text(let content), .htmlBlock(let content): text = content
        default: return
        }
        guard text.utf8.contains(UInt8(ascii: "{")), Self.conditional.contains(where: { name in text.contains("." + name) }) else { return }
        report(
            "the mark of conditional content is not understood here, so what it was to hide would be shown", at: node.range,
            "a division stands on lines of its own, `::: {.content-hidden when-format=\"html\"}` and `:::`; a span is `[text]{.content-hidden}`")
    }

    private mutating func report(_ summary: String, at range: SourceRange, _ solution: String) {
        diagnostics.append(
            Diagnostic(
                .error, identifier: "conditional-content", summary: summary, path: notebook.file.path,
                range: SourceRange(start: (origin ?? range).start, end: (origin ?? range).start), solutions: [solution]))
    }
}
