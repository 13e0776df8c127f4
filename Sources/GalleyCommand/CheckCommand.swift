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
            `tolerance: 1e-3` allows for numbers, `unordered: true` for sets and dictionaries.

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
            guard let fresh = try await session.runner?.run(loaded) else { return false }
            guard let record = loaded.record else {
                // Prose has nothing to run, and no record.
                if loaded.notebook.cells.isEmpty { return true }
                if update {
                    try loaded.write(fresh)
                    return true
                }
                session.terminal.line("\(path): error: there is no record to compare with\n  help: make one with: galley run \(path)")
                return false
            }
            let differences = differences(between: record, and: fresh, in: loaded.notebook)
            for difference in differences { session.terminal.line(difference.description) }
            if update { try loaded.write(fresh) }
            if differences.isEmpty { session.terminal.note("\(loaded.title): as recorded") }
            return differences.isEmpty || update
        }
    }
}
