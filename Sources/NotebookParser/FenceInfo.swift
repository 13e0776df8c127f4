internal import Markdown
internal import SourceText

/// What a fence's info string says: `swift`, `{swift}`, `{swift #label .class key=value}`, `{swift, key=value}`.
///
/// `{.swift}` names a class of the block, as Pandoc and Quarto have it: that code is shown and never run.
struct FenceInfo {
    /// What an inline code that is an inline value begins with.
    static let inlineMark = "{swift} "

    /// Whether the fence holds Swift to run.
    static func isCell(_ info: String) -> Bool {
        if info.hasPrefix("{") {
            let inner = info.dropFirst().drop { $0 == " " }
            return inner.prefix { $0 != " " && $0 != "," && $0 != "}" } == "swift"
        }
        return info.prefix { $0 != " " && $0 != "\t" } == "swift"
    }

    /// The options that the braces set, in the order written.
    var options: [(key: YAMLTree, value: YAMLTree)] = []

    init(_ info: String, place: SourceLocation) {
        guard let brace = info.firstIndex(of: "{"), let closing = info.lastIndex(of: "}"), brace < closing else { return }
        var inner = info[info.index(after: brace)..<closing].drop { $0 == " " }
        if inner.hasPrefix("swift") { inner = inner.dropFirst("swift".count) }
        // knitr separates by commas, Pandoc by spaces.
        let text = inner.replacing(",", with: " ")
        guard let attributes = MarkdownAttributes(parsing: text) else { return }
        func tree(_ text: String, isPlain: Bool = true) -> YAMLTree { YAMLTree(content: .scalar(text, isPlain: isPlain), place: place) }
        if let id = attributes.id { options.append((tree("label"), tree(id, isPlain: false))) }
        for pair in attributes.pairs where pair.key != "title" && pair.key != "filename" {
            options.append((tree(pair.key), tree(pair.value)))
        }
    }
}
