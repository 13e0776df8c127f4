import CellExecutor
import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

@Suite("Comparing records")
struct ComparisonTests {
    private func record(_ text: String) -> RunRecord { record([.stream(.standardOutput, text)]) }

    private func record(_ outputs: [CellOutput]) -> RunRecord {
        RunRecord(
            mode: .fresh,
            cells: [
                CellRecord(
                    id: "cell-1", key: ContentKey([]), status: .succeeded, outputs: outputs, source: "", executionCount: 1,
                    duration: 0, residentBytes: nil)
            ],
            environment: RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 1, gpus: []), parameters: [], date: "", duration: 0)
    }

    private func compare(_ old: String, _ new: String, _ change: (inout CellOptions) -> Void = { _ in }) -> [String] {
        let notebook = TinyNotebook.make([""]) { _, options in change(&options) }
        return differences(between: record(old), and: record(new), in: notebook).map(\.description)
    }

    @Test("a difference names notebook, line and cell, and shows both lines")
    func readable() {
        #expect(compare("a\nb\nc\n", "a\nx\nc\n") == ["post.md:10: cell-1 differs from the record\n  stdout:\n  - b\n  + x"])
        #expect(compare("a\n", "a\n") == [])
    }

    @Test("of a long line the part that differs is shown")
    func longLines() {
        let (before, after) = (String(repeating: "before ", count: 500), String(repeating: " after", count: 500))
        let details = compare(before + "old" + after, before + "new thing" + after).first?.split(separator: "\n").dropFirst(2)
        let (start, end) = ("…" + before.suffix(30), after.prefix(30) + "…")
        #expect(details.map(Array.init) == ["  - \(start)old\(end)", "  + \(start)new thing\(end)"])
        let (left, right) = (String(repeating: "a", count: 1000), String(repeating: "b", count: 2000))
        #expect(
            compare(left, right).first == "post.md:10: cell-1 differs from the record\n  stdout:\n  - \(left.prefix(160))…\n  + \(right.prefix(160))…"
        )
        #expect(compare(left, "\(right)\nc").first?.contains("  - \(left.prefix(160))…\n  + \(right.prefix(160))…\n  + c") == true)
    }

    @Test("of several representations of a value one is shown, the others are named")
    func representations() {
        func value(_ text: String, _ plain: String) -> RunRecord {
            record([
                .result(
                    MIMEBundle([
                        .init("text/html", .text("<p>\(text)</p>")),
                        .init("image/svg+xml", .text("<svg>\(text)</svg>")),
                        .init("text/plain", .text(plain)),
                    ]))
            ])
        }
        let notebook = TinyNotebook.make([""])
        #expect(
            differences(between: value("a", "same"), and: value("b", "same"), in: notebook).map(\.details) == [
                ["value text/html:", "- <p>a</p>", "+ <p>b</p>", "value image/svg+xml: differs, too"]
            ])
        #expect(
            differences(between: value("a", "x"), and: value("b", "y"), in: notebook).map(\.details) == [
                ["value text/plain:", "- x", "+ y", "value text/html: differs, too", "value image/svg+xml: differs, too"]
            ])
    }

    @Test("volatile cells may differ; numbers within the tolerance and elements in any order are equal")
    func options() {
        #expect(compare("a", "b") { $0.volatile = true } == [])
        #expect(compare("loss 1.0000 at 3", "loss 1.0004 at 3") { $0.tolerance = 1e-3 } == [])
        #expect(compare("loss 1.0000", "loss 1.01") { $0.tolerance = 1e-3 } != [])
        #expect(compare("loss 1.0", "gain 1.0") { $0.tolerance = 1e-3 } != [])
        #expect(compare("[\"a\": 1, \"b\": 2]", "[\"b\": 2, \"a\": 1]") { $0.unordered = true } == [])
        #expect(compare("a\nb", "b\na") { $0.unordered = true } == [])
        #expect(compare("a\nb", "b\na") != [])
    }

    @Test("addresses are not compared")
    func addresses() {
        #expect(compare("at 0x00007f1200", "at 0x00007f1300") == [])
        #expect(compare("0xff", "0xfe") != [])
    }
}
