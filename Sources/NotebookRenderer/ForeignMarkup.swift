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
            if let comment = comments.first(where: { text.contains($0.start) })?.name ?? (isObsidianComment(text) ? "Obsidian" : nil) {
                tell(
                    .error, comment, "this comment of \(comment) would be published with the text", "write it between <!-- and -->, or take it out",
                    node)
            } else if let tag = tags.first(where: { text.contains($0.start) && text.contains($0.end) }) {
                tell(
                    .warning, tag.name, "\(tag.name) have no effect, so “\(tag.start) … \(tag.end)” is shown as text",
                    "write it as code where it is meant so", node)
            }
        }
        return result
    }

    /// `%%…%%` whose marks stand at words' ends, or its fence alone on a line.
    private static func isObsidianComment(_ text: String) -> Bool {
        if text.trimmed == "%%" { return true }
        let parts = text.split(separator: "%%", omittingEmptySubsequences: false)
        func isWord(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber || $0 == "%" } ?? false }
        return parts.indices.dropLast(2).contains { !isWord(parts[$0].last) && !parts[$0 + 1].isEmpty && !isWord(parts[$0 + 2].first) }
    }
}
