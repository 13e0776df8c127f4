internal import CellWire
internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

/// One run of a plan: compiles ahead, then steps through the cells.
final class NotebookRun {
    let executor: NotebookExecutor
    let notebook: Notebook
    let plan: ExecutionPlan
    let options: RunOptions
    let report: @Sendable (CellEvent) -> Void
    private let previous: [Cell.ID: CellRecord]
    private var outcomes: [Int: CellCompiler.Outcome] = [:]
    private(set) var host: HostConnection?
    /// A session keeps its host from run to run.
    private let keepsHost: Bool
    private let packages: PackageBuilder.Built?
    private var environment: HostEnvironment?
    private var records: [CellRecord] = []
    private var executionCount = 0
    private(set) var isHostGone = false
    private(set) var isHostTainted = false
    /// The places of the cells that ran to their ends, in order.
    private(set) var ran: [Int] = []
    private var outcome: RunOutcome
    private let start = secondsNow()

    init(
        executor: NotebookExecutor, notebook: Notebook, plan: ExecutionPlan, previous: RunRecord?, options: RunOptions,
        report: @escaping @Sendable (CellEvent) -> Void, host: HostConnection? = nil, keepsHost: Bool = false,
        packages: PackageBuilder.Built? = nil
    ) {
        self.packages = packages
        self.host = host
        self.keepsHost = keepsHost
        self.executor = executor
        self.notebook = notebook
        self.plan = plan
        self.options = options
        self.report = report
        self.previous = Dictionary((previous?.cells ?? []).map { ($0.id, $0) }) { first, _ in first }
        outcome = RunOutcome(plan: plan, record: nil, diagnostics: plan.diagnostics, failure: nil)
    }

    func toEnd() throws(ExecutionError) -> RunOutcome {
        let needsHost = plan.steps.contains { if case .run = $0.action { true } else { false } }
        defer { if !keepsHost { host?.close() } }
        // The host starts while the compiler works.
        if needsHost, host == nil { host = try connect() }
        if let packages { try host?.load("CellPackages", path: packages.library) }
        try compile()
        guard outcome.failure == nil, !hasErrors else { return outcome }
        for index in plan.steps.indices {
            try step(index)
            if outcome.failure != nil || plan.steps[index].cell.id == options.lastCell { break }
        }
        outcome.record = RunRecord(
            mode: plan.mode == .fresh ? .fresh : .incremental, cells: records, environment: runEnvironment,
            parameters: effectiveParameters, date: dateNow(), duration: secondsNow() - start)
        executor.cache.trim()
        return outcome
    }

    private var hasErrors: Bool { outcome.diagnostics.contains { $0.severity == .error } }

    private func connect() throws(ExecutionError) -> HostConnection {
        let isLocal = options.hostCommand == nil
        let folder = options.folder(of: notebook)
        var resources: [String: [UInt8]] = [:]
        for path in isLocal ? [] : notebook.frontMatter.resources {
            do throws(FileError) { resources[path] = try readFile("\(folder)/\(path)") } catch { throw .file(error) }
        }
        return try HostConnection(
            toolchain: executor.toolchain, command: options.hostCommand,
            configuration: HostConfiguration(
                workingFolder: isLocal ? folder : "", outputLimit: options.outputLimit, memoryLimit: options.memoryLimit,
                environment: ["GALLEY": options.galleyVersion], resources: resources))
    }

    // MARK: Compiling

    private func compile() throws(ExecutionError) {
        var wanted: Set<Int> = []
        for (index, step) in plan.steps.enumerated() {
            switch step.action {
            case .run, .compileOnly: wanted.formUnion([index] + step.node.imports)
            case .reuse, .skip: break
            }
        }
        guard !wanted.isEmpty else { return }
        let compiler = CellCompiler(toolchain: executor.toolchain, cache: executor.cache, path: notebook.file.path, packageFlags: packages?.flags ?? [])
        let steps = plan.steps
        let report = report
        let ahead = CompileAhead(plan, cells: wanted.sorted(), compiler: compiler) { index, outcome in
            if !steps[index].isParameters { report(.compiled(steps[index].cell.id, wasCached: outcome.wasCached)) }
        }
        outcomes = try ahead.run(jobs: options.jobs ?? processorCount())
        outcome.compiledCount = outcomes.values.count { !$0.wasCached }
        for index in wanted.sorted() {
            guard let result = outcomes[index] else { continue }
            let options = plan.steps[index].cell.options
            let isExpected = !result.isCompiled && (options.compileFail || options.error)
            if !isExpected, options.warning || !result.isCompiled { outcome.diagnostics += result.diagnostics }
        }
        if !outcome.diagnostics.isEmpty { report(.diagnostics(outcome.diagnostics)) }
    }

    // MARK: Running

    private func step(_ index: Int) throws(ExecutionError) {
        let step = plan.steps[index]
        switch step.action {
        case .skip:
            records.append(record(step, status: .notEvaluated, outputs: []))
        case .reuse:
            if let record = previous[step.cell.id] {
                if record.executionCount != nil { executionCount += 1 }
                records.append(record)
                report(.reused(step.cell.id))
            }
        case .compileOnly: compileOnly(index)
        case .run: try run(index)
        }
    }

    private func compileOnly(_ index: Int) {
        let step = plan.steps[index]
        let result = outcomes[index]
        report(.started(step.cell.id))
        executionCount += 1
        var failed = record(step, status: .failedAsAllowed, outputs: [.diagnostics(result?.diagnostics ?? [])])
        if result?.isCompiled != false {
            let error = CellError(
                kind: .unexpectedSuccess, name: "compile-fail", message: "the cell compiles, although it is marked 'compile-fail'",
                line: step.cell.firstLine)
            failed = record(step, status: .failed, outputs: [.error(error)])
            outcome.failure = RunFailure(cell: step.cell.id, error: error)
        }
        records.append(failed)
        report(.ended(failed))
    }

    private func run(_ index: Int) throws(ExecutionError) {
        let step = plan.steps[index]
        guard let host else { return }
        executionCount += step.isParameters ? 0 : 1
        if !step.isParameters { report(.started(step.cell.id)) }
        guard let compiled = outcomes[index], compiled.isCompiled else { return notCompiled(index) }
        outcome.ranCount += step.isParameters ? 0 : 1
        for module in step.node.imports.map({ plan.steps[$0].moduleName }) + [step.moduleName] {
            try host.load(module, path: executor.cache.image(module))
        }
        host.send(.run(RunRequest(cell: index, image: step.moduleName, entry: "\(step.moduleName)_main")))
        let ended = collect(index, host)
        ran.append(index)
        guard !step.isParameters else {
            if case .error(let error)? = ended.outputs.last { throw .host(error.message) }
            return
        }
        records.append(ended)
        report(.ended(ended))
    }

    private func notCompiled(_ index: Int) {
        let step = plan.steps[index]
        let diagnostics = outcomes[index]?.diagnostics ?? []
        let first = diagnostics.first { $0.severity == .error }
        let error = CellError(
            kind: .compile, name: "Compile error", message: first?.summary ?? "a cell that it needs does not compile",
            line: first?.range?.start.line ?? step.cell.firstLine, details: diagnostics.map(\.description))
        let outputs: [CellOutput] = diagnostics.isEmpty ? [.error(error)] : [.diagnostics(diagnostics), .error(error)]
        let failed = record(step, status: step.cell.options.error ? .failedAsAllowed : .failed, outputs: outputs)
        if !step.cell.options.error { outcome.failure = RunFailure(cell: step.cell.id, error: error) }
        records.append(failed)
        report(.ended(failed))
    }

    /// Takes the host's events until the cell has ended.
    private func collect(_ index: Int, _ host: HostConnection) -> CellRecord {
        let step = plan.steps[index]
        let seconds = step.cell.options.timeout ?? options.cellTimeout
        let limit = options.notebookTimeout.map { start + $0 }
        var deadline: Double?
        var collector = OutputCollector()
        var stopped: CellError.Kind?
        var seenInterrupts = options.interruption?.count ?? 0
        var hostProblem: String?
        loop: while true {
            let now = secondsNow()
            if let due = [deadline, limit].compactMap({ $0 }).min(), now >= due {
                if stopped != nil {
                    // It ignored the interrupt.
                    host.kill()
                    deadline = nil
                } else {
                    stopped = .timeout
                    host.send(.interrupt)
                    deadline = now + 2
                }
            }
            let interrupts = options.interruption?.count ?? 0
            if interrupts > seenInterrupts {
                if stopped == .interrupted { host.kill() } else { host.send(.interrupt) }
                stopped = stopped ?? .interrupted
                seenInterrupts = interrupts
                deadline = now + 2
            }
            var wake = stopped != nil ? deadline : [deadline, limit].compactMap { $0 }.min()
            if options.interruption != nil { wake = min(wake ?? .infinity, now + 0.05) }
            switch host.next(until: wake) {
            case .timeout: continue
            case .end(let reason):
                hostProblem = reason
                isHostGone = true
                break loop
            case .event(let event):
                if case .ready(let environment) = event { self.environment = environment }
                if case .started = event, deadline == nil, let seconds { deadline = secondsNow() + seconds }
                show(event, step)
                collector.take(event)
                if case .ended(index, let usage) = event {
                    isHostTainted = usage.isTainted
                    break loop
                }
            }
        }
        return finished(step, collector, stopped: stopped, hostProblem: hostProblem, seconds: seconds)
    }

    private func show(_ event: HostEvent, _ step: ExecutionPlan.Step) {
        guard !step.isParameters else { return }
        var one = OutputCollector()
        switch event {
        case .output, .outputCut, .display: one.take(event)
        case .ready, .started, .failed, .ended, .fatal: return
        }
        for output in one.outputs() { report(.output(step.cell.id, output)) }
    }

    private func finished(
        _ step: ExecutionPlan.Step, _ collector: OutputCollector, stopped: CellError.Kind?, hostProblem: String?, seconds: Double?
    ) -> CellRecord {
        var outputs = collector.outputs()
        var error: CellError?
        if let failure = collector.failure {
            error = FailureReading(step: step, symbolizer: Symbolizer(toolchain: executor.toolchain, cache: executor.cache))
                .error(failure, outputs: &outputs, stopped: stopped, seconds: seconds)
        } else if let hostProblem {
            error = CellError(kind: stopped ?? .host, name: "Host", message: hostProblem, line: step.cell.firstLine)
            if stopped == .timeout { error?.message = "the cell took longer than \(FailureReading.text(seconds)) and did not stop; its host was ended" }
        }
        let cellOptions = step.cell.options
        if !cellOptions.warning { outputs.removeAll { if case .stream(.standardError, _) = $0 { true } else { false } } }
        if cellOptions.output == .dropped { outputs = [] }
        if cellOptions.warning, cellOptions.output != .dropped, let warnings = compilerWarnings(step), !warnings.isEmpty {
            outputs.insert(.diagnostics(warnings), at: 0)
        }
        var status = CellRecord.Status.succeeded
        if let error {
            outputs.append(.error(error))
            // Without a host nothing can go on.
            let isAllowed = cellOptions.error && !isHostGone && error.kind != .interrupted
            status = isAllowed ? .failedAsAllowed : .failed
            if !isAllowed { outcome.failure = RunFailure(cell: step.cell.id, error: error) }
        }
        var record = record(step, status: status, outputs: outputs)
        record.duration = collector.usage?.duration ?? 0
        record.residentBytes = collector.usage?.residentBytes
        return record
    }

    private func compilerWarnings(_ step: ExecutionPlan.Step) -> [Diagnostic]? {
        plan.steps.firstIndex { $0.cell.id == step.cell.id }.flatMap { outcomes[$0]?.diagnostics.filter { $0.severity == .warning } }
    }

    private func record(_ step: ExecutionPlan.Step, status: CellRecord.Status, outputs: [CellOutput]) -> CellRecord {
        CellRecord(
            id: step.cell.id, key: step.key, status: status, outputs: outputs, source: step.cell.source,
            executionCount: status == .notEvaluated ? nil : executionCount, duration: 0, residentBytes: nil)
    }

    private var runEnvironment: RunEnvironment {
        RunEnvironment(
            galley: options.galleyVersion, swift: executor.toolchain.version(cache: executor.cache),
            system: environment?.system ?? "unknown", cpu: environment?.cpu ?? "unknown",
            coreCount: environment?.coreCount ?? 0, gpus: environment?.gpus ?? [])
    }

    private var effectiveParameters: [Parameter] {
        let given = Dictionary(options.parameters.map { ($0.name, $0) }) { $1 }
        return notebook.frontMatter.parameters.map { given[$0.name] ?? $0 }
    }
}
