/// HTML's bytes, read as browsers read tags.
enum Markup {
    /// An element's or attribute's name in lower case, in a number: a tag costs no text. Longer names than 16 bytes count as others
    /// of their length and beginning.
    struct Name: Hashable, Sendable, ExpressibleByStringLiteral {
        private var packed: UInt128 = 0
        private(set) var length = 0

        fileprivate init() {}

        init(_ bytes: ArraySlice<UInt8>) {
            for byte in bytes { append(byte) }
        }

        init(stringLiteral text: StaticString) {
            text.withUTF8Buffer { for byte in $0 { append(byte) } }
        }

        fileprivate mutating func append(_ byte: UInt8) {
            if length < 16 { packed = packed << 8 | UInt128(Markup.isLetter(byte) ? byte | 0x20 : byte) }
            length += 1
        }

        /// A heading of one of HTML's six levels.
        var isHeading: Bool { length == 2 && (0x6831...0x6836).contains(packed) }

        var text: String {
            let count = min(length, 16)
            return String(decoding: (0..<count).map { UInt8(truncatingIfNeeded: packed >> (8 * (count - 1 - $0))) }, as: UTF8.self)
        }
    }

    /// Where an attribute stands.
    struct Attribute {
        var name: Range<Int>
        /// Without quotes.
        var value: Range<Int>
        /// The value with its quotes where there are some.
        var whole: Range<Int>
    }

    /// Goes through the attributes with values of the tag whose name ends before `start`.
    ///
    /// - Returns: The offset of the tag's `>`, the body's end where it has none; `nil` where the body ends within an attribute.
    static func attributes(_ body: [UInt8], from start: Int, _ take: (Attribute) -> Void) -> Int? {
        var index = start
        while index < body.count {
            let byte = body[index]
            if byte == UInt8(ascii: ">") { break }
            if byte == UInt8(ascii: "/") || isSpace(byte) {
                index += 1
                continue
            }
            let nameStart = index
            while index < body.count, !isSpace(body[index]), body[index] != UInt8(ascii: "="), body[index] != UInt8(ascii: ">"),
                body[index] != UInt8(ascii: "/") || index == nameStart
            {
                index += 1
            }
            // A `=` in a name's place is part of the name.
            if index == nameStart { index += 1 }
            let name = nameStart..<index
            var cursor = index
            while cursor < body.count, isSpace(body[cursor]) { cursor += 1 }
            guard cursor < body.count, body[cursor] == UInt8(ascii: "=") else { continue }
            cursor += 1
            while cursor < body.count, isSpace(body[cursor]) { cursor += 1 }
            guard cursor < body.count else { return nil }
            let quote = body[cursor]
            var end = cursor
            if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                end += 1
                while end < body.count, body[end] != quote { end += 1 }
                index = min(end + 1, body.count)
                take(Attribute(name: name, value: cursor + 1..<end, whole: cursor..<index))
            } else {
                while end < body.count, !isSpace(body[end]), body[end] != UInt8(ascii: ">") { end += 1 }
                index = end
                take(Attribute(name: name, value: cursor..<end, whole: cursor..<end))
            }
        }
        return index
    }

    /// The offset after a comment, or another piece of markup that begins with `<!`, at `start`.
    static func endOfDeclaration(_ body: [UInt8], _ start: Int) -> Int {
        let isComment = body[start...].starts(with: "<!--".utf8)
        var index = start + (isComment ? 4 : 2)
        while index < body.count {
            if body[index] == UInt8(ascii: ">"), !isComment || (body[index - 1] == UInt8(ascii: "-") && body[index - 2] == UInt8(ascii: "-")) {
                return index + 1
            }
            index += 1
        }
        return body.count
    }

    /// The offset of the end tag of an element in which nothing else is markup.
    static func endOfRawText(_ body: [UInt8], _ start: Int, _ element: Name) -> Int {
        var index = start
        while index + 1 < body.count {
            if body[index] == UInt8(ascii: "<"), body[index + 1] == UInt8(ascii: "/"), name(body, index + 2) == element { return index }
            index += 1
        }
        return body.count
    }

    /// An element's name; empty where none stands at `start`.
    static func name(_ body: [UInt8], _ start: Int) -> Name {
        var name = Name()
        var end = start
        while end < body.count, isLetter(body[end]) || (0x30...0x39).contains(body[end]) || body[end] == UInt8(ascii: "-") {
            name.append(body[end])
            end += 1
        }
        return name
    }

    static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D || byte == 0x0C
    }

    /// Text with the character references decoded that writers of attributes use.
    static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.contains(UInt8(ascii: "&")) else { return text }
        var output = ""
        var rest = text[...]
        while let ampersand = rest.firstIndex(of: "&") {
            output += rest[..<ampersand]
            rest = rest[ampersand...]
            guard let semicolon = rest.firstIndex(of: ";"), let character = character(rest[rest.index(after: ampersand)..<semicolon]) else {
                output += "&"
                rest = rest.dropFirst()
                continue
            }
            output.unicodeScalars.append(character)
            rest = rest[rest.index(after: semicolon)...]
        }
        return output + rest
    }

    private static func character(_ name: Substring) -> Unicode.Scalar? {
        switch name {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        case "nbsp": "\u{A0}"
        default:
            if name.hasPrefix("#x") || name.hasPrefix("#X") {
                UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
            } else if name.hasPrefix("#") {
                UInt32(name.dropFirst()).flatMap(Unicode.Scalar.init)
            } else {
                nil
            }
        }
    }
}
