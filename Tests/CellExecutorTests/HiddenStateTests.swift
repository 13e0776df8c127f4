import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import NotebookParser
import SourceText
import Testing

/// What cells leave where no name shows it: a run of what changed, and a live host, are to give what a fresh run gives.
@Suite("Hidden state", .serialized)
struct HiddenStateTests {
    private static let cells = [
        "import Foundation\nsrand48(1)",
        "print(drand48() < 0.5 ? \"low\" : \"high\", Int(drand48() * 1000))",
        "setenv(\"STAGE\", \"alpha\", 1);",
        "!echo \"stage $STAGE\"",
        "try Data(\"v1\".utf8).write(to: URL(fileURLWithPath: \"state.bin\"))",
        "print(try Data(contentsOf: URL(fileURLWithPath: \"state.bin\")).count)",
        "let p = Process(); p.executableURL = URL(fileURLWithPath: \"/bin/sh\"); p.arguments = [\"-c\", \"echo one > state.txt\"]; try p.run(); p.waitUntilExit()",
        "!cat state.txt",
        "final class Model { var log: [String] = []; func add(_ s: String) { log.append(s) } }\nlet model = Model()\nvar hooks: [() -> Void] = []",
        "hooks.append { model.add(\"called\") }",
        "for h in hooks { h() }",
        "print(model.log)",
        "let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1)\nmemory.pointee = 5\nlet alias = memory",
        "alias.pointee += 1",
        "print(memory.pointee)",
    ]

    /// Edits, one after another, with what a fresh run prints then where it changes.
    private static let edits: [(cell: Int, source: String)] = [
        (1, "import Foundation\nsrand48(7)"), (3, "setenv(\"STAGE\", \"beta\", 1);"), (5, cells[4].replacing("v1", with: "longer")),
        (7, cells[6].replacing("echo one", with: "echo two")), (10, "hooks.append { model.add(\"again\") }"), (11, "hooks.forEach { $0(); $0() }"),
        (14, "alias.pointee += 7"), (3, "print(1)"), (2, "print(Int(drand48() * 1000))"),
    ]

    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "galley-hidden-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test("after every edit a run of what changed and a live host give what a fresh run gives")
    func edits() async throws {
        let folders = try (0..<3).map { _ in try folder() }
        defer { for folder in folders { try? FileManager.default.removeItem(atPath: folder) } }
        var options = RunOptions()
        options.workingFolder = folders[0]
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        var cells = Self.cells
        var record = try await TinyNotebook.run(TinyNotebook.make(cells)) { $0.workingFolder = folders[1] }.record
        _ = try await session.apply(TinyNotebook.make(cells))
        for edit in Self.edits {
            cells[edit.cell - 1] = edit.source
            let notebook = TinyNotebook.make(cells)
            let fresh = try #require(try await TinyNotebook.run(notebook) { $0.workingFolder = folders[2] }.record?.dump)
            let part = try await TinyNotebook.run(notebook, previous: record) {
                $0.mode = .incremental
                $0.workingFolder = folders[1]
            }
            #expect(part.record?.dump == fresh, "incremental, after \(edit)")
            record = part.record
            #expect(try await session.apply(notebook).record?.dump == fresh, "live, after \(edit)")
        }
        await session.close()
    }

    @Test("memory is told of as in a fresh run")
    func memory() async throws {
        var options = RunOptions()
        options.workingFolder = "/tmp"
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        let read = "print(Memory.statistics(of: .cpu).allocated)"
        let sources = ["import Inference\nlet block = try Memory.allocator(for: .cpu).allocate(byteCount: 1 << 20, owner: \"test\")", read]
        let first = try await session.apply(TinyNotebook.make(sources))
        #expect(first.record?.dump == ["cell-2 out: \"1048576\\n\""], "\(first.diagnostics)")
        for number in 1...2 {
            let next = try await session.apply(TinyNotebook.make([sources[0] + "\n// again \(number)", read]))
            #expect(next.record?.dump == first.record?.dump)
        }
        // What is gone is not counted, and what leaves nothing needs no new process.
        let without = try await session.apply(TinyNotebook.make(["import Inference\nprint(1)", read]))
        #expect(without.record?.dump == ["cell-1 out: \"1\\n\"", "cell-2 out: \"0\\n\""])
        #expect(try await session.apply(TinyNotebook.make(["import Inference\nprint(2)", read])).ranCount == 2)
        await session.close()
    }

    @Test("what later cells made is not told of to a cell that runs again before them")
    func laterMemory() async throws {
        var options = RunOptions()
        options.workingFolder = "/tmp"
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        let block = "let block = try Memory.allocator(for: .cpu).allocate(byteCount: 1 << 20, owner: \"test\")"
        for read in ["print(Memory.statistics(of: .cpu).allocated)", "print(Memory.statistics(of: .cpu).allocated) // again"] {
            let outcome = try await session.apply(TinyNotebook.make(["import Inference", read, block]))
            #expect(outcome.record?.dump == ["cell-2 out: \"0\\n\""], "\(outcome.diagnostics)")
        }
        // After them it runs alone.
        let last = "print(Memory.statistics(of: .cpu).allocated)"
        #expect(try await session.apply(TinyNotebook.make(["import Inference", block, last])).record?.dump == ["cell-3 out: \"1048576\\n\""])
        #expect(try await session.apply(TinyNotebook.make(["import Inference", block, last + " // again"])).ranCount == 1)
        await session.close()
    }

    @Test("a file that a cell depends on and no cell made is an error when its turn has come; one that was made is not")
    func unmadeFiles() async throws {
        func text(_ maker: String) -> String {
            "```swift\nimport Foundation\n\(maker)\n```\n\n```swift\n#| depends: [made.txt]\nprint(\"ran\")\n```\n"
        }
        for (maker, isMade) in [("!echo 1 > made.txt", true), ("!echo 1 > other.txt  # and not made.txt", false)] {
            let path = try folder()
            defer { try? FileManager.default.removeItem(atPath: path) }
            let (parsed, problems) = NotebookParsing.parse(SourceFile(path: "post.md", text: text(maker)))
            #expect(problems.isEmpty)
            let outcome = try await TinyNotebook.run(parsed.notebook) { $0.workingFolder = path }
            #expect(outcome.diagnostics.filter { $0.severity == .error }.isEmpty)
            #expect((outcome.failure == nil) == isMade)
            if isMade { continue }
            #expect(outcome.failure?.error.message == "it depends on 'made.txt', which is not there: no cell made it")
            #expect(outcome.failure?.error.line == 7)
            // What failed is not up to date in a process that stays.
            var options = RunOptions()
            options.workingFolder = path
            let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
            for _ in 0..<2 {
                let live = try await session.apply(parsed.notebook)
                #expect(live.failure != nil || live.record?.cells.last?.status == .failed)
            }
            await session.close()
        }
    }
}
