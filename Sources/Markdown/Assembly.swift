internal import SourceText

/// The text that libcmark parses the second time, and where its lines come from.
///
/// First the bodies of the footnotes, each a block quote; then the cells of all tables, each a paragraph; then the
/// author's lines, with one line standing for each table and each fence of a division. So everything sees the same
/// link reference definitions.
struct Assembly {
    struct Line {
        /// The line (from 0) in the author's text.
        var origin: Int
        /// From each column (from 0) of this line on, what to add for the author's column; ascending.
        var shifts: [(column: Int, delta: Int)]
    }

    struct Table {
        var alignments: [MarkdownAlignment]
        /// Indices into the cells; rows are as long as `alignments`, but for those that very large tables leave short.
        var rows: [[Int?]]
        var rowLines: [Int]
    }

    struct Footnote {
        var label: String
        var firstLine: Int
        var lastLine: Int
    }

    enum DivisionMark {
        case open(MarkdownAttributes)
        case close
    }

    var bytes: [UInt8] = []
    var lines: [Line] = []
    var footnotes: [Footnote] = []
    var cellCount = 0
    var tables: [Table] = []
    var divisions: [DivisionMark] = []

    mutating func append(_ content: some Sequence<UInt8>, origin: Int, shifts: [(column: Int, delta: Int)] = []) {
        bytes += content
        bytes.append(0x0A)
        lines.append(Line(origin: origin, shifts: shifts))
    }
}

struct AssemblyMapping: PlaceMapping {
    let assembly: Assembly

    func place(line: Int, column: Int) -> SourceLocation {
        guard assembly.lines.indices.contains(line - 1) else { return SourceLocation(line: max(line, 1), column: max(column, 1)) }
        let origin = assembly.lines[line - 1]
        var delta = 0
        for shift in origin.shifts {
            if shift.column >= column { break }
            delta = shift.delta
        }
        return SourceLocation(line: origin.origin + 1, column: max(column + delta, 1))
    }
}
