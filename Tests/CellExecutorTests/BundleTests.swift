import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import SourceText
import Testing

#if os(Linux)
    private let bundlesAreMadeHere = true
#else
    private let bundlesAreMadeHere = false
#endif

@Suite("Bundles", .serialized, .enabled(if: bundlesAreMadeHere, "bundles are made on Linux"))
struct BundleTests {
    /// A folder of its own for each test.
    private final class Place {
        let folder = NSTemporaryDirectory() + "galley-bundle-\(UInt32.random(in: 0...UInt32.max))"
        var bundle: String { folder + "/post.bundle" }

        init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: folder) }
    }

    @Test("A folder that holds anything that is no bundle's is never replaced")
    func foreignFolder() throws {
        let place = try Place()
        let bundle = URL(fileURLWithPath: place.bundle)
        try FileManager.default.createDirectory(at: bundle, withIntermediateDirectories: false)
        func write(_ name: String, _ text: String) throws { try text.write(to: bundle.appending(path: name), atomically: true, encoding: .utf8) }
        try write("bundle.json", "{\"name\": \"a web project\"}")
        #expect(throws: ExecutionError.self) { try make(TinyNotebook.make(["1"]), in: place) }
        try write("bundle.json", "{\"format\": 1, \"keys\": [], \"assignments\": []}")
        try write("thesis.md", "years of work")
        let error = #expect(throws: ExecutionError.self) { try make(TinyNotebook.make(["1"]), in: place) }
        #expect(error.map { "\($0)".contains("thesis.md") } == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.bundle).sorted() == ["bundle.json", "thesis.md"])
    }

    private func make(_ notebook: Notebook, in place: Place, change: (inout RunOptions) -> Void = { _ in }) throws -> NotebookExecutor.BundleOutcome {
        var options = RunOptions()
        options.workingFolder = place.folder
        change(&options)
        return try TinyNotebook.executor.get().makeBundle(of: notebook, options: options, assignments: ["n=3"], in: place.bundle)
    }

    /// Runs a bundle where the compiler's folder is hidden, if bubblewrap can; else with nothing of it in the environment.
    private func runBundle(_ place: Place) throws -> (status: Int32, text: String) {
        let toolchain = try TinyNotebook.executor.get().toolchain
        let swift = URL(fileURLWithPath: toolchain.runtimeFolder).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .path
        let hiding = ["--dev-bind", "/", "/", "--tmpfs", swift, place.bundle + "/run"]
        let canHide = swift.hasPrefix("/opt/") && (try? launch("/usr/bin/bwrap", hiding.dropLast() + ["/bin/true"]).status) == 0
        return try canHide ? launch("/usr/bin/bwrap", hiding) : launch(place.bundle + "/run", [])
    }

    private func launch(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin"]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    private func collect(_ notebook: Notebook, _ place: Place) async throws -> RunOutcome {
        let bundle = try CellBundle(folder: place.bundle)
        #expect(bundle.assignments == ["n=3"])
        return try await TinyNotebook.run(notebook) {
            $0.workingFolder = place.folder
            $0.bundle = bundle
            $0.ignoresRecord = true
        }
    }

    @Test("cells run where there is no compiler, and their record is the one of a run at home")
    func sameRecord() async throws {
        let place = try Place()
        let notebook = TinyNotebook.make(
            ["let numbers = [3, 1, 2]\nprint(\"made\")", "import Foundation\nnumbers.sorted()", "struct E: Error {}\n\nthrow E()", "numbers.count"]
        ) { number, options in
            options.error = number == 3
        }
        let outcome = try make(notebook, in: place)
        #expect(outcome.cellCount == 4)
        #expect(try #require(outcome.byteCount) < 100_000_000)
        let ran = try runBundle(place)
        #expect(ran.status == 0, "\(ran.text)")
        let collected = try await collect(notebook, place)
        let home = try await TinyNotebook.run(notebook)
        #expect(collected.succeeded)
        #expect(collected.record?.dump == home.record?.dump)
        #expect(
            collected.record?.dump == [#"cell-1 out: "made\n""#, "cell-2 result: [1, 2, 3]", "cell-3 error: thrown E: E() @32", "cell-4 result: 3"])
        #expect(collected.record?.environment.system == home.record?.environment.system)
    }

    @Test("the run ends at a cell that fails, and says so with cell and line")
    func failure() async throws {
        let place = try Place()
        let notebook = TinyNotebook.make(["print(1)", "let none: Int? = nil\nprint(none!)", "print(3)"])
        _ = try make(notebook, in: place)
        #expect(try runBundle(place).status == 1)
        let collected = try await collect(notebook, place)
        #expect(collected.failure?.cell == "cell-2")
        #expect(collected.failure?.error.kind == .trap)
        #expect(collected.failure?.error.line == 21)
        #expect(collected.record?.cells.count == 2)
    }

    @Test("a cell's time limit holds there too")
    func timeLimit() async throws {
        let place = try Place()
        let notebook = TinyNotebook.make(["var n = 0\nwhile true { n &+= 1 }"]) { _, options in options.timeout = 1 }
        _ = try make(notebook, in: place)
        #expect(try runBundle(place).status == 1)
        let failure = try await collect(notebook, place).failure
        #expect(failure?.error.kind == .timeout)
    }

    @Test("outputs are not taken for those of another notebook")
    func otherNotebook() async throws {
        let place = try Place()
        _ = try make(TinyNotebook.make(["print(1)"]), in: place)
        #expect(throws: ExecutionError.self) { try CellBundle(folder: place.bundle) }
        #expect(try runBundle(place).status == 0)
        let error = await #expect(throws: ExecutionError.self) { try await collect(TinyNotebook.make(["print(2)"]), place) }
        #expect(error?.description.contains("the cell 'cell-1' differs") == true)
    }

    @Test("what ran is of this bundle, whole and unchanged, or it is refused")
    func foreignEvents() async throws {
        let place = try Place()
        let files = FileManager.default
        let notebook = TinyNotebook.make(["print(1)"])
        _ = try make(TinyNotebook.make(["print(11)"]), in: place)
        #expect(try runBundle(place).status == 0)
        for name in ["events", "finished"] { try files.moveItem(atPath: place.bundle + "/" + name, toPath: place.folder + "/old-" + name) }
        _ = try make(notebook, in: place)
        func refusal() -> String? {
            do {
                _ = try CellBundle(folder: place.bundle)
                return nil
            } catch { return error.description }
        }
        func bring(_ name: String, from old: String) throws {
            try? files.removeItem(atPath: place.bundle + "/" + name)
            try files.copyItem(atPath: place.folder + "/" + old, toPath: place.bundle + "/" + name)
        }
        for name in ["events", "finished"] { try bring(name, from: "old-" + name) }
        #expect(refusal()?.contains("of another bundle") == true)

        #expect(try runBundle(place).status == 0)
        #expect(refusal() == nil)
        #expect(try await collect(notebook, place).record?.dump == [#"cell-1 out: "1\n""#])
        let events = try Data(contentsOf: URL(fileURLWithPath: place.bundle + "/events"))
        for damaged in [
            events.dropLast(), events + [0], Data(events.enumerated().map { $0.offset == events.count / 2 ? $0.element ^ 1 : $0.element }),
        ] {
            try Data(damaged).write(to: URL(fileURLWithPath: place.bundle + "/events"))
            #expect(refusal()?.contains("not what the run left") == true)
        }
        // Half of what was brought back is of the run before.
        try bring("events", from: "old-events")
        #expect(refusal()?.contains("not what the run left") == true)
        try events.write(to: URL(fileURLWithPath: place.bundle + "/events"))
        #expect(refusal() == nil)
        try "2026-01-01T00:00:00Z\n1.5\n".write(toFile: place.bundle + "/finished", atomically: true, encoding: .utf8)
        #expect(refusal()?.contains("another version of Galley") == true)
    }

    @Test("a resource that changed since makes the outputs another notebook's")
    func changedResource() async throws {
        let place = try Place()
        try "one".write(toFile: place.folder + "/data.txt", atomically: true, encoding: .utf8)
        var notebook = TinyNotebook.make(["!cat data.txt"])
        notebook.frontMatter.resources = ["*.txt"]
        _ = try make(notebook, in: place)
        #expect(try runBundle(place).status == 0)
        let first = try await collect(notebook, place)
        #expect(first.record?.dump == [#"cell-1 out: "one""#])
        try "two".write(toFile: place.folder + "/data.txt", atomically: true, encoding: .utf8)
        await #expect(throws: ExecutionError.self) { try await collect(notebook, place) }
        let home = try await TinyNotebook.run(notebook, previous: first.record) { $0.workingFolder = place.folder }
        #expect(home.record?.dump == [#"cell-1 out: "two""#])
        let hosted = try await TinyNotebook.run(notebook, previous: first.record) {
            $0.workingFolder = place.folder
            $0.hostCommand = place.bundle + "/host"
        }
        #expect(hosted.record?.dump == [#"cell-1 out: "two""#])
    }

    @Test("a folder that is no bundle is left alone, and a notebook with a mistake makes none")
    func refusals() throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.bundle, withIntermediateDirectories: true)
        try "mine".write(toFile: place.bundle + "/notes.txt", atomically: true, encoding: .utf8)
        #expect(throws: ExecutionError.self) { try make(TinyNotebook.make(["print(1)"]), in: place) }
        #expect(try String(contentsOfFile: place.bundle + "/notes.txt", encoding: .utf8) == "mine")
        try FileManager.default.removeItem(atPath: place.bundle)
        let wrong = try make(TinyNotebook.make(["print(undefined)"]), in: place)
        #expect(wrong.byteCount == nil)
        #expect(wrong.diagnostics.first?.range?.start.line == 10)
        #expect(!FileManager.default.fileExists(atPath: place.bundle))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder).isEmpty)
    }

    @Test("resources travel, and the script 'host' is a host for a command")
    func resourcesAndHost() async throws {
        let place = try Place()
        try "from home".write(toFile: place.folder + "/data.txt", atomically: true, encoding: .utf8)
        var notebook = TinyNotebook.make(["!cat data.txt"])
        notebook.frontMatter.resources = ["data.txt"]
        _ = try make(notebook, in: place)
        #expect(try runBundle(place).status == 0)
        #expect(try await collect(notebook, place).record?.dump == [#"cell-1 out: "from home""#])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.bundle + "/work") == ["data.txt"])
        let hosted = try await TinyNotebook.run(TinyNotebook.make(["print(6 * 7)"])) { $0.hostCommand = place.bundle + "/host" }
        #expect(hosted.record?.dump == [#"cell-1 out: "42\n""#])
    }
}
