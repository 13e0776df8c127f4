import Foundation
import TestSupport
import Testing

/// Each folder under `failure` holds a notebook with one mistake and `expected.txt`: the exit status and every
/// diagnostic, exactly. `UPDATE_GOLDENS=1` rewrites the expectations and fails, so that nobody passes by recording.
@Suite("Notebooks with a mistake", .serialized)
struct NotebookCaseTests {
    static let folder = ReferenceData.packageRoot + "/Tests/NotebookCases/failure"
    static let cases = (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []

    @Test("Is reported exactly, and the previous page and record stay", arguments: cases)
    func mistake(name: String) throws {
        let place = try WorkingFolder()
        defer { place.remove() }

        try place.write("post.md", Self.soundNotebook)
        let before = try place.galley("render", "post.md", "--output", "site", "--quiet")
        try #require(before.status == 0, "\(before.standardError)")
        let published = try place.snapshot()
        try #require(published["post.ipynb"] != nil)
        try #require(published.keys.contains { $0.hasPrefix("site/") && $0.hasSuffix(".html") })

        try place.copy(from: Self.folder + "/" + name + "/post.md", to: "post.md")
        let run = try place.galley("render", "post.md", "--output", "site", "--quiet")
        let report = "exit status \(run.status)\n" + run.standardError
        if run.status != 0 {
            var after = try place.snapshot()
            after["post.md"] = published["post.md"]
            #expect(after == published, "a failed run must leave the page and the record as they were")
        }

        let expectation = Self.folder + "/" + name + "/expected.txt"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
            try report.write(toFile: expectation, atomically: true, encoding: .utf8)
            Issue.record("recorded \(expectation): review it, then run again without UPDATE_GOLDENS")
        } else {
            let expected = try String(contentsOfFile: expectation, encoding: .utf8)
            #expect(report == expected)
        }
    }

    @Test("As much prose as ten thousand cells have is rendered")
    func longProse() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        let section = "\n## Section\n\nSome *words* with `code`, a [link](https://example.org) and $x^2$.\n\n- one\n- two\n"
        try place.write("post.md", "---\ntitle: Long\n---\n" + String(repeating: section, count: 10_000))
        let run = try place.galley("render", "post.md", "--output", "site", "--quiet")
        #expect(run.status == 0, "\(run.standardError)")
        #expect(run.standardError == "")
        let page = try #require(try place.snapshot().first { $0.key.hasPrefix("site/post") && $0.key.hasSuffix(".html") })
        #expect(String(decoding: page.value, as: UTF8.self).components(separatedBy: "<h2").count > 10_000)
    }

    private static let soundNotebook = """
        ---
        title: The page before
        ---

        ```swift
        print("sound")
        ```
        """
}
