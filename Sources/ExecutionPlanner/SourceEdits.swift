/// A replacement in a cell's source: nothing may be removed that holds a line break, and no line break added.
struct SourceEdit: Sendable, Hashable {
    /// UTF-8 offset in the source before all edits.
    var offset: Int
    /// UTF-8 bytes taken out.
    var removed = 0
    var inserted: String
}

/// A cell's source as the compiler sees it, knowing where each column came from.
public struct RewrittenSource: Sendable, Hashable {
    public let text: String
    /// Per line (from 1) the edits on it, in order: column in the original (from 1), bytes removed, bytes inserted.
    private let edits: [Int: [ColumnEdit]]

    private struct ColumnEdit: Sendable, Hashable {
        var column: Int
        var removed: Int
        var inserted: Int
    }

    init(_ source: String, _ changes: [SourceEdit]) {
        let bytes = Array(source.utf8)
        var result: [UInt8] = []
        var edits: [Int: [ColumnEdit]] = [:]
        var line = 1
        var lineStart = 0
        var position = 0
        // Stable: edits at one place keep the order in which they were made.
        let sorted = changes.enumerated().sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }.map(\.element)
        for edit in sorted where edit.offset >= position && edit.offset + edit.removed <= bytes.count {
            for index in position..<edit.offset where bytes[index] == 0x0A {
                line += 1
                lineStart = index + 1
            }
            result += bytes[position..<edit.offset]
            result += edit.inserted.utf8
            position = edit.offset + edit.removed
            edits[line, default: []].append(
                ColumnEdit(column: edit.offset - lineStart + 1, removed: edit.removed, inserted: edit.inserted.utf8.count))
        }
        result += bytes[position...]
        text = String(decoding: result, as: UTF8.self)
        self.edits = edits
    }

    /// The column in ``text`` of a column in the cell's own source, both from 1, in UTF-8 bytes; `nil` for what was taken out.
    public func rewrittenColumn(line: Int, column: Int) -> Int? {
        var shift = 0
        for edit in edits[line] ?? [] where edit.column <= column {
            if column < edit.column + edit.removed { return nil }
            shift += edit.inserted - edit.removed
        }
        return column + shift
    }

    /// The column in the cell's own source of a column that the compiler names; both from 1, in UTF-8 bytes.
    public func originalColumn(line: Int, column: Int) -> Int {
        var shift = 0
        for edit in edits[line] ?? [] {
            let start = edit.column + shift
            if column < start { break }
            if column < start + edit.inserted { return edit.column }
            shift += edit.inserted - edit.removed
        }
        return max(1, column - shift)
    }
}
