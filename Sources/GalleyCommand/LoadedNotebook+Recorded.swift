internal import CellExecutor
internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

extension LoadedNotebook {
    /// The outputs to show where nothing is run, and what is to be said of them.
    ///
    /// - Returns: No outputs, and an error, for a record that something else than a run changed.
    func recordedOutputs() -> (outputs: RecordedOutputs?, diagnostics: [Diagnostic]) {
        let place = recordFile?.path ?? path
        let help = isRecord ? "Run the notebook that it is the record of" : "Make it anew with: galley run \(path)"
        guard var record else {
            if case .foreign(let reason)? = recordFile?.content {
                let problem = Diagnostic(
                    .warning, identifier: "foreign-record", summary: "this is not the record of \(path), so no outputs are shown: \(reason)",
                    path: place)
                return (nil, [problem])
            }
            return (nil, [])
        }
        if record.origin != .galley { return (RecordedOutputs(unchecked: record), []) }
        var problems: [Diagnostic] = []
        switch record.integrity {
        case .intact: break
        case .unverified:
            problems.append(
                Diagnostic(
                    .warning, identifier: "unverified-record",
                    summary:
                        "the record was written by a version of Galley that kept no digests, so nobody can tell whether its outputs are those of a run",
                    path: place, solutions: [help]))
        case .altered(let reason):
            let problem = Diagnostic(
                .error, identifier: "altered-record", summary: "something else than a run changed this record: \(reason)", path: place,
                solutions: [help])
            return (nil, [problem])
        }
        // The options of a fence are lost in a record.
        if isRecord { for index in record.cells.indices { record.cells[index].inputs = nil } }
        let outputs = RecordedOutputs(record, of: notebook) { [notebook] in NotebookExecutor.digest(ofDependency: $0, of: notebook) }
        let cells = Dictionary(notebook.cells.map { ($0.id, $0) }) { first, _ in first }
        for (id, reason) in outputs.stale.sorted(by: { cells[$0.key]?.firstLine ?? 0 < cells[$1.key]?.firstLine ?? 0 }) {
            problems.append(
                Diagnostic(
                    .warning, identifier: "stale-output", summary: "the output of '\(id)' is older than its code: \(reason)", path: path,
                    range: cells[id].map { SourceRange(start: $0.range.start, end: $0.range.start) }, solutions: [help]))
        }
        return (outputs, problems)
    }
}
