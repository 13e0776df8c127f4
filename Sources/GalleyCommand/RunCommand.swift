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
              galley run post.md --host "ssh gpu-box post.bundle/host"
              galley run post.md --bundle post.bundle --record post-gpu.ipynb
            """)

    @Argument(help: "Notebooks, or folders of notebooks.", completion: .file(extensions: ["md", "qmd", "ipynb"]))
    var paths: [String]

    @Option(
        help: ArgumentHelp("Write the record there instead of beside the notebook; it can be rendered as a page of its own.", valueName: "file.ipynb")
    )
    var record: String?

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        let terminal = Terminal(isQuiet: arguments.quiet)
        let session = try CommandSession(arguments, terminal: terminal)
        var failed = 0
        let notebooks = try session.notebooks(paths)
        if let record, !record.hasSuffix(".ipynb") || notebooks.count != 1 {
            throw ValidationError("--record takes a file that ends with .ipynb, for one notebook")
        }
        for path in notebooks {
            let isRun = await session.attempt(path) { loaded in
                guard let made = try await session.runner?.run(loaded) else { return false }
                try loaded.write(made, to: record)
                return true
            }
            if !isRun { failed += 1 }
        }
        try session.finish(failed: failed, of: notebooks.count)
    }
}
