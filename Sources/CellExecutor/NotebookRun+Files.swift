internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

// What cells declare to read, and earlier cells were to make.
extension NotebookRun {
    /// The declared paths that stand for nothing now that the cell's turn came, although the plan took an earlier cell for their maker.
    ///
    /// Behind a command for the host the files are elsewhere, and cannot be asked for.
    func missingFiles(of step: ExecutionPlan.Step) -> [String] {
        guard options.hostCommand == nil, options.bundle == nil else { return [] }
        return step.cell.options.dependencies.filter { step.files[$0] == nil && problem($0) != nil }
    }

    /// Marks a cell as failed where files that were not there before it ran are not there now: it cannot have read them.
    ///
    /// - Returns: Why it failed, unless it may.
    func error(missing paths: [String], after ended: inout CellRecord, _ step: ExecutionPlan.Step) -> CellError? {
        guard ended.status == .succeeded, let (path, problem) = paths.lazy.compactMap({ path in self.problem(path).map { (path, $0) } }).first else {
            return nil
        }
        let diagnostic = plan.diagnostic(problem, path: path, of: step, in: notebook.file.path)
        let error = CellError(
            kind: .command, name: "depends", message: "it depends on '\(path)', which \(problem.words): no cell made it",
            line: diagnostic.range?.start.line)
        ended.outputs.append(.error(error))
        ended.status = step.cell.options.error ? .failedAsAllowed : .failed
        return step.cell.options.error ? nil : error
    }

    private func problem(_ path: String) -> DeclaredPathProblem? {
        switch executor.declared(path, for: notebook, options: options) {
        case .success: nil
        case .failure(let problem): problem
        }
    }
}
