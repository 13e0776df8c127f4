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

    /// Words after `swift` that keep the code from being run, as Rust's documentation and other tools have them.
    private static let notRun: Set<String> = ["noeval", "no-eval", "norun", "no-run", "no_run", "ignore", "skip"]

    init(_ info: String, place: SourceLocation) {
        for word in info.prefix(while: { $0 != "{" }).split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "," }).dropFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map { String($0.filter { !"\"'".contains($0) }) }
            let value = Self.notRun.contains(word.lowercased()) ? "false" : parts.first == "eval" && parts.count == 2 ? parts[1].lowercased() : nil
            guard let value else { continue }
            options.append(
                (YAMLTree(content: .scalar("eval", isPlain: true), place: place), YAMLTree(content: .scalar(value, isPlain: true), place: place)))
        }
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
