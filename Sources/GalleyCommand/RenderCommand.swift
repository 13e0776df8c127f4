internal import ArgumentParser
internal import CellExecutor
internal import NotebookModel
internal import SiteBuilder
internal import SourceText

/// `galley render`
struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Run notebooks and publish them as pages.",
        discussion: """
            A notebook whose record is what a run would give is not run again. A folder becomes a site, with index, tags, archive and
            feeds, configured by its site.yaml. After a failure the earlier page and record stand.

            Examples:
              galley render post.md
              galley render Notebooks --output public
              galley render post.md --no-run             from post.ipynb, with no compiler and no GPU
              galley render post.md -P device=cuda
            """)

    @Argument(help: "Notebooks, or folders of notebooks.", completion: .file(extensions: ["md", "qmd", "ipynb"]))
    var paths: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder that pages are written to.", valueName: "folder"))
    var output = "_site"

    @Flag(name: .customLong("no-run"), help: "Render from the records; run nothing.")
    var noRun = false

    @Flag(help: "Publish drafts, too, and pages whose date is to come or that expired.")
    var drafts = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Notebooks run at a time.", valueName: "count"))
    var jobs = 1

    @Option(help: ArgumentHelp("Of these, notebooks that use a GPU.", valueName: "count"))
    var gpuJobs = 1

    @Option(help: ArgumentHelp("Of n equal parts of the notebooks, run this one.", valueName: "k/n"))
    var shard: Shard?

    @OptionGroup var arguments: RunArguments

    func validate() throws {
        if gpuJobs < 1 { throw ValidationError("--gpu-jobs must be 1 at least") }
        if jobs < 1 { throw ValidationError("--jobs must be 1 at least") }
    }

    func run() async throws {
        let terminal = Terminal(isQuiet: arguments.quiet)
        let session = try CommandSession(arguments, terminal: terminal, needsToolchain: !noRun)
        var failed = 0
        var count = 0
        let selections = try paths.map(session.selection)
        if let clash = NotebookLocator.clash(among: selections) {
            throw ValidationError(
                "\(clash.one) and \(clash.other) would both make \(output)/\(clash.page)\n  help: render them one by one, each to a folder of its own (--output)"
            )
        }
        for (argument, var selection) in zip(paths, selections) {
            if let shard { selection.notebooks = shard.part(of: selection.notebooks) }
            count += selection.notebooks.count
            var publisher = PagePublisher(session: session, selection: selection, output: output, includesDrafts: drafts)
            if arguments.isRepeatable, let stamp = publisher.stamp(argument: argument, arguments, runs: !noRun) {
                if let report = stamp.unchanged() {
                    publisher.repeatReport(report)
                    continue
                }
                publisher.ledger = RenderLedger()
                publisher.stamp = stamp
                if selection.isFolder { publisher.cache = publisher.pageCache(argument: argument) }
            }
            failed += try await publisher.publish(jobs: jobs, gpuJobs: gpuJobs, runs: !noRun)
        }
        try session.finish(failed: failed, of: count)
    }
}

/// The k-th of n parts of a list.
struct Shard: ExpressibleByArgument, Sendable {
    let index: Int
    let count: Int

    init?(argument: String) {
        let parts = argument.split(separator: "/").map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], count > 0, (1...count).contains(index) else { return nil }
        self.index = index
        self.count = count
    }

    func part<Element>(of elements: [Element]) -> [Element] {
        elements.enumerated().filter { $0.offset % count == index - 1 }.map(\.element)
    }
}
