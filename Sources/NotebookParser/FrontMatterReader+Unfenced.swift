internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Keys that stand where Galley reads none: lines at the head without fences, and blocks further down.
extension FrontMatterReader {
    /// The keys that Pelican and MultiMarkdown have at the head of a file.
    private static let headerKeys: Set<String> = [
        "title", "subtitle", "author", "authors", "date", "modified", "tags", "category", "categories", "slug", "summary", "status", "lang",
        "template", "keywords",
    ]

    /// Says where a text begins with lines that would keep it back, were they front matter: Pelican's, or between other fences.
    mutating func reportUnfenced() {
        var line = 1
        while line < file.lineCount, FrontMatterBlock.bare(file.line(line)).isEmpty { line += 1 }
        let first = file.line(line)
        if first.hasPrefix("```") || first.hasPrefix("    ") || first.hasPrefix("\t") { return }
        let start = line
        let isHeader = Self.headerKeys.contains(FrontMatterBlock.key(of: FrontMatterBlock.bare(first), before: ":")?.lowercased() ?? "")
        let end = min(line + 40, file.lineCount)
        while line <= end {
            let text = FrontMatterBlock.bare(file.line(line))
            if text.isEmpty { break }
            if reportHeld(text, line: line, isHeader: isHeader) { return }
            line += 1
        }
        // One such line may be a sentence; two are a header.
        let second = FrontMatterBlock.key(of: FrontMatterBlock.bare(file.line(min(start + 1, file.lineCount))), before: ":")?.lowercased() ?? ""
        guard isHeader, Self.headerKeys.contains(second) else { return }
        report(
            .warning, "unfenced-keys", "these keys stand in no front matter, so they are part of the text", at: range(ofLine: start, first),
            ["put them between two lines `---`"])
    }

    /// Says where a block of metadata further down, as Pandoc reads them, would keep the page back.
    ///
    /// - Parameter bodyLine: the line after the front matter.
    mutating func reportLaterBlocks(from bodyLine: Int) {
        // Most texts have no such line.
        guard file.text.utf8.count > 8, file.text.contains("\n---") else { return }
        reportCutBlock(from: bodyLine)
        var line = bodyLine
        var fence: Character?
        while line < file.lineCount {
            let text = FrontMatterBlock.bare(file.line(line), lead: false)
            line += 1
            let mark = text.drop { $0 == " " }
            if mark.hasPrefix("```") || mark.hasPrefix("~~~") {
                if fence == nil { fence = mark.first } else if fence == mark.first { fence = nil }
            }
            guard fence == nil, text == "---" else { continue }
            let isAtStart = line - 2 < bodyLine || FrontMatterBlock.bare(file.line(line - 2)).isEmpty
            guard isAtStart, FrontMatterBlock.key(of: FrontMatterBlock.bare(file.line(line)), before: ":") != nil else { continue }
            for inner in line...min(line + 40, file.lineCount) {
                let text = FrontMatterBlock.bare(file.line(inner), lead: false)
                if text == "---" || text == "..." { break }
                if reportHeld(text, line: inner, isHeader: false) { return }
            }
        }
    }

    /// Says where front matter ended early, at a line `---` of one of its own texts: the keys behind it end with another.
    private mutating func reportCutBlock(from bodyLine: Int) {
        guard bodyLine > 1 else { return }
        var line = bodyLine
        var held: Int?
        while line <= min(bodyLine + 40, file.lineCount), case let text = FrontMatterBlock.bare(file.line(line), lead: false), !text.isEmpty {
            if text == "---" {
                if let held { _ = reportHeld(FrontMatterBlock.bare(file.line(held)), line: held, isHeader: false) }
                return
            }
            guard FrontMatterBlock.key(of: text, before: ":") != nil else { return }
            if held == nil, Self.keepsBack(text) { held = line }
            line += 1
        }
    }

    private mutating func reportHeld(_ text: String, line: Int, isHeader: Bool) -> Bool {
        guard Self.keepsBack(text, isHeader: isHeader) else { return false }
        report(
            .error, "unclear-publication", "“\(text)” stands in no front matter, so it would be published with the text",
            at: range(ofLine: line, text), ["put the keys at the head of the file between two lines `---`"])
        return true
    }

    /// Whether a line is a key and a value that keep a page back, in whichever format.
    static func keepsBack(_ text: String, isHeader: Bool = false) -> Bool {
        [":", "="].contains { (mark: Character) in
            guard let name = FrontMatterBlock.key(of: text, before: mark), let end = text.firstIndex(of: mark) else { return false }
            let value = trimmed(text[text.index(after: end)...].filter { !"\"',;".contains($0) })
            return keepsBack(name.lowercased(), value, isHeader: isHeader)
        }
    }

    private func range(ofLine line: Int, _ text: String) -> SourceRange {
        SourceRange(start: SourceLocation(line: line, column: 1), end: SourceLocation(line: line, column: 1 + text.utf8.count))
    }

    private static func keepsBack(_ name: String, _ value: String, isHeader: Bool) -> Bool {
        let tree = YAMLTree(content: .scalar(value, isPlain: true), place: SourceLocation(line: 1, column: 1))
        if stateKeys.contains(name) || isHeader && nearestName(to: name, among: stateKeys, within: 2) != nil {
            return heldStates.contains(words(value))
        }
        // A day may be one that is to come.
        if isHeader && name == "date" || publishDates.contains(name) || expiryDates.contains(name) { return PostDate(value) != nil }
        if heldWhenFalse.contains(name) { return tree.truth == false }
        return tree.truth == true && (heldWhenTrue.contains(name) || name == "darft" || name == "dratf")
    }
}
