import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import SourceText
import Testing

/// Whether bubblewrap can make namespaces here; some containers let nobody.
private let canSandbox: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/bwrap")
    process.arguments = [
        "--unshare-user", "--unshare-pid", "--unshare-net", "--disable-userns", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true",
    ]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}()

@Suite("The sandbox", .serialized)
struct SandboxTests {
    private final class Place {
        let folder = "/var/tmp/galley-sandbox-\(UInt32.random(in: 0...UInt32.max))"
        init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: folder) }
    }

    @Test(
        "a sandboxed cell has no capability, writes nothing but /tmp, and sees no secret, no socket and no other process",
        .enabled(if: canSandbox, "bubblewrap is not installed, or cannot make a sandbox here"))
    func held() async throws {
        let place = try Place()
        try "TOKEN=1".write(toFile: place.folder + "/.env", atomically: true, encoding: .utf8)
        let secrets = [
            ".git/config", ".envrc", "keys/id_ed25519", "deep/er/Server.PEM", "production.env", "sub/.hidden/diary", "passwords.txt", "api_token.txt",
            "id_rsa.bak",
        ]
        for name in secrets {
            let path = place.folder + "/" + name
            try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try "TOKEN=1".write(toFile: path, atomically: true, encoding: .utf8)
        }
        try "here".write(toFile: place.folder + "/data.txt", atomically: true, encoding: .utf8)
        #expect(mkfifo(place.folder + "/pipe", 0o666) == 0)
        setenv("GALLEY_TEST_SECRET", "hush", 1)
        defer { unsetenv("GALLEY_TEST_SECRET") }
        let cells = [
            "!cat data.txt; grep -c 'Cap.*:.0000000000000000' /proc/self/status; grep Seccomp: /proc/self/status",
            """
            import Glibc
            for path in ["x", "data.txt", "pipe", "/usr/x", "/etc/x", "/dev/x", "/dev/shm/x", "/x", "/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern"] {
                let file = open(path, O_WRONLY | O_CREAT | O_NONBLOCK, 0o644)
                if file >= 0, path != "pipe" || write(file, "x", 1) >= 0, path != "pipe" { print(path, "is written") }
            }
            print(open("/tmp/x", O_WRONLY | O_CREAT, 0o644) >= 0)
            """,
            "print([1, 2, 10, 16, 17, 40].map { socket(Int32($0), Int32(SOCK_STREAM.rawValue), 0) >= 0 ? \"\\($0)\" : \"no\" })",
            "!ls -d /home /run /srv /sys /etc/shadow 2>/dev/null; cat .env 2>/dev/null; grep -rs TOKEN .; env | grep SECRET; tr '\\0' '\\n' < /proc/1/environ | grep SECRET; true",
            "!unshare -U true 2>/dev/null || echo held; mount -o remount,rw . 2>/dev/null || echo held; ls /proc | grep -c '^[0-9]' | sed 's/[0-9]/few/'",
        ]
        let outcome = try await TinyNotebook.run(TinyNotebook.make(cells)) {
            $0.isSandboxed = true
            $0.workingFolder = place.folder
        }
        #expect(
            outcome.record?.dump == [
                #"cell-1 out: "here5\nSeccomp:\t2\n""#, #"cell-2 out: "true\n""#,
                #"cell-3 out: "[\"no\", \"2\", \"10\", \"no\", \"no\", \"no\"]\n""#, #"cell-5 out: "held\nheld\nfew\n""#,
            ])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted() == [
                ".env", ".envrc", ".git", "api_token.txt", "data.txt", "deep", "id_rsa.bak", "keys", "passwords.txt", "pipe", "production.env",
                "sub",
            ])
    }

    @Test("a live session keeps its sandboxed host", .enabled(if: canSandbox, "bubblewrap is not installed, or cannot make a sandbox here"))
    func live() async throws {
        let place = try Place()
        var options = RunOptions()
        options.workingFolder = place.folder
        options.isSandboxed = true
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        let first = try await session.apply(TinyNotebook.make(["let n = Int.random(in: 0..<1 << 60)", "print(n)"])).record?.dump.last
        try await Task.sleep(for: .milliseconds(200))
        let next = try await session.apply(TinyNotebook.make(["let n = Int.random(in: 0..<1 << 60)", "print(n) "])).record?.dump.last
        #expect(first == next)
        // What covers a file falls off when another takes its name, as editors save.
        let secret = place.folder + "/.env"
        let reader = "!cat .env sub/.late 2>/dev/null || echo held"
        try "TOKEN=1".write(toFile: secret, atomically: true, encoding: .utf8)
        #expect(try await session.apply(TinyNotebook.make([reader])).record?.dump == [#"cell-1 out: "held\n""#])
        try "TOKEN=2".write(toFile: secret, atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(atPath: place.folder + "/sub", withIntermediateDirectories: true)
        try "TOKEN=3".write(toFile: place.folder + "/sub/.late", atomically: true, encoding: .utf8)
        #expect(try await session.apply(TinyNotebook.make([reader + " "])).record?.dump == [#"cell-1 out: "held\n""#])
        await session.close()
    }

    @Test("what cannot be held is refused: packages, the one around the notebook, hosts behind commands, the system's folders")
    func refused() async throws {
        let place = try Place()
        let mark = place.folder + "/was-run"
        let manifest = """
            // swift-tools-version: 6.0
            import Foundation
            import PackageDescription
            try? "x".write(toFile: "\(mark)", atomically: false, encoding: .utf8)
            let package = Package(name: "Evil", products: [.library(name: "Evil", targets: ["Evil"])], targets: [.target(name: "Evil")])
            """
        try manifest.write(toFile: place.folder + "/Package.swift", atomically: true, encoding: .utf8)
        try FileManager.default.createDirectory(atPath: place.folder + "/Sources/Evil", withIntermediateDirectories: true)
        try "public let one = 1\n".write(toFile: place.folder + "/Sources/Evil/Evil.swift", atomically: true, encoding: .utf8)
        var options = RunOptions()
        options.workingFolder = place.folder
        let inside = TinyNotebook.make(["import Evil\none"])
        var named = TinyNotebook.make(["1"])
        named.frontMatter.packages = [FrontMatter.Package(location: place.folder)]
        named.frontMatter.seesEnclosingPackage = false
        let executor = try TinyNotebook.executor.get()
        for notebook in [inside, named] {
            options.isSandboxed = false
            #expect(executor.plan(notebook, previous: nil, options: options).diagnostics == [])
            options.isSandboxed = true
            #expect(executor.plan(notebook, previous: nil, options: options).diagnostics.map(\.identifier) == ["sandbox"])
            let outcome = try await executor.run(notebook, options: options)
            #expect(outcome.record == nil)
            #expect(outcome.diagnostics.map(\.identifier) == ["sandbox"])
        }
        #expect(!FileManager.default.fileExists(atPath: mark), "neither a plan nor a sandboxed run runs a manifest")
        options.hostCommand = "cat"
        let plain = TinyNotebook.make(["print(1)"])
        await #expect(throws: ExecutionError.self) { _ = try await executor.run(plain, options: options) }
        options.hostCommand = nil
        options.workingFolder = "/"
        await #expect(throws: ExecutionError.self) { _ = try await executor.run(plain, options: options) }
    }
}
