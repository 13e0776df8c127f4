import CellExecutor
import ExecutionPlanner
import NotebookModel
import SourceText

/// Notebooks made of nothing but cells: each piece of text is a cell, ten lines below the one before.
enum TinyNotebook {
    static func make(_ sources: [String], parameters: [Parameter] = [], options: (Int, inout CellOptions) -> Void = { _, _ in }) -> Notebook {
        var frontMatter = FrontMatter()
        frontMatter.parameters = parameters
        let cells = sources.enumerated().map { index, source in
            var cellOptions = CellOptions()
            options(index + 1, &cellOptions)
            let line = 10 * (index + 1)
            return Cell(
                id: "cell-\(index + 1)", kind: .code, source: source, firstLine: line, indentation: 0,
                range: SourceRange(lines: line...(line + 1)), options: cellOptions, writtenSource: source, infoString: "swift")
        }
        return Notebook(file: SourceFile(path: "post.md", text: ""), frontMatter: frontMatter, cells: cells)
    }

    static let executor: Result<NotebookExecutor, ExecutionError> = Result { () throws(ExecutionError) in
        NotebookExecutor(toolchain: try .locate(), cache: try CellCache(folder: "/tmp/galley-tests-cells"))
    }

    static func run(
        _ notebook: Notebook, previous: RunRecord? = nil, _ change: (inout RunOptions) -> Void = { _ in }
    ) async throws -> RunOutcome {
        var options = RunOptions()
        options.workingFolder = "/tmp"
        change(&options)
        return try await executor.get().run(notebook, previous: previous, options: options)
    }
}

extension RunRecord {
    /// A line for each output: `id kind: text`.
    var dump: [String] { cells.flatMap { cell in cell.outputs.map { "\(cell.id) \($0.dump)" } } }
}

extension CellOutput {
    var dump: String {
        switch self {
        case .stream(.standardOutput, let text): "out: \(text.debugDescription)"
        case .stream(.standardError, let text): "err: \(text.debugDescription)"
        case .display(let bundle, _): "display: \(bundle.plainText ?? "-")"
        case .result(let bundle): "result: \(bundle.plainText ?? "-")"
        case .diagnostics(let diagnostics): "diagnostics: \(diagnostics.map(\.description).joined(separator: "; "))"
        case .error(let error): "error: \(error.kind.rawValue) \(error.name): \(error.message) @\(error.line.map(String.init) ?? "-")"
        }
    }
}
