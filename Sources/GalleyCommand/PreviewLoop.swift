internal import CellExecutor
internal import ExecutionPlanner
internal import Groundwork
internal import LivePreview
internal import NotebookModel
internal import SiteBuilder
internal import SourceText

/// Keeps pages and processes up to date with notebooks that are being written.
///
/// One notebook runs at a time. A save during a run is taken up after it; the reader's buttons and Ctrl-C work at once.
actor PreviewLoop {
    private enum Event: Sendable {
        case changed(Set<String>)
        case action(PreviewAction)
        case cell(String, CellEvent)
        case ended(String, Result<RunOutcome, ExecutionError>)
        case redraw
        case interrupt
    }

    private let session: CommandSession
    private let publisher: PagePublisher
    private let server: PreviewServer
    private let events: AsyncStream<Event>
    private let sink: AsyncStream<Event>.Continuation
    private let watched = WatchedPaths()

    private var configuration = SiteConfiguration()
    private var notebooks: [String: PreviewedNotebook] = [:]
    /// Notebooks that wait to be run, in order, each once.
    private var queue: [String] = []
    private var running: (path: String, task: Task<Void, Never>)?
    /// The notebook that buttons mean: the one saved last.
    private var current: String?
    /// What keeps pages from being what their files say, by what it concerns: every page tells it.
    private var problems: [String: String] = [:]
    /// Whether new outputs will be shown in a moment, together with what ends until then.
    private var isRedrawDue = false

    init(session: CommandSession, selection: NotebookLocator.Selection, server: PreviewServer) {
        self.session = session
        self.server = server
        publisher = PagePublisher(session: session, selection: selection, output: "", includesDrafts: true)
        (events, sink) = AsyncStream.makeStream(of: Event.self)
    }

    /// Serves until Ctrl-C; while a cell runs it ends that, and asked twice its process.
    ///
    /// - Parameter ready: Called when the pages can be asked for, before the first cell runs.
    /// - Throws: `ExitCode` when there is nothing to serve.
    func toEnd(_ ready: @Sendable () -> Void) async throws {
        readConfiguration()
        for path in publisher.selection.notebooks { _ = load(path) }
        guard !notebooks.isEmpty else { throw ExitStatus.failure }
        for notebook in notebooks.values { session.reporter.report(notebook.loaded.diagnostics, notebook.loaded.file) }
        try await publish(reports: true)
        ready()
        let sources = watch()
        defer { for source in sources { source.cancel() } }
        for path in publisher.selection.notebooks where needsRun(path) { enqueue(path) }
        await startNext()
        loop: for await event in events {
            switch event {
            case .changed(let paths): await reload(paths)
            case .action(let action): await perform(action)
            case .cell(let path, let event): await take(event, path)
            case .ended(let path, let result): await end(path, result)
            case .redraw:
                isRedrawDue = false
                await republish(reports: false)
            case .interrupt:
                guard running != nil else { break loop }
                // What waits was not asked to stop, but nobody would see why it goes on.
                queue = []
                await perform(.interrupt)
            }
        }
        await close()
    }

    // MARK: Where events come from

    private func watch() -> [Task<Void, Never>] {
        let (watched, sink, server, interruption) = (watched, sink, server, session.interruption)
        let selection = publisher.selection
        updateWatched()
        let watcher = FileWatcher {
            // A folder's new notebooks are found by looking.
            watched.paths + (selection.isFolder ? (try? NotebookLocator.find(selection.root))?.notebooks ?? [] : [])
        }
        return [
            Task { for await paths in watcher.changes() { sink.yield(.changed(paths)) } },
            Task { for await action in server.actions { sink.yield(.action(action)) } },
            interruption.requests { sink.yield(.interrupt) },
        ]
    }

    private func updateWatched() {
        watched.paths = [publisher.selection.root + "/site.yaml"] + notebooks.flatMap { [$0.key] + $0.value.loaded.files }
    }

    // MARK: Reading

    private func readConfiguration() {
        let (configuration, hasErrors) = publisher.readConfiguration()
        problems["site.yaml"] = hasErrors ? "site.yaml is wrong, as the terminal says: the page may not be what it would be" : nil
        // What was understood last stands.
        if !hasErrors || notebooks.isEmpty { self.configuration = configuration }
    }

    /// - Returns: Whether the notebook could be read.
    private func load(_ path: String) -> Bool {
        do {
            // Of a notebook with a matrix the first set is shown.
            let variants = try LoadedNotebook(path: path).variants
            guard let loaded = variants.first else { return false }
            if variants.count > 1 { session.terminal.note("\(path): previewing \(loaded.variant ?? "") of \(variants.count) parameter sets") }
            if notebooks[path] == nil { notebooks[path] = PreviewedNotebook(loaded) } else { notebooks[path]?.edit(loaded) }
            problems[path] = nil
            return true
        } catch {
            session.terminal.line(error.diagnostic.description)
            problems[path] = "\(path) cannot be read, and its page is of an earlier text: \(error.diagnostic.summary)"
            return false
        }
    }

    private func reload(_ paths: Set<String>) async {
        if paths.contains(publisher.selection.root + "/site.yaml") { readConfiguration() }
        for path in paths.sorted() where NotebookLocator.isNotebook(path) {
            guard fileExists(path) else {
                // Editors that write anew take the file away for a moment; one notebook alone is always meant to be there.
                if publisher.selection.isFolder, let gone = notebooks.removeValue(forKey: path) {
                    problems[path] = nil
                    await gone.process.close()
                } else {
                    problems[path] = "\(path) is not there: its page is of its last text"
                }
                continue
            }
            guard load(path), let notebook = notebooks[path] else { continue }
            session.reporter.report(notebook.loaded.diagnostics, notebook.loaded.file)
            current = path
            enqueue(path)
        }
        for (path, notebook) in notebooks where !paths.isDisjoint(with: notebook.loaded.files) { enqueue(path) }
        updateWatched()
        // The page with the new text is made while the compiler works.
        await startNext()
        await republish(reports: true)
    }

    // MARK: Running

    private func needsRun(_ path: String) -> Bool {
        guard let notebook = notebooks[path], let runner = session.runner, !notebook.loaded.hasErrors else { return false }
        // One notebook is about to be edited, so its process is made ready; of a folder only what is out of date runs.
        guard publisher.selection.isFolder, let record = notebook.loaded.record else { return true }
        var options = runner.options
        options.parameters = runner.parameters.values(for: notebook.loaded.notebook, varied: notebook.loaded.varied).parameters
        return !runner.executor.plan(notebook.loaded.notebook, previous: record, options: options).isUnchanged
    }

    private func enqueue(_ path: String) {
        if !queue.contains(path) { queue.append(path) }
    }

    private func startNext() async {
        guard running == nil, let runner = session.runner, !queue.isEmpty else { return }
        let path = queue.removeFirst()
        guard var notebook = notebooks[path], !notebook.loaded.hasErrors else { return await startNext() }
        let session = await notebook.process.session(for: notebook.loaded, runner)
        problems["\(path) -P"] = session == nil ? "\(path) does not run: the values given for its parameters do not fit, as the terminal says" : nil
        guard let live = session else { return await startNext() }
        if notebook.restarts { await live.restart() }
        notebook.restarts = false
        notebooks[path] = notebook
        if current == nil { current = path }
        let (loaded, sink) = (notebook.loaded, sink)
        let progress = RunProgress(terminal: self.session.terminal, path: path)
        let task = Task {
            do throws(ExecutionError) {
                let outcome = try await live.apply(loaded.notebook) { event in
                    progress.take(event)
                    sink.yield(.cell(path, event))
                }
                sink.yield(.ended(path, .success(outcome)))
            } catch {
                sink.yield(.ended(path, .failure(error)))
            }
        }
        running = (path, task)
        show(path)
    }

    private func take(_ event: CellEvent, _ path: String) async {
        // What a run says of cells that were edited meanwhile would be told of the wrong ones.
        guard !queue.contains(path) else { return }
        let hasNewOutput = notebooks[path]?.take(event) ?? false
        if hasNewOutput, !isRedrawDue {
            isRedrawDue = true
            Task { [sink] in
                try? await Task.sleep(for: .milliseconds(200))
                sink.yield(.redraw)
            }
        }
        show(path)
    }

    private func end(_ path: String, _ result: Result<RunOutcome, ExecutionError>) async {
        running = nil
        session.interruption.settle()
        session.terminal.clearProgress()
        if let notebook = notebooks[path], !queue.contains(path) {
            switch result {
            case .success(let outcome):
                session.reporter.report(outcome.diagnostics, notebook.loaded.file)
                if let failure = outcome.failure {
                    session.reporter.report([NotebookRunner.diagnostic(failure, notebook.loaded)], notebook.loaded.file)
                } else if outcome.record != nil {
                    session.terminal.note("\(path): \(outcome.ranCount) run, \(outcome.compiledCount) compiled")
                }
                notebooks[path]?.end(outcome)
            case .failure(let error):
                session.terminal.line("\(path): error: \(error)")
                notebooks[path]?.end(error)
            }
        }
        await republish(reports: false)
        await startNext()
        show(path)
    }

    private func perform(_ action: PreviewAction) async {
        guard let path = current ?? publisher.selection.notebooks.first else { return }
        switch action {
        case .run: enqueue(path)
        case .interrupt:
            if let running { notebooks[running.path]?.process.interrupt() }
        case .restart:
            notebooks[path]?.restarts = true
            if running?.path == path { notebooks[path]?.process.interrupt() }
            enqueue(path)
        }
        await startNext()
    }

    /// Ends the running cell, then its process if it does not listen, then the other processes.
    private func close() async {
        sink.finish()
        if let running, let live = notebooks[running.path]?.process {
            let impatience = Task {
                for _ in 0..<10 {
                    live.interrupt()
                    try? await Task.sleep(for: .milliseconds(500))
                    if Task.isCancelled { return }
                }
            }
            await running.task.value
            impatience.cancel()
        }
        for notebook in notebooks.values { await notebook.process.close() }
    }

    // MARK: Showing

    /// Makes the site anew and hands it to the server; where it cannot be made, the one before stands.
    private func publish(reports: Bool) async throws {
        let pages = notebooks.sorted { $0.key < $1.key }.map { path, notebook in
            var page = publisher.page(
                notebook.loaded.parsed, notebook.record, path: path, variant: notebook.loaded.variant,
                reporter: reports ? publisher.session.reporter : nil)
            if !notebook.hasRun { page.run = nil }
            return page
        }
        let site = try await publisher.site(of: pages, configuration, reports: reports)
        server.publish(site)
        for path in notebooks.keys { show(path) }
    }

    private func republish(reports: Bool) async {
        do {
            let hadProblem = problems.removeValue(forKey: "site") != nil
            try await publish(reports: reports || hadProblem)
        } catch {
            problems["site"] = "the pages cannot be made anew, as the terminal says: these are of an earlier text"
            for path in notebooks.keys { show(path) }
        }
    }

    private func show(_ path: String) {
        guard let notebook = notebooks[path] else { return }
        let general = problems.sorted { $0.key < $1.key }.map { PreviewDiagnostic(severity: "error", message: $0.value) }
        server.show(
            page: notebook.loaded.variant.map { publisher.outputPath(of: path, variant: $0) }
                ?? NotebookLocator.stem(of: publisher.sourcePath(of: path)) + ".html", cells: notebook.cellStates,
            diagnostics: general + notebook.messages, isRunning: running?.path == path)
    }
}
