public import Groundwork
public import NotebookModel
public import SourceText

extension SitePage {
    /// Writes what rendering made of a notebook without cells; the rest is in the notebook's text.
    public func write(into writer: inout ByteWriter) {
        writer.write(fallbackTitle)
        writer.write(body)
        Self.write(contents, into: &writer)
        writer.write(summary)
        writer.write(readingMinutes ?? 0)
        writer.write(linkPlaces.sorted { $0.key < $1.key }) { writer, place in
            writer.write(place.key)
            for number in [place.value.start.line, place.value.start.column, place.value.end.line, place.value.end.column] { writer.write(number) }
        }
    }

    /// Reads what ``write(into:)`` wrote.
    public init(
        _ reader: inout ByteReader, sourcePath: String, file: SourceFile, frontMatter: FrontMatter
    ) throws(ByteReader.Damage) {
        let title = try reader.optionalText()
        let body = try reader.content()
        let contents = try Self.contents(&reader, depth: 0)
        let summary = try reader.optionalText()
        let minutes = try reader.signed()
        self.init(
            sourcePath: sourcePath, file: file, frontMatter: frontMatter, fallbackTitle: title, body: body, contents: contents, summary: summary,
            readingMinutes: minutes == 0 ? nil : minutes)
        let places = try reader.list { (reader) throws(ByteReader.Damage) in
            let value = try reader.text()
            let start = SourceLocation(line: try reader.signed(), column: try reader.signed())
            return (value, SourceRange(start: start, end: SourceLocation(line: try reader.signed(), column: try reader.signed())))
        }
        linkPlaces = Dictionary(places, uniquingKeysWith: { first, _ in first })
    }

    private static func write(_ entries: [ContentsEntry], into writer: inout ByteWriter) {
        writer.write(entries) { writer, entry in
            writer.write(entry.id)
            writer.write(entry.title)
            write(entry.children, into: &writer)
        }
    }

    private static func contents(_ reader: inout ByteReader, depth: Int) throws(ByteReader.Damage) -> [ContentsEntry] {
        // Headings have six levels.
        guard depth < 8 else { throw ByteReader.Damage() }
        return try reader.list { (reader) throws(ByteReader.Damage) in
            ContentsEntry(id: try reader.text(), title: try reader.text(), children: try contents(&reader, depth: depth + 1))
        }
    }
}
