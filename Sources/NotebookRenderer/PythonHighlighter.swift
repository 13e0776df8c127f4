internal import Groundwork

/// Marks up Python as highlight.js 9 does, for the plain programs that posts show; what is more is left to it.
///
/// Starting the script engine and running its patterns costs a hundred times as much.
struct PythonHighlighter {
    private let bytes: [UInt8]
    private var index = 0
    private var output: [UInt8] = []

    /// - Returns: `nil` for programs with prompts, interpolated strings, or definitions over several lines.
    static func markup(of source: String) -> [UInt8]? {
        var highlighter = PythonHighlighter(bytes: Array(source.utf8))
        return highlighter.run() ? highlighter.output : nil
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        output.reserveCapacity(bytes.count * 2)
    }

    private static let keywords: Set<String> = [
        "and", "elif", "is", "global", "as", "in", "if", "from", "raise", "for", "except", "finally", "import", "pass", "return", "else", "break",
        "not", "with", "assert", "yield", "try", "while", "continue", "del", "or", "lambda", "async", "await", "nonlocal",
    ]
    private static let literals: Set<String> = ["False", "None", "True"]
    private static let builtIns: Set<String> = ["Ellipsis", "NotImplemented"]

    private mutating func run() -> Bool {
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "#"):
                guard comment() else { return false }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                guard let end = stringEnd(from: index) else { return false }
                span("string", to: end)
            case UInt8(ascii: "@"):
                guard decorator() else { return false }
            case UInt8(ascii: ">"), UInt8(ascii: "."):
                // Prompts of an interpreter at the start of a line.
                if isAtLineStart, count(of: byte, from: index) >= 3 { return false }
                if !number() { character() }
            default:
                if Self.isWordStart(byte) {
                    guard word() else { return false }
                } else if !number() {
                    character()
                }
            }
        }
        return true
    }

    // MARK: Pieces

    private static func isWordStart(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_") || byte >= 0x80 }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isWord(_ byte: UInt8) -> Bool { isWordStart(byte) || isDigit(byte) }

    private var isAtLineStart: Bool {
        var place = index
        while place > 0, bytes[place - 1] == 0x20 || bytes[place - 1] == 0x09 { place -= 1 }
        return place == 0 || bytes[place - 1] == 0x0A
    }

    private func count(of byte: UInt8, from start: Int) -> Int { bytes[start...].prefix { $0 == byte }.count }

    /// Text within elements: quotes stand for themselves there.
    private mutating func append(_ range: Range<Int>) { escape(bytes[range], .content, into: &output) }

    private mutating func character() {
        append(index..<(index + 1))
        index += 1
    }

    private mutating func span(_ name: String, to end: Int) {
        output += "<span class=\"hljs-\(name)\">".utf8
        append(index..<end)
        output += "</span>".utf8
        index = end
    }

    private mutating func plain(to end: Int) {
        append(index..<end)
        index = end
    }

    /// - Returns: `false` for comments with notes to oneself, which have marks of their own.
    private mutating func comment() -> Bool {
        let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
        let text = String(decoding: bytes[index..<end], as: UTF8.self)
        if text.contains(":"), ["TODO:", "FIXME:", "NOTE:", "BUG:", "XXX:"].contains(where: text.contains) { return false }
        span("comment", to: end)
        return true
    }

    /// The place after the string that begins with the quote at `start`; `nil` where it does not end.
    private func stringEnd(from start: Int) -> Int? {
        let quote = bytes[start]
        let isLong = count(of: quote, from: start) >= 3
        var place = start + (isLong ? 3 : 1)
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "\\") {
                place += 2
                continue
            }
            if bytes[place] == 0x0A, !isLong { return nil }
            if bytes[place] == quote {
                if !isLong { return place + 1 }
                if count(of: quote, from: place) >= 3 { return place + 3 }
            }
            place += 1
        }
        return nil
    }

    private mutating func decorator() -> Bool {
        guard isAtLineStart else { return false }
        let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
        // The indentation belongs to it.
        while index > 0, bytes[index - 1] == 0x20 || bytes[index - 1] == 0x09 {
            index -= 1
            output.removeLast()
        }
        span("meta", to: end)
        return true
    }

    /// A number, with the sign before it.
    private mutating func number() -> Bool {
        var place = index
        if bytes[place] == UInt8(ascii: "-") { place += 1 }
        guard place < bytes.count else { return false }
        func isBoundary(_ place: Int) -> Bool { place == 0 || !Self.isWord(bytes[place - 1]) || bytes[place - 1] >= 0x80 }
        func digits(_ start: Int) -> Int { bytes[start...].prefix { Self.isDigit($0) }.count }
        if bytes[place] == UInt8(ascii: "0"), place + 1 < bytes.count, bytes[place + 1] | 0x20 == UInt8(ascii: "x"), isBoundary(place) {
            var end = place + 2
            while end < bytes.count, Self.isDigit(bytes[end]) || (0x61...0x66).contains(bytes[end] | 0x20) { end += 1 }
            if end > place + 2 { return finishNumber(end) }
        }
        // Binary and octal numbers have no sign, and prefixes in lower case.
        if place == index, bytes[place] == UInt8(ascii: "0"), place + 1 < bytes.count, isBoundary(place) {
            let limit: UInt8? = bytes[place + 1] == UInt8(ascii: "b") ? 0x31 : bytes[place + 1] == UInt8(ascii: "o") ? 0x37 : nil
            if let limit {
                let count = bytes[(place + 2)...].prefix { (0x30...limit).contains($0) }.count
                if count > 0 { return finishNumber(place + 2 + count) }
            }
        }
        if Self.isDigit(bytes[place]), isBoundary(place) {
            var end = place + digits(place)
            if end < bytes.count, bytes[end] == UInt8(ascii: ".") { end += 1 + digits(end + 1) }
            return finishNumber(exponent(end))
        }
        if bytes[place] == UInt8(ascii: "."), place + 1 < bytes.count, Self.isDigit(bytes[place + 1]) {
            return finishNumber(exponent(place + 1 + digits(place + 1)))
        }
        return false
    }

    private func exponent(_ end: Int) -> Int {
        guard end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") else { return end }
        var place = end + 1
        if place < bytes.count, bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-") { place += 1 }
        let count = place < bytes.count ? bytes[place...].prefix { Self.isDigit($0) }.count : 0
        return count > 0 ? place + count : end
    }

    private mutating func finishNumber(_ end: Int) -> Bool {
        var end = end
        if end < bytes.count, [UInt8(ascii: "l"), UInt8(ascii: "j")].contains(bytes[end] | 0x20) { end += 1 }
        span("number", to: end)
        return true
    }

    private mutating func word() -> Bool {
        var end = index
        while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
        // Words are told apart by ASCII letters only, and not when they touch a number.
        guard bytes[index..<end].allSatisfy({ $0 < 0x80 }), index == 0 || !Self.isWord(bytes[index - 1]) else { return false }
        let text = String(decoding: bytes[index..<end], as: UTF8.self)
        if end < bytes.count, bytes[end] == UInt8(ascii: "\"") || bytes[end] == UInt8(ascii: "'") {
            guard text.utf8.count <= 2, text.utf8.allSatisfy({ "rRbBuU".utf8.contains($0) }), let close = stringEnd(from: end) else { return false }
            span("string", to: close)
            return true
        }
        switch text {
        case "def", "class": return definition(text, end)
        case "print", "exec":
            if end < bytes.count, bytes[end] == UInt8(ascii: "(") { plain(to: end) } else { span("keyword", to: end) }
        case _ where Self.keywords.contains(text): span("keyword", to: end)
        case _ where Self.literals.contains(text): span("literal", to: end)
        case _ where Self.builtIns.contains(text): span("built_in", to: end)
        default: plain(to: end)
        }
        return true
    }

    /// `def name(parameters) -> type:` or `class Name(bases):` on one line, with names and numbers only in between.
    private mutating func definition(_ keyword: String, _ end: Int) -> Bool {
        let lineEnd = bytes[end...].firstIndex(of: 0x0A) ?? bytes.count
        guard end < lineEnd, bytes[end] == 0x20, let colon = closingColon(end, lineEnd) else { return false }
        output += "<span class=\"hljs-\(keyword == "def" ? "function" : "class")\">".utf8
        span("keyword", to: end)
        while index < colon, bytes[index] == 0x20 { character() }
        var nameEnd = index
        while nameEnd < colon, Self.isWord(bytes[nameEnd]) { nameEnd += 1 }
        guard nameEnd > index, Self.isWordStart(bytes[index]), nameEnd == colon || bytes[nameEnd] == UInt8(ascii: "(") else { return false }
        span("title", to: nameEnd)
        if index < colon {
            guard let close = bytes[index..<colon].firstIndex(of: UInt8(ascii: ")")) else { return false }
            output += "<span class=\"hljs-params\">".utf8
            while index < close { if !number() { character() } }
            character()
            output += "</span>".utf8
            let rest = bytes[index..<colon]
            guard rest.allSatisfy({ Self.isWordStart($0) || [UInt8](" ->[].".utf8).contains($0) }) else { return false }
            guard !rest.contains(where: { $0 >= 0x80 }), !String(decoding: rest, as: UTF8.self).contains("None") else { return false }
            plain(to: colon)
        }
        plain(to: colon + 1)
        output += "</span>".utf8
        return true
    }

    /// The colon that ends a definition, where nothing before it needs closer reading.
    private func closingColon(_ start: Int, _ lineEnd: Int) -> Int? {
        var depth = 0
        var sawParentheses = false
        for place in start..<lineEnd {
            switch bytes[place] {
            case UInt8(ascii: "("):
                if depth > 0 || sawParentheses { return nil }
                depth += 1
                sawParentheses = true
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: ":") where depth == 0: return place
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "#"), UInt8(ascii: "\\"): return nil
            default: continue
            }
        }
        return nil
    }
}
