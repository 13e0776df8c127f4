internal import CellExecutor
internal import ExecutionPlanner
internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Runs notebooks for the command: progress and diagnostics on the terminal, the outcome to the caller.
struct NotebookRunner: Sendable {
    let executor: NotebookExecutor
    var options: RunOptions
    let parameters: ParameterArguments
    let reporter: DiagnosticReporter
    private var terminal: Terminal { reporter.terminal }

    init(executor: NotebookExecutor, options: RunOptions, parameters: ParameterArguments, reporter: DiagnosticReporter) {
        self.executor = executor
        self.options = options
        self.parameters = parameters
        self.reporter = reporter
    }

    /// Runs one notebook; whatever the author must know has been written when it returns.
    ///
    /// - Parameters:
    ///   - file: Where the record is to be written; the run is refused where that would lose what Galley did not make.
    ///   - isSettled: called when the run came to its end: whether another would run nothing, as long as no file changes.
    /// - Returns: The record of a run that came to its end, or `nil`.
    /// - Throws: What keeps any notebook from running.
    func run(
        _ loaded: LoadedNotebook, for file: RecordFile?, isSettled: (Bool) -> Void = { _ in }
    ) async throws(ExecutionError) -> RunRecord? {
        guard let options = runOptions(for: loaded) else { return nil }
        if let obstacle = file?.obstacle(to: loaded.notebook, at: loaded.path) {
            reporter.report([obstacle], loaded.file)
            return nil
        }
        let progress = RunProgress(terminal: terminal, path: loaded.title)
        let outcome = try await executor.run(loaded.notebook, previous: loaded.record, options: options) { progress.take($0) }
        terminal.clearProgress()
        reporter.report(outcome.diagnostics, loaded.file)
        if let failure = outcome.failure {
            reporter.report([Self.diagnostic(failure, loaded)], loaded.file)
            for line in failure.error.details where failure.error.kind != .compile { terminal.line("  " + line) }
            if failure.error.kind == .command { quote(outcome.record?[failure.cell]) }
        }
        guard outcome.succeeded, let record = outcome.record else { return nil }
        isSettled(outcome.plan.isSettled(by: record))
        progress.summarise(outcome)
        let name = loaded.path.split(separator: "/").last.map(String.init) ?? loaded.path
        return record.relocated(from: loaded.path, to: name)
    }

    /// The record to write after a run: the earlier one, as far as the run gave the same.
    ///
    /// - Parameter isForced: Whether what may differ is taken from the run.
    func settled(_ run: RunRecord, of loaded: LoadedNotebook, in file: RecordFile, isForced: Bool = false) -> RunRecord {
        let record = run.keeping(file.record, in: loaded.notebook, isForced: isForced)
        executor.cache.confirm(record, by: run)
        return record
    }

    /// Writes a record, unless others wrote to its file while the cells ran what would be lost.
    ///
    /// - Parameter file: As it was when the notebook was loaded.
    /// - Returns: Whether the file changed; `nil` after reporting why it is left as it is.
    func save(_ record: RunRecord, of loaded: LoadedNotebook, in file: RecordFile) throws(FileError) -> Bool? {
        let file = file.current
        if let obstacle = file.obstacle(to: loaded.notebook, at: loaded.path) {
            reporter.report([obstacle], loaded.file)
            return nil
        }
        return try file.write(record, of: loaded.notebook)
    }

    /// The options with the notebook's parameters; `nil` after reporting why it cannot run.
    private func runOptions(for loaded: LoadedNotebook) -> RunOptions? {
        reporter.report(loaded.diagnostics, loaded.file)
        guard !loaded.hasErrors else { return nil }
        guard !loaded.isRecord else {
            let problem = Diagnostic(
                .error, identifier: "record", summary: "a .ipynb file is rendered, not run", path: loaded.path,
                solutions: ["run the notebook that it is the record of"])
            reporter.report([problem], loaded.file)
            return nil
        }
        var options = options
        let (values, problems) = parameters.values(for: loaded.notebook, varied: loaded.varied)
        reporter.report(problems, loaded.file)
        guard problems.isEmpty else { return nil }
        options.parameters = values
        return options
    }

    /// Packs one notebook; whatever the author must know has been written when it returns.
    ///
    /// - Returns: `nil` where the notebook is wrong.
    func bundle(_ loaded: LoadedNotebook, in folder: String) throws(ExecutionError) -> NotebookExecutor.BundleOutcome? {
        guard let options = runOptions(for: loaded) else { return nil }
        let progress = RunProgress(terminal: terminal, path: loaded.title)
        let outcome = try executor.makeBundle(
            of: loaded.notebook, options: options, assignments: parameters.assignments, in: folder
        ) { progress.take($0) }
        terminal.clearProgress()
        reporter.report(outcome.diagnostics, loaded.file)
        return outcome
    }

    /// What a failed command wrote to standard error, its end.
    private func quote(_ record: CellRecord?) {
        for case .stream(.standardError, let text) in record?.outputs ?? [] {
            for line in text.split(separator: "\n").suffix(20) { terminal.line("  | " + line) }
        }
    }

    /// A failure at its line.
    static func diagnostic(_ failure: RunFailure, _ loaded: LoadedNotebook) -> Diagnostic {
        let cell = loaded.notebook.cells.first { $0.id == failure.cell }
        let line = failure.error.line ?? cell?.firstLine
        let location = line.map { line in
            let text = loaded.file.line(line)
            let column = text.utf8.count - text.drop { $0 == " " || $0 == "\t" }.utf8.count + 1
            return SourceLocation(line: line, column: column)
        }
        let what =
            switch failure.error.kind {
            case .thrown: "uncaught \(failure.error.name): \(failure.error.message)"
            case .trap, .host: "\(failure.error.name): \(failure.error.message)"
            case .compile, .command, .timeout, .interrupted, .unexpectedSuccess: failure.error.message
            }
        return Diagnostic(
            .error, identifier: failure.error.kind.rawValue, summary: "the cell '\(failure.cell)' failed: \(what)", path: loaded.path,
            range: location.map { SourceRange(start: $0, end: $0) })
    }
}

/// Writes diagnostics with the line that each concerns.
struct DiagnosticReporter: Sendable {
    let terminal: Terminal
    /// What is wrong with one notebook more often than this is counted.
    private static let limit = 200

    func report(_ diagnostics: [Diagnostic], _ file: SourceFile) {
        var shown = diagnostics[...]
        if diagnostics.count > Self.limit {
            // The first of them, but no warning in the place of an error.
            let isError = diagnostics.map { $0.severity == .error }
            let kept = (diagnostics.indices.filter { isError[$0] } + diagnostics.indices.filter { !isError[$0] }).prefix(Self.limit)
            shown = kept.sorted().map { diagnostics[$0] }[...]
        }
        for diagnostic in shown {
            terminal.line(diagnostic.path == file.path ? diagnostic.rendered(in: file) : diagnostic.description)
        }
        if shown.count < diagnostics.count { terminal.line("\(file.path): \(diagnostics.count - shown.count) more errors and warnings") }
    }
}

/// Which cell runs, and how long each took.
final class RunProgress: Sendable {
    private let terminal: Terminal
    private let path: String

    init(terminal: Terminal, path: String) {
        self.terminal = terminal
        self.path = path
    }

    func take(_ event: CellEvent) {
        switch event {
        case .planned(let plan):
            let count = plan.steps.count { if case .run = $0.action { !$0.isParameters } else { false } }
            if count > 0 { terminal.progress("\(path): \(count) \(count == 1 ? "cell" : "cells") to run") }
        case .compiled(let cell, let wasCached):
            if !wasCached { terminal.progress("\(path): \(cell) compiled") }
        case .started(let cell): terminal.progress("\(path): \(cell) …")
        case .ended(let record):
            let mark = record.status == .failed ? "failed" : "done"
            terminal.note("\(path): \(record.id) \(mark) in \(formatted(seconds: record.duration))")
        case .diagnostics, .output, .reused, .named: break
        }
    }

    func summarise(_ outcome: RunOutcome) {
        if outcome.plan.isUnchanged { return terminal.note("\(path): unchanged") }
        terminal.note("\(path): \(outcome.ranCount) run, \(outcome.compiledCount) compiled")
    }
}
