/// What the directives on a cell's first lines, the front matter's `execute:` and the defaults say, resolved.
public struct CellOptions: Sendable, Hashable {
    /// How the cell's source is shown.
    public enum Echo: String, Sendable, Hashable {
        case hidden, shown
        /// With its fence and directives, as it stands in the file.
        case fenced
    }

    /// What becomes of the cell's outputs.
    public enum OutputMode: String, Sendable, Hashable {
        /// Dropped, all of them.
        case dropped
        case shown
        /// Standard output is Markdown of the page; the rest is shown as usual.
        case asis
    }

    public enum CodeFold: String, Sendable, Hashable {
        case none
        /// Folded, closed until the reader opens it.
        case closed
        case open
    }

    public var eval = true
    public var echo = Echo.shown
    public var output = OutputMode.shown
    /// Whether standard error and the compiler's warnings are shown.
    public var warning = true
    public var include = true
    /// Whether an error is shown and the run goes on.
    public var error = false
    /// The cell must not compile.
    public var compileFail = false
    public var label: String?
    public var codeFold = CodeFold.none
    public var codeSummary: String?
    public var codeLineNumbers = false
    /// Lines of the cell's code (from 1) that are highlighted.
    public var highlightedLines: [ClosedRange<Int>] = []
    public var figureCaption: String?
    /// What the cell's pictures show, for readers who do not see them: one text for all, or one for each in their order.
    public var figureAlternatives: [String] = []
    public var tableCaption: String?
    /// Seconds after which the cell is interrupted.
    public var timeout: Double?
    /// The outputs may differ from run to run.
    public var volatile = false
    /// The relative difference up to which measured numbers in the outputs count as equal.
    public var tolerance: Double?
    /// The absolute difference up to which they do.
    public var absoluteTolerance: Double?
    /// Lines and elements may come in any order.
    public var unordered = false
    /// Files that the cell reads, as paths from the notebook's folder.
    public var dependencies: [String] = []
    /// Compiled with optimisation: quicker loops, slower compilation, and no line for every variable.
    public var optimize = false
    /// The cell reads or changes state of the process that its names do not show.
    public var touchesProcess = false

    public init() {}
}
