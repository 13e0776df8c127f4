internal import ArgumentParser
internal import CellExecutor
internal import LivePreview

/// `galley preview`
struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Serve notebooks' pages and keep them up to date while they are written.",
        discussion: """
            The page is served on this machine only, at an address with a random token. At every save the changed cells run, and the
            cells that depend on them; open pages receive what changed. Records are not written: a live process is not a fresh run.
            Ctrl-C ends the running cell and its state stays; twice ends its process; where nothing runs it ends the command.

            Examples:
              galley preview post.md
              galley preview Notebooks --port 8000 --no-open
            """)

    @Argument(help: "A notebook, or a folder of notebooks.", completion: .file(extensions: ["md", "qmd"]))
    var path: String

    @Option(help: ArgumentHelp("The port to listen on; 0 for a free one.", valueName: "port"))
    var port: UInt16 = 0

    @Flag(name: .customLong("no-open"), help: "Open no browser.")
    var noOpen = false

    @OptionGroup var arguments: RunArguments

    func run() async throws {
        let terminal = Terminal(isQuiet: arguments.quiet)
        let session = try CommandSession(arguments, terminal: terminal)
        let selection = try session.selection(path)
        if selection.notebooks.isEmpty { throw ValidationError("there is no notebook in \(path)") }
        if let record = selection.notebooks.first(where: { $0.hasSuffix(".ipynb") }), !selection.isFolder {
            throw ValidationError("\(record) is a record, which nobody edits by hand\n  help: preview the notebook that it was made of")
        }
        let server: PreviewServer
        do {
            server = try PreviewServer(port: port)
        } catch {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        }
        defer { server.stop() }
        let loop = PreviewLoop(session: session, selection: selection, server: server)
        let opensBrowser = !noOpen
        try await loop.toEnd {
            // The address is what was asked for, so it goes to standard output even where all else is quiet.
            print(server.address)
            flushStandardOutput()
            if opensBrowser { openInBrowser(server.address, terminal) }
        }
    }
}
