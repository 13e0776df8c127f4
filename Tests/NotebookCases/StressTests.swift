import Foundation
import TestSupport
import Testing

/// `GALLEY_KILLS` and `GALLEY_NOTEBOOKS` make these as long as wanted; `Scripts/stress` does.
@Suite("Under stress", .serialized)
struct StressTests {
    private static func number(_ name: String, _ usual: Int) -> Int { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual }

    // MARK: Killed on the way

    private static let cells = 6

    /// Every cell prints the same number, so that a mixture of two runs shows.
    private func post(_ number: Int) -> String {
        "---\ntitle: Killed on the way\n---\n"
            + (1...Self.cells).map { "\n```swift\nlet x\($0) = \($0)\nprint(\"cell\", x\($0), \"of run-\(number)-end\")\n```\n" }.joined()
    }

    /// The runs whose outputs a text holds.
    private func runs(in text: String) -> [Int] {
        text.components(separatedBy: " of run-").dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
    }

    @Test("Whenever the command or its host is killed, page and record stay whole, and the next render is right")
    func kills() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("post.md", post(0))
        let start = ContinuousClock.now
        try #require(try place.galley("render", "post.md", "--output", "site", "--quiet").status == 0)
        let usual = max(0.1, (ContinuousClock.now - start) / .seconds(1))
        var generator = SeededGenerator(seed: UInt64(Self.number("GALLEY_SEED", 5)))
        var moments = (command: 0, host: 0, missed: 0)
        for moment in 1...Self.number("GALLEY_KILLS", 10) {
            let before = try place.snapshot()
            try place.write("post.md", post(moment))
            let process = try place.start("render", "post.md", "--output", "site", "--quiet")
            usleep(UInt32.random(in: 0...UInt32(usual * 1.1 * 1e6), using: &generator))
            let host = moment.isMultiple(of: 2) ? Self.host(of: process.processIdentifier) : nil
            kill(host ?? process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            if host != nil { moments.host += 1 } else if process.terminationReason == .exit { moments.missed += 1 } else { moments.command += 1 }
            if host != nil, process.terminationReason == .exit, process.terminationStatus != 0 {
                #expect(try place.read("post.ipynb") == String(decoding: before["post.ipynb"] ?? Data(), as: UTF8.self), "kill \(moment)")
            }
            let record = try place.read("post.ipynb")
            #expect((try? JSONSerialization.jsonObject(with: Data(record.utf8))) != nil, "kill \(moment): the record is no JSON")
            for (name, text) in [("record", record), ("page", try place.read("site/post.html"))] {
                let runs = Set(runs(in: text))
                #expect(runs == [moment] || runs == [moment - 1], "kill \(moment): the \(name) holds \(runs)")
            }
            #expect(try place.read("site/post.html").suffix(10).contains("</html>"), "kill \(moment): the page has no end")
            let next = try place.galley("render", "post.md", "--output", "site", "--quiet")
            #expect(next.status == 0, "kill \(moment): \(next.standardError)")
            #expect(Set(runs(in: try place.read("site/post.html"))) == [moment], "kill \(moment): the next page is not right")
        }
        if moments.command + moments.host > 20 { print("killed: \(moments)") }
    }

    /// The child process that is a cell host, if one has started.
    private static func host(of parent: Int32) -> Int32? {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = Int32(name), let status = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let end = status.lastIndex(of: ")"), status.contains("(cell-host)")
            else { continue }
            if status[end...].split(separator: " ").dropFirst(2).first.flatMap({ Int32($0) }) == parent { return process }
        }
        return nil
    }

    // MARK: Many at once

    @Test("Of many notebooks rendered two at a time, none shows an output of another")
    func isolation() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        let count = Self.number("GALLEY_NOTEBOOKS", 8)
        for notebook in 1...count {
            var text = "---\ntitle: Notebook \(notebook)\n---\n"
            for cell in 1...10 {
                let pause = (notebook * 7 + cell * 3) % 5
                let sources = [
                    "print(\"<n\(notebook)c\(cell)>\")", "!sleep 0.00\(pause); echo '<n\(notebook)c\(cell)>'",
                    "display(markdown: \"<n\(notebook)c\(cell)>\")", "import Foundation\nfputs(\"<n\(notebook)c\(cell)>\\n\", stderr)",
                ]
                text += "\n```swift\n\(sources[(notebook + cell) % sources.count])\n```\n"
            }
            try place.write("posts/n\(notebook).md", text)
        }
        let run = try place.galley("render", "posts", "--output", "site", "--jobs", "2", "--quiet")
        #expect(run.status == 0, "\(run.standardError)")
        for notebook in 1...count {
            let bytes = Data(try place.read("posts/n\(notebook).ipynb").utf8)
            let record = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
            let cells = (record["cells"] as? [[String: Any]] ?? []).filter { $0["cell_type"] as? String == "code" }
            #expect(cells.count == 10)
            for (index, cell) in cells.enumerated() {
                let outputs = try JSONSerialization.data(withJSONObject: cell["outputs"] ?? [])
                let marks = String(decoding: outputs, as: UTF8.self).components(separatedBy: "<n").dropFirst().map { $0.prefix { $0 != ">" } }
                #expect(Set(marks.map(String.init)) == ["\(notebook)c\(index + 1)"], "notebook \(notebook), cell \(index + 1): \(marks)")
            }
        }
    }
}
