import Foundation
import TestSupport
import Testing

@Suite("Watching", .serialized)
struct WatchTests {
    /// Waits until what the command has said holds a text; gives what came after `mark`.
    private func wait(for text: String, in place: WorkingFolder, after mark: Int = 0) throws -> String {
        var said = ""
        for _ in 0..<600 {
            said = String(try place.read("said").dropFirst(mark))
            if said.contains(text) { return said }
            usleep(50_000)
        }
        Issue.record("'\(text)' did not come: \(said)")
        return said
    }

    private func post(_ middle: String, last: String = "print(\"sum\", a + b)") -> String {
        "```swift\nlet a = 1\nprint(\"once\")\n```\n\n```swift\n\(middle)\n```\n\n```swift\n\(last)\n```\n"
    }

    @Test("A save runs what it changed; a renamed variable leaves its dependents stale; Ctrl-C ends the cell, then the command")
    func watch() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("post.md", post("let b = 2"))
        let process = try place.start("run", "post.md", "--watch", output: "said")
        defer { process.terminate() }
        _ = try wait(for: "3 run", in: place)
        #expect(try place.read("said").contains("--- cell-3\nsum 3\n"))

        var mark = try place.read("said").count
        try place.write("post.md", post("let b = 20"))
        let edited = try wait(for: "2 run", in: place, after: mark)
        #expect(edited.contains("--- cell-3\nsum 21\n"))
        #expect(!edited.contains("once"))

        mark = try place.read("said").count
        try place.write("post.md", post("let c = 20"))
        let renamed = try wait(for: "stale", in: place, after: mark)
        #expect(renamed.contains("cannot find 'b' in scope"))
        #expect(renamed.contains("post.md: stale: cell-2, cell-3"))

        mark = try place.read("said").count
        try place.write("post.md", post("let b = 3", last: "print(\"waiting\", a + b)\nwhile true {}"))
        _ = try wait(for: "cell-2 done", in: place, after: mark)
        usleep(500_000)
        process.interrupt()
        let interrupted = try wait(for: "the cell was interrupted", in: place, after: mark)
        #expect(interrupted.contains("waiting 4"))

        mark = try place.read("said").count
        try place.write("post.md", post("let b = 3", last: "print(\"again\", a + b)"))
        let again = try wait(for: "1 run", in: place, after: mark)
        #expect(again.contains("again 4"), "the state before the interrupted cell is still there")
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try place.snapshot().keys.sorted() == ["post.md", "said"], "no record is written")
    }

    @Test("A signal that ends the command ends what its cells started, and the command ends as by the signal", arguments: [SIGTERM, SIGHUP, SIGKILL])
    func signals(number: Int32) throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("post.md", "```swift\n!sh -c 'echo $$; exec sleep 300' > pid; true\n```\n")
        let process = try place.start("run", "post.md", output: "said")
        var text = ""
        for _ in 0..<600 where text.isEmpty {
            usleep(50_000)
            text = (try? place.read("pid")) ?? ""
        }
        let child = try #require(Int32(text.filter(\.isNumber)))
        #expect(kill(child, 0) == 0)
        kill(process.processIdentifier, number)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(process.terminationStatus == number)
        for _ in 0..<100 where kill(child, 0) == 0 { usleep(50_000) }
        #expect(kill(child, 0) != 0)
    }
}
