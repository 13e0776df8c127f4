/// What an unresolved merge leaves in a file: lines that begin with seven `<`, `|`, `=` or `>`, as git writes and finds them.
public enum ConflictMarkers {
    /// The lines (from 1) at which a conflict begins or ends.
    ///
    /// Seven equals signs alone are a heading's underline in Markdown; they count only between the others.
    /// - Complexity: Linear in the text's length.
    public static func lines(in text: String) -> [Int] {
        guard text.utf8.contains(UInt8(ascii: "<")) || text.utf8.contains(UInt8(ascii: ">")) else { return [] }
        return rows(text).enumerated().compactMap { index, line in
            isMark(line, UInt8(ascii: "<")) || isMark(line, UInt8(ascii: ">")) ? index + 1 : nil
        }
    }

    /// The two texts that were merged; `nil` for a text without a whole conflict.
    public static func sides(of text: String) -> (ours: String, theirs: String)? {
        enum Part { case both, ours, base, theirs }
        var part = Part.both
        var (ours, theirs) = ("", "")
        var hasConflict = false
        for line in rows(text) {
            switch part {
            case .both where isMark(line, UInt8(ascii: "<")): part = .ours
            case .ours where isMark(line, UInt8(ascii: "|")): part = .base
            case .ours where isMark(line, UInt8(ascii: "=")), .base where isMark(line, UInt8(ascii: "=")): part = .theirs
            case .theirs where isMark(line, UInt8(ascii: ">")):
                part = .both
                hasConflict = true
            case .both:
                ours += line + "\n"
                theirs += line + "\n"
            case .ours: ours += line + "\n"
            case .base: break
            case .theirs: theirs += line + "\n"
            }
        }
        return hasConflict && part == .both ? (ours, theirs) : nil
    }

    private static func rows(_ text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    }

    /// Seven of a byte and then nothing, or a space and a name.
    private static func isMark(_ line: Substring, _ byte: UInt8) -> Bool {
        let utf8 = line.utf8
        guard utf8.first == byte, utf8.prefix(7).count == 7, utf8.prefix(7).allSatisfy({ $0 == byte }) else { return false }
        let next = utf8.dropFirst(7).first
        return next == nil || next == 0x20 || next == 0x09
    }
}
