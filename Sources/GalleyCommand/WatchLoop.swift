internal import CellExecutor
internal import ExecutionPlanner
internal import Groundwork
internal import LivePreview
internal import NotebookModel
internal import SourceText

/// Keeps a notebook's process alive, and runs what changed at every save.
///
/// Ctrl-C ends the running cell, and asked twice the process; where nothing runs it ends the loop.
struct WatchLoop: Sendable {
    private enum Event: Sendable {
        case changed
        case interrupt
        case cell(CellEvent)
        case ended(Result<RunOutcome, ExecutionError>)
    }

    let session: CommandSession
    let runner: NotebookRunner
    let path: String
    let scope: ExecutionPlan.Scope

    func toEnd() async throws {
        let (events, sink) = AsyncStream.makeStream(of: Event.self)
        let watched = WatchedPaths([path])
        let sources = watch(watched, sink)
        defer { for source in sources { source.cancel() } }
        var process = LiveProcess()
        var isRunning = false
        // The text that waits to be run.
        var pending = read(watched)
        var cells = CellProgress()
        loop: while true {
            if !isRunning, let loaded = pending {
                pending = nil
                if let live = await process.session(for: loaded, runner) {
                    isRunning = true
                    cells = CellProgress(loaded: loaded)
                    start(loaded, live, sink)
                }
            }
            guard let event = await events.first(where: { _ in true }) else { break }
            switch event {
            case .changed: pending = read(watched) ?? pending
            case .interrupt:
                guard isRunning else { break loop }
                process.interrupt()
            case .cell(let event): take(event, &cells)
            case .ended(let result):
                isRunning = false
                session.interruption.settle()
                report(result, cells)
            }
        }
        await process.close()
    }

    /// The notebook as it lies on the disk, when it can be run.
    private func read(_ watched: WatchedPaths) -> LoadedNotebook? {
        // Editors that write anew take the file away for a moment.
        guard fileExists(path) else { return nil }
        do {
            // Of a notebook with a matrix the first set runs.
            guard let loaded = try LoadedNotebook(path: path).variants.first else { return nil }
            watched.paths = [path] + loaded.files
            session.reporter.report(loaded.diagnostics, loaded.file)
            return loaded.hasErrors ? nil : loaded
        } catch {
            session.terminal.line(error.diagnostic.description)
            return nil
        }
    }

    private func watch(_ watched: WatchedPaths, _ sink: AsyncStream<Event>.Continuation) -> [Task<Void, Never>] {
        let interruption = session.interruption
        let watcher = FileWatcher { watched.paths }
        return [
            Task { for await _ in watcher.changes() { sink.yield(.changed) } },
            interruption.requests { sink.yield(.interrupt) },
        ]
    }

    private func start(_ loaded: LoadedNotebook, _ live: LiveSession, _ sink: AsyncStream<Event>.Continuation) {
        let scope = scope
        Task {
            do throws(ExecutionError) {
                let outcome = try await live.apply(loaded.notebook, scope: scope) { sink.yield(.cell($0)) }
                sink.yield(.ended(.success(outcome)))
            } catch {
                sink.yield(.ended(.failure(error)))
            }
        }
    }

    // MARK: Showing

    /// What is known of the run in progress.
    private struct CellProgress {
        var loaded: LoadedNotebook?
        var ended: Set<Cell.ID> = []
    }

    private func take(_ event: CellEvent, _ cells: inout CellProgress) {
        RunProgress(terminal: session.terminal, path: path).take(event)
        if case .ended(let record) = event {
            cells.ended.insert(record.id)
            session.terminal.clearProgress()
            printOutputs(of: record, titled: true)
        }
    }

    private func report(_ result: Result<RunOutcome, ExecutionError>, _ cells: CellProgress) {
        session.terminal.clearProgress()
        guard let loaded = cells.loaded else { return }
        switch result {
        case .failure(let error): session.terminal.line("\(path): error: \(error)")
        case .success(let outcome):
            session.reporter.report(outcome.diagnostics, loaded.file)
            if let failure = outcome.failure { session.reporter.report([NotebookRunner.diagnostic(failure, loaded)], loaded.file) }
            let stale = outcome.plan.steps.filter { step in
                if case .run = step.action { !step.isParameters && !cells.ended.contains(step.cell.id) } else { false }
            }
            if !stale.isEmpty { session.terminal.line("\(path): stale: \(stale.map(\.cell.id).joined(separator: ", "))") }
            if outcome.succeeded { session.terminal.note("\(path): \(outcome.ranCount) run, \(outcome.compiledCount) compiled") }
        }
    }
}
