internal import ArgumentParser
internal import CellExecutor
internal import NotebookModel
internal import SourceText

/// `galley check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Run notebooks again and fail where an output differs from the record.",
        discussion: """
            All cells run, in order, in a new host. Durations and memory addresses may differ, and so may cells marked `volatile: true`;
            `tolerance: 1e-3` allows for measured numbers (`absolute-tolerance: 1e-12` near 0), `unordered: true` for sets and dictionaries.
            A record that is behind its notebook fails, too, and one that something else than a run changed.
            A hexadecimal number is an address where it lies in the memory of the process that ran. Behind --host, in a sandbox or a bundle
            that memory is out of sight, and the number's form has to tell.

            Examples:
              galley check Notebooks
              galley check post.md --update     accept what differs: write the new record
            """)

    @Argument(help: "Notebooks, or folders of notebooks.", completion: .file(extensions: ["md", "qmd", "ipynb"]))
    var paths: [String]

    @Flag(help: "Write the new records.")
    var update = false

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        var arguments = arguments
        arguments.force = true
        let session = try CommandSession(arguments, terminal: Terminal(isQuiet: arguments.quiet))
        var failed = 0
        let notebooks = try session.notebooks(paths)
        for path in notebooks where await !check(path, session) { failed += 1 }
        try session.finish(failed: failed, of: notebooks.count)
    }

    private func check(_ path: String, _ session: CommandSession) async -> Bool {
        await session.attempt(path) { loaded in
            guard let runner = session.runner, let file = loaded.recordFile else {
                // A record has nothing to compare with; the runner says why it does not run.
                return try await session.runner?.run(loaded, for: nil) != nil
            }
            guard let fresh = try await runner.run(loaded, for: file) else { return false }
            guard let record = file.record else {
                // Prose has nothing to run, and no record.
                if loaded.notebook.cells.isEmpty { return true }
                if update { return try runner.save(fresh, of: loaded, in: file) != nil }
                session.terminal.line("\(path): error: there is no record to compare with\n  help: make one with: galley run \(path)")
                return false
            }
            let problems = problems(record, file, fresh, loaded)
            for problem in problems { session.terminal.line(problem) }
            if update || problems.isEmpty {
                let settled = runner.settled(fresh, of: loaded, in: file)
                if update, try runner.save(settled, of: loaded, in: file) == nil { return false }
            }
            if problems.isEmpty { session.terminal.note("\(loaded.title): as recorded") }
            return problems.isEmpty || update
        }
    }

    /// Everything in which the record is not what a run leaves.
    private func problems(_ record: RunRecord, _ file: RecordFile, _ fresh: RunRecord, _ loaded: LoadedNotebook) -> [String] {
        var problems = differences(between: record, and: fresh, in: loaded.notebook).map(\.description)
        let help = "\n  help: write it anew with: galley run \(loaded.path)"
        if case .altered(let reason) = record.integrity {
            let outputs = problems.isEmpty ? "; what its cells put out is what this run gave" : ""
            problems.append("\(file.path): error: something else than a run changed this record: \(reason)\(outputs)" + help)
        }
        for (old, new) in zip(record.parameters, fresh.parameters) where old.name == new.name && old.value != new.value {
            problems.append("\(loaded.path): error: the parameter '\(new.name)' is \(new.value.text), and \(old.value.text) in the record")
        }
        if let lag = file.lag(behind: loaded.notebook) {
            problems.append("\(file.path): error: the record is behind its notebook\n  - \(lag.record)\n  + \(lag.notebook)" + help)
        }
        return problems
    }
}
