public import JSON
public import SourceText

/// One thing that a cell put out, in the order in which it came.
public enum CellOutput: Sendable, Hashable {
    public enum Stream: String, Sendable, Hashable, CaseIterable {
        case standardOutput = "stdout"
        case standardError = "stderr"
    }

    /// Text written to a stream. ANSI sequences are kept, carriage returns are resolved.
    case stream(Stream, String)
    /// A value that the cell displayed on its way.
    case display(MIMEBundle, metadata: JSONObject)
    /// The value of the cell's last expression.
    case result(MIMEBundle)
    /// The compiler's diagnostics: warnings, or the errors of a cell that is to fail.
    case diagnostics([Diagnostic])
    /// An uncaught error, a trap, a failed command, a time-out.
    case error(CellError)
}

/// Why a cell failed.
public struct CellError: Error, Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The compiler refused the cell.
        case compile
        /// An uncaught Swift error.
        case thrown
        /// A run-time trap, such as an index out of range.
        case trap
        /// A `!command` that exited with another status than 0.
        case command
        case timeout
        case interrupted
        /// The host process ended or could not be reached.
        case host
        /// A cell marked `compile-fail` compiled.
        case unexpectedSuccess
    }

    public var kind: Kind
    /// The type of the error as the author knows it, such as `DecodingError`; `Fatal error` for traps.
    public var name: String
    public var message: String
    /// The line in the notebook (from 1), where it is known.
    public var line: Int?
    /// Further lines: the compiler's diagnostics as printed, or the places the trap passed through.
    public var details: [String]

    public init(kind: Kind, name: String, message: String, line: Int? = nil, details: [String] = []) {
        self.kind = kind
        self.name = name
        self.message = message
        self.line = line
        self.details = details
    }
}
