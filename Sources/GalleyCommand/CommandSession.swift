internal import ArgumentParser
internal import CellExecutor
internal import Groundwork
internal import NotebookModel
internal import NotebookParser
internal import SourceText

/// What the subcommands that run notebooks have in common.
struct CommandSession: Sendable {
    let terminal: Terminal
    let reporter: DiagnosticReporter
    /// `nil` where nothing is run.
    var runner: NotebookRunner?
    let interruption: Interruption
    /// Values for parameters, whether anything runs or not.
    let parameters: ParameterArguments

    /// - Throws: `ExitCode` 2 with a message when the toolchain is needed and missing.
    init(_ arguments: RunArguments, terminal: Terminal, needsToolchain: Bool = true) throws {
        self.terminal = terminal
        reporter = DiagnosticReporter(terminal: terminal)
        interruption = Interruption()
        do {
            let options = try arguments.options(interruption: interruption)
            // A bundle has its parameters compiled in.
            let assignments = (options.bundle?.assignments ?? []) + arguments.assignments
            parameters = try Self.parameters(assignments, arguments.params, reporter)
            runner =
                try needsToolchain
                ? NotebookRunner(executor: .standard(), options: options, parameters: parameters, reporter: reporter) : nil
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        }
        Interrupts.forward(to: interruption)
    }

    private static func parameters(_ assignments: [String], _ path: String?, _ reporter: DiagnosticReporter) throws -> ParameterArguments {
        guard let path else { return ParameterArguments(assignments: assignments) }
        let file: SourceFile
        do {
            file = try SourceFile(path: path, bytes: readFile(path))
        } catch {
            throw ValidationError("cannot read the parameters: \(error)")
        }
        let (values, diagnostics) = ParameterFile.parse(file)
        reporter.report(diagnostics, file)
        if !diagnostics.isEmpty { throw ExitStatus.failure }
        return ParameterArguments(assignments: assignments, file: values, filePath: path)
    }

    /// Every notebook that the arguments name and that can run, each once.
    ///
    /// - Throws: `ExitCode` 64 with a message for a path that is none.
    func notebooks(_ arguments: [String]) throws -> [String] {
        var seen: Set<String> = []
        return try arguments.flatMap { argument in
            let found = try selection(argument)
            // A gate that looks at nothing would be open.
            if found.runnable.isEmpty { throw ValidationError("\(argument) has no notebook that can run" + Self.reason(found)) }
            return found.runnable
        }.filter { seen.insert($0).inserted }
    }

    private static func reason(_ selection: NotebookLocator.Selection) -> String {
        if !selection.notebooks.isEmpty { return ": its .ipynb files are records, or notebooks that Galley does not run" }
        return fileExists(selection.root + "/site.yaml")
            ? "\n  help: notebooks end with .md or .qmd; site.yaml may exclude them" : "\n  help: notebooks end with .md or .qmd"
    }

    func selection(_ argument: String) throws -> NotebookLocator.Selection {
        do {
            return try NotebookLocator.find(argument)
        } catch {
            throw ValidationError(error.message + (error.solution.map { "\n  help: \($0)" } ?? ""))
        }
    }

    /// Loads a notebook and does something with it, once for each set of its matrix; whatever is wrong is on the terminal
    /// afterwards.
    ///
    /// - Returns: Whether all went well.
    func attempt(_ path: String, _ body: (LoadedNotebook) async throws -> Bool) async -> Bool {
        do {
            var succeeded = true
            for loaded in try LoadedNotebook(path: path).variants where try await !body(loaded) { succeeded = false }
            return succeeded
        } catch let problem as LoadedNotebook.Unreadable {
            terminal.line(problem.diagnostic.description)
        } catch ExecutionError.interrupted {
            // The exit status says so, once.
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
