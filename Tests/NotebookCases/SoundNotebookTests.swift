import Foundation
import TestSupport
import Testing

/// Each folder under `sound` holds a notebook that uses a part of the language across cells, and `expected.txt`: what its cells
/// leave in the record, and what the command says. `UPDATE_GOLDENS=1` rewrites the expectations and fails.
@Suite("Notebooks that use the language across cells", .serialized)
struct SoundNotebookTests {
    static let folder = ReferenceData.packageRoot + "/Tests/NotebookCases/sound"
    static let cases = (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []

    @Test("Runs to its end with these outputs", arguments: cases)
    func outputs(name: String) throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.copy(from: Self.folder + "/" + name + "/post.md", to: "post.md")
        let run = try place.galley("run", "post.md", "--quiet", "--timeout", "60")
        var report = "exit status \(run.status)\n" + run.standardError
        if run.status == 0 { report += try Self.dump(place.read("post.ipynb")) }

        let expectation = Self.folder + "/" + name + "/expected.txt"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
            try report.write(toFile: expectation, atomically: true, encoding: .utf8)
            Issue.record("recorded \(expectation): review it, then run again without UPDATE_GOLDENS")
        } else {
            let expected = try String(contentsOfFile: expectation, encoding: .utf8)
            #expect(report == expected)
        }
    }

    /// The outputs of a record, a line for each line of them: `cell-1 out: text`.
    private static func dump(_ record: String) throws -> String {
        let notebook = try #require(try JSONSerialization.jsonObject(with: Data(record.utf8)) as? [String: Any])
        var lines: [String] = []
        for cell in notebook["cells"] as? [[String: Any]] ?? [] where cell["cell_type"] as? String == "code" {
            let id = cell["id"] as? String ?? "?"
            for output in cell["outputs"] as? [[String: Any]] ?? [] {
                let (kind, text) = words(output)
                for line in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(30) { lines.append("\(id) \(kind): \(line)") }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func words(_ output: [String: Any]) -> (kind: String, text: String) {
        func joined(_ value: Any?) -> String { (value as? [String])?.joined() ?? value as? String ?? "" }
        switch output["output_type"] as? String {
        case "stream":
            let text = joined(output["text"])
            return (output["name"] as? String == "stdout" ? "out" : "err", text.hasSuffix("\n") ? String(text.dropLast()) : text)
        case "error": return ("error", joined(output["ename"]) + ": " + joined(output["evalue"]))
        case "execute_result": return ("result", joined((output["data"] as? [String: Any])?["text/plain"]))
        default:
            let data = output["data"] as? [String: Any] ?? [:]
            return ("display \(data.keys.sorted().joined(separator: " "))", joined(data["text/plain"]))
        }
    }
}
