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

    @Test(
        "a sandboxed cell neither writes files nor reaches the network",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/bwrap"), "bubblewrap is not installed"))
    func sandbox() async throws {
        let outcome = try await TinyNotebook.run(
            TinyNotebook.make([
                "!touch /etc/galley-was-here 2>/dev/null || echo refused\n!ls /sys/class/net | tr '\\n' ' '; (: < /dev/tcp/127.0.0.1/22) 2>/dev/null || echo offline"
            ])
        ) {
            $0.isSandboxed = true
            $0.workingFolder = "/"
        }
        // Where the system lets nobody make namespaces, bubblewrap says so and nothing runs.
        if let error = outcome.failure?.error {
            #expect(error.kind == .host)
            #expect(error.message.contains("bwrap"))
        } else {
            #expect(outcome.record?.dump.first?.hasPrefix("cell-1 out: \"refused\\n") == true)
        }
    }

    @Test("a command that is no host, or ends, is an error of the run")
    func brokenCommands() async throws {
        for command in ["echo nothing here", "exit 3", "cat /dev/zero | head -c 100000"] {
            let outcome = try await TinyNotebook.run(TinyNotebook.make(["print(1)"])) { $0.hostCommand = command }
            #expect(outcome.failure?.error.kind == .host, "\(command)")
        }
    }
}
