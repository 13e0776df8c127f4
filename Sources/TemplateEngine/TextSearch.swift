/// Searching text by code points, as Python does; Swift's own search goes by characters.
enum TextSearch {
    /// The first place of `part` in `text` from `start` on, in UTF-8 offsets.
    static func firstRange(of part: String, in text: String, from start: Int = 0) -> Range<Int>? {
        let text = Array(text.utf8)
        return firstRange(of: Array(part.utf8), in: text, from: start)
    }

    static func firstRange(of part: [UInt8], in text: [UInt8], from start: Int = 0) -> Range<Int>? {
        guard part.count <= text.count - start, start >= 0 else { return nil }
        guard let first = part.first else { return start..<start }
        var position = start
        while position <= text.count - part.count {
            if text[position] == first, text[position..<position + part.count].elementsEqual(part) { return position..<position + part.count }
            position += 1
        }
        return nil
    }

    static func lastRange(of part: [UInt8], in text: [UInt8]) -> Range<Int>? {
        guard part.count <= text.count else { return nil }
        var position = text.count - part.count
        while position >= 0 {
            if text[position..<position + part.count].elementsEqual(part) { return position..<position + part.count }
            position -= 1
        }
        return nil
    }

    /// `str.replace`
    static func replacing(_ old: String, with new: String, in text: String, limit: Int = -1) -> String {
        if old.isEmpty {
            var result = ""
            var left = limit
            for scalar in text.unicodeScalars {
                if left != 0 { result += new }
                left -= left > 0 ? 1 : 0
                result.unicodeScalars.append(scalar)
            }
            return left != 0 ? result + new : result
        }
        let (text, old, new) = (Array(text.utf8), Array(old.utf8), Array(new.utf8))
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        var left = limit
        while left != 0, let range = firstRange(of: old, in: text, from: position) {
            result += text[position..<range.lowerBound]
            result += new
            position = range.upperBound
            left -= left > 0 ? 1 : 0
        }
        result += text[position...]
        return String(decoding: result, as: UTF8.self)
    }

    /// `str.split(separator, limit)`
    static func split(_ text: String, by separator: String, limit: Int) -> [String] {
        let (text, separator) = (Array(text.utf8), Array(separator.utf8))
        var parts: [String] = []
        var position = 0
        while limit < 0 || parts.count < limit, let range = firstRange(of: separator, in: text, from: position) {
            parts.append(String(decoding: text[position..<range.lowerBound], as: UTF8.self))
            position = range.upperBound
        }
        parts.append(String(decoding: text[position...], as: UTF8.self))
        return parts
    }

    /// `str.rsplit(separator, limit)`
    static func splitFromEnd(_ text: String, by separator: String, limit: Int) -> [String] {
        var rest = Array(text.utf8)
        let separator = Array(separator.utf8)
        var parts: [String] = []
        while limit < 0 || parts.count < limit, let range = lastRange(of: separator, in: rest) {
            parts.append(String(decoding: rest[range.upperBound...], as: UTF8.self))
            rest.removeSubrange(range.lowerBound...)
        }
        parts.append(String(decoding: rest, as: UTF8.self))
        return parts.reversed()
    }

    /// `str.split()`: at runs of white space, none of it kept.
    static func words(_ text: String, limit: Int = -1) -> [String] {
        var parts: [String] = []
        var rest = trimmed(text[...].unicodeScalars, left: true, right: false, PythonText.isSpace)
        while !rest.isEmpty {
            if limit >= 0, parts.count == limit {
                parts.append(String(rest))
                break
            }
            let word = rest.prefix { !PythonText.isSpace($0) }
            parts.append(String(word))
            rest = trimmed(rest[word.endIndex...], left: true, right: false, PythonText.isSpace)
        }
        return parts
    }

    static func trimmed(
        _ text: Substring.UnicodeScalarView, left: Bool, right: Bool, _ isTrimmed: (Unicode.Scalar) -> Bool
    ) -> Substring.UnicodeScalarView {
        var text = text
        if left { while let first = text.first, isTrimmed(first) { text = text.dropFirst() } }
        if right { while let last = text.last, isTrimmed(last) { text = text.dropLast() } }
        return text
    }

    /// `str.splitlines(keepEnds)`
    static func lines(_ text: String, keepEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            index = scalars.index(after: index)
            guard PythonText.isLineEnd(scalar) else {
                line.append(scalar)
                continue
            }
            if keepEnds { line.append(scalar) }
            if scalar == "\r", index < scalars.endIndex, scalars[index] == "\n" {
                if keepEnds { line.append("\n") }
                index = scalars.index(after: index)
            }
            lines.append(String(line))
            line = String.UnicodeScalarView()
        }
        if !line.isEmpty { lines.append(String(line)) }
        return lines
    }
}
