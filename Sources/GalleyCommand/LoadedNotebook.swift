internal import Groundwork
internal import JSON
internal import NotebookModel
internal import NotebookParser
internal import SourceText

/// A notebook that was read and parsed, with the record that lies beside it.
struct LoadedNotebook: Sendable {
    /// As shown to the author.
    let path: String
    private(set) var parsed: ParsedNotebook
    /// What the parser found, and what was found out about the record.
    private(set) var diagnostics: [Diagnostic]
    private(set) var record: RunRecord?
    /// What lies where its record belongs; `nil` where it is a record itself, or has several.
    private(set) var recordFile: RecordFile?
    /// Whether the path names a record or another notebook of Jupyter's: it is rendered as it is, and never run or written.
    let isRecord: Bool
    /// The name of its parameter set, where its front matter has a matrix, and the parameters that are varied there.
    private(set) var variant: String?
    private(set) var varied: Set<String> = []

    var notebook: Notebook { parsed.notebook }
    var file: SourceFile { parsed.notebook.file }
    /// Errors that leave unknown what the front matter says.
    static let frontMatterProblems: Set<String> = ["bad-front-matter", "unclosed-front-matter", "unclear-publication"]
    /// Whether it is not known if the page is to be published, so that no page of it may stand.
    var isUnclear: Bool { diagnostics.contains { $0.severity == .error && Self.frontMatterProblems.contains($0.identifier) } }
    /// Whether what was published of it goes: it says that it may not be published, in words that are not understood. Where the front
    /// matter cannot be read at all, a notebook by itself keeps its last page until it can.
    func isWithdrawn(fromFolder isFolder: Bool) -> Bool {
        isUnclear && (isFolder || diagnostics.contains { $0.severity == .error && $0.identifier == "unclear-publication" })
    }
    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Reads a notebook.
    ///
    /// - Throws: ``Unreadable`` when there is nothing to parse.
    init(path: String) throws(Unreadable) {
        let file: SourceFile
        do {
            file = try SourceFile(path: path, bytes: readFile(path))
        } catch let error as InvalidUTF8 {
            throw Unreadable(
                diagnostic: Diagnostic(
                    .error, identifier: "invalid-utf8", summary: "the file is not UTF-8: byte \(error.byteOffset) begins no character",
                    path: path, range: SourceRange(lines: error.line...error.line),
                    solutions: ["convert it, for example with: iconv -f latin1 -t utf8 \(path)"]))
        } catch {
            throw Unreadable(diagnostic: Diagnostic(.error, identifier: "unreadable", summary: "\(error)", path: path))
        }
        self.path = path
        isRecord = path.hasSuffix(".ipynb")
        if isRecord {
            do {
                let (jupyter, diagnostics) = try JupyterNotebook.read(file)
                (parsed, record, self.diagnostics) = (jupyter.parsed, jupyter.record, diagnostics)
                return
            } catch {
                throw Unreadable(diagnostic: Diagnostic(.error, identifier: "unreadable", summary: "\(error)", path: path))
            }
        }
        let (parsed, found) = NotebookParsing.parse(file)
        self.parsed = parsed
        self.diagnostics = found
        if parsed.notebook.frontMatter.matrix.isEmpty { readRecord() }
    }

    private mutating func readRecord() {
        let file = RecordFile(recordPath)
        recordFile = file
        record = file.record
        if case .damaged(let reason) = file.content {
            let outlook = file.obstacle(to: notebook, at: path) == nil ? " and will be made anew" : ""
            diagnostics.append(
                Diagnostic(.warning, identifier: "damaged-record", summary: "the record cannot be read\(outlook): \(reason)", path: file.path))
        }
    }

    /// The notebook under each parameter set of its matrix; itself alone where it has none, or is wrong.
    ///
    /// What was found while parsing is told of the first alone.
    var variants: [LoadedNotebook] {
        if isRecord || notebook.frontMatter.matrix.isEmpty || hasErrors { return [self] }
        let (variants, problems) = notebook.variants()
        guard problems.isEmpty else {
            var wrong = self
            wrong.diagnostics += problems
            return [wrong]
        }
        let varied = Set(notebook.frontMatter.matrix.joined().map(\.name))
        return variants.enumerated().map { index, variant in
            var loaded = self
            loaded.parsed.notebook = variant.notebook
            loaded.variant = variant.name
            loaded.varied = varied
            if index > 0 { loaded.diagnostics = [] }
            // Links to the notebook, and readers who knew it before it had a matrix, reach the first set's page.
            if index == 0 {
                let stem = NotebookLocator.stem(of: path).split(separator: "/").last.map(String.init) ?? ""
                loaded.parsed.notebook.frontMatter.aliases.append(stem + ".html")
            }
            loaded.readRecord()
            return loaded
        }
    }

    /// Where its record lies.
    var recordPath: String { NotebookLocator.recordPath(of: path, variant: variant) }

    /// The notebook as one names it to its author.
    var title: String { variant.map { "\(path) [\($0)]" } ?? path }

    /// The files that its outputs and its page are made of, besides the notebook itself.
    var files: [String] {
        let folder = NotebookLocator.folder(of: path)
        let declared = (notebook.frontMatter.resources + notebook.cells.flatMap(\.options.dependencies)).flatMap { path in
            let files = DeclaredFiles(path, in: folder, except: NotebookLocator.stem(of: self.path))
            // A folder is looked at, too: what comes into it counts. What is not there may come.
            return files.problem == nil ? files.paths + files.folders : files.folders + [path.hasPrefix("/") ? path : folder + "/" + path]
        }
        return notebook.frontMatter.bibliography.map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 } + declared
    }

    struct Unreadable: Error, Sendable {
        let diagnostic: Diagnostic
    }
}
