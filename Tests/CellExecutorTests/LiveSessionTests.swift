import CellExecutor
import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

@Suite("Live sessions", .serialized)
struct LiveSessionTests {
    private func session() throws -> LiveSession {
        var options = RunOptions()
        options.workingFolder = "/tmp"
        return LiveSession(executor: try TinyNotebook.executor.get(), options: options)
    }

    /// The outputs of a fresh run, the measure of every incremental one.
    private func fresh(_ sources: [String]) async throws -> [String]? {
        try await TinyNotebook.run(TinyNotebook.make(sources)).record?.dump
    }

    @Test("an edit runs the cell and its dependents again, and no other")
    func edits() async throws {
        let session = try session()
        var sources = ["let a = 1", "print(\"alone\")", "let b = a + 1", "print(b)"]
        _ = try await session.apply(TinyNotebook.make(sources))
        sources[2] = "let b = a + 10"
        let outcome = try await session.apply(TinyNotebook.make(sources))
        #expect(
            outcome.plan.description == """
                cell-1: reuse
                cell-2: reuse
                cell-3: run (its source changed)
                cell-4: run (depends on cell-3, which changed)
                """)
        #expect(outcome.record?.dump == [#"cell-2 out: "alone\n""#, #"cell-4 out: "11\n""#])
        await session.close()
    }

    @Test("an edited mutation starts from the state before it")
    func mutations() async throws {
        let session = try session()
        var sources = ["var x = 0", "x += 1", "func bump() { x += 10 }", "bump()", "print(x)"]
        #expect(try await session.apply(TinyNotebook.make(sources)).record?.dump == [#"cell-5 out: "11\n""#])
        sources[1] = "x += 2"
        #expect(try await session.apply(TinyNotebook.make(sources)).record?.dump == [#"cell-5 out: "12\n""#])
        sources[3] = ""
        #expect(try await session.apply(TinyNotebook.make(sources)).record?.dump == [#"cell-5 out: "2\n""#])
        await session.close()
    }

    @Test("an edited cell sees values as they were before later cells changed them")
    func earlierValues() async throws {
        let session = try session()
        var sources = ["var x = 1\nfinal class Box { var v = 1 }", "let k = Box()", "print(x, k.v)", "x += 1\nk.v += 1", "print(x, k.v)"]
        let first = [#"cell-3 out: "1 1\n""#, #"cell-5 out: "2 2\n""#]
        #expect(try await session.apply(TinyNotebook.make(sources)).record?.dump == first)
        sources[2] = "print(x, k.v, true)"
        #expect(try await session.apply(TinyNotebook.make(sources)).record?.dump == [#"cell-3 out: "1 1 true\n""#, first[1]])
        sources[2] = ""
        #expect(try await session.apply(TinyNotebook.make(sources)).record?.dump == [first[1]])
        sources[2] = "let y = x"
        #expect(try await session.apply(TinyNotebook.make(sources + ["print(y)"])).record?.dump == [first[1], #"cell-6 out: "1\n""#])
        await session.close()
    }

    @Test("a long chain of cells, each of which uses all before it, is brought up to date without delay")
    func chain() async throws {
        let session = try session()
        // A number that no earlier run of the tests compiled.
        let start = Int.random(in: 0..<1 << 40)
        let sources = ["let x0 = \(start)"] + (1..<40).map { "let x\($0) = x\($0 - 1) + 1" }
        #expect(try await session.apply(TinyNotebook.make(sources + ["print(x39)"])).record?.dump == [#"cell-41 out: "\#(start + 39)\n""#])
        let next = try await session.apply(TinyNotebook.make(sources + ["print(x39, x1)"]))
        #expect(next.record?.dump == [#"cell-41 out: "\#(start + 39) \#(start + 1)\n""#])
        #expect(next.compiledCount == 1)
        await session.close()
    }

    @Test("what uses a deleted cell's names no longer compiles, and nothing old is shown for it")
    func deletion() async throws {
        let session = try session()
        _ = try await session.apply(TinyNotebook.make(["let a = 1", "print(a)"]))
        let outcome = try await session.apply(TinyNotebook.make(["", "print(a)"]))
        #expect(outcome.record == nil)
        #expect(outcome.diagnostics.map(\.summary) == ["cannot find 'a' in scope"])
        await session.close()
    }

    @Test("an interrupt ends the running cell, and what the others left stays")
    func interrupt() async throws {
        let session = try session()
        let sources = ["import Foundation\nvar n = Int.random(in: 1...1_000_000_000)\nprint(n)", "while true { usleep(1000) }", "print(n)"]
        let running = Task { try await session.apply(TinyNotebook.make(sources)) { if case .started("cell-2") = $0 { session.interrupt() } } }
        let outcome = try await running.value
        #expect(outcome.failure?.error.kind == .interrupted)
        #expect(outcome.failure?.cell == "cell-2")
        let first = outcome.record?.dump.first?.replacing("cell-1", with: "")
        let next = try await session.apply(TinyNotebook.make([sources[0], "", sources[2]]))
        #expect(next.plan.description.hasPrefix("cell-1: reuse\n"))
        #expect(next.record?.dump.last?.replacing("cell-3", with: "") == first, "the same number: the process is the same")
        await session.close()
    }

    @Test("a mistake between two edits leaves no trace of what stood before it")
    func mistakeBetween() async throws {
        let session = try session()
        _ = try await session.apply(TinyNotebook.make(["var x = 0", "x += 1", "print(x)"]))
        #expect(try await session.apply(TinyNotebook.make(["var x = 0", "x += \"", "print(x)"])).record == nil)
        #expect(try await session.apply(TinyNotebook.make(["var x = 0", "", "print(x)"])).record?.dump == [#"cell-3 out: "0\n""#])
        await session.close()
    }

    @Test("a host that is lost is replaced")
    func lostHost() async throws {
        let session = try session()
        let lost = try await session.apply(TinyNotebook.make(["let a = 1", "!kill -9 $PPID"]))
        #expect(lost.failure?.error.kind == .host)
        #expect(try await session.apply(TinyNotebook.make(["let a = 1", "print(a)"])).record?.dump == [#"cell-2 out: "1\n""#])
        await session.close()
    }

    @Test("after random edits the outputs are those of a fresh run")
    func randomEdits() async throws {
        let session = try session()
        var generator = SeededGenerator(seed: 42)
        let pool = [
            "var x = 1", "var y = 2", "x += y", "y = x * 2", "func f() -> Int { x + y }", "print(f())", "print(x, y)", "let z = x + y",
            "print(z)", "func g() { y += 1 }", "g()", "var x = 7", "x",
        ]
        var sources = ["var x = 1", "var y = 2", "let z = x + y", "func f() -> Int { x + y }", "func g() { y += 1 }", "print(z, f())"]
        for _ in 0..<25 {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where sources.count < 9:
                sources.insert(pool.randomElement(using: &generator) ?? "", at: Int.random(in: 5...sources.count, using: &generator))
            case 1 where sources.count > 6: sources.remove(at: Int.random(in: 5..<sources.count, using: &generator))
            default: sources[Int.random(in: 5..<sources.count, using: &generator)] = pool.randomElement(using: &generator) ?? ""
            }
            let live = try await session.apply(TinyNotebook.make(sources))
            #expect(try await live.record?.dump == fresh(sources), "\(sources)")
        }
        await session.close()
    }
}

/// SplitMix64, so that failures repeat.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
