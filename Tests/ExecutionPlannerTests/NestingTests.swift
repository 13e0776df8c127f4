import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

/// Code that is nested so deep that a parser would run out of stack or of time.
@Suite("Deep code")
struct NestingTests {
    private func analysis(_ source: String) -> CellAnalysis {
        CellAnalysis(
            Cell(
                id: "c", kind: .code, source: source, firstLine: 1, indentation: 0, range: SourceRange(lines: 1...1), options: CellOptions(),
                writtenSource: source, infoString: "swift"), path: "post.md")
    }

    private func isRefused(_ source: String) -> Bool { analysis(source).diagnostics.contains { $0.identifier == "nested-too-deep" } }

    @Test(
        "brackets of each kind, closed or not, are refused with a place and a way out",
        arguments: ["(", "[", "{", "f(", "[[]: [", "{ (a) in ", "\"\\("])
    func brackets(opening: String) {
        for count in [100, 3000] {
            let source = "let a = " + String(repeating: opening, count: count)
            #expect(isRefused(source))
            #expect(classifySwift(source).isEmpty)
        }
        #expect(!analysis(String(repeating: opening, count: 100)).isEmpty)
    }

    @Test(
        "what is nested without brackets ends, too",
        arguments: [
            "try ", "await ", "-x - ", "a.b.", "a ? b : ", "!", "- ", "if a {} else ", "some ", "x as ", "@a ", "Int -> ", "A<", "&", "\\", "case ",
            "repeat ", "#if a\n", "a = ", "inout ", "return ", "/*", "\"",
        ])
    func chains(part: String) {
        for count in [300, 3000] {
            let source = String(repeating: part, count: count) + "x"
            _ = analysis(source)
            _ = classifySwift(source)
        }
    }

    @Test("code as people write it is read")
    func ordinary() {
        #expect(!isRefused("let a = [[[[1, 2]]]]\nfunc f() { if a { while b { switch c { case 1: g(h(i(j([k: { $0 }])))) default: break } } } }"))
        #expect(!isRefused("let chart = Chart()" + (0..<150).map { ".line([\($0)])" }.joined()))
        #expect(!isRefused("let text = \"((((" + String(repeating: "(", count: 200) + "\" // [[[[" + String(repeating: "[", count: 200)))
        #expect(
            !isRefused(
                "let raw = #\"\"\"\n" + String(repeating: "{\n", count: 200) + "\"\"\"#\n/* /* " + String(repeating: "(", count: 200) + " */ */"))
        #expect(!isRefused("let values = [" + (0..<20_000).map { "\($0)" }.joined(separator: ", ") + "]"))
        #expect(classifySwift("let a = 1").map(\.kind) == [.keyword, .identifier, .number] || !classifySwift("let a = 1").isEmpty)
    }
}
