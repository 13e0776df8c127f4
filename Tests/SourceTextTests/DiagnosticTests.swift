import Groundwork
import SourceText
import Testing

@Suite struct DiagnosticTests {
    @Test("a diagnostic names its place, related places and ways out")
    func description() {
        let range = SourceRange(lines: 3...3)
        let diagnostic = Diagnostic(
            .warning, identifier: "unknown-option", summary: "unknown option \"ech\"", path: "post.md", range: range,
            solutions: ["did you mean \"echo\"?"], notes: [.init(message: "the cell starts here", path: "post.md", range: SourceRange(lines: 2...2))])
        #expect(
            diagnostic.description == """
                post.md:3:1: warning: unknown option "ech"
                post.md:2:1: note: the cell starts here
                  help: did you mean "echo"?
                """)
        #expect(Diagnostic(.error, identifier: "x", summary: "no such file", path: "post.md").description == "post.md: error: no such file")
    }

    @Test("the caret stands beneath its column, after tabs and wide characters too")
    func rendering() {
        let file = SourceFile(path: "p", text: "x\n\té = 1\n")
        let start = SourceLocation(line: 2, column: 4)
        let diagnostic = Diagnostic(.error, identifier: "x", summary: "s", path: "p", range: SourceRange(start: start, end: start))
        #expect(diagnostic.rendered(in: file) == "p:2:4: error: s\n2 | \té = 1\n  | \t ^")
        let outside = SourceLocation(line: 9, column: 0)
        #expect(
            Diagnostic(.error, identifier: "x", summary: "s", path: "p", range: SourceRange(start: outside, end: outside)).rendered(in: file)
                == "p:9:0: error: s")
    }

    @Test("of a long line what is around the column is shown, in whole characters")
    func longLine() {
        let file = SourceFile(path: "p", text: String(repeating: "é", count: 100_000) + "here" + String(repeating: "é", count: 100_000))
        let start = SourceLocation(line: 1, column: 200_001)
        let text = Diagnostic(.error, identifier: "x", summary: "s", path: "p", range: SourceRange(start: start, end: start)).rendered(in: file)
        let lines = text.split(separator: "\n")
        #expect(lines[1] == "1 | …" + String(repeating: "é", count: 80) + "here" + String(repeating: "é", count: 78) + "…")
        #expect(lines[2] == "  |  " + String(repeating: " ", count: 80) + "^")
    }

    @Test("severities are ordered")
    func severities() {
        #expect([Diagnostic.Severity.error, .note, .warning].sorted() == [.note, .warning, .error])
    }

    static let suggestions: [(word: String, nearest: String?)] = [
        ("ech", "echo"), ("ehco", "echo"), ("EVAL", "eval"), ("outputs", "output"), ("warnign", "warning"), ("xyz", nil), ("zzzzzzzzzz", nil),
        ("e", nil),
    ]

    @Test("a misspelt word finds the nearest candidate, a strange one none", arguments: suggestions)
    func suggestion(word: String, nearest: String?) {
        #expect(nearestName(to: word, among: ["echo", "eval", "output", "warning", "include"]) == nearest)
        #expect(nearestName(to: word, among: [String]()) == nil)
        #expect(nearestName(to: String(repeating: word, count: 100_000), among: ["echo"]) == nil)
    }
}
