public import ArgumentParser
internal import CellExecutor

/// The `galley` command.
public struct Galley: AsyncParsableCommand {
    public static let version = "0.1.0"

    public static let configuration = CommandConfiguration(
        commandName: "galley",
        abstract: "Runs the Swift cells of markdown notebooks and publishes them as pages.",
        discussion: """
            Examples:
              galley render post.md            run post.md, write post.ipynb and _site/post.html
              galley render Notebooks          every notebook of a folder, with index and feeds
              galley run post.md               run the cells and update post.ipynb, no page
              galley check Notebooks           run again and fail where an output differs
              galley preview post.md           serve the page, run again at every save

            Exit status:
              0   everything ran and, for check, nothing differs
              1   a notebook is wrong, a cell failed, or an output differs
              2   the machine lacks something: the Swift toolchain, a host, a folder that can be written
              64  the command line is wrong
              130 interrupted
            """,
        version: version,
        subcommands: [
            NewCommand.self, RenderCommand.self, RunCommand.self, CheckCommand.self, PreviewCommand.self, ExportCommand.self, PlanCommand.self,
            BundleCommand.self,
            CleanCommand.self,
        ])

    public init() {}

    /// What keeps the command from running at all on this machine; called before anything that may need a second thread.
    public static var obstacle: String? {
        hasThreads() ? nil : "error: the system gives this process too few threads, or too little memory for them (see 'ulimit -u' and 'ulimit -v')\n"
    }
}
