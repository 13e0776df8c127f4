import CellExecutor
import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

@Suite("Running a part of a notebook", .serialized)
struct ScopeTests {
    private let sources = ["var x = 1", "print(\"slow\")", "x += 1", "let y: Int = \"broken\"", "print(x)", "print(x * 10)"]

    @Test("one cell runs with what it rests on and no more; mistakes elsewhere do not matter")
    func oneCell() async throws {
        let outcome = try await TinyNotebook.run(TinyNotebook.make(sources)) { $0.scope = .only("cell-5") }
        #expect(
            outcome.plan.description == """
                cell-1: run (its state is needed by cell-5)
                cell-2: leave
                cell-3: run (its state is needed by cell-5)
                cell-4: leave
                cell-5: run (as asked)
                cell-6: leave
                """)
        #expect(outcome.record?.dump == [#"cell-5 out: "2\n""#])
        #expect(outcome.ranCount == 3)
    }

    @Test("a run up to a cell ends with it")
    func upTo() async throws {
        let outcome = try await TinyNotebook.run(TinyNotebook.make(sources)) { $0.scope = .upTo("cell-3") }
        #expect(outcome.record?.dump == [#"cell-2 out: "slow\n""#])
        #expect(outcome.ranCount == 3)
    }

    @Test("they run although a record says all about them, and a cell that is not there is a mistake")
    func asked() async throws {
        let notebook = TinyNotebook.make(["let a = 2", "print(a)"])
        let first = try await TinyNotebook.run(notebook)
        let second = try await TinyNotebook.run(notebook, previous: first.record) { $0.scope = .only("cell-2") }
        #expect(second.ranCount == 2)
        let wrong = try await TinyNotebook.run(notebook) { $0.scope = .only("cell-9") }
        #expect(wrong.record == nil)
        #expect(wrong.diagnostics.map(\.summary) == ["the notebook has no cell 'cell-9'"])
    }

    @Test("in a live host cells beyond the scope are behind until they are asked for")
    func live() async throws {
        var options = RunOptions()
        options.workingFolder = "/tmp"
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        var sources = ["var x = 1", "x += 1", "print(x)", "x *= 10", "print(x)"]
        _ = try await session.apply(TinyNotebook.make(sources))
        sources[1] = "x += 2"
        let part = try await session.apply(TinyNotebook.make(sources), scope: .upTo("cell-3"))
        #expect(part.record?.dump == [#"cell-3 out: "3\n""#])
        let whole = try await session.apply(TinyNotebook.make(sources))
        #expect(whole.record?.dump == [#"cell-3 out: "3\n""#, #"cell-5 out: "30\n""#])
        await session.close()
    }

    @Test("what a part left behind is made up for where an edited cell rests on it")
    func behindAndNeeded() async throws {
        var options = RunOptions()
        options.workingFolder = "/tmp"
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        let sources = ["var a = 3", "func g() { a += 10 }", "g()", "print(a)"]
        _ = try await session.apply(TinyNotebook.make(sources + ["a += 1"]))
        // Without what the last cell did `a` is made anew, and nothing after it.
        _ = try await session.apply(TinyNotebook.make(sources), scope: .upTo("cell-1"))
        let edited = Array(sources.dropLast()) + ["print(a + 2)"]
        #expect(try await session.apply(TinyNotebook.make(edited)).record?.dump == [#"cell-4 out: "15\n""#])
        await session.close()
    }
}
