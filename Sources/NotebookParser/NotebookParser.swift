public import Markdown
public import NotebookModel
public import SourceText

/// A notebook with the Markdown document that its cells were found in.
public struct ParsedNotebook: Sendable, Hashable {
    public var notebook: Notebook
    public var document: MarkdownDocument

    public init(notebook: Notebook, document: MarkdownDocument) {
        self.notebook = notebook
        self.document = document
    }
}

/// Makes notebooks of text.
public enum NotebookParsing {
    /// Parses a notebook: front matter, prose and cells.
    ///
    /// Whatever is wrong is a diagnostic; what is right is in the notebook all the same.
    /// - Complexity: linear in the length of the text.
    public static func parse(_ file: SourceFile) -> (ParsedNotebook, [Diagnostic]) {
        var reader = FrontMatterReader(file: file)
        let (frontMatter, bodyLine) = reader.read()
        let document = MarkdownDocument(parsing: file, fromLine: bodyLine)
        var collector = CellCollector(file: file, frontMatter)
        let cells = collector.collect(from: document)
        let notebook = Notebook(file: file, frontMatter: frontMatter, bodyLine: bodyLine, cells: cells)
        return (ParsedNotebook(notebook: notebook, document: document), conflicts(in: file) + reader.diagnostics + collector.diagnostics)
    }

    /// What a merge left unresolved. Nothing of the file is meant as it stands then, wherever in it the markers are.
    private static func conflicts(in file: SourceFile) -> [Diagnostic] {
        ConflictMarkers.lines(in: file.text).map { line in
            Diagnostic(
                .error, identifier: "conflict-marker", summary: "a merge left this conflict marker", path: file.path,
                range: SourceRange(start: SourceLocation(line: line, column: 1), end: SourceLocation(line: line, column: 8)),
                solutions: ["Resolve the conflict, or indent the fence and its lines by a space where a marker is to be shown"])
        }
    }

    /// The front matter alone; what is wrong with it is left to ``parse(_:)``.
    public static func frontMatter(of file: SourceFile) -> FrontMatter {
        var reader = FrontMatterReader(file: file)
        return reader.read().0
    }
}
