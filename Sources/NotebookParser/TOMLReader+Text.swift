internal import SourceText

extension TOMLReader {
    /// A text in quotes: `"…"` with escapes, `'…'` without; three quotes each for texts of several lines.
    mutating func text(allowsLines: Bool = false) throws(YAMLProblem) -> String {
        let quote = bytes[index]
        let isLong = byte(index + 1) == quote && byte(index + 2) == quote
        if isLong, !allowsLines { throw problem("a key stands on one line") }
        index += isLong ? 3 : 1
        if isLong, byte(index) == 0x0A { takeLineFeed() }
        var content: [UInt8] = []
        while let next = byte(index) {
            if next == quote {
                guard isLong else {
                    index += 1
                    return String(decoding: content, as: UTF8.self)
                }
                var run = 0
                while run < 5, byte(index + run) == quote { run += 1 }
                if run >= 3 {
                    // Up to two quotes may stand before the ones that end it.
                    content += [UInt8](repeating: quote, count: run - 3)
                    index += run
                    return String(decoding: content, as: UTF8.self)
                }
                content += [UInt8](repeating: quote, count: run)
                index += run
            } else if next == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                try escape(into: &content, isLong: isLong)
            } else if next == 0x0A {
                guard isLong else { break }
                content.append(next)
                takeLineFeed()
            } else {
                content.append(next)
                index += 1
            }
        }
        throw problem("a text has no end")
    }

    private mutating func escape(into content: inout [UInt8], isLong: Bool) throws(YAMLProblem) {
        let start = index
        index += 1
        guard let letter = byte(index) else { throw problem("a text has no end") }
        index += 1
        switch letter {
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): content.append(letter)
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "u") ? 4 : 8
            let end = min(index + count, bytes.count)
            guard let value = UInt32(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16), end - index == count,
                let scalar = Unicode.Scalar(value)
            else { throw problem("an escape names no character") }
            content += String(Character(scalar)).utf8
            index = end
        case 0x20, 0x09, 0x0A:
            // A backslash at a line's end takes all space up to the next character away.
            guard isLong else { throw problem("a text ends on its line") }
            var cursor = start + 1
            while let next = byte(cursor), next == 0x20 || next == 0x09 { cursor += 1 }
            guard byte(cursor) == 0x0A else { throw problem("a backslash begins no escape here") }
            index = cursor
            while let next = byte(index), next == 0x20 || next == 0x09 || next == 0x0A {
                if next == 0x0A { takeLineFeed() } else { index += 1 }
            }
        default: throw problem("“\\\(Character(Unicode.Scalar(letter)))” is no escape")
        }
    }
}

/// The numbers and dates of TOML.
enum TOMLNumber {
    /// The number as YAML's core schema writes it; `nil` for what is none.
    static func read(_ text: String) -> String? {
        var digits = text[...]
        let sign = digits.first == "-" ? "-" : ""
        if digits.first == "+" || digits.first == "-" { digits = digits.dropFirst() }
        if digits == "inf" { return sign + ".inf" }
        if digits == "nan" { return ".nan" }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            guard let plain = withoutSeparators(digits.dropFirst(2), isDigit: { $0.isHexDigit }) else { return nil }
            return Int(plain, radix: radix).map(String.init)
        }
        guard let plain = withoutSeparators(digits, isDigit: { $0.isASCII && $0.isNumber }), plain.first?.isNumber == true else { return nil }
        guard plain.allSatisfy({ $0.isNumber || ".eE+-".contains($0) }), plain.last?.isNumber == true else { return nil }
        let whole = plain.prefix { $0.isNumber }
        if whole.count > 1, whole.first == "0" { return nil }
        if whole.count == plain.count { return Int(plain).map { "\(sign)\($0)" } }
        return plain.contains(":") ? nil : Double(plain).map { "\(sign == "-" ? -$0 : $0)" }
    }

    /// Underscores stand between digits alone.
    private static func withoutSeparators(_ text: Substring, isDigit: (Character) -> Bool) -> String? {
        var plain = ""
        var previous: Character?
        for character in text {
            if character == "_" {
                guard previous.map(isDigit) == true else { return nil }
            } else {
                if previous == "_", !isDigit(character) { return nil }
                plain.append(character)
            }
            previous = character
        }
        return previous == nil || previous == "_" ? nil : plain
    }

    /// Whether a text has the form of a date, a time, or both.
    static func isDate(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isNumber(_ range: Range<Int>) -> Bool { range.upperBound <= bytes.count && bytes[range].allSatisfy { (0x30...0x39).contains($0) } }
        func isTime(_ start: Int) -> Bool {
            isNumber(start..<(start + 2)) && bytes.count > start + 4 && bytes[start + 2] == UInt8(ascii: ":") && isNumber((start + 3)..<(start + 5))
        }
        if isTime(0) { return true }
        guard bytes.count >= 10, isNumber(0..<4), bytes[4] == UInt8(ascii: "-"), isNumber(5..<7), bytes[7] == UInt8(ascii: "-"), isNumber(8..<10)
        else {
            return false
        }
        return bytes.count == 10 || ("Tt ".utf8.contains(bytes[10]) && isTime(11))
    }
}
