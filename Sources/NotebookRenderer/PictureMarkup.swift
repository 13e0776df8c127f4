internal import Groundwork
internal import HTML

/// Pictures within HTML that a cell made.
enum PictureMarkup {
    /// The HTML with its first picture, an `svg` or an `img`, labelled for those who do not see it.
    ///
    /// What the picture said of itself gives way; all else stays byte for byte.
    static func labelled(_ html: String, _ alternative: String) -> [UInt8] {
        let bytes = Array(html.utf8)
        let candidates: [(Int, [UInt8])] = ["<svg", "<img"].compactMap { name in
            let name = Array(name.utf8)
            return start(of: name, in: bytes).map { ($0, name) }
        }
        guard let (start, name) = candidates.min(by: { $0.0 < $1.0 }) else { return bytes }
        let isImage = name == Array("<img".utf8)
        let replaced = isImage ? ["alt"] : ["role", "aria-label", "aria-labelledby", "aria-hidden"]
        var tag = Array(bytes[start..<(start + name.count)])
        if !isImage { tag += " role=\"img\"".utf8 }
        tag += isImage ? " alt=\"".utf8 : " aria-label=\"".utf8
        escape(alternative.utf8, into: &tag)
        tag.append(UInt8(ascii: "\""))
        var index = start + name.count
        // Attributes one by one: those that are replaced are left out.
        while index < bytes.count, bytes[index] != UInt8(ascii: ">") {
            let end = endOfAttribute(bytes, from: index)
            let text = bytes[index..<end]
            let key = String(decoding: text.drop { $0 <= 0x20 }.prefix { $0 > 0x20 && $0 != UInt8(ascii: "=") }, as: UTF8.self)
            if !replaced.contains(key.lowercased()) { tag += text }
            index = end
        }
        return Array(bytes[..<start]) + tag + bytes[index...]
    }

    /// Whether HTML holds nothing but what may stand in a line of text.
    static func isPhrasing(_ html: String) -> Bool {
        var rest = html.utf8[...]
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[start...].dropFirst()
            if rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
            let name = String(decoding: rest.prefix { $0 > 0x20 && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") }, as: UTF8.self)
            if name.lowercased() == "svg" || name.lowercased() == "math" {
                // What is in them has names of its own.
                guard let end = rest.firstRange(of: Array("</\(name)>".utf8)) else { return false }
                rest = rest[end.upperBound...]
            } else if !phrasing.contains(name.lowercased()) {
                return false
            }
        }
        return true
    }

    private static let phrasing: Set<String> = [
        "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "data", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark", "meter", "output",
        "picture", "progress", "q", "ruby", "rp", "rt", "s", "samp", "small", "source", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
    ]

    /// Where an element of the name begins.
    private static func start(of name: [UInt8], in bytes: [UInt8]) -> Int? {
        var rest = bytes[...]
        while let found = rest.firstRange(of: name) {
            // `<svgx` is another element.
            let next = found.upperBound < bytes.count ? bytes[found.upperBound] : 0
            if next <= 0x20 || next == UInt8(ascii: ">") || next == UInt8(ascii: "/") { return found.lowerBound }
            rest = bytes[found.upperBound...]
        }
        return nil
    }

    /// The place after white space, a name and its value.
    private static func endOfAttribute(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        while index < bytes.count, bytes[index] > 0x20, bytes[index] != UInt8(ascii: "="), bytes[index] != UInt8(ascii: ">") { index += 1 }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else { return max(index, min(start + 1, bytes.count)) }
        index += 1
        guard index < bytes.count else { return index }
        let quote = bytes[index]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            index += 1
            while index < bytes.count, bytes[index] != quote { index += 1 }
            return min(index + 1, bytes.count)
        }
        while index < bytes.count, bytes[index] > 0x20, bytes[index] != UInt8(ascii: ">") { index += 1 }
        return index
    }
}
