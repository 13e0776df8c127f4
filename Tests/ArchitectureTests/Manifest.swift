import Foundation
import JSON
import TestSupport

/// The package's targets as SwiftPM understands them.
struct Manifest {
    /// Each target that is no test, with the modules and products it declares.
    let edges: [String: Set<String>]

    /// Asks `swift package dump-package`.
    static func dump() throws -> Manifest {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", ReferenceData.packageRoot,
            // The build folder is locked by the run of the tests itself.
            "--scratch-path", NSTemporaryDirectory() + "/galley-manifest", "dump-package",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = Pipe()
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let manifest = try JSONValue(parsing: bytes)
        var edges: [String: Set<String>] = [:]
        for target in manifest["targets"]?.arrayValue ?? [] {
            guard let name = target["name"]?.stringValue, name != "TestSupport", target["type"]?.stringValue != "test" else { continue }
            edges[name] = Set(
                (target["dependencies"]?.arrayValue ?? []).compactMap { dependency in
                    ["byName", "target", "product"].lazy.compactMap { dependency[$0]?[0]?.stringValue }.first
                })
        }
        return Manifest(edges: edges)
    }

    /// The package's own targets that `roots` need, themselves included.
    func reachable(from roots: [String]) -> Set<String> {
        var reached: Set<String> = []
        var pending = roots
        while let target = pending.popLast() {
            guard let dependencies = edges[target], reached.insert(target).inserted else { continue }
            pending += dependencies
        }
        return reached
    }
}

/// The table of targets in HOW_IT_WORKS.md.
enum DocumentedEdges {
    static func read() throws -> [String: Set<String>] {
        let text = try String(contentsOfFile: ReferenceData.packageRoot + "/HOW_IT_WORKS.md", encoding: .utf8)
        let lines = text.split(separator: "\n")
        guard let head = lines.firstIndex(of: "| Target | Job | May depend on |") else { throw MissingTable() }
        var edges: [String: Set<String>] = [:]
        for line in lines[(head + 2)...].prefix(while: { $0.hasPrefix("|") }) {
            let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard columns.count == 3 else { throw MissingTable() }
            edges[columns[0]] = columns[2] == "–" ? [] : Set(columns[2].components(separatedBy: ", "))
        }
        return edges
    }

    struct MissingTable: Error {}
}
