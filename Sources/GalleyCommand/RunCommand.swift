internal import ArgumentParser
internal import CellExecutor
internal import ExecutionPlanner
internal import Groundwork
internal import NotebookModel

/// `galley run`
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run notebooks' cells and write their records.",
        discussion: """
            The record of post.md is post.ipynb beside it. It is written when the run came to its end; after a failure the
            earlier one stands. --cell and --to run a part of one notebook and print its outputs, --watch keeps its process
            and prints what every save changed; none of these writes a record, because the outputs of a part, or of a process
            that lived through edits, are not those of a fresh run.

            With --watch, Ctrl-C ends the running cell and its state stays; twice ends the process, which the next save starts
            anew; where nothing runs it ends the command.

            Examples:
              galley run post.md
              galley run post.md --cell plot                run one cell, and before it only what it rests on
              galley run post.md --to plot                  run the cells up to that one
              galley run post.md --watch
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

    @Flag(help: "Stay, and run what changed at every save.")
    var watch = false

    @Option(help: ArgumentHelp("Run one cell, and before it only what it rests on.", valueName: "label"))
    var cell: String?

    @Option(help: ArgumentHelp("Run the cells up to this one.", valueName: "label"))
    var to: String?

    @OptionGroup var arguments: RunArguments

    func validate() throws {
        if cell != nil, to != nil { throw ValidationError("--cell and --to exclude each other") }
        if (watch || scope != .all) && (paths.count != 1 || isFolder(paths[0])) {
            throw ValidationError("--watch, --cell and --to take one notebook")
        }
    }

    private var scope: ExecutionPlan.Scope { cell.map { .only($0) } ?? to.map { .upTo($0) } ?? .all }

    func run() async throws {
        let terminal = Terminal(isQuiet: arguments.quiet)
        var session = try CommandSession(arguments, terminal: terminal)
        let notebooks = try session.notebooks(paths)
        if let record, !record.hasSuffix(".ipynb") || notebooks.count != 1 || watch || scope != .all {
            throw ValidationError("--record takes a file that ends with .ipynb, for one whole notebook")
        }
        // What names are is shown in pages alone.
        if watch || scope != .all { session.runner?.options.notesNames = false }
        if watch, let runner = session.runner, let path = notebooks.first {
            return try await WatchLoop(session: session, runner: runner, path: path, scope: scope).toEnd()
        }
        session.runner?.options.scope = scope
        var failed = 0
        for path in notebooks {
            let isRun = await session.attempt(path) { loaded in
                let file = scope == .all ? record.map { RecordFile($0) } ?? loaded.recordFile : nil
                guard let runner = session.runner, let made = try await runner.run(loaded, for: file) else { return false }
                guard let file else {
                    show(made)
                    return true
                }
                return try runner.save(runner.settled(made, of: loaded, in: file, isForced: arguments.force), of: loaded, in: file) != nil
            }
            if !isRun { failed += 1 }
        }
        try session.finish(failed: failed, of: notebooks.count)
    }

    private func show(_ record: RunRecord) {
        for one in record.cells where cell == nil || one.id == cell { printOutputs(of: one, titled: cell == nil) }
    }
}
