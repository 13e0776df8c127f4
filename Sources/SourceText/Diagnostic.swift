/// Something that the author should know, with the place it concerns and a way out.
///
/// Mistakes of the author are values, collected by every step, and printed in one place.
public struct Diagnostic: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable, Comparable {
        case note, warning, error

        public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    public var severity: Severity
    /// A stable name of the kind of problem, such as `unknown-option`.
    public var identifier: String
    /// One sentence without a full stop at its end.
    public var summary: String
    /// The file as shown to the author.
    public var path: String
    /// `nil` when the problem concerns the file as a whole.
    public var range: SourceRange?
    /// What to do about it, one sentence each.
    public var solutions: [String]
    /// Related places, such as the earlier definition.
    public var notes: [Note]

    public struct Note: Sendable, Hashable {
        public var message: String
        public var path: String
        public var range: SourceRange?

        public init(message: String, path: String, range: SourceRange? = nil) {
            self.message = message
            self.path = path
            self.range = range
        }
    }

    public init(
        _ severity: Severity,
        identifier: String,
        summary: String,
        path: String,
        range: SourceRange? = nil,
        solutions: [String] = [],
        notes: [Note] = []
    ) {
        self.severity = severity
        self.identifier = identifier
        self.summary = summary
        self.path = path
        self.range = range
        self.solutions = solutions
        self.notes = notes
    }
}

extension Diagnostic: CustomStringConvertible {
    /// `path:line:column: severity: summary`, the form that editors jump to, then the ways out.
    public var description: String {
        var lines = ["\(Self.place(path, range)): \(severity.rawValue): \(summary)"]
        for note in notes { lines.append("\(Self.place(note.path, note.range)): note: \(note.message)") }
        for solution in solutions { lines.append("  help: \(solution)") }
        return lines.joined(separator: "\n")
    }

    /// The description followed by the line it concerns and a caret beneath its column.
    public func rendered(in file: SourceFile) -> String {
        guard let range, range.start.line >= 1, range.start.line <= file.lineCount else { return description }
        let source = file.line(range.start.line)
        let gutter = "\(range.start.line)"
        let indent = String(repeating: " ", count: gutter.count)
        // Tabs are kept so that the caret lands under its column at any tab width.
        let lead = String(decoding: source.utf8.prefix(max(1, range.start.column) - 1), as: UTF8.self)
            .map { $0 == "\t" ? "\t" : " " as Character }
        var lines = description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.insert("\(gutter) | \(source)", at: 1)
        lines.insert("\(indent) | \(String(lead))^", at: 2)
        return lines.joined(separator: "\n")
    }

    private static func place(_ path: String, _ range: SourceRange?) -> String {
        range.map { "\(path):\($0.start)" } ?? path
    }
}
