internal import CellExecutor
internal import ExecutionPlanner
internal import Groundwork
internal import NotebookModel
internal import NotebookParser
internal import NotebookRenderer
internal import SiteBuilder
internal import SourceText

/// Runs the notebooks of one argument and writes their pages.
struct PagePublisher: Sendable {
    let session: CommandSession
    let selection: NotebookLocator.Selection
    let output: String
    let includesDrafts: Bool
    /// Where the files that are looked at are noted, and what is kept of them.
    var ledger: RenderLedger?
    var stamp: RenderStamp?
    /// Pages of the last render.
    var cache: PageCache?

    /// What became of one notebook.
    private struct Result: Sendable {
        var page: SitePage?
        var isFailed: Bool
        /// Whether no earlier page of it may stand.
        var isUnclear = false
        /// What is to be said of it when all are there.
        var terminal: Terminal?
    }

    /// - Returns: How many notebooks failed. Their earlier pages stand.
    /// - Throws: `ExitCode` when nothing can be written.
    func publish(jobs: Int, gpuJobs: Int, runs: Bool) async throws -> Int {
        session.terminal.keepLines()
        let (configuration, problems) = readConfiguration()
        reportPassedOver()
        // Pages are made on every core; cells run in as many hosts as were asked for.
        let gate = RunGate(jobs: jobs, gpuJobs: gpuJobs)
        let results = try await mapConcurrently(selection.notebooks, jobs: max(jobs, coreCount)) { path -> [Result] in
            ledger?.note(path)
            ledger?.note(NotebookLocator.recordPath(of: path))
            if let page = cache?.page(sourcePath: sourcePath(of: path), path: path) { return [Result(page: page, isFailed: false)] }
            return try await mapConcurrently(load(path), jobs: max(jobs, coreCount)) { try await make($0, runs: runs, gate: gate) }
        }.flatMap { $0 }
        for result in results { result.terminal.map(session.terminal.showKept(of:)) }
        var failed = results.count(where: \.isFailed) + (problems ? 1 : 0)
        let (pages, unclear) = withoutUnclear(results.compactMap(\.page))
        failed += unclear
        // Whoever asked for the end does not wait for a site. Without pages there is none, but what was not to be published goes.
        let isEmptied = pages.isEmpty && (unclear > 0 || results.contains(where: \.isUnclear)) && fileExists(output + "/" + SiteWriter.manifestName)
        guard !pages.isEmpty || isEmptied, !problems, session.interruption.count == 0 else { return failed }
        let (site, changes) = try await write(pages, configuration)
        // A page that is not written is not published.
        if !changes.conflicts.isEmpty { failed += 1 }
        async let isKept: Void = keep(site, changes)
        if failed == 0, let stamp, let entries = ledger?.entries {
            stamp.save(
                entries,
                RenderStamp.Report(lines: session.terminal.keptLines, pageCount: publishedCount(of: pages, in: site), changesAt: site.changesAt))
        }
        await isKept
        return failed
    }

    /// Keeps for the next render what this one made, and of what.
    private func keep(_ site: Site, _ changes: ChangeSet) {
        guard let cache, let ledger else { return }
        var files: [String: PageCache.Made] = [:]
        // Not what someone else's file stands in the way of.
        for path in changes.written + changes.unchanged {
            guard let key = site.keys[path] else { continue }
            let place = output + "/" + path
            if let entry = ledger.entry(place) { files[place] = PageCache.Made(key: key, entry: entry) }
        }
        cache.save(files: files)
    }

    /// The notebook at a path, once for each set of its matrix; `nil` where it cannot be read.
    private func load(_ path: String) -> [LoadedNotebook?] {
        do {
            return try LoadedNotebook(path: path).variants
        } catch {
            session.terminal.line(error.diagnostic.description)
            return [nil]
        }
    }

    private func make(_ loaded: LoadedNotebook?, runs: Bool, gate: RunGate) async throws -> Result {
        guard let loaded else { return Result(page: nil, isFailed: true) }
        let isRepeatable = loaded.variant == nil && loaded.notebook.frontMatter.matrix.isEmpty
        // Prose has nothing to run and leaves no record.
        let isProse = isRepeatable && loaded.notebook.cells.isEmpty && session.runner?.parameters.isEmpty != false
        for path in loaded.files { ledger?.note(path) }
        guard runs, !loaded.isRecord, !isProse else {
            let terminal = Terminal.deferred()
            let reporter = DiagnosticReporter(terminal: terminal)
            reporter.report(loaded.diagnostics, loaded.file)
            if loaded.hasErrors { return Result(page: nil, isFailed: true, isUnclear: isWithdrawn(loaded), terminal: terminal) }
            if !isRepeatable { ledger?.spoil() }
            let (outputs, problems) = loaded.recordedOutputs(session.parameters)
            reporter.report(problems, loaded.file)
            if problems.contains(where: { $0.severity == .error }) { return Result(page: nil, isFailed: true, terminal: terminal) }
            let isKept = isRepeatable && loaded.diagnostics.isEmpty && !loaded.isRecord
            let (page, isSound) = rendered(
                loaded.parsed, outputs?.record, stale: outputs?.stale ?? [:], path: loaded.path, variant: loaded.variant, reporter: reporter,
                isKept: isKept)
            return Result(page: isSound ? page : nil, isFailed: !isSound, terminal: terminal)
        }
        guard let runner = session.runner, let file = loaded.recordFile else {
            // What is wrong in a notebook with a matrix leaves open which sets, and so which records, it has.
            session.reporter.report(loaded.diagnostics, loaded.file)
            return Result(page: nil, isFailed: true, isUnclear: isWithdrawn(loaded))
        }
        if !isSoundProse(of: loaded) { return Result(page: selection.isFolder ? earlierPage(of: loaded) : nil, isFailed: true) }
        do {
            let usesGPU = loaded.notebook.usesGPU(runner.parameters.values(for: loaded.notebook, varied: loaded.varied).parameters)
            await gate.enter(usesGPU: usesGPU)
            let record: RunRecord?
            do {
                record = try await runner.run(loaded, for: file) { isSettled in
                    if !isSettled || !isRepeatable || runner.executor.usesPackages(loaded.notebook, options: runner.options) { ledger?.spoil() }
                }
            } catch {
                await gate.leave(usesGPU: usesGPU)
                throw error
            }
            await gate.leave(usesGPU: usesGPU)
            if let run = record {
                let record = runner.settled(run, of: loaded, in: file, isForced: runner.options.ignoresRecord)
                if let isWritten = try runner.save(record, of: loaded, in: file) {
                    if isWritten { ledger?.renew(loaded.recordPath) }
                    let (page, isSound) = rendered(loaded.parsed, record, path: loaded.path, variant: loaded.variant, reporter: session.reporter)
                    return Result(page: isSound ? page : nil, isFailed: !isSound)
                }
            }
        } catch ExecutionError.interrupted {
            // The exit status says so, once.
        } catch {
            session.terminal.line("\(loaded.title): error: \(error)")
        }
        return Result(page: selection.isFolder ? earlierPage(of: loaded) : nil, isFailed: true, isUnclear: isWithdrawn(loaded))
    }

    private func isWithdrawn(_ loaded: LoadedNotebook) -> Bool { loaded.isWithdrawn(fromFolder: selection.isFolder) }

    /// Whether the page's text can be set: found out before anything runs, so that the record and the page stand where it cannot.
    private func isSoundProse(of loaded: LoadedNotebook) -> Bool {
        let notebook = loaded.notebook
        guard !loaded.hasErrors, !notebook.frontMatter.bibliography.isEmpty || notebook.file.text.contains("content-") else { return true }
        return rendered(loaded.parsed, nil, path: loaded.path, variant: loaded.variant, reporter: session.reporter, reportsErrorsOnly: true).isSound
    }

    /// The page that a failed notebook had: its record holds the text and the outputs that it was made of.
    ///
    /// Where the front matter cannot be understood there is none: it may say that the page is not to be published.
    private func earlierPage(of loaded: LoadedNotebook) -> SitePage? {
        // As it is now: another file may have come into its place.
        guard !loaded.isUnclear, let record = RecordFile(loaded.recordPath).record, !record.isAltered,
            let file = try? SourceFile(path: loaded.path, bytes: readFile(loaded.recordPath)),
            let (earlier, _) = try? JupyterNotebook.read(file)
        else { return nil }
        var parsed = earlier.parsed
        if let variant = loaded.variant, let same = parsed.notebook.variants().variants.first(where: { $0.name == variant }) {
            parsed.notebook = same.notebook
        }
        let (page, isSound) = rendered(parsed, record, path: loaded.path, variant: loaded.variant, reporter: session.reporter)
        return isSound ? page : nil
    }

    /// The page of a notebook with the outputs of a record, as well as it can be made.
    func page(_ parsed: ParsedNotebook, _ record: RunRecord?, path: String, variant: String? = nil, reporter: DiagnosticReporter?) -> SitePage {
        rendered(parsed, record, path: path, variant: variant, reporter: reporter).page
    }

    /// The page of a notebook with the outputs of a record, and whether it may be published.
    ///
    /// - Parameter stale: Cells whose outputs are older than their code.
    /// - Parameter reporter: Takes what the renderer has to say.
    /// - Parameter variant: The name of its parameter set, which the page's address ends with.
    /// - Parameter isKept: Whether the page may be kept for the next render, if nothing but its text went into it.
    func rendered(
        _ parsed: ParsedNotebook, _ record: RunRecord?, stale: [Cell.ID: String] = [:], path: String, variant: String? = nil,
        reporter: DiagnosticReporter?, isKept: Bool = false, reportsErrorsOnly: Bool = false
    ) -> (page: SitePage, isSound: Bool) {
        var options = PageOptions()
        options.staleCells = Set(stale.keys)
        var (bibliography, diagnostics) = bibliography(of: parsed.notebook, path: path)
        swap(&options.bibliography, &bibliography)
        let rendered = PageRenderer.render(
            parsed.notebook, document: parsed.document, record: record, options: options, highlight: { classifySwift($0) })
        diagnostics += rendered.diagnostics
        let isSound = !diagnostics.contains { $0.severity == .error }
        reporter?.report(reportsErrorsOnly ? diagnostics.filter { $0.severity == .error } : diagnostics, parsed.notebook.file)
        var page = SitePage(
            rendered, of: parsed.notebook, sourcePath: sourcePath(of: path), outputPath: variant.map { outputPath(of: path, variant: $0) },
            record: record, hasStaleOutputs: !stale.isEmpty)
        if let variant, parsed.notebook.frontMatter.title == nil { page.fallbackTitle = page.fallbackTitle.map { "\($0) (\(variant))" } }
        let isProse = record == nil && parsed.notebook.cells.isEmpty && parsed.notebook.frontMatter.bibliography.isEmpty
        if isKept, isProse, diagnostics.isEmpty { cache?.keep(page) }
        return (page, isSound)
    }

    /// The files of the front matter's `bibliography`, and which of them cannot be read.
    private func bibliography(of notebook: Notebook, path: String) -> (files: [(path: String, text: String)], diagnostics: [Diagnostic]) {
        let folder = NotebookLocator.folder(of: path)
        var files: [(path: String, text: String)] = []
        var diagnostics: [Diagnostic] = []
        for name in notebook.frontMatter.bibliography {
            let place = name.hasPrefix("/") ? name : folder + "/" + name
            ledger?.note(place)
            do {
                files.append((path: name, text: try SourceFile(path: name, bytes: readFile(place)).text))
            } catch {
                let line = (1..<max(notebook.bodyLine, 2)).first { notebook.file.line($0).contains(name) } ?? 1
                diagnostics.append(
                    Diagnostic(
                        .error, identifier: "missing-bibliography", summary: "the bibliography “\(name)” cannot be read: \(error)",
                        path: notebook.file.path, range: SourceRange(lines: line...line),
                        solutions: [name.contains("://") ? "fetch it, and name the file" : "its path counts from the notebook's folder"]))
            }
        }
        return (files, diagnostics)
    }

    private func write(_ pages: [SitePage], _ configuration: SiteConfiguration) async throws -> (Site, ChangeSet) {
        let site = try await site(of: pages, configuration)
        let changes: ChangeSet
        do {
            let paths = pages.isEmpty ? selection.notebooks.map { NotebookLocator.stem(of: sourcePath(of: $0)) + ".html" } : pages.map(\.path)
            let owner = selection.isFolder ? "" : paths.joined(separator: " ")
            changes = try await SiteWriter(folder: output).write(site, owner: owner) { [selection] path in
                path == "index.html" && selection.isFolder ? selection.root : site.makers[path]
            }
        } catch {
            session.terminal.line("error: \(error)")
            throw ExitStatus.environment
        }
        if let ledger {
            for path in site.standing { ledger.note(output + "/" + path) }
            for path in site.files.keys { ledger.renew(output + "/" + path) }
            ledger.renew(output + "/" + SiteWriter.manifestName)
        }
        report(changes, pages, in: site)
        let needed = Set(pages.map(\.path) + (selection.isFolder ? ["index.html"] : []))
        if changes.taken.contains(where: { needed.contains($0.path) }) { throw ExitStatus.failure }
        return (site, changes)
    }

    /// The files of a site; what is to be said of them is on the terminal where `reports`.
    ///
    /// - Throws: `ExitCode` for a site that lacks pages, or a theme that is not there.
    func site(of pages: [SitePage], _ configuration: SiteConfiguration, reports: Bool = true) async throws -> Site {
        do {
            guard let templates = Theme.templatesFolder(executable: executablePath()) else {
                throw UsageError(message: "the folder Templates was not found beside the command", solution: "set GALLEY_TEMPLATES to it")
            }
            let overrides = configuration.themeFolder.map { selection.root + "/" + $0 }
            if let ledger {
                let folders = Theme.folders(named: configuration.theme, in: templates, overrides: overrides)
                for folder in [templates] + folders { ledger.note(folder) }
                for path in Theme.files(in: folders) { ledger.note(path) }
                for path in PageRenderer.libraryPaths { ledger.note(path) }
            }
            let theme = try Theme(named: configuration.theme, in: templates, overrides: overrides)
            var builder = SiteBuilder(
                configuration: configuration, theme: theme, sourceFolder: selection.root, version: Galley.version)
            builder.includesDrafts = includesDrafts
            if let ledger { builder.willRead = { ledger.note($0) } }
            if let cache {
                builder.isThere = { [output] in cache.isThere(output + "/" + $0, key: $1) }
            }
            let site = await builder.build(pages)
            let files = Dictionary(pages.map { ($0.file.path, $0.file) }) { first, _ in first }
            for diagnostic in site.diagnostics where reports {
                session.terminal.line(files[diagnostic.path].map { diagnostic.rendered(in: $0) } ?? diagnostic.description)
            }
            if site.diagnostics.contains(where: { $0.severity == .error }) { throw ExitStatus.failure }
            return site
        } catch let error as UsageError {
            session.terminal.line("error: \(error.message)" + (error.solution.map { "\n  help: \($0)" } ?? ""))
            throw ExitStatus.environment
        } catch let error as ThemeError {
            session.terminal.line("error: \(error)")
            throw ExitStatus.environment
        }
    }

    /// How many of the pages are in the site: others are held back.
    private func publishedCount(of pages: [SitePage], in site: Site) -> Int { pages.count { site.makers[$0.path] == $0.file.path } }

    private func report(_ changes: ChangeSet, _ pages: [SitePage], in site: Site) {
        for path in changes.conflicts {
            session.terminal.line(
                "error: \(output)/\(path) was not written by Galley and is left as it is\n"
                    + "  help: move it away, or name another folder with --output")
        }
        for taken in changes.taken {
            let whose = taken.path == "index.html" && selection.isFolder ? "holds the site of" : "is made of"
            session.terminal.line(
                "error: \(output)/\(taken.path) \(whose) \(output)/\(taken.origin) and is left as it is\n  help: render to another folder (--output), or remove it"
            )
        }
        for path in changes.kept {
            session.terminal.line(
                "warning: \(output)/\(path) is of no page any more, and is left as it is: something changed it since Galley wrote it\n"
                    + "  help: remove it")
        }
        for page in pages where site.makers[page.path] != page.file.path && !changes.kept.contains(page.path) {
            guard site.files[page.path] == nil, !site.standing.contains(page.path), fileExists(output + "/" + page.path) else { continue }
            session.terminal.line(
                "warning: \(output)/\(page.path) stands there, though \(page.file.path) is not published; Galley did not note that it wrote it\n"
                    + "  help: remove it if it is the notebook's page")
        }
        let isOne = pages.count == 1 && !selection.isFolder
        // A draft by itself leaves nothing to be told of.
        if isOne, !changes.written.contains(pages[0].path), !changes.unchanged.contains(pages[0].path) { return }
        let what = isOne ? output + "/" + pages[0].path : "\(output): \(publishedCount(of: pages, in: site)) pages"
        session.terminal.note("\(what) (\(changes.written.count) files written, \(changes.unchanged.count) unchanged)")
    }

    func readConfiguration() -> (configuration: SiteConfiguration, hasErrors: Bool) {
        let path = selection.root + "/site.yaml"
        ledger?.note(path)
        guard fileExists(path) else { return (selection.isFolder ? SiteConfiguration() : .singlePage, false) }
        do {
            let file = try SourceFile(path: path, bytes: readFile(path))
            var (configuration, diagnostics) = SiteConfiguration.parse(file)
            if selection.isFolder {
                reportExcluded(configuration.exclude, file)
            } else {
                configuration.hasLists = false
            }
            session.reporter.report(diagnostics, file)
            return (configuration, diagnostics.contains { $0.severity == .error })
        } catch {
            session.terminal.line("error: cannot read \(path): \(error)")
            return (SiteConfiguration(), true)
        }
    }

    /// Says which files look like notebooks and are none.
    private func reportPassedOver() {
        let names = selection.passedOver.map(sourcePath(of:))
        guard !names.isEmpty else { return }
        let list = names.count > 6 ? names.prefix(5) + ["and \(names.count - 5) more"] : names[...]
        session.terminal.line(
            Diagnostic(
                .warning, identifier: "passed-over", summary: "no notebooks by their names, so they are passed over: \(list.joined(separator: ", "))",
                path: selection.root, solutions: ["call them by names that end with .md or .qmd, and index.md instead of _index.md"]
            ).description)
    }

    /// The pages without those of which another tool's settings of their folder may say that they are not to be published.
    private func withoutUnclear(_ pages: [SitePage]) -> (pages: [SitePage], count: Int) {
        var pages = pages
        let count = pages.count
        for path in selection.settings {
            ledger?.note(path)
            guard let file = try? SourceFile(path: path, bytes: readFile(path)), let problem = FolderSettings.problem(in: file) else { continue }
            let folder = NotebookLocator.folder(of: path)
            let isHeld = { (page: SitePage) in
                !page.frontMatter.draft && !page.frontMatter.isPublishedExplicitly && (folder == "." || page.file.path.hasPrefix(folder + "/"))
            }
            guard pages.contains(where: isHeld) else { continue }
            session.reporter.report([problem], file)
            pages.removeAll(where: isHeld)
        }
        return (pages, count - pages.count)
    }

    /// Says where `exclude:` names what is not there: what it was meant to leave out is published.
    private func reportExcluded(_ exclude: [String], _ file: SourceFile) {
        for name in exclude where !name.contains(where: { $0 == "*" || $0 == "?" }) && !fileExists(selection.root + "/" + name) {
            session.terminal.line(
                Diagnostic(
                    .warning, identifier: "site-value", summary: "exclude names “\(name)”, which is not there", path: file.path,
                    solutions: ["paths count from the folder of site.yaml"]
                ).description)
        }
    }

    /// The path of the page of one of a notebook's parameter sets.
    func outputPath(of path: String, variant: String) -> String { NotebookLocator.stem(of: sourcePath(of: path)) + "-\(variant).html" }

    /// The path of a notebook from the site's folder.
    func sourcePath(of path: String) -> String {
        let prefix = selection.root + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}
