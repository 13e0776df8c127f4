import CellExecutor
import ExecutionPlanner
import Groundwork
import JSON
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

    private func compare(_ old: String, _ new: String, _ tolerance: Double) -> [String] { compare(old, new) { $0.tolerance = tolerance } }

    @Test(
        "a measured number is found wherever it stands",
        arguments: [
            ("The mean is 3.99999.", "The mean is 3.99998."), ("13.6eV", "13.6001eV"),
            ("12.5%, 1,234.5 s, (3.14), [2.71], 3.0×10", "12.501%, 1,234.6 s, (3.1401), [2.7101], 3.001×10"),
            ("0.1234...0.5678", "0.12341...0.56781"), ("1e-7 m", "1.0001e-7 m"), ("x=-2.5;", "x=-2.5001;"), ("−2.5", "−2.5001"),
            ("+0.5", "+0.50001"),
            ("loss:0.5", "loss:0.50001"), (".5 and 1.5e3", ".50001 and 1.5001e3"), ("[0.5,0.25,1e-3]", "[0.50001,0.25001,1.0001e-3]"),
            ("1_234.5 1'234.5 1\u{202F}234.5", "1_234.6 1'234.6 1\u{202F}234.6"), ("(1.5, 2.5)…", "(1.5001, 2.5001)…"), ("-0.0", "0.0"),
            ("$3.50", "$3.501"),
            ("nan inf 1.0", "nan inf 1.0001"), ("1.5-2.5", "1.5001-2.5001"), ("5.0GB,6.0GB", "5.0001GB,6.0001GB"),
        ])
    func measured(old: String, new: String) {
        #expect(compare(old, new, 1e-3) == [])
        #expect(compare(old, new) != [] || old == "-0.0")
        #expect(compare(old, new, 1e-9) != [] || old == "-0.0")
    }

    @Test(
        "counts, dates, times, versions and names do not drift",
        arguments: [
            ("measured on 2024-01-05", "measured on 2024-01-06"), ("10000 rows", "10001 rows"), ("05.01.2024", "06.01.2024"),
            ("2024/01/05", "2024/01/06"),
            ("10,000 rows", "10,001 rows"), ("version 10.15", "version 10.16"), ("v10.15", "v10.16"), ("10.15.1", "10.15.2"),
            ("at 12:30:45.5", "at 12:30:45.6"),
            ("12:30", "12:31"), ("cell-1000", "cell-1001"), ("x1000.5", "x1000.6"), ("192.168.0.1", "192.168.0.2"),
            ("2024-01-05T12:00:00.25Z", "2024-01-05T12:00:00.26Z"),
            ("nan", "1.0"), ("1.0 m", "1.0 s"), ("1.0", "1.0 "), ("0x3f800000", "0x3f800001"), ("a1e5f", "a1e6f"), ("12e45678-9abc", "12e45679-9abc"),
            ("am 05.01. gemessen", "am 05.02. gemessen"), ("v1.2.3", "v1.2.4"), ("layer2.1500", "layer2.1501"), ("Python 3.11", "Python 3.12"),
            ("CUDA 12.4 is here", "CUDA 12.5 is here"), ("glibc 2.36-9", "glibc 2.37-9"), ("Fig. 3.14", "Fig. 3.15"), ("§3.14", "§3.15"),
            ("2.31rc1", "2.32rc1"), ("1.2.3-beta.4", "1.2.4-beta.4"), ("1.5,000", "1.6,000"), ("6.626e-34", "7.1e-34"), ("[1,234.5]", "[1,235.5]"),
            ("-1.5", "1.5"), ("1.5e3", "1.5e4"),
        ])
    func exact(old: String, new: String) {
        #expect(compare(old, new, 1e-3) != [])
        #expect(compare(old, old, 1e-3) == [])
    }

    @Test("near 0 the spacing of doubles around 1 is allowed, or what is asked for")
    func nearZero() {
        #expect(compare("residual: 1.1e-17", "residual: 0.0", 1e-6) == [])
        #expect(compare("residual: 1.1e-17", "residual: -3.2e-17", 1e-6) == [])
        #expect(compare("residual: 1.1e-10", "residual: 0.0", 1e-6) != [])
        #expect(compare("residual: 1.1e-10", "residual: 0.0") { $0.absoluteTolerance = 1e-9 } == [])
        #expect(compare("1.1e-17", "0.0") { ($0.tolerance, $0.absoluteTolerance) = (1e-6, 0) } != [])
    }

    @Test("what follows a name of software is measured where it has a unit or many digits")
    func namesBeforeMeasurements() {
        #expect(compare("numpy 12.5 ms", "numpy 12.501 ms", 1e-3) == [])
        #expect(compare("numpy 12.512", "numpy 12.513", 1e-3) == [])
        #expect(compare("torch   3.5", "torch   3.501", 1e-3) == [])
    }

    @Test("the order in which another program writes representations and members of JSON is no difference")
    func orderOfMembers() {
        let notebook = TinyNotebook.make([""])
        func value(_ members: [(String, MIMEBundle.Content)]) -> RunRecord { record([.result(MIMEBundle(members.map { .init($0.0, $0.1) }))]) }
        let (html, json): (MIMEBundle.Content, MIMEBundle.Content) = (.text("<b>"), .json(["b": 1, "a": 2]))
        let old = value([("text/html", html), ("application/json", json)])
        #expect(differences(between: old, and: value([("application/json", .json(["a": 2, "b": 1])), ("text/html", html)]), in: notebook) == [])
        #expect(
            differences(between: old, and: value([("application/json", .json(["a": 3, "b": 1])), ("text/html", html)]), in: notebook).count == 1)
        #expect(differences(between: old, and: value([("application/json", json)]), in: notebook).count == 1)
    }

    @Test("elements come in any order, and keys stay with their values")
    func unordered() {
        func isEqual(_ old: String, _ new: String) -> Bool { compare(old, new) { $0.unordered = true } == [] }
        #expect(isEqual("[\"x\": [1, 2], \"y\": [3]]", "[\"y\": [3], \"x\": [2, 1]]"))
        #expect(!isEqual("[\"x\": [1, 2], \"y\": [3]]", "[\"x\": [1, 3], \"y\": [2]]"))
        #expect(!isEqual("[\"x\": 1, \"y\": 2]", "[\"x\": 2, \"y\": 1]"))
        #expect(isEqual("Set([\"a, b\", \"c]\"])", "Set([\"c]\", \"a, b\"])"))
        #expect(!isEqual("(1, 2)", "(2, 1)") && !isEqual("f(a, b)", "f(b, a)"), "tuples and arguments have their order")
        #expect(isEqual("[(1, [2, 3]), (4, 5)]", "[(4, 5), (1, [3, 2])]") && isEqual("{a, b}", "{b, a}"))
        #expect(!isEqual("a, b", "b, a"), "nothing says that these are elements")
        #expect(isEqual("[a: 1]\n[b, c]", "[c, b]\n[a: 1]"))
        #expect(!isEqual(String(repeating: "[", count: 100_000), String(repeating: "[", count: 100_001)))
    }

    @Test("an output that came or went is a difference, whatever options say of its lines")
    func counts() {
        let one = record([.stream(.standardOutput, "a\n"), .stream(.standardError, "b")])
        let notebook = TinyNotebook.make([""]) { $1.unordered = true }
        #expect(differences(between: one, and: record([.stream(.standardOutput, "a\n")]), in: notebook).count == 1)
        #expect(differences(between: one, and: record([]), in: notebook).count == 1)
        let sized = record([.display(MIMEBundle(plainText: "x"), metadata: ["width": 3])])
        #expect(differences(between: sized, and: record([.display(MIMEBundle(plainText: "x"), metadata: ["width": 4])]), in: notebook).count == 1)
    }

    @Test("forty thousand lines that all differ are compared, and the first are shown")
    func long() throws {
        let (old, new) = ((0..<40_000).map { "\($0 &* 7)" }.joined(separator: "\n"), (0..<40_000).map { "\($0 &* 11 + 1)" }.joined(separator: "\n"))
        let details = try #require(compare(old, new) { $0.tolerance = 1e-3 }.first).split(separator: "\n")
        #expect(details.count == 15)
        #expect(details.last?.hasSuffix("more lines") == true)
    }

    /// A record that says which of its numbers were addresses.
    private func addressed(_ text: String, _ addresses: Set<String>) -> RunRecord {
        var record = record(text)
        (record.cells[0].inputs, record.cells[0].addresses) = (ContentKey(["inputs"]), addresses)
        return record
    }

    @Test("addresses are not compared, and constants that look like some are")
    func addresses() {
        let notebook = TinyNotebook.make([""])
        func count(_ old: RunRecord, _ new: RunRecord) -> Int { differences(between: old, and: new, in: notebook).count }
        let (a, b) = ("0x00007f1200000010", "0x00007f1300000010")
        #expect(count(addressed("at \(a)", [a]), addressed("at \(b)", [b])) == 0)
        #expect(count(addressed("at \(a)", []), addressed("at \(b)", [])) == 1)
        #expect(count(addressed("\(a) is 0xdeadbeef", [a]), addressed("\(b) is 0xdeadbeee", [b])) == 1)
        #expect(compare("0xff", "0xfe") != [])
    }

    @Test("records of earlier versions are told by the form of their numbers")
    func addressesByForm() {
        #expect(compare("at 0x00007f1200000010", "at 0x00007f1300000010") == [])
        #expect(compare("at 0x7f1200000010", "at 0x7f1300000010") == [])
        for (old, new) in [
            ("0x3f800000", "0x3f800001"), ("0x400921fb54442d18", "0x400921fb54442d19"), ("0xdeadbeef", "0xdeadbeee"),
            ("0x123456789abc", "0x123456789abd"),
            ("0x00000000deadbeef", "0x00000000deadbeee"),
        ] { #expect(compare(old, new) != []) }
    }
}
