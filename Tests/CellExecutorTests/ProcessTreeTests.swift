import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import SourceText
import Testing

@Suite("What a run starts ends with it", .serialized)
struct ProcessTreeTests {
    private let file = NSTemporaryDirectory() + "/galley-tree-" + UUID().uuidString

    /// Whether every process whose number a cell left in the file has ended.
    private func allEnd() throws -> Bool {
        let numbers = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        try #require(!numbers.isEmpty)
        for _ in 0..<50 where numbers.contains(where: { kill($0, 0) == 0 }) { usleep(100_000) }
        return !numbers.contains { kill($0, 0) == 0 }
    }

    @Test(
        "no process outlives its run, whatever the cell and the process do",
        arguments: [
            "!sleep 300 & echo $! > FILE", "!setsid sh -c 'echo $$ > FILE; (setsid sleep 300 & echo $! >> FILE) & exec sleep 300' & sleep 0.3",
            "import Foundation\nlet p = Process()\np.executableURL = URL(fileURLWithPath: \"/bin/sh\")\n"
                + "p.arguments = [\"-c\", \"trap '' TERM INT HUP; echo $$ > FILE; while true; do sleep 1; done\"]\ntry p.run()\np.waitUntilExit()",
            "!echo $$ > FILE; kill -9 $PPID; sleep 300", "!(setsid sleep 300 & echo $! > FILE); sleep 0.2\nimport Glibc\nexit(1)",
            "!(setsid sleep 300 & echo $! > FILE); sleep 0.2\nlet none: [Int] = []\nprint(none[0])",
        ])
    func ends(source: String) async throws {
        defer { try? FileManager.default.removeItem(atPath: file) }
        let cell = source.replacing("FILE", with: file)
        _ = try await TinyNotebook.run(TinyNotebook.make([cell]) { $1.timeout = 1.5 })
        #expect(try allEnd())
    }

    @Test("a cell that was stopped takes the processes along that it started, and no others")
    func stoppedCell() async throws {
        defer { try? FileManager.default.removeItem(atPath: file) }
        let notebook = TinyNotebook.make([
            "!(sleep 300 & echo $! > \(file)-earlier)\nimport Glibc\nusleep(50_000)",
            "import Foundation\nlet p = Process()\np.executableURL = URL(fileURLWithPath: \"/bin/sleep\")\np.arguments = [\"300\"]\ntry p.run()\n"
                + "try \"\\(p.processIdentifier)\".write(toFile: \"\(file)\", atomically: true, encoding: .utf8)\np.waitUntilExit()",
            "!test -e /proc/$(cat \(file)) && ! grep -q '^State:.Z' /proc/$(cat \(file))/status && echo lives; kill -0 $(cat \(file)-earlier) && echo stays",
        ]) { index, options in
            if index == 2 { (options.timeout, options.error) = (0.5, true) }
        }
        defer { try? FileManager.default.removeItem(atPath: file + "-earlier") }
        #expect(try await TinyNotebook.run(notebook).record?.dump.last == #"cell-3 out: "stays\n""#)
    }

    /// Takes the compiler far longer than a test.
    private let slow =
        "let a = \(Int.random(in: 3..<1 << 40)), b = 2.0, c = 3\nlet x = [a, c].map { Double($0) * b + -Double($0) / (b - 1) + (Double($0) * 2 - b) * (b + Double($0) - 3 / b)"
        + " + -b * Double($0) } + [1, 2, 3].map { -$0 * 2 + 3 / $0 - (4 * $0 - -$0) * 5 + b - $0 * (2 - $0) } + [1, 2].map { $0 + b - 1 * -$0 + 2 }\nprint(x)"

    @Test("a request ends the compiler, and so does the time of the whole notebook")
    func whileCompiling() async throws {
        let interruption = Interruption()
        let (executor, notebook) = (try TinyNotebook.executor.get(), TinyNotebook.make([slow]))
        var options = RunOptions()
        options.workingFolder = "/tmp"
        options.interruption = interruption
        await #expect(throws: ExecutionError.interrupted) {
            _ = try await executor.run(notebook, options: options) { if case .planned = $0 { interruption.request() } }
        }
        await #expect(throws: ExecutionError.timeout("the notebook took longer than 0.5 s")) {
            _ = try await TinyNotebook.run(notebook) { $0.notebookTimeout = 0.5 }
        }
    }

    @Test("after a request the next notebooks of a command do not begin")
    func laterNotebooks() async throws {
        let interruption = Interruption()
        interruption.request()
        await #expect(throws: ExecutionError.interrupted) {
            _ = try await TinyNotebook.run(TinyNotebook.make(["print(1)"])) { $0.interruption = interruption }
        }
    }

    @Test("a command that never becomes a host is an error after a time, and ends at a request", arguments: ["sleep 300", "cat"])
    func silentHost(command: String) async throws {
        let late = try await TinyNotebook.run(TinyNotebook.make(["print(1)"])) {
            $0.hostCommand = command
            $0.hostTimeout = 0.5
        }
        #expect(late.failure?.error.kind == .host)
        #expect(late.failure?.error.message == "no cell host answered within 0.5 s (--host-timeout gives it more)")
        let interruption = Interruption()
        var options = RunOptions()
        options.workingFolder = "/tmp"
        options.hostCommand = command
        options.interruption = interruption
        let stopped = try await TinyNotebook.executor.get().run(TinyNotebook.make(["print(1)"]), options: options) {
            if case .started = $0 { interruption.request() }
        }
        #expect(stopped.failure?.error.message == "interrupted before its host answered")
    }

    @Test("the cell after one that met the memory limit runs, with what is left")
    func afterMemoryLimit() async throws {
        let notebook = TinyNotebook.make([
            "var all: [[UInt8]] = []\nfor _ in 0..<100 { all.append([UInt8](repeating: 1, count: 50_000_000)) }", "print(all.count > 3)",
        ]) { $1.error = $0 == 1 }
        let outcome = try await TinyNotebook.run(notebook) { $0.memoryLimit = 500_000_000 }
        #expect(
            outcome.record?.dump == [
                "cell-1 error: trap Memory limit: the cell needed more than the 500000000 bytes that its host may take @11", #"cell-2 out: "true\n""#,
            ])
    }

    @Test("the service that knows names ends with whoever asked it", .enabled(if: (try? CellToolchain.locate())?.sourceKit != nil))
    func nameService() throws {
        let toolchain = try CellToolchain.locate()
        let (service, questions, answers) = (Process(), Pipe(), Pipe())
        service.executableURL = URL(fileURLWithPath: toolchain.host)
        service.arguments = ["--names", try #require(toolchain.sourceKit), "60", "8000000000"]
        (service.standardInput, service.standardOutput) = (questions, answers)
        try service.run()
        usleep(300_000)
        #expect(service.isRunning)
        // Its input stays open, as where a child of somebody else holds it.
        try answers.fileHandleForWriting.close()
        try answers.fileHandleForReading.close()
        for _ in 0..<100 where service.isRunning { usleep(100_000) }
        #expect(!service.isRunning)
        service.terminate()
        try questions.fileHandleForWriting.close()
    }

    @Test("a cell shows so much and no more, and says so")
    func displays() async throws {
        let source = "let block = String(repeating: \"x\", count: 10_000_000)\nfor _ in 0..<5 { display(HTMLText(block)) }"
        let outputs = try await TinyNotebook.run(TinyNotebook.make([source])).record?.cells.first?.outputs
        #expect(outputs?.count == 4)
        #expect(outputs?.last == .stream(.standardError, "2 displays were left out: a cell may show 64 MB, in 10000 displays\n"))
        let many = try await TinyNotebook.run(TinyNotebook.make(["for i in 0..<300_000 { display(i) }"])).record?.cells.first?.outputs
        #expect(many?.count == 10_001)
        #expect(many?.last == .stream(.standardError, "290000 displays were left out: a cell may show 64 MB, in 10000 displays\n"))
    }
}
