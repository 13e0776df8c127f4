/// Splits a template into tokens, with Jinja's control of white space round tags.
struct Lexer {
    let source: [UInt8]
    let options: TemplateSyntaxOptions
    var position = 0
    var tokens: [Token] = []
    /// The line of `linePosition`.
    private var line = 1
    private var linePosition = 0

    init(_ text: String, options: TemplateSyntaxOptions) {
        self.options = options
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == 0x0D {
                bytes.append(0x0A)
            } else if byte != 0x0A || previous != 0x0D {
                bytes.append(byte)
            }
            previous = byte
        }
        if !options.keepTrailingNewline, bytes.last == 0x0A { bytes.removeLast() }
        source = bytes
    }

    func failure(_ message: String, at position: Int? = nil, solutions: [String] = []) -> TemplateError {
        let line = source[..<min(position ?? self.position, source.count)].count { $0 == 0x0A } + 1
        return TemplateError(.syntax, message, line: line, solutions: solutions)
    }

    func byte(_ offset: Int = 0) -> UInt8? { position + offset < source.count ? source[position + offset] : nil }

    func starts(with text: StaticString, at position: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= source.count else { return false }
        return text.withUTF8Buffer { expected in (0..<count).allSatisfy { source[position + $0] == expected[$0] } }
    }

    mutating func append(_ kind: Token.Kind, at position: Int) {
        while linePosition < position {
            if source[linePosition] == 0x0A { line += 1 }
            linePosition += 1
        }
        tokens.append(Token(kind: kind, line: line))
    }

    mutating func run() throws(TemplateError) -> [Token] {
        while position < source.count { try outside() }
        append(.end, at: source.count)
        return tokens
    }

    /// Text up to the next tag, and the tag.
    private mutating func outside() throws(TemplateError) {
        let start = position
        let lineStarting = start == 0 || source[start - 1] == 0x0A
        var tag = position
        while tag < source.count, !(source[tag] == UInt8(ascii: "{") && isTagKind(tag + 1)) { tag += 1 }
        guard tag < source.count else {
            append(.data(Array(source[start...])), at: start)
            position = source.count
            return
        }
        let kind = source[tag + 1]
        let isVariable = kind == UInt8(ascii: "{")
        let sign = tag + 2 < source.count && (source[tag + 2] == UInt8(ascii: "-") || source[tag + 2] == UInt8(ascii: "+")) ? source[tag + 2] : 0
        appendData(start..<tag, sign: sign, lineStarting: lineStarting, mayStripLine: !isVariable)
        position = tag + 2 + (sign == 0 ? 0 : 1)
        switch kind {
        case UInt8(ascii: "#"): try comment(from: tag)
        case UInt8(ascii: "%"):
            if let body = rawBegin() {
                position = body
                try raw(from: tag)
            } else {
                append(.blockBegin, at: tag)
                try inside(isBlock: true, from: tag)
            }
        default:
            append(.variableBegin, at: tag)
            try inside(isBlock: false, from: tag)
        }
    }

    private func isTagKind(_ position: Int) -> Bool {
        guard position < source.count else { return false }
        return source[position] == UInt8(ascii: "{") || source[position] == UInt8(ascii: "%") || source[position] == UInt8(ascii: "#")
    }

    /// Enters text before a tag, less the white space that the tag strips.
    private mutating func appendData(_ range: Range<Int>, sign: UInt8, lineStarting: Bool, mayStripLine: Bool) {
        var end = range.upperBound
        if sign == UInt8(ascii: "-") {
            end = startOfSpace(before: end, notBefore: range.lowerBound)
        } else if sign == 0, options.lstripBlocks, mayStripLine {
            var lineStart = end
            while lineStart > range.lowerBound, source[lineStart - 1] != 0x0A { lineStart -= 1 }
            if lineStart > range.lowerBound || lineStarting, startOfSpace(before: end, notBefore: lineStart) == lineStart { end = lineStart }
        }
        if end > range.lowerBound { append(.data(Array(source[range.lowerBound..<end])), at: range.lowerBound) }
    }

    private mutating func comment(from tag: Int) throws(TemplateError) {
        var end = position
        while end < source.count, !starts(with: "#}", at: end) { end += 1 }
        guard end < source.count else { throw failure("this comment is never closed", at: tag, solutions: ["Close it with '#}'."]) }
        let sign = end > position ? source[end - 1] : 0
        position = end + 2
        afterTag(sign: sign, trims: true)
    }

    /// White space that goes with the end of a tag.
    mutating func afterTag(sign: UInt8, trims: Bool) {
        if sign == UInt8(ascii: "-") {
            skipSpace()
        } else if trims, sign != UInt8(ascii: "+"), options.trimBlocks, byte() == 0x0A {
            position += 1
        }
    }

    mutating func skipSpace() {
        while let (scalar, width) = Bytes.scalar(source, at: position), PythonText.isSpace(scalar) { position += width }
    }

    private func startOfSpace(before end: Int, notBefore start: Int) -> Int {
        var end = end
        while end > start {
            var from = end - 1
            while from > start, source[from] & 0xC0 == 0x80 { from -= 1 }
            guard let (scalar, _) = Bytes.scalar(source, at: from), PythonText.isSpace(scalar) else { break }
            end = from
        }
        return end
    }

    /// The offset behind `raw %}`, if that is what stands here.
    private func rawBegin() -> Int? {
        guard let body = keyword("raw", at: position) else { return nil }
        if starts(with: "-%}", at: body) {
            var copy = self
            copy.position = body + 3
            copy.skipSpace()
            return copy.position
        }
        return starts(with: "%}", at: body) ? body + 2 : nil
    }

    /// The offset behind a word with the white space round it.
    private func keyword(_ word: StaticString, at start: Int) -> Int? {
        var copy = self
        copy.position = start
        copy.skipSpace()
        guard copy.starts(with: word, at: copy.position) else { return nil }
        copy.position += word.utf8CodeUnitCount
        copy.skipSpace()
        return copy.position
    }

    private mutating func raw(from tag: Int) throws(TemplateError) {
        let start = position
        let lineStarting = start > 0 && source[start - 1] == 0x0A
        var end = start
        while end < source.count {
            if starts(with: "{%", at: end) {
                let hasSign = end + 2 < source.count && (source[end + 2] == UInt8(ascii: "-") || source[end + 2] == UInt8(ascii: "+"))
                if let close = keyword("endraw", at: end + (hasSign ? 3 : 2)) {
                    let closeSign =
                        close < source.count && (source[close] == UInt8(ascii: "-") || source[close] == UInt8(ascii: "+")) ? source[close] : 0
                    let tail = closeSign == 0 ? close : close + 1
                    if starts(with: "%}", at: tail) {
                        appendData(start..<end, sign: hasSign ? source[end + 2] : 0, lineStarting: lineStarting, mayStripLine: true)
                        position = tail + 2
                        return afterTag(sign: closeSign, trims: true)
                    }
                }
            }
            end += 1
        }
        throw failure("this raw block is never closed", at: tag, solutions: ["Close it with '{% endraw %}'."])
    }
}
