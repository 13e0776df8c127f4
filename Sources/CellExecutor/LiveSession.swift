public import ExecutionPlanner
public import NotebookModel
internal import SourceText

/// A host that stays between runs: an edited notebook is applied by running again only what changed and what
/// depends on it.
public actor LiveSession {
    private let executor: NotebookExecutor
    private let options: RunOptions
    private let interruption = Interruption()
    private var host: HostConnection?
    private var live: [LiveCell] = []
    private var leftovers = LiveLeftovers()
    private var record: RunRecord?
    /// What the host's sandbox, if it has one, keeps out of sight.
    private var covered: [String: UInt64] = [:]
    /// The run in progress: runs wait for each other although the actor does not keep them apart.
    private var current: Task<Void, Never>?
    /// Goes on after the run that began it; the next run has other cells to ask for.
    private var inquiry: NameInquiry?
    /// What it said, of the cells of the last run.
    private var noted: [Cell.ID: [NameNote]] = [:]

    public init(executor: NotebookExecutor, options: RunOptions = RunOptions()) {
        self.executor = executor
        var options = options
        options.interruption = interruption
        self.options = options
    }

    /// Brings the host's state and the outputs up to date with `notebook`.
    ///
    /// - Parameter scope: What to bring up to date; the rest stays as it is, and is known to be behind.
    public func apply(
        _ notebook: Notebook, scope: ExecutionPlan.Scope = .all, report: @escaping @Sendable (CellEvent) -> Void = { _ in }
    ) async throws(ExecutionError) -> RunOutcome {
        while let running = current { await running.value }
        let (finished, finish) = AsyncStream<Void>.makeStream()
        current = Task { for await _ in finished {} }
        defer {
            finish.finish()
            current = nil
        }
        inquiry?.cancel()
        inquiry = nil
        noted = [:]
        let report: @Sendable (CellEvent) -> Void = { [weak self] event in
            if case .named(let names) = event { Task { await self?.note(names) } }
            report(event)
        }
        var options = options
        options.mode = .incremental
        options.answeredInterruptions = interruption.count
        let (executor, packageOptions) = (executor, options)
        let packages = try await onThread {
            Result { () throws(ExecutionError) in try executor.buildPackages(notebook, options: packageOptions) }
        }.get()
        if options.isSandboxed {
            let secrets = NotebookRun.sandbox(of: notebook, options, executor.toolchain).covered
            if secrets != covered { stop() }
            covered = secrets
        }
        let context = executor.planContext(notebook, options: options, packages: packages.built)
        var plan =
            host == nil
            ? nil
            : ExecutionPlan.inLiveHost(
                notebook, live: live, record: record, context: context, scope: scope, leftovers: leftovers)
        if plan == nil {
            stop()
            plan = ExecutionPlan(notebook, previous: nil, context: context)
            plan?.restrict(to: scope, path: notebook.file.path)
        }
        guard let plan else { throw .host("no plan") }
        if !packages.diagnostics.isEmpty {
            report(.diagnostics(packages.diagnostics))
            return RunOutcome(plan: plan, record: nil, diagnostics: packages.diagnostics, failure: nil)
        }
        report(.planned(plan))
        if plan.diagnostics.contains(where: { $0.severity == .error }) {
            report(.diagnostics(plan.diagnostics))
            return RunOutcome(plan: plan, record: nil, diagnostics: plan.diagnostics, failure: nil)
        }
        let step = LiveRun(
            executor: executor, notebook: notebook, plan: plan, previous: record, options: options, report: report, host: host,
            packages: packages.built)
        let result = await onThread { step.toEnd() }
        host = result.host
        inquiry = result.inquiry
        // Where nothing compiled nothing ran, and the host is as it was.
        let hasRun = !result.ran.isEmpty || (try? result.outcome.get())?.record != nil
        if result.isHostLost { stop() } else if hasRun { keep(plan, ran: result.ran, (try? result.outcome.get())?.record) }
        let outcome = try result.outcome.get()
        if let record = outcome.record {
            self.record = record
            note([:])
        }
        return outcome
    }

    /// Ends the running cell; asked twice, the host.
    public nonisolated func interrupt() { interruption.request() }

    /// Ends the host; the next run starts from nothing.
    public func restart() {
        stop()
    }

    public func close() { stop() }

    /// The process's outputs as they stand.
    public var currentRecord: RunRecord? { record }

    private func note(_ names: [Cell.ID: [NameNote]]) {
        noted.merge(names) { $1 }
        for index in record?.cells.indices ?? 0..<0 {
            if let id = record?.cells[index].id, let notes = noted[id] { record?.cells[index].names = notes }
        }
    }

    private func stop() {
        inquiry?.cancel()
        inquiry = nil
        host?.close()
        host = nil
        live = []
        leftovers = LiveLeftovers()
        record = nil
    }

    /// Notes what the host holds now: the cells that ran, this time or before.
    ///
    /// A cell that was to run and was not reached counts no more: others may have taken back what it did.
    private func keep(_ plan: ExecutionPlan, ran: [Int], _ record: RunRecord?) {
        let before = Dictionary(live.map { ($0.key, $0) }) { first, _ in first }
        let now = Set(ran)
        let sizes = Dictionary((record?.cells ?? []).map { ($0.id, $0.residentBytes ?? 0) }) { first, _ in first }
        var largest = 0
        live = plan.steps.indices.compactMap { place in
            let step = plan.steps[place]
            let size = sizes[step.cell.id] ?? 0
            defer { largest = max(largest, size) }
            guard now.contains(place) else { return step.action == .reuse ? before[step.key] : nil }
            var cell = LiveCell(step, in: plan)
            // The first cell's size is that of the process.
            if largest > 0 { cell.growth = max(0, size - largest) } else { cell.growth = max(0, size - Self.usualSize) }
            return cell
        }
        let held = Set(live.map(\.key))
        let again = Set(ran.map { plan.steps[$0].key })
        for cell in before.values where !held.contains(cell.key) || again.contains(cell.key) {
            leftovers.add(cell, isGone: !held.contains(cell.key))
        }
    }

    /// Bytes that a process takes with the library and Foundation, before any cell.
    private static let usualSize = 100 << 20
}

/// One run of a session, off its actor.
private struct LiveRun: Sendable {
    struct Result: Sendable {
        var outcome: Swift.Result<RunOutcome, ExecutionError>
        var host: HostConnection?
        var ran: [Int]
        var isHostLost: Bool
        var inquiry: NameInquiry?
    }

    let executor: NotebookExecutor
    let notebook: Notebook
    let plan: ExecutionPlan
    let previous: RunRecord?
    let options: RunOptions
    let report: @Sendable (CellEvent) -> Void
    let host: HostConnection?
    let packages: PackageBuilder.Built?

    func toEnd() -> Result {
        let run = NotebookRun(
            executor: executor, notebook: notebook, plan: plan, previous: previous, options: options, report: report, host: host,
            keepsHost: true, packages: packages)
        let outcome = Swift.Result { () throws(ExecutionError) in try run.toEnd() }
        return Result(outcome: outcome, host: run.host, ran: run.ran, isHostLost: run.isHostGone || run.isHostTainted, inquiry: run.inquiry)
    }
}
