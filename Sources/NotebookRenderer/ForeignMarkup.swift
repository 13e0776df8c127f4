internal import Markdown
internal import NotebookModel
internal import SourceText

/// Markup of other tools that is text to Galley: comments, which would be published, and tags, which would be shown.
enum ForeignMarkup {
    private struct Comment {
        /// What it begins with; the end may stand in another paragraph.
        var start: String
        var name: String
    }

    private static let comments = [
        Comment(start: "{% comment", name: "Liquid"), Comment(start: "{%- comment", name: "Liquid"), Comment(start: "{{/*", name: "Hugo"),
        Comment(start: "{{< comment", name: "Hugo"), Comment(start: "{{% comment", name: "Hugo"), Comment(start: "{/*", name: "MDX"),
        Comment(start: "{::comment", name: "kramdown"), Comment(start: "\\begin{comment}", name: "LaTeX"),
    ]
    private static let tags = [
        (start: "{%", end: "%}", name: "tags of Liquid"), (start: "{{<", end: ">}}", name: "shortcodes of Hugo and Quarto"),
        (start: "{{%", end: "%}}", name: "shortcodes of Hugo"), (start: "![[", end: "]]", name: "embeddings of Obsidian"),
    ]

    /// Says where a notebook's text holds a comment of another tool, an error, and where tags, once for each kind.
    static func diagnostics(_ document: MarkdownDocument, in notebook: Notebook) -> [Diagnostic] {
        let text = notebook.file.text
        guard ["{%", "{{", "%%", "{/*", "{::", "\\begin{comment}", "![["].contains(where: { text.contains($0) }) else { return [] }
        var result: [Diagnostic] = []
        var told: Set<String> = []
        func tell(_ severity: Diagnostic.Severity, _ name: String, _ summary: String, _ solution: String, _ node: MarkdownNode) {
            guard told.insert(name).inserted else { return }
            result.append(
                Diagnostic(
                    severity, identifier: "foreign-markup", summary: summary, path: notebook.file.path,
                    range: SourceRange(start: node.range.start, end: node.range.start), solutions: [solution]))
        }
        for node in document.nodes {
            guard case .text(let text) = node.kind else { continue }
            if let comment = comment(in: text) {
                tell(
                    .error, comment, "this comment of \(comment) would be published with the text",
                    "write it between <!-- and -->, take it out, or write it as code where it is meant so", node)
            } else if let tag = tags.first(where: { text.contains($0.start) && text.contains($0.end) }) {
                tell(
                    .warning, tag.name, "\(tag.name) have no effect, so “\(tag.start) … \(tag.end)” is shown as text",
                    "write it as code where it is meant so", node)
            }
        }
        return result
    }

    /// The tool whose comment begins in a text.
    private static func comment(in text: String) -> String? {
        comments.first { $0.name == "MDX" ? isMDXComment(text) : text.contains($0.start) }?.name ?? (isObsidianComment(text) ? "Obsidian" : nil)
    }

    /// Whether there is a comment of MDX but for Docusaurus's marks of where a summary ends, which keep nothing from readers.
    private static func isMDXComment(_ text: String) -> Bool {
        text.split(separator: "{/*", omittingEmptySubsequences: false).dropFirst().contains { part in
            guard let end = part.firstRange(of: "*/}") else { return true }
            return !["truncate", "more"].contains(String(part[..<end.lowerBound]).trimmed)
        }
    }

    /// `%%secret%%` or `%% secret %%` that stands among words as one of them, or the fence of a comment alone on a line.
    ///
    /// Formats of printf, magics of Jupyter and variables of Windows have such marks, too, which part no text in this way.
    private static func isObsidianComment(_ text: String) -> Bool {
        if text.trimmed == "%%" { return true }
        let parts = text.split(separator: "%%", omittingEmptySubsequences: false)
        // Whether a mark opened what begins with a word, and what begins with white space.
        var (isOpenTight, isOpenLoose) = (false, false)
        for (before, after) in zip(parts, parts.dropFirst()) {
            let isAfterSpace = before.last?.isWhitespace ?? false
            let closes = after.first.map { $0.isWhitespace || ".,;:!?)".contains($0) } ?? true
            if closes, isAfterSpace ? isOpenLoose : isOpenTight, !before.isEmpty { return true }
            let opens = before.startIndex == text.startIndex && before.isEmpty || isAfterSpace
            guard opens, let first = after.first, first != "%", after.contains(where: { !$0.isWhitespace }) else { continue }
            if first.isWhitespace { isOpenLoose = true } else { isOpenTight = true }
        }
        return false
    }
}
