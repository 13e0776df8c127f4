internal import ArgumentParser
internal import CellExecutor
internal import NotebookModel

/// `galley bundle`
struct BundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Pack a notebook's compiled cells to run on a machine without Swift.",
        discussion: """
            Makes one folder of the compiled cells, their host, the library and Swift's run-time libraries. Take it to a machine of the
            same system and processor (a GPU machine, say), run its script 'run' there, and bring the files 'events' and 'finished'
            back into the folder: galley run --bundle makes the record of them. A model that the cells load must be there, in
            GALLEY_MODELS. Parameters are compiled in, so give them here.

            The script 'host' in the folder is a cell host for galley run --host.

            Examples:
              galley bundle post.md -P device=cuda             post.bundle
              scp -r post.bundle gpu-box: && ssh gpu-box post.bundle/run
              scp gpu-box:post.bundle/events gpu-box:post.bundle/finished post.bundle
              galley run post.md --bundle post.bundle          post.ipynb
              galley run post.md --host "ssh gpu-box post.bundle/host"
            """)

    @Argument(help: "The notebook.", completion: .file(extensions: ["md", "qmd"]))
    var path: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder to make.", valueName: "folder"))
    var output: String?

    @OptionGroup var arguments: RunArguments

    func validate() throws {
        if arguments.sandbox {
            throw ValidationError("--sandbox does not hold a bundle, which runs elsewhere\n  help: start its script 'run' in a sandbox there")
        }
    }

    func run() async throws {
        let terminal = Terminal(isQuiet: arguments.quiet)
        let session = try CommandSession(arguments, terminal: terminal)
        let notebooks = try session.notebooks([path])
        guard notebooks.count == 1, let notebook = notebooks.first else {
            throw ValidationError("\(path) is a folder\n  help: name one notebook")
        }
        let folder = output ?? NotebookLocator.stem(of: notebook) + ".bundle"
        let isMade = await session.attempt(notebook) { loaded in
            guard let outcome = try session.runner?.bundle(loaded, in: folder), let byteCount = outcome.byteCount else { return false }
            let megabytes = (Double(byteCount) / 1e5).rounded() / 10
            terminal.note("\(folder): \(outcome.cellCount) cells, \(megabytes) MB")
            return true
        }
        try session.finish(failed: isMade ? 0 : 1, of: 1)
    }
}
