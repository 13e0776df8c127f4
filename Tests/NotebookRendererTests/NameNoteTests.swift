import Groundwork
import JSON
import Markdown
import NotebookModel
import NotebookParser
import NotebookRenderer
import SourceText
import Testing

@Suite("Notes on names")
struct NameNoteTests {
    /// The page of one cell, with notes at the first place of each name.
    private func page(_ text: String, _ notes: [(name: String, declaration: String, summary: String?)]) -> String {
        let (parsed, _) = NotebookParsing.parse(SourceFile(path: "post.md", text: text))
        let cells = parsed.notebook.cells.map { cell in
            var record = CellRecord(
                id: cell.id, key: ContentKey([""]), status: .succeeded, outputs: [], source: cell.source, executionCount: 1, duration: 0,
                residentBytes: nil)
            record.names = notes.compactMap { note in
                cell.source.utf8.firstRange(of: note.name.utf8).map { range in
                    NameNote(
                        offset: cell.source.utf8.distance(from: cell.source.startIndex, to: range.lowerBound), length: note.name.utf8.count,
                        declaration: note.declaration, summary: note.summary, isDeclaration: note.name == "points")
                }
            }
            return record
        }
        let record = RunRecord(
            mode: .fresh, cells: cells, environment: RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 1, gpus: []),
            parameters: [], date: "", duration: 0)
        return PageRenderer.render(parsed.notebook, document: parsed.document, record: record) { source in
            // Every word is an identifier, but those in capitals are types.
            var spans: [SyntaxSpan] = []
            var start = 0
            for word in source.utf8.split(omittingEmptySubsequences: false, whereSeparator: { !(0x41...0x7A).contains($0) }) {
                if !word.isEmpty {
                    spans.append(SyntaxSpan(offset: start, length: word.count, kind: (word.first ?? 0) < 0x61 ? .type : .identifier))
                }
                start += word.count + 1
            }
            return spans
        }.bodyText
    }

    @Test("each text stands once in the code's style, and names refer to it")
    func markup() {
        let body = page(
            "```swift\n#| label: a\nlet points = Point(x)\n```\n",
            [("points", "let points: [Point]", nil), ("Point", "struct Point", "A point."), ("x", "let points: [Point]", nil)])
        #expect(
            body.contains(
                """
                <code class="language-swift" style="--n0:'let points: [Point]';--n1:'struct Point\\a A point.'">\
                let <span class="name" style="--n:var(--n0)" tabindex="0">points</span> = \
                <span class="name tok-type" style="--n:var(--n1)">Point</span>(<span class="name" style="--n:var(--n0)">x</span>)</code>
                """))
    }

    @Test("a note can end neither its string, its attribute nor its element")
    func escaping() {
        let hostile = "</code><script>alert(1)</script>' \" ; } \\ url(//evil) /* &quot;\u{0}"
        let body = page("```swift\nx\n```\n", [("x", hostile, hostile + "\nline")])
        #expect(!body.contains("<script"))
        let style = body.split(separator: "style=\"")[1].prefix { $0 != "\"" }
        #expect(style.hasPrefix("--n0:'"))
        #expect(style.hasSuffix("'"))
        #expect(!style.dropFirst(6).dropLast().contains { "'\"<>\n\u{0}".contains($0) })
        // Every backslash begins a code point and the space that ends it.
        for piece in style.split(separator: "\\").dropFirst() {
            let digits = piece.prefix(while: \.isHexDigit)
            #expect(!digits.isEmpty && piece.dropFirst(digits.count).first == " ", "\(piece)")
        }
    }

    @Test("a notebook that says `hover: false`, and a source that changed since, have none")
    func silence() {
        #expect(!page("---\nhover: false\n---\n\n```swift\nx\n```\n", [("x", "let x: Int", nil)]).contains("--n"))
        // The note's length is not that of the word that stands there now.
        #expect(!page("```swift\nxyz\n```\n", [("x", "let x: Int", nil)]).contains("class=\"name\""))
    }
}
