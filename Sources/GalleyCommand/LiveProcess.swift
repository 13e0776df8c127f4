internal import CellExecutor
internal import NotebookModel
internal import SourceText

/// The process that the cells of a notebook live in while it is being written.
struct LiveProcess: Sendable {
    private(set) var session: LiveSession?
    /// The values that its parameters have there.
    private var parameters: [Parameter] = []

    /// A process for the notebook as it is now: the one at hand, unless the parameters' values are others.
    ///
    /// - Returns: `nil` where the values given do not fit; that has been reported.
    mutating func session(for loaded: LoadedNotebook, _ runner: NotebookRunner) async -> LiveSession? {
        let (values, problems) = runner.parameters.values(for: loaded.notebook, varied: loaded.varied)
        guard problems.isEmpty else {
            runner.reporter.report(problems, loaded.file)
            return nil
        }
        if let session {
            if values == parameters { return session }
            await session.close()
        }
        var options = runner.options
        options.parameters = values
        let fresh = LiveSession(executor: runner.executor, options: options)
        session = fresh
        parameters = values
        return fresh
    }

    func interrupt() { session?.interrupt() }

    func close() async { await session?.close() }
}
