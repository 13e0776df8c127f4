import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import SourceText
import Testing

@Suite("Running cells", .serialized)
struct RunningTests {
    @Test("state, functions, types and displays carry over, in order")
    func stateCarriesOver() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "var x = 41\nstruct Point { var a = 1 }\nfunc twice(_ n: Int) -> Int { n * 2 }",
                "x += 1\nprint(x)\ndisplay(html: \"<b>hi</b>\")\nprint(\"after\")\n[Point()]",
                "twice(x)",
                "x = 5",
                "x;",
                "x == 5",
            ]))
        #expect(outcome.diagnostics == [])
        #expect(outcome.failure == nil)
        #expect(
            outcome.record?.dump == [
                #"cell-2 out: "42\n""#, "cell-2 display: <b>hi</b>", #"cell-2 out: "after\n""#, "cell-2 result: [Point(a: 1)]",
                "cell-3 result: 84", "cell-6 result: true",
            ])
    }

    @Test("sets and dictionaries have the same order in every run, here and behind a command")
    func order() async throws {
        let notebook = TinyNotebook.make(["Set(0..<50)", "Dictionary(uniqueKeysWithValues: (0..<50).map { (\"key \\($0)\", $0) })"])
        let first = try await TinyNotebook.run(notebook)
        let again = try await TinyNotebook.run(notebook)
        let host = try TinyNotebook.executor.get().toolchain.host
        let elsewhere = try await TinyNotebook.run(notebook) { $0.hostCommand = "unset SWIFT_DETERMINISTIC_HASHING; exec \(host)" }
        #expect(first.record?.dump.count == 2)
        #expect(first.record?.dump == again.record?.dump)
        #expect(first.record?.dump == elsewhere.record?.dump)
    }

    @Test("try and await work at the top level")
    func awaiting() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "func load(_ n: Int) async throws -> Int { try await Task.sleep(nanoseconds: 1000); return n }\nlet m = try await load(3)",
                "for i in 0..<2 { if try await load(i) == 1 { print(i) } }\nlet s = AsyncStream<Int> { $0.yield(7); $0.finish() }\nfor await v in s { print(\"got\", v) }\ntry await load(m) + 1",
            ]))
        #expect(outcome.diagnostics == [])
        #expect(outcome.record?.dump == [#"cell-2 out: "1\ngot 7\n""#, "cell-2 result: 4"])
    }

    @Test("the shell's two streams are kept apart, and a status other than 0 is an error of the cell")
    func shell() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "let name = \"world\"\nprint(\"before\")\n!echo \"hello \\(name)\"; echo oops >&2\nprint(\"after\")",
                "print(1)\n!exit 3",
            ]))
        #expect(
            outcome.record?.dump.filter { !$0.contains("error") } == [
                #"cell-1 out: "before\nhello world\n""#, #"cell-1 err: "oops\n""#, #"cell-1 out: "after\n""#, #"cell-2 out: "1\n""#,
            ])
        #expect(outcome.failure?.error.kind == .command)
        #expect(outcome.failure?.error.message == "exit status 3 of: exit 3")
        #expect(outcome.failure?.error.line == 21)
    }

    @Test("compile errors of all cells are reported at once, in their places, and nothing runs")
    func compileErrors() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "print(\"never\")", "let a: Int = \"x\"", "let b = 1\nb.foo(", "await nowhere() + undefined",
            ]))
        #expect(outcome.record == nil)
        #expect(
            outcome.diagnostics.map(\.description) == [
                "post.md:20:14: error: cannot convert value of type 'String' to specified type 'Int'",
                "post.md:31:7: error: expected expression in list of expressions",
                "post.md:31:3: error: value of type 'Int' has no member 'foo'",
                "post.md:40:7: error: cannot find 'nowhere' in scope",
                "post.md:40:19: error: cannot find 'undefined' in scope",
            ])
    }

    @Test("an uncaught error names the cell's line and stops the run")
    func thrownError() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "struct Oops: Error { var code = 7 }\nfunc fail() throws { throw Oops() }", "print(1)\n\ntry fail()\nprint(2)", "print(3)",
            ]))
        #expect(outcome.record?.dump == [#"cell-2 out: "1\n""#, "cell-2 error: thrown Oops: Oops(code: 7) @22"])
        #expect(outcome.failure?.cell == "cell-2")
    }

    @Test("a trap is reported with Swift's message and its line, and later cells run where that is allowed")
    func trap() async throws {
        let notebook = TinyNotebook.make(
            ["let a = [1, 2]\nvar i = 2", "print(1)\nlet v = a[i]", "fatalError(\"no more\")", "a.count"]
        ) { index, options in options.error = index == 2 }
        let outcome = try await TinyNotebook.run(notebook)
        #expect(
            outcome.record?.dump == [
                #"cell-2 out: "1\n""#, "cell-2 error: trap Fatal error: Index out of range @21", "cell-3 error: trap Fatal error: no more @30",
            ])
        #expect(outcome.failure?.cell == "cell-3")
    }

    @Test("an endless loop ends at its time-out; the state before it stays")
    func timeout() async throws {
        let notebook = TinyNotebook.make(["var n = 0", "print(\"in\")\nwhile true { n &+= 1 }", "n > 0"]) { index, options in
            if index == 2 {
                options.timeout = 0.3
                options.error = true
            }
        }
        let outcome = try await TinyNotebook.run(notebook)
        #expect(
            outcome.record?.dump == [
                #"cell-2 out: "in\n""#, "cell-2 error: timeout Timeout: the cell took longer than 0.3 s @21", "cell-3 result: true",
            ])
    }

    @Test("a cell that prints 100 MB keeps its head and its tail")
    func muchOutput() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "let line = String(repeating: \"x\", count: 999)\nfor _ in 0..<100_000 { print(line) }\nprint(\"end\")"
            ])
        ) { $0.outputLimit = 10_000 }
        guard case .stream(.standardOutput, let text)? = outcome.record?.cells.first?.outputs.first else {
            Issue.record("no output")
            return
        }
        #expect(text.utf8.count < 11_000)
        #expect(text.hasPrefix("xxx"))
        #expect(text.hasSuffix("\nend\n"))
        #expect(text.contains("bytes left out"))
    }

    @Test("a host that is killed is an error of the cell, not a hang")
    func killedHost() async throws {
        let outcome = try await TinyNotebook.run(TinyNotebook.make(["print(1)", "!kill -9 $PPID", "print(3)"]))
        #expect(outcome.failure?.error.kind == .host)
        #expect(outcome.failure?.cell == "cell-2")
        #expect(outcome.record?.dump.first == #"cell-1 out: "1\n""#)
    }

    @Test("a later cell may define a name anew")
    func redefinition() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "var x = 1\nfunc show() { print(\"old\", x) }", "let x = \"new\"", "print(x)\nshow()",
                "struct S { }\nfunc show() { print(\"newer\") }", "show()",
            ]))
        #expect(outcome.diagnostics == [])
        #expect(outcome.record?.dump == [#"cell-3 out: "new\nold 1\n""#, #"cell-5 out: "newer\n""#])
    }

    @Test("a cell marked compile-fail shows its errors, and fails where it compiles")
    func compileFail() async throws {
        let notebook = TinyNotebook.make(["let x: Int = \"a\"", "print(1)"]) { _, options in options.compileFail = true }
        let outcome = try await TinyNotebook.run(notebook)
        #expect(
            outcome.record?.dump
                == [
                    "cell-1 diagnostics: post.md:10:14: error: cannot convert value of type 'String' to specified type 'Int'",
                    "cell-2 error: unexpected-success compile-fail: the cell compiles, although it is marked 'compile-fail' @20",
                ].map { $0.replacing("unexpected-success", with: CellError.Kind.unexpectedSuccess.rawValue) })
    }

    @Test("parameters are constants that the command line may replace")
    func parameters() async throws {
        let notebook = TinyNotebook.make(
            ["print(model, count * 2, [1.5] == rates)"],
            parameters: [
                Parameter(name: "model", value: .string("tiny \"one\"")), Parameter(name: "count", value: .integer(3)),
                Parameter(name: "rates", value: .list([.double(1.5)])),
            ])
        #expect(try await TinyNotebook.run(notebook).record?.dump == [#"cell-1 out: "tiny \"one\" 6 true\n""#])
        let changed = try await TinyNotebook.run(notebook) { $0.parameters = [Parameter(name: "count", value: .string("5"))] }
        #expect(changed.record?.dump == [#"cell-1 out: "tiny \"one\" 10 true\n""#])
        let wrong = try await TinyNotebook.run(notebook) { $0.parameters = [Parameter(name: "cuont", value: .string("5"))] }
        #expect(wrong.diagnostics.map(\.solutions) == [["Did you mean 'count'?"]])
    }

    @Test("an unchanged notebook starts no compiler and runs no cell; an edit compiles one")
    func unchanged() async throws {
        let sources = ["let a = \(UInt32.random(in: 0...UInt32.max))", "let b = a &+ 1", "print(b == a &+ 1)"]
        let first = try await TinyNotebook.run(TinyNotebook.make(sources))
        #expect(first.compiledCount == 1)
        let second = try await TinyNotebook.run(TinyNotebook.make(sources), previous: first.record)
        #expect(second.compiledCount == 0)
        #expect(second.ranCount == 0)
        #expect(second.record == first.record)
        let edited = TinyNotebook.make(Array(sources.prefix(2)) + ["print(a > 0)"])
        let third = try await TinyNotebook.run(edited, previous: second.record) { $0.mode = .incremental }
        #expect(third.compiledCount == 2)
        // The edited cell needs the state of the first alone.
        #expect(third.ranCount == 2)
        #expect(
            third.plan.description == """
                cell-1: run (its state is needed by cell-3)
                cell-2: reuse
                cell-3: run (its source changed)
                """)
    }

    @Test("what was compiled and is not whole any more is compiled anew")
    func damagedCache() async throws {
        let folder = NSTemporaryDirectory() + "galley-damaged-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let executor = NotebookExecutor(toolchain: try .locate(), cache: try CellCache(folder: folder))
        let notebook = TinyNotebook.make(["print(\"the answer is 41\")"])
        func run() async throws -> RunOutcome {
            var options = RunOptions()
            options.workingFolder = "/tmp"
            return try await executor.run(notebook, previous: nil, options: options)
        }
        #expect(try await run().compiledCount == 1)
        #expect(try await run().compiledCount == 0)
        for damage in [Data(), Data(repeating: 7, count: 9000), nil] {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/cells") where name.hasSuffix(".so") {
                let path = folder + "/cells/" + name
                if let damage {
                    try damage.write(to: URL(fileURLWithPath: path))
                } else {
                    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                    let place = try #require(bytes.range(of: Data("answer is 41".utf8)))
                    bytes.replaceSubrange(place, with: Data("answer is 99".utf8))
                    try bytes.write(to: URL(fileURLWithPath: path))
                }
            }
            let outcome = try await run()
            #expect(outcome.compiledCount == 1)
            #expect(outcome.record?.dump == [#"cell-1 out: "the answer is 41\n""#])
        }
    }

    @Test("an import holds for the cells after it")
    func imports() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make(["import Foundation\nlet u = URL(string: \"a:b\")", "URL(string: \"http://x.y\")?.host ?? \"\""]))
        #expect(outcome.diagnostics == [])
        #expect(outcome.record?.dump == ["cell-2 result: x.y"])
    }

    @Test("cells compiled together and one by one give the same record")
    func merging() async throws {
        let sources = [
            "var x = 1\nfunc f() -> Int { x }", "x += 1\nprint(f())", "var y = 1\nfunc g() { y += x }\ng()", "let x = 5\ny + x",
            "extension Int { var squared: Int { self * self } }", "y.squared", "struct E: Error {}", "print(1)\n\nif y > 0 { throw E() }",
        ]
        let together = try await TinyNotebook.run(TinyNotebook.make(sources))
        let apart = try await TinyNotebook.run(TinyNotebook.make(sources)) { $0.cellsPerModule = 1 }
        #expect(
            together.record?.dump == [
                #"cell-2 out: "2\n""#, "cell-4 result: 8", "cell-6 result: 9", #"cell-8 out: "1\n""#, "cell-8 error: thrown E: E() @82",
            ])
        #expect(apart.record?.dump == together.record?.dump)
        #expect(apart.record?.cells.map(\.key) == together.record?.cells.map(\.key))
        #expect(together.compiledCount < apart.compiledCount || together.compiledCount == 0)
    }

    @Test("cells import the inference library, C targets beneath it included")
    func inference() async throws {
        let outcome = try await TinyNotebook.run(TinyNotebook.make(["import Inference", "print(1)"]))
        #expect(outcome.diagnostics == [])
        #expect(outcome.record?.dump == [#"cell-2 out: "1\n""#])
    }
}
