internal import NotebookModel
internal import SourceText

extension RunRecord {
    /// The record with `name` in the place of the path that the notebook was given by, so that it says the same wherever it
    /// was made.
    func relocated(from path: String, to name: String) -> RunRecord {
        guard path != name else { return self }
        var record = self
        for index in record.cells.indices {
            record.cells[index].outputs = record.cells[index].outputs.map { Self.relocated($0, from: path, to: name) }
        }
        return record
    }

    private static func relocated(_ output: CellOutput, from path: String, to name: String) -> CellOutput {
        switch output {
        case .diagnostics(let diagnostics): return .diagnostics(diagnostics.map { relocated($0, from: path, to: name) })
        case .error(var error):
            error.message = error.message.replacing(path, with: name)
            error.details = error.details.map { $0.replacing(path, with: name) }
            return .error(error)
        case .stream, .display, .result: return output
        }
    }

    private static func relocated(_ diagnostic: Diagnostic, from path: String, to name: String) -> Diagnostic {
        var diagnostic = diagnostic
        if diagnostic.path == path { diagnostic.path = name }
        for index in diagnostic.notes.indices where diagnostic.notes[index].path == path { diagnostic.notes[index].path = name }
        return diagnostic
    }
}
