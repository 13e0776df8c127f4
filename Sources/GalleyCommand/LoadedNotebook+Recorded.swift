internal import CellExecutor
internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

extension LoadedNotebook {
    /// The outputs to show where nothing is run, and what is to be said of them.
    ///
    /// - Parameter arguments: Values that were asked for now: outputs of others are stale.
    /// - Returns: No outputs, and an error, for a record that something else than a run changed.
    func recordedOutputs(_ arguments: ParameterArguments = ParameterArguments(assignments: [])) -> (
        outputs: RecordedOutputs?, diagnostics: [Diagnostic]
    ) {
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
        let (parameters, mistakes) = isRecord ? ([], []) : arguments.values(for: notebook, varied: varied)
        if !mistakes.isEmpty { return (nil, mistakes) }
        let outputs = RecordedOutputs(
            record, of: notebook, parameters: parameters,
            resources: isRecord ? .success(record.resources) : NotebookExecutor.digestOfResources(of: notebook)
        ) { [notebook] in NotebookExecutor.digest(ofDependency: $0, of: notebook) }
        problems += warnings(outputs, help)
        return (outputs, problems)
    }

    /// What is to be said of outputs that are older than their code, are missing, or may be older than a file that is gone.
    private func warnings(_ outputs: RecordedOutputs, _ help: String) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        func warn(_ identifier: String, _ summary: String, at place: SourceRange?) {
            problems.append(
                Diagnostic(
                    .warning, identifier: identifier, summary: summary, path: path,
                    range: place.map { SourceRange(start: $0.start, end: $0.start) }, solutions: [help]))
        }
        let cells = Dictionary(notebook.cells.map { ($0.id, $0) }) { first, _ in first }
        for (id, reason) in outputs.stale.sorted(by: { cells[$0.key]?.firstLine ?? 0 < cells[$1.key]?.firstLine ?? 0 }) {
            warn("stale-output", "the output of '\(id)' is older than its code: \(reason)", at: cells[id]?.range)
        }
        if isRecord { return problems }
        for id in outputs.unrecorded {
            warn("unrecorded-output", "'\(id)' has no output: the record was made before it was written", at: cells[id]?.range)
        }
        for (id, file) in outputs.missingFiles.sorted(by: { cells[$0.key]?.firstLine ?? 0 < cells[$1.key]?.firstLine ?? 0 })
        where outputs.stale[id] == nil {
            warn("missing-file", "the file \(file) is not there, so nobody can tell whether the output of '\(id)' is older", at: cells[id]?.range)
        }
        if case .failure(let problem) = NotebookExecutor.digestOfResources(of: notebook), !notebook.frontMatter.resources.isEmpty {
            warn("missing-file", "the resource \(problem.words), so nobody can tell whether the outputs are older", at: nil)
        }
        return problems
    }
}
