internal import ArgumentParser
internal import CellExecutor
internal import ExecutionPlanner

/// `galley plan`
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show which cells a run would run or reuse, and why.",
        discussion: """
            Examples:
              galley plan post.md
              galley plan post.md --incremental
            """)

    @Argument(help: "Notebooks, or folders of notebooks.", completion: .file(extensions: ["md", "qmd", "ipynb"]))
    var paths: [String]

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        let session = try CommandSession(arguments, terminal: Terminal(isQuiet: arguments.quiet))
        var failed = 0
        let notebooks = try session.notebooks(paths)
        for path in notebooks {
            let isPlanned = await session.attempt(path) { loaded in
                session.reporter.report(loaded.diagnostics, loaded.file)
                guard let runner = session.runner else { return false }
                var options = runner.options
                let (values, problems) = runner.parameters.values(for: loaded.notebook, varied: loaded.varied)
                session.reporter.report(problems, loaded.file)
                guard problems.isEmpty else { return false }
                options.parameters = values
                let plan = runner.executor.plan(loaded.notebook, previous: loaded.record, options: options)
                session.reporter.report(plan.diagnostics, loaded.file)
                if notebooks.count > 1 || loaded.variant != nil { print("\(loaded.title):") }
                print(plan.description)
                return !loaded.hasErrors
            }
            if !isPlanned { failed += 1 }
        }
        try session.finish(failed: failed, of: notebooks.count)
    }
}
