internal import ArgumentParser
internal import CellExecutor
internal import NotebookModel

/// `galley run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run notebooks' cells and write their records.",
        discussion: """
            The record of post.md is post.ipynb beside it. It is written when the run came to its end; after a failure the
            earlier one stands.

            Examples:
              galley run post.md
              galley run post.md -P model=TinyLlama-1.1B-Chat -P device=cuda
              galley run post.md --incremental
              galley run post.md --host "ssh gpu-box cell-host"
            """)

    @Argument(help: "Notebooks, or folders of notebooks.", completion: .file(extensions: ["md", "qmd", "ipynb"]))
    var paths: [String]

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        let terminal = Terminal(isQuiet: arguments.quiet)
        let session = try CommandSession(arguments, terminal: terminal)
        var failed = 0
        let notebooks = try session.notebooks(paths)
        for path in notebooks {
            let isRun = await session.attempt(path) { loaded in
                guard let record = try await session.runner?.run(loaded) else { return false }
                try loaded.write(record)
                return true
            }
            if !isRun { failed += 1 }
        }
        try session.finish(failed: failed, of: notebooks.count)
    }
}
