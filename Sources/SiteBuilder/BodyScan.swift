/// What the site needs to know of a page's HTML: identifiers, references to other files, the length of the prose.
///
/// The HTML is the renderer's, or an author's raw HTML; the scan reads tags as browsers do and trusts nothing else.
struct BodyScan: Sendable {
    /// An attribute that refers to something.
    struct Reference: Sendable, Hashable {
        /// The element's name in lower case.
        var element: String
        /// `href`, `src` or `poster`.
        var attribute: String
        /// The value with its character references decoded.
        var value: String
        /// The bytes of the value, quotes included where there are some.
        var range: Range<Int>
        /// The offset of the tag's `>` or `/>`, for attributes to be added.
        var tagEnd: Int
        /// Whether the tag has a width or height of its own.
        var hasSize: Bool
    }

    private(set) var identifiers: Set<String> = []
    private(set) var references: [Reference] = []
    /// Words outside of code and tags.
    private(set) var wordCount = 0

    /// - Complexity: O(*n*) in the length of the body.
    init(_ body: [UInt8]) {
        var index = 0
        var skipped: String?
        var inWord = false
        while index < body.count {
            let byte = body[index]
            if byte != UInt8(ascii: "<") {
                let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
                if isSpace {
                    inWord = false
                } else if !inWord, skipped == nil {
                    inWord = true
                    wordCount += 1
                }
                index += 1
                continue
            }
            guard index + 1 < body.count else { break }
            let next = body[index + 1]
            if next == UInt8(ascii: "!") {
                index = Self.endOfMarkup(body, index)
                continue
            }
            if next == UInt8(ascii: "/") {
                var end = index + 2
                while end < body.count, body[end] != UInt8(ascii: ">") { end += 1 }
                if let name = skipped, Self.name(body, index + 2) == name { skipped = nil }
                index = end + 1
                continue
            }
            guard Self.isLetter(next) else {
                index += 1
                continue
            }
            let element = Self.name(body, index + 1)
            let end = tag(body, from: index + 1 + element.utf8.count, element: element)
            if skipped == nil, ["pre", "svg", "math", "style", "table"].contains(element) { skipped = element }
            if element == "script" || element == "style" || element == "textarea" {
                // Raw text: nothing is markup until the end tag.
                index = Self.endOfRawText(body, end, element)
            } else {
                index = end
            }
        }
    }

    /// Reads attributes up to the tag's end and returns the offset after it.
    private mutating func tag(_ body: [UInt8], from start: Int, element: String) -> Int {
        var index = start
        var found: [Reference] = []
        var hasSize = false
        while index < body.count {
            let byte = body[index]
            if byte == UInt8(ascii: ">") { break }
            if byte == UInt8(ascii: "/") || Self.isSpace(byte) {
                index += 1
                continue
            }
            let nameStart = index
            while index < body.count, !Self.isSpace(body[index]), body[index] != UInt8(ascii: "="), body[index] != UInt8(ascii: ">"),
                body[index] != UInt8(ascii: "/") || index == nameStart
            {
                index += 1
            }
            let name = String(decoding: body[nameStart..<index], as: UTF8.self).lowercased()
            var cursor = index
            while cursor < body.count, Self.isSpace(body[cursor]) { cursor += 1 }
            guard cursor < body.count, body[cursor] == UInt8(ascii: "=") else { continue }
            cursor += 1
            while cursor < body.count, Self.isSpace(body[cursor]) { cursor += 1 }
            guard cursor < body.count else { return body.count }
            let quote = body[cursor]
            let valueRange: Range<Int>
            let whole: Range<Int>
            if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                var end = cursor + 1
                while end < body.count, body[end] != quote { end += 1 }
                valueRange = cursor + 1..<end
                whole = cursor..<min(end + 1, body.count)
            } else {
                var end = cursor
                while end < body.count, !Self.isSpace(body[end]), body[end] != UInt8(ascii: ">") { end += 1 }
                valueRange = cursor..<end
                whole = valueRange
            }
            index = whole.upperBound
            switch name {
            case "id": identifiers.insert(Self.decoded(body[valueRange]))
            case "width", "height": hasSize = true
            case "href" where element == "a" || element == "link" || element == "area", "src", "poster":
                found.append(
                    Reference(element: element, attribute: name, value: Self.decoded(body[valueRange]), range: whole, tagEnd: 0, hasSize: false))
            default: break
            }
        }
        let end = index > start && index <= body.count && body[index - 1] == UInt8(ascii: "/") ? index - 1 : index
        for var reference in found {
            reference.tagEnd = end
            reference.hasSize = hasSize
            references.append(reference)
        }
        return min(index + 1, body.count)
    }

    private static func endOfMarkup(_ body: [UInt8], _ start: Int) -> Int {
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

    private static func endOfRawText(_ body: [UInt8], _ start: Int, _ element: String) -> Int {
        var index = start
        while index + 1 < body.count {
            if body[index] == UInt8(ascii: "<"), body[index + 1] == UInt8(ascii: "/"), name(body, index + 2) == element { return index }
            index += 1
        }
        return body.count
    }

    private static func name(_ body: [UInt8], _ start: Int) -> String {
        var end = start
        while end < body.count, isLetter(body[end]) || (0x30...0x39).contains(body[end]) || body[end] == UInt8(ascii: "-") { end += 1 }
        return String(decoding: body[min(start, body.count)..<end], as: UTF8.self).lowercased()
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D || byte == 0x0C
    }

    /// Decodes the character references that writers of attributes use.
    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
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

/// Text for HTML attributes and elements.
enum Escape {
    static func attribute(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x26 || $0 == 0x3C || $0 == 0x3E || $0 == 0x22 || $0 == 0x27 }) else { return text }
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): output += "&amp;".utf8
            case UInt8(ascii: "<"): output += "&lt;".utf8
            case UInt8(ascii: ">"): output += "&gt;".utf8
            case UInt8(ascii: "\""): output += "&quot;".utf8
            case UInt8(ascii: "'"): output += "&#39;".utf8
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
