import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import SourceText
import Testing

@Suite("Hosts behind a command", .serialized)
struct HostCommandTests {
    @Test("cells travel as bytes over any command's standard input and output, whatever it greets with")
    func shellCommand() async throws {
        let host = try TinyNotebook.executor.get().toolchain.host
        let outcome = try await TinyNotebook.run(TinyNotebook.make(["let a = 20", "print(a + 1)\nstruct E: Error {}", "\nthrow E()"])) {
            $0.hostCommand = "echo 'Welcome to the machine'; exec \(host)"
        }
        #expect(outcome.record?.dump == [#"cell-2 out: "21\n""#, "cell-3 error: thrown E: E() @31"])
    }

    @Test("files that the notebook names travel to a folder of their own, and a picture comes back")
    func resources() async throws {
        let place = FileManager.default.temporaryDirectory.path + "/galley-hosts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: place + "/there", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        try "from home".write(toFile: place + "/data.txt", atomically: true, encoding: .utf8)
        try "from there".write(toFile: place + "/there/data.txt", atomically: true, encoding: .utf8)
        let host = try TinyNotebook.executor.get().toolchain.host
        var notebook = TinyNotebook.make([
            "!cat data.txt; touch made-here; pwd >&2", "Picture(bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3])!",
        ])
        notebook.frontMatter.resources = ["data.txt"]
        let outcome = try await TinyNotebook.run(notebook) {
            $0.workingFolder = place
            $0.hostCommand = "cd \(place)/there && exec \(host)"
        }
        #expect(outcome.record?.dump.first == #"cell-1 out: "from home""#)
        guard case .stream(.standardError, let folder)? = outcome.record?.cells.first?.outputs.last,
            case .result(let picture)? = outcome.record?.cells.last?.outputs.last
        else {
            Issue.record("\(outcome)")
            return
        }
        #expect(picture["image/png"] == .binary([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place + "/there") == ["data.txt"])
        #expect(try String(contentsOfFile: place + "/there/data.txt", encoding: .utf8) == "from there")
        // The host takes its folder with it.
        for _ in 0..<50 where FileManager.default.fileExists(atPath: String(folder.dropLast())) { usleep(100_000) }
        #expect(!FileManager.default.fileExists(atPath: String(folder.dropLast())))
    }

    @Test("what a shell command leaves in the background lives as long as its host")
    func background() async throws {
        let file = NSTemporaryDirectory() + "/galley-test-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make(["!sleep 300 & echo $! > \(file)", "!kill -0 $(cat \(file)) && echo lives"]))
        #expect(outcome.record?.dump == [#"cell-2 out: "lives\n""#])
        let process = try #require(Int32(String(contentsOfFile: file, encoding: .utf8).filter(\.isNumber)))
        for _ in 0..<50 where kill(process, 0) == 0 { usleep(100_000) }
        #expect(kill(process, 0) != 0)
    }

    @Test("a connection that is lost in the middle of a cell is an error that names the cell")
    func lostConnection() async throws {
        let host = try TinyNotebook.executor.get().toolchain.host
        let outcome = try await TinyNotebook.run(TinyNotebook.make(["print(1)", "import Foundation\nsleep(60)"])) {
            // What carries the connection ends; the host itself does not know yet.
            $0.hostCommand = "(\(host); true) & sleep 2; kill -9 $$"
        }
        #expect(outcome.failure?.error.kind == .host)
        #expect(outcome.failure?.cell.hasPrefix("cell-") == true)
    }

    @Test("a command that is no host, or ends, is an error of the run")
    func brokenCommands() async throws {
        for command in ["echo nothing here", "exit 3", "cat /dev/zero | head -c 100000"] {
            let outcome = try await TinyNotebook.run(TinyNotebook.make(["print(1)"])) { $0.hostCommand = command }
            #expect(outcome.failure?.error.kind == .host, "\(command)")
        }
    }
}
