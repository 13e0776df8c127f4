import CellExecutor
import ExecutionPlanner
import Foundation
import NotebookModel
import NotebookParser
import SourceText
import TestSupport
import Testing

/// Cells are merged into few modules, compiled one module a cell, or run in a host that stays: a notebook's outputs may not tell.
@Suite("Ways to run a notebook", .serialized)
struct ModeTests {
    static let folder = ReferenceData.packageRoot + "/Tests/NotebookCases/sound"
    static let cases = (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []

    @Test("Merged cells, one module a cell and a live host give the same outputs", arguments: cases)
    func modes(name: String) async throws {
        let text = try String(contentsOfFile: Self.folder + "/" + name + "/post.md", encoding: .utf8)
        let (parsed, problems) = NotebookParsing.parse(SourceFile(path: "post.md", text: text))
        #expect(problems.filter { $0.severity == .error } == [])
        let merged = try await TinyNotebook.run(parsed.notebook)
        let apart = try await TinyNotebook.run(parsed.notebook) { $0.cellsPerModule = 1 }
        var options = RunOptions()
        options.workingFolder = "/tmp"
        let session = LiveSession(executor: try TinyNotebook.executor.get(), options: options)
        let live = try await session.apply(parsed.notebook)
        await session.close()
        #expect(merged.failure == nil && merged.record != nil, "\(merged.diagnostics)")
        #expect(apart.record?.outputs == merged.record?.outputs, "\(apart.diagnostics) \(String(describing: apart.failure))")
        #expect(live.record?.outputs == merged.record?.outputs, "\(live.diagnostics) \(String(describing: live.failure))")
    }
}

extension RunRecord {
    /// What the cells gave, without the compiler's remarks.
    fileprivate var outputs: [String] {
        cells.flatMap { cell in
            cell.outputs.compactMap { output in
                if case .diagnostics = output { return nil }
                return "\(cell.id) \(output.dump)"
            }
        }
    }
}
