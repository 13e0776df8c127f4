public import NotebookModel

/// Classifies a piece of Swift for highlighting.
public typealias SwiftHighlighter = @Sendable (String) -> [SyntaxSpan]

/// How a notebook is rendered.
public struct PageOptions: Sendable {
    /// Cells whose recorded outputs no longer belong to their source; they are marked as such.
    public var staleCells: Set<Cell.ID> = []
    /// Outputs of more lines are folded.
    public var foldedLineLimit = 60
    /// How many lines of a folded output are shown above the fold.
    public var shownLinesOfFolded = 20
    /// Outputs beyond this many bytes of text are cut in the page; the record has them whole.
    public var outputByteLimit = 512 * 1024
    /// The files of the front matter's `bibliography`, path and text, in its order.
    public var bibliography: [(path: String, text: String)] = []
    /// The words that a page says by itself.
    public var words = PageWords()

    public init() {}
}

/// What the renderer says in the page, in the page's language.
public struct PageWords: Sendable, Hashable {
    public var figure = "Figure"
    public var table = "Table"
    public var equation = "Equation"
    public var footnotes = "Footnotes"
    public var references = "References"
    public var showCode = "Show the code"
    public var output = "Output"
    public var value = "Value"
    public var standardError = "Standard error"
    public var warning = "Warning"
    public var error = "Error"
    public var notRun = "This cell has not been run."
    public var stale = "This output is older than the code above it."
    public var staleCode = "This cell was changed after it was run."
    public var staleValue = "older than its expression"
    public var callouts: [String: String] = [
        "note": "Note", "tip": "Tip", "important": "Important", "warning": "Warning", "caution": "Caution",
    ]

    public init() {}
}
