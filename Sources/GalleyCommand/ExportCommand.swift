internal import ArgumentParser
internal import CellExecutor
internal import JSON
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
        let session = try CommandSession(arguments, terminal: terminal, needsToolchain: false)
        let selection = try session.selection(path)
        guard !selection.isFolder else { throw ValidationError("\(path) is a folder\n  help: publish folders with: galley render \(path)") }
        let (parsed, record) = try load(terminal)
        let target = try target()
        if record == nil {
            guard to != .ipynb else {
                terminal.line("error: \(path) has no record to export\n  help: make one with: galley run \(path)")
                throw ExitStatus.failure
            }
            terminal.line("warning: \(path) has no record, so there are no outputs\n  help: make one with: galley run \(path)")
        }
        do {
            switch to {
            case .html: try await writeFileAtomically(target, page(parsed, record, session, selection))
            case .pdf: try await writeFileAtomically(target, HTMLPrinter.pdf(of: page(parsed, record, session, selection)))
            case .md: try writeMarkdown(MarkdownExport(parsed.notebook, record: record, pictureFolder: pictureFolder(of: target)), to: target)
            case .ipynb:
                guard let record else { return }
                try writeFileAtomically(target, (record.nbformat(for: parsed.notebook).text(.indented(1)) + "\n").utf8)
            }
        } catch let error as FileError {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        } catch let error as HTMLPrinter.Failure {
            terminal.line("error: \(error)")
            throw ExitStatus.environment
        }
        terminal.note(target)
    }

    private func load(_ terminal: Terminal) throws -> (ParsedNotebook, RunRecord?) {
        let reporter = DiagnosticReporter(terminal: terminal)
        do {
            if path.hasSuffix(".ipynb") {
                let (notebook, diagnostics) = try JupyterNotebook.read(SourceFile(path: path, bytes: readFile(path)))
                reporter.report(diagnostics, notebook.parsed.notebook.file)
                if diagnostics.contains(where: { $0.severity == .error }) { throw ExitStatus.failure }
                return (notebook.parsed, notebook.record)
            }
            let loaded = try LoadedNotebook(path: path)
            let variants = loaded.variants
            if variants.count > 1 {
                let records = variants.map(\.recordPath).joined(separator: ", ")
                terminal.line("error: \(path) has a matrix, so it has several records\n  help: export one of them: \(records)")
                throw ExitStatus.failure
            }
            reporter.report(loaded.diagnostics, loaded.file)
            if loaded.hasErrors { throw ExitStatus.failure }
            return (loaded.parsed, loaded.record)
        } catch let problem as LoadedNotebook.Unreadable {
            terminal.line(problem.diagnostic.description)
        } catch let error as ExitCode {
            throw error
        } catch {
            terminal.line("\(path): error: \(error)")
        }
        throw ExitStatus.failure
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
        for part in (path.hasPrefix("/") ? path : workingFolder() + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private func page(
        _ parsed: ParsedNotebook, _ record: RunRecord?, _ session: CommandSession, _ selection: NotebookLocator.Selection
    ) async throws -> [UInt8] {
        let publisher = PagePublisher(session: session, selection: selection, output: "", includesDrafts: true)
        let (configuration, hasErrors) = publisher.readConfiguration()
        if hasErrors { throw ExitStatus.failure }
        let (page, isSound) = publisher.rendered(parsed, record, path: path, reporter: session.reporter)
        if !isSound { throw ExitStatus.failure }
        let site = try await publisher.site(of: [page], configuration)
        guard let html = site.files[page.path] else { throw ExitStatus.failure }
        return SelfContainedPage(files: site.files, path: page.path).inlined(html)
    }

    private func pictureFolder(of target: String) -> String {
        let stem = NotebookLocator.stem(of: target)
        return (stem.split(separator: "/").last.map(String.init) ?? stem) + "_files"
    }

    private func writeMarkdown(_ export: MarkdownExport, to target: String) throws(FileError) {
        let folder = NotebookLocator.folder(of: target)
        if !export.pictures.isEmpty { try makeFolder(folder + "/" + pictureFolder(of: target)) }
        for (name, bytes) in export.pictures { try writeFileAtomically(folder + "/" + name, bytes) }
        try writeFileAtomically(target, export.text.utf8)
    }
}
