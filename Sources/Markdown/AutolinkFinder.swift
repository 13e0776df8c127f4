/// Finds links without any markup in a text, by the rules of the GitHub Flavored Markdown specification
/// ("Autolinks (extension)"): `www.`, `http://`, `https://`, `ftp://` and e-mail addresses.
struct AutolinkFinder {
    struct Link {
        var range: Range<Int>
        /// What the destination has in front of the text shown.
        var scheme: String
    }

    let bytes: [UInt8]
    /// Whether the text's first character follows a space or begins its block.
    let startsAfterSpace: Bool

    /// The links in order; they do not overlap.
    func links() -> [Link] {
        var links: [Link] = []
        var index = 0
        var from = 0
        while index < bytes.count {
            var found: Link?
            switch bytes[index] {
            case UInt8(ascii: "w") where matches("www.", at: index) && mayStart(at: index):
                if let end = endOfAddress(domainAt: index, needsDot: true) { found = Link(range: index..<end, scheme: "http://") }
            case UInt8(ascii: ":"):
                if let start = schemeStart(endingAt: index, notBefore: from), let end = endOfAddress(domainAt: index + 3, needsDot: false) {
                    found = Link(range: start..<end, scheme: "")
                }
            case UInt8(ascii: "@"): found = email(around: index, notBefore: from)
            default: break
            }
            if let found {
                links.append(found)
                index = found.range.upperBound
                from = index
            } else {
                index += 1
            }
        }
        return links
    }

    private func matches(_ word: StaticString, at index: Int) -> Bool {
        word.withUTF8Buffer { word in index + word.count <= bytes.count && bytes[index..<(index + word.count)].elementsEqual(word) }
    }

    private func mayStart(at index: Int) -> Bool {
        guard index > 0 else { return startsAfterSpace }
        let previous = bytes[index - 1]
        return previous.isSpace || previous == UInt8(ascii: "*") || previous == UInt8(ascii: "_") || previous == UInt8(ascii: "~")
            || previous == UInt8(ascii: "(")
    }

    /// The start of `http`, `https` or `ftp` before `://`.
    private func schemeStart(endingAt colon: Int, notBefore limit: Int) -> Int? {
        guard matches("://", at: colon), colon + 3 < bytes.count, bytes[colon + 3].isAlphanumeric || bytes[colon + 3] >= 0x80 else { return nil }
        for scheme in ["https", "http", "ftp"] {
            let start = colon - scheme.utf8.count
            guard start >= limit, bytes[start..<colon].elementsEqual(scheme.utf8) else { continue }
            if start > 0, bytes[start - 1].isAlphanumeric { continue }
            return start
        }
        return nil
    }

    /// Checks the domain and finds where the address ends; `nil` if the domain is not valid.
    private func endOfAddress(domainAt start: Int, needsDot: Bool) -> Int? {
        var index = start
        var dots = 0
        // Underscores in the last segment and in the one before it.
        var underscores = (last: 0, before: 0)
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "_") {
                underscores.last += 1
            } else if byte == UInt8(ascii: ".") {
                underscores = (0, underscores.last)
                dots += 1
            } else if !(byte.isAlphanumeric || byte == UInt8(ascii: "-") || byte >= 0x80) {
                break
            }
            index += 1
        }
        guard index > start, underscores.last == 0, underscores.before == 0, dots > 0 || !needsDot else { return nil }
        while index < bytes.count, !bytes[index].isSpace, bytes[index] != UInt8(ascii: "<") { index += 1 }
        let end = trimmedEnd(from: start, to: index)
        return end > start ? end : nil
    }

    /// Leaves out trailing punctuation, a parenthesis that has no partner, and what looks like an entity.
    private func trimmedEnd(from start: Int, to end: Int) -> Int {
        var end = end
        var opening = 0
        var closing = 0
        for byte in bytes[start..<end] {
            if byte == UInt8(ascii: "(") { opening += 1 }
            if byte == UInt8(ascii: ")") { closing += 1 }
        }
        while end > start {
            switch bytes[end - 1] {
            case UInt8(ascii: "?"), UInt8(ascii: "!"), UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "*"),
                UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "'"), UInt8(ascii: "\""):
                end -= 1
            case UInt8(ascii: ";"):
                var index = end - 2
                while index > start, bytes[index].isAlphanumeric { index -= 1 }
                if index < end - 2, bytes[index] == UInt8(ascii: "&") { end = index } else { end -= 1 }
            case UInt8(ascii: ")"):
                if closing <= opening { return end }
                closing -= 1
                end -= 1
            default: return end
            }
        }
        return end
    }

    private func email(around at: Int, notBefore limit: Int) -> Link? {
        var start = at
        while start > limit {
            let byte = bytes[start - 1]
            guard
                byte.isAlphanumeric || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "+")
            else { break }
            start -= 1
        }
        guard start < at else { return nil }
        var end = at + 1
        var dots = 0
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: ".") {
                guard end + 1 < bytes.count, bytes[end + 1].isAlphanumeric else { break }
                dots += 1
            } else if !(byte.isAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")) {
                break
            }
            end += 1
        }
        guard dots > 0, let last = bytes[..<end].last, last.isAlphanumeric else { return nil }
        return Link(range: start..<end, scheme: "mailto:")
    }
}
