internal import ArgumentParser
internal import CellExecutor
internal import NotebookModel
internal import SourceText

/// What the subcommands that run notebooks have in common.
struct CommandSession: Sendable {
    let terminal: Terminal
    let reporter: DiagnosticReporter
    /// `nil` where nothing is run.
    let runner: NotebookRunner?
    let interruption: Interruption

    /// - Throws: `ExitCode` 2 with a message when the toolchain is needed and missing.
    init(_ arguments: RunArguments, terminal: Terminal, needsToolchain: Bool = true) throws {
        self.terminal = terminal
        reporter = DiagnosticReporter(terminal: terminal)
        interruption = Interruption()
        do {
            let options = try arguments.options(interruption: interruption)
            // A bundle has its parameters compiled in.
            let assignments = (options.bundle?.assignments ?? []) + arguments.assignments
            runner =
                try needsToolchain
                ? NotebookRunner(
                    executor: .standard(), options: options, parameters: ParameterArguments(assignments: assignments), reporter: reporter) : nil
        } catch {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        }
        Interrupts.forward(to: interruption)
    }

    /// Every notebook that the arguments name, each once.
    ///
    /// - Throws: `ExitCode` 64 with a message for a path that is none.
    func notebooks(_ arguments: [String]) throws -> [String] {
        var seen: Set<String> = []
        return try arguments.flatMap { try selection($0).notebooks }.filter { seen.insert($0).inserted }
    }

    func selection(_ argument: String) throws -> NotebookLocator.Selection {
        do {
            return try NotebookLocator.find(argument)
        } catch {
            throw ValidationError(error.message + (error.solution.map { "\n  help: \($0)" } ?? ""))
        }
    }

    /// Loads a notebook and does something with it; whatever is wrong is on the terminal afterwards.
    ///
    /// - Returns: Whether all went well.
    func attempt(_ path: String, _ body: (LoadedNotebook) async throws -> Bool) async -> Bool {
        do {
            return try await body(LoadedNotebook(path: path))
        } catch let problem as LoadedNotebook.Unreadable {
            terminal.line(problem.diagnostic.description)
        } catch {
            terminal.line("\(path): error: \(error)")
        }
        return false
    }

    /// Ends the command: a summary where there were several notebooks, and the exit status.
    func finish(failed: Int, of count: Int) throws {
        terminal.clearProgress()
        if interruption.count > 0 { throw ExitStatus.interrupted }
        guard failed > 0 else { return }
        if count > 1 { terminal.line("\(failed) of \(count) notebooks failed") }
        throw ExitStatus.failure
    }
}
