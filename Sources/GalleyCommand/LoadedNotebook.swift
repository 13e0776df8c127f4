internal import JSON
internal import NotebookModel
internal import NotebookParser
internal import SourceText

/// A notebook that was read and parsed, with the record that lies beside it.
struct LoadedNotebook: Sendable {
    /// As shown to the author.
    let path: String
    let parsed: ParsedNotebook
    /// What the parser found, and what was found out about the record.
    let diagnostics: [Diagnostic]
    let record: RunRecord?
    /// Whether the path names a record or another notebook of Jupyter's: it is rendered as it is, and never run or written.
    let isRecord: Bool

    var notebook: Notebook { parsed.notebook }
    var file: SourceFile { parsed.notebook.file }
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
        var diagnostics = found
        var record: RunRecord?
        let recordPath = NotebookLocator.recordPath(of: path)
        if let bytes = try? readFile(recordPath) {
            do {
                record = try RunRecord(nbformat: JSONValue(parsing: bytes))
            } catch {
                diagnostics.append(
                    Diagnostic(
                        .warning, identifier: "damaged-record", summary: "the record cannot be read and will be made anew: \(error)",
                        path: recordPath))
            }
        }
        self.parsed = parsed
        self.diagnostics = diagnostics
        self.record = record
    }

    /// Writes a record beside the notebook, unless it says what the file says already; or to another file.
    ///
    /// - Throws: `FileError`; the earlier record stands.
    func write(_ record: RunRecord, to other: String? = nil) throws(FileError) {
        if isRecord || (other == nil && record == self.record) { return }
        let text = record.nbformat(for: notebook).text(.indented(1)) + "\n"
        try writeFileAtomically(other ?? NotebookLocator.recordPath(of: path), text.utf8)
    }

    struct Unreadable: Error, Sendable {
        let diagnostic: Diagnostic
    }
}
