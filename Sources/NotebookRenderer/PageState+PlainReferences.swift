internal import Markdown

/// References and citations where there is no markup: alternative texts, summaries, the text that is searched.
extension PageState {
    /// What a reader reads of a text in Markdown's inlines: its words, references and citations as the page shows them.
    func plainText(ofInline markdown: String) -> String { plain(MarkdownDocument(parsing: markdown).plainText(of: 0)) }

    /// A text with its references (`@fig-a`) and citations (`[see @a, p. 3]`, `@a [p. 3]`) in words; what is unknown stays as written.
    func plain(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "["), let (items, end) = CitationReading.group(in: bytes, at: index),
                items.allSatisfy({ citations[$0.key] != nil })
            {
                result += "(\(items.map(plain).joined(separator: "; ")))".utf8
                index = end
            } else if bytes[index] == UInt8(ascii: "@"), let (words, end) = plainReference(in: bytes, at: index) {
                if CitationReading.isSuppressed(index, in: bytes[...]), result.last == UInt8(ascii: "-"), words.hasPrefix("(") { result.removeLast() }
                result += words.utf8
                index = end
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private func plainReference(in bytes: [UInt8], at index: Int) -> (words: String, end: Int)? {
        guard CitationReading.begins(index, in: bytes[...]), let (key, end) = CitationReading.key(in: bytes[...], at: index) else { return nil }
        if let target = references[key] { return (target.name, end) }
        guard let entry = citations[key] else { return nil }
        let locator = CitationReading.locator(in: bytes, at: end)
        let year = "(\(entry.year)\(locator.map { ", \($0.text)" } ?? ""))"
        return (CitationReading.isSuppressed(index, in: bytes[...]) ? year : "\(entry.shortNames) \(year)", locator?.end ?? end)
    }

    private func plain(_ item: CitationItem) -> String {
        guard let entry = citations[item.key] else { return item.key }
        let work = item.suppressesAuthor ? entry.year : "\(entry.shortNames) \(entry.year)"
        let gap = item.suffix.isEmpty || item.suffix.first.map { ",.;:".contains($0) } == true ? "" : " "
        return (item.prefix.isEmpty ? "" : item.prefix + " ") + work + gap + item.suffix
    }
}
