internal import CellWire
internal import ExecutionPlanner
internal import Groundwork
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
    private(set) var units: [CompilationUnit] = []
    /// Per unit; units that import one that does not compile have none.
    private(set) var outcomes: [Int: CellCompiler.Outcome] = [:]
    /// The unit of a place in the plan.
    private var unitPlaces: [Int: Int] = [:]
    /// The number by which the host knows the unit that runs.
    private var runNumber = 0
    private(set) var host: HostConnection?
    /// A session keeps its host from run to run.
    let keepsHost: Bool
    private let packages: PackageBuilder.Built?
    private var environment: HostEnvironment?
    var records: [CellRecord] = []
    private var executionCount = 0
    private(set) var isHostGone = false
    private(set) var isHostTainted = false
    /// The places of the cells that ran to their ends, in order.
    private(set) var ran: [Int] = []
    private var outcome: RunOutcome
    var inquiry: NameInquiry?
    private let start = secondsNow()
    /// Requests that were answered; one that comes while cells compile is for the first that runs.
    private var seenInterrupts: Int

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
        // One that came before is for the run that it found in a process that stays, and for all the runs of a command.
        seenInterrupts = keepsHost ? options.interruption?.count ?? 0 : 0
        self.report = report
        self.previous = Dictionary((previous?.cells ?? []).map { ($0.id, $0) }) { first, _ in first }
        outcome = RunOutcome(plan: plan, record: nil, diagnostics: plan.diagnostics, failure: nil)
    }

    func toEnd() throws(ExecutionError) -> RunOutcome {
        let needsHost = plan.steps.contains { if case .run = $0.action { true } else { false } }
        defer { if !keepsHost { host?.close() } }
        try stop.check()
        // The host starts while the compiler works.
        if needsHost, host == nil { host = try connect() }
        for library in packages?.libraries ?? [] { try host?.load(library.name, path: library.path) }
        defer { if !keepsHost { inquiry?.cancel() } }
        try compile()
        guard outcome.failure == nil, !hasErrors else { return outcome }
        for index in plan.steps.indices {
            try step(index)
            if outcome.failure != nil { break }
        }
        if keepsHost { askForNames() } else if outcome.failure == nil { noteNames() }
        outcome.record = RunRecord(
            mode: plan.mode == .fresh ? .fresh : .incremental, cells: records, environment: runEnvironment,
            parameters: effectiveParameters, date: options.bundle?.date ?? dateNow(), duration: options.bundle?.duration ?? secondsNow() - start)
        outcome.record?.defaults = notebook.frontMatter.parameters.filter { parameter in
            options.parameters.contains { $0.name == parameter.name }
        }
        outcome.record?.resources = plan.resources
        executor.cache.trim()
        return outcome
    }

    /// Compiles all that would run, and runs nothing.
    func toCompiled() throws(ExecutionError) -> RunOutcome {
        defer { inquiry?.cancel() }
        try compile()
        return outcome
    }

    /// What the host of a bundle is to do, in order; after ``toCompiled()``.
    var bundleSteps: [CellBundle.Step] {
        plan.steps.indices.compactMap { index in
            guard case .run = plan.steps[index].action, compiled(index)?.isCompiled == true, let unit = unitPlaces[index].map({ units[$0] }) else {
                return nil
            }
            let cell = plan.steps[index].cell
            return CellBundle.Step(
                cell: cell.id, isParameters: plan.steps[index].isParameters, imports: unit.compiledImports(units, outcomes), module: unit.moduleName,
                timeout: cell.options.timeout ?? options.cellTimeout, mayFail: cell.options.error)
        }
    }

    var hasErrors: Bool { outcome.diagnostics.contains { $0.severity == .error } }

    // MARK: Compiling

    private func compile() throws(ExecutionError) {
        var wanted: Set<Int> = []
        for (index, step) in plan.steps.enumerated() {
            switch step.action {
            case .run, .compileOnly: wanted.formUnion([index] + step.node.imports)
            case .reuse, .skip, .leave: break
            }
        }
        guard !wanted.isEmpty else { return }
        let steps = plan.steps
        let report = report
        // A kept host runs any cell again by itself, so its modules hold one each; so do those of a bundle.
        let units = plan.units(for: wanted.sorted(), limit: keepsHost || options.bundle != nil ? 1 : options.cellsPerModule)
        self.units = units
        for (number, unit) in units.enumerated() { for place in unit.members { unitPlaces[place] = number } }
        let inquiry = keepsHost ? nil : startInquiry()
        let ahead = CompileAhead(plan, units: units, compiler: compiler) { number, outcome in
            inquiry?.note(number, isCompiled: outcome.isCompiled)
            for place in units[number].members where !steps[place].isParameters {
                report(.compiled(steps[place].cell.id, wasCached: outcome.wasCached))
            }
        }
        outcomes = try ahead.run(jobs: options.jobs ?? processorCount())
        inquiry?.endCompiling()
        outcome.compiledCount = outcomes.values.count { !$0.wasCached }
        for index in wanted.sorted() {
            guard let result = compiled(index) else { continue }
            let diagnostics = result.diagnostics[index] ?? []
            let options = plan.steps[index].cell.options
            let isExpected = !result.isCompiled && (options.compileFail || options.error)
            if !isExpected, options.warning || !result.isCompiled { outcome.diagnostics += diagnostics }
        }
        if !outcome.diagnostics.isEmpty { report(.diagnostics(outcome.diagnostics)) }
    }

    var compiler: CellCompiler {
        CellCompiler(
            toolchain: executor.toolchain, cache: executor.cache, path: notebook.file.path, packageFlags: packages?.flags ?? [], stop: stop,
            cellTimeout: options.cellTimeout)
    }

    /// What ends the run while no cell runs.
    private var stop: StopCondition {
        StopCondition(
            interruption: options.interruption, seen: seenInterrupts, deadline: options.notebookTimeout.map { start + $0 },
            seconds: options.notebookTimeout)
    }

    private func compiled(_ place: Int) -> CellCompiler.Outcome? { unitPlaces[place].flatMap { outcomes[$0] } }

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
        case .leave:
            if let record = previous[step.cell.id], record.key == step.key { records.append(record) }
        case .compileOnly: compileOnly(index)
        case .run: try run(index)
        }
    }

    private func compileOnly(_ index: Int) {
        let step = plan.steps[index]
        let result = compiled(index)
        report(.started(step.cell.id))
        executionCount += 1
        var failed = record(step, status: .failedAsAllowed, outputs: [.diagnostics(result?.diagnostics[index] ?? [])])
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
        guard let result = compiled(index), result.isCompiled, let unit = unitPlaces[index].map({ units[$0] }) else { return notCompiled(index) }
        outcome.ranCount += step.isParameters ? 0 : 1
        let member = unit.members.firstIndex(of: index) ?? 0
        if member == 0 {
            for module in unit.compiledImports(units, outcomes) + [unit.moduleName] { try host.load(module, path: executor.cache.image(module)) }
        }
        // The unit goes on by itself from one member to the next.
        runNumber += 1
        let missing = missingFiles(of: step)
        if member == 0 { host.send(.run(RunRequest(cell: runNumber, image: unit.moduleName, entry: "\(unit.moduleName)_main"))) }
        var ended = collect(index, host)
        ran.append(index)
        if let error = error(missing: missing, after: &ended, step) {
            outcome.failure = outcome.failure ?? RunFailure(cell: step.cell.id, error: error)
        }
        guard !step.isParameters else {
            if case .error(let error)? = ended.outputs.last { throw .host(error.message) }
            return
        }
        records.append(ended)
        report(.ended(ended))
    }

    private func notCompiled(_ index: Int) {
        let step = plan.steps[index]
        let diagnostics = compiled(index)?.diagnostics[index] ?? []
        let first = diagnostics.first { $0.severity == .error }
        let error = CellError(
            kind: .compile, name: "Compile error",
            message: first?.summary ?? plan.whatKeepsFromCompiling(index) { compiled($0)?.isCompiled == false },
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
        var hasStarted = false
        var hostProblem: String?
        let greetingLimit = options.greetingLimit(cell: seconds)
        let greetingDue = secondsNow() + greetingLimit
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
            if !hasStarted, !host.hasGreeted, interrupts > seenInterrupts || now >= greetingDue {
                hostProblem =
                    interrupts > seenInterrupts
                    ? "interrupted before its host answered"
                    : "no cell host answered within \(FailureReading.text(greetingLimit)) (--host-timeout gives it more)"
                stopped = interrupts > seenInterrupts ? .interrupted : nil
                isHostGone = true
                host.kill()
                break loop
            }
            // The host can end a cell only once it runs.
            if interrupts > seenInterrupts, hasStarted {
                if stopped == .interrupted { host.kill() } else { host.send(.interrupt) }
                stopped = stopped ?? .interrupted
                seenInterrupts = interrupts
                deadline = now + 2
            }
            var wake = stopped != nil ? deadline : [deadline, limit].compactMap { $0 }.min()
            if options.interruption != nil || !hasStarted { wake = min(wake ?? .infinity, now + 0.05) }
            switch host.next(until: wake) {
            case .timeout: continue
            case .end(let reason):
                hostProblem = reason
                isHostGone = true
                break loop
            case .event(let event):
                if case .ready(let environment) = event { self.environment = environment }
                // A cell can write to the host's connection: what is said of another cell is not taken for this one's.
                guard event.concerns(runNumber) else { continue }
                if case .started = event {
                    hasStarted = true
                    if deadline == nil, let seconds { deadline = secondsNow() + seconds }
                }
                show(event, step)
                collector.take(event)
                if case .ended(runNumber, let usage) = event {
                    isHostTainted = usage.isTainted
                    break loop
                }
            }
        }
        // Nobody but its time limit interrupts a cell in a bundle.
        if options.bundle != nil, seconds != nil, collector.failure?.kind == .interrupted { stopped = .timeout }
        return finished(step, collector, stopped: stopped, hostProblem: hostProblem, seconds: seconds)
    }

    private func show(_ event: HostEvent, _ step: ExecutionPlan.Step) {
        guard !step.isParameters else { return }
        var one = OutputCollector()
        switch event {
        case .output, .outputCut, .display: one.take(event)
        case .ready, .started, .boundary, .failed, .ended, .fatal: return
        }
        for output in one.outputs() { report(.output(step.cell.id, output)) }
    }

    private func finished(
        _ step: ExecutionPlan.Step, _ collector: OutputCollector, stopped: CellError.Kind?, hostProblem: String?, seconds: Double?
    ) -> CellRecord {
        var outputs = collector.outputs()
        var error: CellError?
        if let failure = collector.failure {
            let symbolizer = Symbolizer(toolchain: executor.toolchain, cache: executor.cache)
            let limit = options.memoryLimit > 0 ? options.memoryLimit : nil
            error = FailureReading(step: step, unit: unit(of: step), symbolizer: symbolizer, memoryLimit: limit)
                .error(failure, outputs: &outputs, stopped: stopped, seconds: seconds)
        } else if let hostProblem {
            error = CellError(kind: stopped ?? .host, name: "Host", message: hostProblem, line: step.cell.firstLine)
            if stopped == .interrupted, host?.hasGreeted == true { error?.message = "the cell did not stop, and its process was ended" }
            if stopped == .timeout {
                error?.message = "the cell took longer than \(FailureReading.text(seconds)) and did not stop; its host was ended"
            }
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
        record.addresses = AddressFinder.addresses(in: outputs) { host?.processIdentifier.flatMap(ProcessMemory.init) }
        return record
    }

    private func compilerWarnings(_ step: ExecutionPlan.Step) -> [Diagnostic]? {
        guard let place = place(of: step) else { return nil }
        return compiled(place)?.diagnostics[place]?.filter { $0.severity == .warning }
    }

    private func place(of step: ExecutionPlan.Step) -> Int? { plan.steps.firstIndex { $0.cell.id == step.cell.id } }

    /// The module that a step runs in, and the name of its file there.
    private func unit(of step: ExecutionPlan.Step) -> (moduleName: String, file: String) {
        guard let place = place(of: step), let unit = unitPlaces[place].map({ units[$0] }) else { return (step.moduleName, "cell") }
        return (unit.moduleName, CompilationUnit.fileName(unit.members.firstIndex(of: place) ?? 0))
    }

    private func record(_ step: ExecutionPlan.Step, status: CellRecord.Status, outputs: [CellOutput]) -> CellRecord {
        var record = CellRecord(
            id: step.cell.id, key: step.key, status: status, outputs: outputs, source: step.cell.source,
            executionCount: status == .notEvaluated ? nil : executionCount, duration: 0, residentBytes: nil)
        record.inputs = step.inputs
        record.files = step.files
        return record
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
