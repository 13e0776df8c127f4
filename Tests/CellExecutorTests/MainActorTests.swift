import CellExecutor
import ExecutionPlanner
import NotebookModel
import SourceText
import Testing

@Suite("The main actor, the main queue and the main thread", .serialized)
struct MainActorTests {
    /// What a script of the same text prints, cell by cell.
    private let sources = [
        """
        import Foundation
        @MainActor final class Inbox { var unread = 0; func receive() { unread += 1; print("unread", unread) } }
        @MainActor func refresh() -> String { "refreshed" }
        let inbox = await Inbox()
        Task { @MainActor in print("task") }
        DispatchQueue.main.async { print("queue") }
        print(await refresh(), Thread.isMainThread)
        """,
        """
        print("next")
        try await Task.sleep(for: .milliseconds(20))
        await inbox.receive()
        MainActor.assumeIsolated { inbox.receive() }
        """,
        """
        DispatchQueue.main.asyncAfter(deadline: .now() + 0.02) { print("after") }
        let timer = Timer.scheduledTimer(withTimeInterval: 0.01, repeats: false) { _ in print("timer") }
        RunLoop.main.run(until: Date().addingTimeInterval(0.1))
        OperationQueue.main.addOperation { print("operation") }
        let observer = NotificationCenter.default.addObserver(forName: Notification.Name("x"), object: nil, queue: .main) { _ in print("note") }
        NotificationCenter.default.post(name: Notification.Name("x"), object: nil)
        await Task.yield()
        print(await Task.detached { DispatchQueue.main.sync { Thread.isMainThread } }.value)
        """,
    ]

    private let expected = [
        #"cell-1 out: "refreshed true\n""#, #"cell-2 out: "next\ntask\nqueue\nunread 1\nunread 2\n""#,
        #"cell-3 out: "timer\nafter\nnote\noperation\ntrue\n""#,
    ]

    @Test("cells that share a module run as a script does, where Foundation is used")
    func merged() async throws {
        #expect(try await TinyNotebook.run(TinyNotebook.make(sources)).record?.dump == expected)
    }

    @Test("cells that are modules of their own run as a script does")
    func apart() async throws {
        #expect(try await TinyNotebook.run(TinyNotebook.make(sources)) { $0.cellsPerModule = 1 }.record?.dump == expected)
    }

    @Test("a live session runs them so, and an edited cell again")
    func live() async throws {
        var options = RunOptions()
        options.workingFolder = "/tmp"
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        #expect(try await session.apply(TinyNotebook.make(sources)).record?.dump == expected)
        let edited = sources + ["await MainActor.run { print(inbox.unread) }"]
        #expect(try await session.apply(TinyNotebook.make(edited)).record?.dump == expected + [#"cell-4 out: "2\n""#])
        await session.close()
    }

    @Test("after a trap or a time limit on the main thread, in its queue or beside it, the next cell has both")
    func afterFaults() async throws {
        let check = "print(await MainActor.run { Thread.isMainThread }, Thread.isMainThread)"
        let endings = [
            ("await MainActor.run { let a = [1]; print(a[a.count]) }", "trap Fatal error: Index out of range @20"),
            ("await MainActor.run { while true { usleep(1000) } }", "timeout Timeout: the cell took longer than 0.3 s @"),
            ("DispatchQueue.main.async { fatalError(\"x\") }\nRunLoop.main.run()", "trap Fatal error: x @60"),
            ("await Task.detached { let a = [1]; print(a[a.count]) }.value", "trap Fatal error: Index out of range @80"),
            ("await withUnsafeContinuation { (never: UnsafeContinuation<Void, Never>) in }", "timeout Timeout: the cell took longer than 0.3 s @"),
            (
                "let timer = Timer.scheduledTimer(withTimeInterval: 1, repeats: true) { _ in }\nRunLoop.main.run()",
                "timeout Timeout: the cell took longer than 0.3 s @"
            ),
            ("while counter.next() != 0 { usleep(1000) }", "timeout Timeout: the cell took longer than 0.3 s @"),
        ]
        let first =
            "import Foundation\nstruct Counter { var n = 0; mutating func next() -> Int { while n >= 0 { usleep(1000); n = 1 }; return 1 } }\nvar counter = Counter()"
        let notebook = TinyNotebook.make([first] + endings.flatMap { [$0.0, check] } + ["print(counter.n)"]) { index, options in
            guard index % 2 == 0, index <= 2 * endings.count else { return }
            options.error = true
            if endings[index / 2 - 1].1.hasPrefix("timeout") { options.timeout = 0.3 }
        }
        let outcome = try await TinyNotebook.run(notebook)
        var lines: [String] = []
        for (number, ending) in endings.enumerated() {
            let line = ending.1.hasSuffix("@") ? "\(20 * number + 20 + ending.0.count { $0 == "\n" })" : ""
            lines += ["cell-\(2 * number + 2) error: \(ending.1)\(line)", "cell-\(2 * number + 3) out: \"true true\\n\""]
        }
        #expect(outcome.record?.dump == lines + ["cell-\(2 * endings.count + 2) out: \"1\\n\""])
    }

    @Test("an error thrown on the main actor is the cell's, and what waits in the queue stays for the next cell that waits")
    func thrown() async throws {
        let notebook = TinyNotebook.make([
            "import Foundation\nstruct Oops: Error {}\nDispatchQueue.main.async { print(\"waited\") }\nthrow Oops()", "print(\"sync\")",
            "await Task.yield()",
        ]) { $1.error = $0 == 1 }
        let dump = try await TinyNotebook.run(notebook).record?.dump
        #expect(dump == ["cell-1 error: thrown Oops: Oops() @13", #"cell-2 out: "sync\n""#, #"cell-3 out: "waited\n""#])
    }
}
