internal import CellExecutor
internal import ExecutionPlanner
internal import Groundwork
internal import LivePreview
internal import NotebookModel
internal import SourceText

/// A notebook that is being written: its text as last read, the outputs known so far, and how its cells stand.
struct PreviewedNotebook: Sendable {
    private(set) var loaded: LoadedNotebook
    /// The process that its cells live in.
    var process = LiveProcess()
    /// Whether the process is ended before the next run.
    var restarts = false

    private var outputs: [Cell.ID: CellRecord] = [:]
    /// The run that says with what the outputs were made.
    private var run: RunRecord?
    private var states: [Cell.ID: PreviewCellState] = [:]
    private var diagnostics: [Diagnostic] = []
    private var failure: RunFailure?

    init(_ loaded: LoadedNotebook) {
        self.loaded = loaded
        // Outputs that no run left are not shown: the first run makes them.
        let record = loaded.record.flatMap { $0.isAltered ? nil : $0 }
        run = record
        for record in record?.cells ?? [] { outputs[record.id] = record }
        diagnostics = loaded.diagnostics
    }

    // MARK: What happens to it

    /// Takes a newer text. Outputs stay with the cells that made them, also where cells without a label are counted anew.
    mutating func edit(_ edited: LoadedNotebook) {
        let cells = edited.notebook.cells
        var free = outputs
        var moved: [Cell.ID: CellRecord] = [:]
        for cell in cells {
            if let record = free[cell.id], record.source == cell.source { moved[cell.id] = free.removeValue(forKey: cell.id) }
        }
        for cell in cells where moved[cell.id] == nil {
            guard let other = free.values.filter({ $0.source == cell.source }).min(by: { $0.id < $1.id }) else { continue }
            free[other.id] = nil
            moved[cell.id] = other
        }
        for cell in cells where moved[cell.id] == nil { moved[cell.id] = free.removeValue(forKey: cell.id) }
        outputs = Dictionary(
            moved.map { id, record in
                var record = record
                record.id = id
                return (id, record)
            }, uniquingKeysWith: { first, _ in first })
        loaded = edited
        diagnostics = edited.diagnostics
        states = [:]
    }

    /// - Returns: Whether the page shows other outputs now.
    mutating func take(_ event: CellEvent) -> Bool {
        switch event {
        case .planned(let plan):
            states = [:]
            diagnostics = loaded.diagnostics
            for step in plan.steps {
                if case .run = step.action { states[step.cell.id] = .stale } else { states[step.cell.id] = .done }
            }
            return false
        case .diagnostics(let found):
            diagnostics += found
            return false
        case .started(let id):
            states[id] = .running
            return false
        case .ended(let record):
            states[record.id] = record.status == .failed ? .failed : .done
            take(record)
            return true
        case .reused(let id):
            states[id] = .done
            return false
        case .named(let names):
            for (id, notes) in names where outputs[id] != nil { outputs[id]?.names = notes }
            return true
        case .compiled, .output: return false
        }
    }

    /// What the names in a cell are is told apart from its outputs, and stays as long as the cell does.
    private mutating func take(_ record: CellRecord) {
        let names = outputs[record.id].flatMap { $0.key == record.key ? $0.names : nil } ?? []
        outputs[record.id] = record
        if record.names.isEmpty { outputs[record.id]?.names = names }
    }

    mutating func end(_ outcome: RunOutcome) {
        diagnostics = loaded.diagnostics + outcome.diagnostics
        for record in outcome.record?.cells ?? [] { take(record) }
        if var record = outcome.record {
            // A process that stays says once where it runs: at its start.
            if let earlier = run?.environment, record.environment.cpu == "unknown" { record.environment = earlier }
            run = record
        }
        failure = outcome.failure
        if let failure {
            diagnostics.append(NotebookRunner.diagnostic(failure, loaded))
            states[failure.cell] = .failed
        }
        for diagnostic in diagnostics where diagnostic.severity == .error {
            if let cell = cell(of: diagnostic) { states[cell.id] = .failed }
        }
        settle()
    }

    mutating func end(_ error: ExecutionError) {
        diagnostics = loaded.diagnostics + [Diagnostic(.error, identifier: "run", summary: "\(error)", path: loaded.path)]
        settle()
    }

    /// What neither ran nor failed is as old as before.
    private mutating func settle() {
        for (id, state) in states where state == .running { states[id] = .stale }
    }

    // MARK: What is shown of it

    /// The outputs that stand, in the notebook's order; `nil` where there are none.
    var record: RunRecord? {
        let cells = loaded.notebook.cells.compactMap { outputs[$0.id] }
        guard !cells.isEmpty || run != nil else { return nil }
        var record =
            run
            ?? RunRecord(
                mode: .incremental, cells: [],
                environment: RunEnvironment(galley: Galley.version, swift: "", system: "", cpu: "", coreCount: 0, gpus: []), parameters: [],
                date: "", duration: 0)
        record.mode = .incremental
        record.cells = cells
        return record
    }

    /// Whether it is known with what the outputs were made.
    var hasRun: Bool { run != nil }

    var cellStates: [Cell.ID: PreviewCellState] { states }

    /// What the compiler, the planner, the parser and the failed cell say, at the lines that the page shows.
    var messages: [PreviewDiagnostic] {
        var seen: Set<PreviewDiagnostic> = []
        return diagnostics.filter { $0.severity != .note && !isShownAsOutput($0) }.compactMap { diagnostic in
            let severity = diagnostic.severity.rawValue
            let message = ([diagnostic.summary] + diagnostic.solutions).joined(separator: " – ")
            let shown: PreviewDiagnostic
            if let cell = cell(of: diagnostic), cell.kind == .code, cell.options.include, let line = diagnostic.range?.start.line {
                shown = PreviewDiagnostic(severity: severity, message: message, cell: cell.id, line: Self.shownLine(line, of: cell))
            } else {
                let place = diagnostic.range.map { "line \($0.start.line) of the file: " } ?? ""
                shown = PreviewDiagnostic(severity: severity, message: place + message)
            }
            return seen.insert(shown).inserted ? shown : nil
        }
    }

    /// Whether the page tells of a failed cell among its outputs.
    private func isShownAsOutput(_ diagnostic: Diagnostic) -> Bool {
        guard let failure, diagnostic.identifier == failure.error.kind.rawValue, failure.error.kind != .compile,
            let cell = loaded.notebook.cells.first(where: { $0.id == failure.cell }), cell.kind == .code, cell.options.include
        else { return false }
        return outputs[failure.cell]?.outputs.contains(.error(failure.error)) == true
    }

    private func cell(of diagnostic: Diagnostic) -> Cell? {
        guard let place = diagnostic.range?.start, diagnostic.path == loaded.path else { return nil }
        return loaded.notebook.cells.first { $0.range.start <= place && place < $0.range.end }
    }

    /// The line of a cell's code in the page for a line of the file; `nil` where the page does not show it.
    private static func shownLine(_ line: Int, of cell: Cell) -> Int? {
        switch cell.options.echo {
        case .hidden: return nil
        case .fenced: return line - cell.range.start.line + 1
        case .shown:
            // The page leaves out the empty lines that the directives stood on.
            let lines = cell.source.split(separator: "\n", omittingEmptySubsequences: false)
            let blank = lines.prefix { $0.allSatisfy(\.isWhitespace) }.count
            let shown = line - cell.firstLine + 1 - blank
            return shown > 0 ? shown : nil
        }
    }
}
