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

    /// Bytes of a line that are shown before and after the column.
    private static let excerpt = (before: 160, after: 160)

    /// The description followed by the line it concerns and a caret beneath its column; of a long line, what is around the column.
    public func rendered(in file: SourceFile) -> String {
        guard let range, range.start.line >= 1, range.start.line <= file.lineCount else { return description }
        let bytes = file.lineBytes(range.start.line)
        let column = min(max(1, range.start.column) - 1, bytes.count)
        func isInside(_ place: Int) -> Bool { place < bytes.count && bytes[bytes.startIndex + place] & 0xC0 == 0x80 }
        var start = max(0, column - Self.excerpt.before)
        while isInside(start) { start += 1 }
        var end = min(bytes.count, column + Self.excerpt.after)
        while isInside(end) { end += 1 }
        func text(_ start: Int, _ end: Int) -> String {
            String(decoding: bytes[(bytes.startIndex + start)..<(bytes.startIndex + max(start, end))], as: UTF8.self)
        }
        let (head, tail) = (start > 0 ? "…" : "", end < bytes.count ? "…" : "")
        let source = head + text(start, end) + tail
        let gutter = "\(range.start.line)"
        let indent = String(repeating: " ", count: gutter.count)
        // Tabs are kept so that the caret lands under its column at any tab width.
        let lead = (head + text(start, column)).map { $0 == "\t" ? "\t" : " " as Character }
        var lines = description.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.insert("\(gutter) | \(source)", at: 1)
        lines.insert("\(indent) | \(String(lead))^", at: 2)
        return lines.joined(separator: "\n")
    }

    private static func place(_ path: String, _ range: SourceRange?) -> String {
        range.map { "\(path):\($0.start)" } ?? path
    }
}
