import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import NotebookParser
import SourceText
import Testing

/// Notebooks of a folder beside the outputs of scripts: `NAME.md` must print `NAME.txt`, whichever way it is run. Scripts/compare-swift
/// makes the folder and names it in `GALLEY_COMPARED`.
@Suite(
    "Notebooks beside scripts", .serialized,
    .enabled(if: ComparedNotebooks.folder != nil, "GALLEY_COMPARED names no folder; Scripts/compare-swift makes one"))
struct ScriptComparisonTests {
    @Test("Cells print what one script prints: merged, one module a cell, and live", arguments: ComparedNotebooks.names)
    func comparison(name: String) async throws {
        let folder = try #require(ComparedNotebooks.folder)
        let expected = try String(contentsOfFile: "\(folder)/\(name).txt", encoding: .utf8)
        let text = try String(contentsOfFile: "\(folder)/\(name).md", encoding: .utf8)
        let notebook = NotebookParsing.parse(SourceFile(path: "\(name).md", text: text)).0.notebook
        let merged = try await TinyNotebook.run(notebook)
        expect(merged, prints: expected, "merged")
        expect(try await TinyNotebook.run(Self.apart(notebook)), prints: expected, "apart")
        var options = RunOptions()
        options.workingFolder = "/tmp"
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        let live = try await session.apply(Self.apart(notebook))
        await session.close()
        expect(live, prints: expected, "live")
    }

    /// Cells that may fail are compiled apart, and one that fails keeps no other from being compared.
    private static func apart(_ notebook: Notebook) -> Notebook {
        var notebook = notebook
        for index in notebook.cells.indices { notebook.cells[index].options.error = true }
        return notebook
    }

    private func expect(_ outcome: RunOutcome, prints expected: String, _ way: String) {
        let cells = outcome.record?.cells ?? []
        let printed = cells.flatMap(\.outputs).map { if case .stream(.standardOutput, let text) = $0 { text } else { "" } }.joined()
        let problems = cells.flatMap { cell in
            cell.outputs.compactMap { if case .error(let error) = $0 { "\(cell.id): \(error.message)\n\(cell.source)" } else { nil } }
        }
        let compiler = outcome.diagnostics.filter { $0.severity == .error }.map(\.description)
        #expect(printed == expected && problems.isEmpty && outcome.failure == nil, "\(way)\n\((compiler + problems).joined(separator: "\n"))")
    }
}

private enum ComparedNotebooks {
    static let folder = ProcessInfo.processInfo.environment["GALLEY_COMPARED"]
    static let names: [String] = {
        let files = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
        return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
    }()
}
