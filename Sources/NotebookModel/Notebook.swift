public import SourceText

/// A notebook as the author wrote it: front matter and cells, with the places they stand at.
///
/// The prose is not here: it is the Markdown document that the cells were found in.
public struct Notebook: Sendable, Hashable {
    public var file: SourceFile
    public var frontMatter: FrontMatter
    /// The line (from 1) that the prose begins on, after the front matter and its fences.
    public var bodyLine: Int
    /// Code cells and inline values in the order in which they run.
    public var cells: [Cell]

    /// - Parameter bodyLine: `nil` to look for the fences of YAML.
    public init(file: SourceFile, frontMatter: FrontMatter, bodyLine: Int? = nil, cells: [Cell]) {
        self.file = file
        self.frontMatter = frontMatter
        self.bodyLine = bodyLine ?? Self.bodyLine(of: file)
        self.cells = cells
    }

    private static func bodyLine(of file: SourceFile) -> Int {
        guard file.line(1) == "---", file.lineCount > 1 else { return 1 }
        return (2...file.lineCount).first { ["---", "..."].contains(file.line($0)) }.map { $0 + 1 } ?? 1
    }
}

/// A piece of Swift in a notebook.
public struct Cell: Sendable, Hashable, Identifiable {
    public enum Kind: Sendable, Hashable {
        /// A fenced block.
        case code
        /// `` `{swift} expression` `` in prose: replaced by the expression's value.
        case inlineValue
    }

    /// Names the cell in records and pages: its label, or `cell-3` for the third block and `inline-2` for the
    /// second inline value. Letters, digits, `-` and `_`, at most 64, as nbformat demands; unique in the notebook.
    public var id: String
    public var kind: Kind
    /// The Swift to run, as it stands in the file but for directive lines, which are blank, so that line *n* of
    /// the source is line `firstLine + n - 1` of the file.
    public var source: String
    /// The line (from 1) of the file that the source's first line stands on.
    public var firstLine: Int
    /// How many columns the source is indented by in the file: the fence's own indentation; for an inline value the
    /// column its expression starts at, less one.
    public var indentation: Int
    /// The whole fenced block with its fences, or the inline code with its backticks.
    public var range: SourceRange
    public var options: CellOptions
    /// The text between the fences, directives included.
    public var writtenSource: String
    /// The fence's info string, such as `swift` or `{swift}`.
    public var infoString: String
    /// The index of its node in the document that it was found in. This is what tells a cell from text that stands at the
    /// same line and column of another document, such as Markdown that a cell printed.
    public var node: Int?

    public init(
        id: String, kind: Kind, source: String, firstLine: Int, indentation: Int, range: SourceRange,
        options: CellOptions, writtenSource: String, infoString: String, node: Int? = nil
    ) {
        self.id = id
        self.kind = kind
        self.source = source
        self.firstLine = firstLine
        self.indentation = indentation
        self.range = range
        self.options = options
        self.writtenSource = writtenSource
        self.infoString = infoString
        self.node = node
    }
}
