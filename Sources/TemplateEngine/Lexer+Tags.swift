extension Lexer {
    /// The tokens of a tag up to and with its end.
    mutating func inside(isBlock: Bool, from tag: Int) throws(TemplateError) {
        var open: [Token.Symbol] = []
        while true {
            skipSpace()
            guard let first = byte() else {
                throw failure(
                    "this tag is never closed", at: tag, solutions: ["Close it with '\(isBlock ? "%}" : "}}")'."])
            }
            if open.isEmpty, end(isBlock: isBlock) { return }
            let start = position
            switch first {
            case 0x30...0x39: append(try number(), at: start)
            case UInt8(ascii: "'"), UInt8(ascii: "\""): append(.string(try string(first)), at: start)
            default:
                if let name = try word() {
                    append(.name(name), at: start)
                } else {
                    append(.symbol(try symbol(&open)), at: start)
                }
            }
        }
    }

    private mutating func end(isBlock: Bool) -> Bool {
        let start = position
        let sign = byte() == UInt8(ascii: "-") || (isBlock && byte() == UInt8(ascii: "+")) ? byte() ?? 0 : 0
        let close = sign == 0 ? position : position + 1
        guard isBlock ? starts(with: "%}", at: close) : starts(with: "}}", at: close) else { return false }
        append(isBlock ? .blockEnd : .variableEnd, at: start)
        position = close + 2
        afterTag(sign: sign, trims: isBlock)
        return true
    }

    private mutating func symbol(_ open: inout [Token.Symbol]) throws(TemplateError) -> Token.Symbol {
        for symbol in Token.Symbol.allCases {
            let text = Array(symbol.rawValue.utf8)
            guard position + text.count <= source.count, source[position..<position + text.count].elementsEqual(text) else { continue }
            switch symbol {
            case .leftBrace, .leftBracket, .leftParenthesis: open.append(symbol)
            case .rightBrace, .rightBracket, .rightParenthesis:
                let expected: Token.Symbol? =
                    switch open.popLast() {
                    case .leftBrace: .rightBrace
                    case .leftBracket: .rightBracket
                    case .leftParenthesis: .rightParenthesis
                    default: nil
                    }
                guard expected == symbol else {
                    throw failure(expected.map { "unexpected '\(symbol.rawValue)', expected '\($0.rawValue)'" } ?? "unexpected '\(symbol.rawValue)'")
                }
            default: break
            }
            position += text.count
            return symbol
        }
        let found = Bytes.scalar(source, at: position).map { String(Character($0.scalar)) } ?? ""
        throw failure("unexpected character '\(found)' in a tag")
    }

    private mutating func word() throws(TemplateError) -> String? {
        let start = position
        while let (scalar, width) = Bytes.scalar(source, at: position), PythonText.isWord(scalar) { position += width }
        return position > start ? String(decoding: source[start..<position], as: UTF8.self) : nil
    }

    // MARK: Numbers

    private mutating func number() throws(TemplateError) -> Token.Kind {
        let start = position
        let afterDot = start > 0 && source[start - 1] == UInt8(ascii: ".")
        if !afterDot, let end = floatEnd(start) {
            let text = String(decoding: source[start..<end].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
            position = end
            guard let value = Double(text) else { throw failure("'\(text)' is not a number", at: start) }
            return .double(value)
        }
        var radix = 10
        if byte() == UInt8(ascii: "0"), let mark = byte(1) {
            switch mark | 0x20 {
            case UInt8(ascii: "x"): radix = 16
            case UInt8(ascii: "o"): radix = 8
            case UInt8(ascii: "b"): radix = 2
            default: break
            }
        }
        if radix != 10 {
            let end = digitsEnd(start + 2, radix: radix)
            if end > start + 2 { return try integer(start + 2..<end, radix: radix) }
            radix = 10
        }
        let end = digitsEnd(start, radix: byte() == UInt8(ascii: "0") ? 1 : 10)
        return try integer(start..<end, radix: 10)
    }

    private mutating func integer(_ range: Range<Int>, radix: Int) throws(TemplateError) -> Token.Kind {
        let text = String(decoding: source[range].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        guard let value = Int(text, radix: radix) else { throw failure("the number \(text) does not fit 64 bits") }
        position = range.upperBound
        return .integer(value)
    }

    /// The end of digits with single underscores between them; radix 1 means zeros only.
    private func digitsEnd(_ start: Int, radix: Int) -> Int {
        func isDigit(_ at: Int) -> Bool {
            guard at < source.count else { return false }
            switch source[at] {
            case 0x30...0x39: return Int(source[at]) - 0x30 < radix
            case 0x41...0x46, 0x61...0x66: return radix == 16
            default: return false
            }
        }
        var end = start
        while isDigit(end) || (end < source.count && source[end] == UInt8(ascii: "_") && (end > start || radix != 10) && isDigit(end + 1)) {
            end += 1
        }
        return end
    }

    /// The end of a number with a fraction or an exponent; `nil` when it has neither.
    private func floatEnd(_ start: Int) -> Int? {
        let whole = digitsEnd(start, radix: 10)
        var end = whole
        if end < source.count, source[end] == UInt8(ascii: ".") {
            let fraction = digitsEnd(end + 1, radix: 10)
            if fraction > end + 1 { end = fraction }
        }
        if end < source.count, source[end] | 0x20 == UInt8(ascii: "e") {
            var digits = end + 1
            if digits < source.count, source[digits] == UInt8(ascii: "+") || source[digits] == UInt8(ascii: "-") { digits += 1 }
            let exponent = digitsEnd(digits, radix: 10)
            if exponent > digits { end = exponent }
        }
        return end > whole ? end : nil
    }

    // MARK: Strings

    /// A string with Python's escapes.
    private mutating func string(_ quote: UInt8) throws(TemplateError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while let byte = byte() {
            position += 1
            if byte == quote { return String(decoding: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
        }
        throw failure("this string is never closed", at: start)
    }

    private mutating func escape(into text: inout [UInt8]) throws(TemplateError) {
        guard let byte = byte() else { return }
        position += 1
        switch byte {
        case 0x0A: break
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): text.append(byte)
        case UInt8(ascii: "a"): text.append(7)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "v"): text.append(11)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "r"): text.append(13)
        case 0x30...0x37:
            var value = UInt32(byte - 0x30)
            for _ in 0..<2 {
                guard let next = self.byte(), (0x30...0x37).contains(next) else { break }
                value = value * 8 + UInt32(next - 0x30)
                position += 1
            }
            append(value, to: &text)
        case UInt8(ascii: "x"): append(try hexadecimal(2), to: &text)
        case UInt8(ascii: "u"):
            var value = try hexadecimal(4)
            if (0xD800..<0xDC00).contains(value), starts(with: "\\u", at: position) {
                let before = position
                position += 2
                let low = try hexadecimal(4)
                if (0xDC00..<0xE000).contains(low) { value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00) } else { position = before }
            }
            append(value, to: &text)
        case UInt8(ascii: "U"): append(try hexadecimal(8), to: &text)
        default: text += [UInt8(ascii: "\\"), byte]
        }
    }

    private func append(_ value: UInt32, to text: inout [UInt8]) {
        text.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
    }

    private mutating func hexadecimal(_ width: Int) throws(TemplateError) -> UInt32 {
        guard position + width <= source.count,
            let value = UInt32(String(decoding: source[position..<position + width], as: UTF8.self), radix: 16)
        else { throw failure("truncated escape in a string: \(width) hexadecimal digits are expected") }
        position += width
        return value
    }
}
