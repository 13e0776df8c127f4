internal import ArgumentParser
internal import CellExecutor
internal import ExecutionPlanner
internal import Groundwork
internal import NotebookModel
internal import NotebookParser
internal import SiteBuilder
internal import SourceText

/// `galley export`
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a notebook with its recorded outputs as one file.",
        discussion: """
            Nothing is run. HTML has its style, scripts and pictures within; Markdown, for GitHub, has its pictures in a folder beside
            it; PDF is printed by Chromium or Chrome, without a window.

            Examples:
              galley export post.md --to html              post.html
              galley export post.md --to md -o README.md   README.md and README_files
              galley export post.md --to pdf
              galley export post.md --to ipynb -o talk.ipynb
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable, Sendable {
        case html, md, ipynb, pdf
    }

    @Argument(help: "The notebook.", completion: .file(extensions: ["md", "qmd", "ipynb"]))
    var path: String

    @Option(help: "The format: html, md, ipynb or pdf.")
    var to: Format

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String?

    @Flag(name: .shortAndLong, help: "Write diagnostics only.")
    var quiet = false

    func run() async throws {
        let terminal = Terminal(isQuiet: quiet)
        var arguments = try RunArguments.parse([])
        arguments.quiet = quiet
        if let output, !isFolder(NotebookLocator.folder(of: output)) {
            throw ValidationError("there is no folder \(NotebookLocator.folder(of: output))\n  help: make it, or name another file with --output")
        }
        let session = try CommandSession(arguments, terminal: terminal, needsToolchain: false)
        let selection = try session.selection(path)
        guard !selection.isFolder else { throw ValidationError("\(path) is a folder\n  help: publish folders with: galley render \(path)") }
        let loaded = try load(terminal)
        let (outputs, problems) = loaded.recordedOutputs()
        DiagnosticReporter(terminal: terminal).report(problems, loaded.file)
        if problems.contains(where: { $0.severity == .error }) { throw ExitStatus.failure }
        let target = try target()
        if outputs == nil {
            guard to != .ipynb else { throw failure("\(path) has no record to export", "make one with: galley run \(path)", terminal) }
            terminal.line("warning: \(path) has no record, so there are no outputs\n  help: make one with: galley run \(path)")
        }
        do {
            switch to {
            case .html: try await write(ExportedFile(page(loaded, outputs, session, selection), .markup), to: target, terminal)
            case .pdf:
                let printed = try await HTMLPrinter.pdf(of: page(loaded, outputs, session, selection), interruption: session.interruption)
                try write(ExportedFile(printed, .percent), to: target, terminal)
            case .md:
                let export = MarkdownExport(
                    loaded.parsed, record: outputs?.record, stale: Set(outputs?.stale.keys ?? [:].keys), pictureFolder: pictureFolder(of: target))
                DiagnosticReporter(terminal: terminal).report(export.diagnostics, loaded.file)
                if export.diagnostics.contains(where: { $0.severity == .error }) { throw ExitStatus.failure }
                try write(
                    ExportedFile(Array(export.text.utf8), .markup, companions: export.pictures), with: export.pictures, to: target, terminal)
            case .ipynb: try writeNotebook(loaded, outputs, to: target, terminal)
            }
        } catch let error as FileError {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        } catch let error as HTMLPrinter.Failure {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        } catch ExecutionError.interrupted {
            throw ExitStatus.interrupted
        } catch let error as ExecutionError {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        }
        terminal.note(target)
    }

    private func failure(_ summary: String, _ help: String, _ terminal: Terminal) -> ExitCode {
        terminal.line("error: \(summary)\n  help: \(help)")
        return ExitStatus.failure
    }

    private func load(_ terminal: Terminal) throws -> LoadedNotebook {
        do {
            let loaded = try LoadedNotebook(path: path)
            let variants = loaded.variants
            if variants.count > 1 {
                let records = variants.map(\.recordPath).joined(separator: ", ")
                throw failure("\(path) has a matrix, so it has several records", "export one of them: \(records)", terminal)
            }
            DiagnosticReporter(terminal: terminal).report(loaded.diagnostics, loaded.file)
            if loaded.hasErrors { throw ExitStatus.failure }
            return loaded
        } catch let problem as LoadedNotebook.Unreadable {
            terminal.line(problem.diagnostic.description)
            throw ExitStatus.failure
        }
    }

    /// The file to write: never the notebook, nor its record.
    private func target() throws -> String {
        let stem = NotebookLocator.stem(of: path)
        // `post.md` is the notebook itself, so that its export has another name.
        let target = output ?? stem + (to == .md ? ".out.md" : "." + to.rawValue)
        if absolutePath(target) == absolutePath(path) || absolutePath(target) == absolutePath(stem + ".ipynb") {
            throw ValidationError("\(target) is the notebook itself\n  help: name another file with --output")
        }
        return target
    }

    private func absolutePath(_ path: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : currentFolder() + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private func page(
        _ loaded: LoadedNotebook, _ outputs: RecordedOutputs?, _ session: CommandSession, _ selection: NotebookLocator.Selection
    ) async throws -> [UInt8] {
        let publisher = PagePublisher(session: session, selection: selection, output: "", includesDrafts: true)
        let (configuration, hasErrors) = publisher.readConfiguration()
        if hasErrors { throw ExitStatus.failure }
        let (page, isSound) = publisher.rendered(
            loaded.parsed, outputs?.record, stale: outputs?.stale ?? [:], path: path, reporter: session.reporter)
        if !isSound { throw ExitStatus.failure }
        let site = try await publisher.site(of: [page], configuration)
        guard let html = site.files[page.path] else { throw ExitStatus.failure }
        return SelfContainedPage(files: site.files, path: page.path).inlined(html)
    }

    private func pictureFolder(of target: String) -> String {
        let stem = NotebookLocator.stem(of: target)
        return (stem.split(separator: "/").last.map(String.init) ?? stem) + "_files"
    }

    private func write(_ file: ExportedFile, with pictures: [String: [UInt8]] = [:], to target: String, _ terminal: Terminal) throws {
        if let obstacle = file.obstacle(at: target, companions: pictures) { throw foreign(obstacle, terminal) }
        let folder = NotebookLocator.folder(of: target)
        if !pictures.isEmpty { try makeFolder(folder + "/" + pictureFolder(of: target)) }
        for (name, bytes) in pictures { try writeFileAtomically(folder + "/" + name, bytes) }
        try writeFileAtomically(target, file.bytes, .synced)
    }

    private func foreign(_ path: String, _ terminal: Terminal) -> ExitCode {
        failure(
            "\(path) was not written by galley export, or was changed since, and is left as it is",
            "name another file with --output, or move that one away", terminal)
    }

    /// A notebook file goes out as it is, whatever kernel it is of; one of text is written with its record.
    private func writeNotebook(_ loaded: LoadedNotebook, _ outputs: RecordedOutputs?, to target: String, _ terminal: Terminal) throws {
        guard let outputs else { return }
        let stem = NotebookLocator.stem(of: target)
        if !isTaken(target), let other = [".md", ".qmd"].map({ stem + $0 }).first(where: { isTaken($0) && absolutePath($0) != absolutePath(path) }) {
            throw failure("\(target) would be taken for the record of \(other)", "name another file with --output", terminal)
        }
        if let id = loaded.notebook.cells.first(where: { outputs.stale[$0.id] != nil })?.id {
            throw failure(
                "the notebook was edited after its record was made: the output of '\(id)' is older than its code", "run it: galley run \(path)",
                terminal)
        }
        let file = RecordFile(target)
        if loaded.isRecord {
            let bytes = try readFile(path)
            if case .foreign = file.content, (try? readFile(target)) == bytes { return }
            if file.obstacle(to: loaded.notebook, at: path) != nil { throw foreign(target, terminal) }
            return try writeFileAtomically(target, bytes, .synced)
        }
        if file.obstacle(to: loaded.notebook, at: path) != nil { throw foreign(target, terminal) }
        try file.write(outputs.record, of: loaded.notebook)
    }
}
