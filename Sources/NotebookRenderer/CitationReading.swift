internal import SourceText

/// One work of a citation, as the text gives it.
struct CitationItem: Sendable, Hashable {
    var key: String
    /// What stands before and after the key: `see`, `, p. 3`.
    var prefix: String
    var suffix: String
    /// `-@key`: the year alone, as the text names the author.
    var suppressesAuthor = false
}

/// Reads citations as Pandoc writes them.
enum CitationReading {
    /// Reads `[see @a, p. 3; -@b]` from its bracket on.
    ///
    /// - Returns: `nil` when a part of it names no work.
    static func group(in bytes: [UInt8], at start: Int) -> (items: [CitationItem], end: Int)? {
        guard let close = closingBracket(of: start, in: bytes) else { return nil }
        var items: [CitationItem] = []
        for part in bytes[(start + 1)..<close].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            guard let item = item(of: part) else { return nil }
            items.append(item)
        }
        return (items, close + 1)
    }

    private static func item(of part: ArraySlice<UInt8>) -> CitationItem? {
        var at = part.startIndex
        while let found = part[at...].firstIndex(of: UInt8(ascii: "@")) {
            if let (key, end) = key(in: part, at: found), begins(found, in: part) {
                // A hyphen right before the sign is one of the citation's only where a word could begin; others are the prefix's.
                let suppresses = isSuppressed(found, in: part)
                return CitationItem(
                    key: key, prefix: String(decoding: part[..<(suppresses ? found - 1 : found)], as: UTF8.self).trimmed,
                    suffix: String(decoding: part[end...], as: UTF8.self).trimmed, suppressesAuthor: suppresses)
            }
            at = found + 1
        }
        return nil
    }

    /// Whether the sign at `index` begins a citation rather than standing in an address such as `me@example.org`.
    static func begins(_ index: Int, in bytes: ArraySlice<UInt8>) -> Bool {
        guard index > bytes.startIndex else { return true }
        let previous = bytes[index - 1]
        if previous == UInt8(ascii: "-") { return isSuppressed(index, in: bytes) || !isWord(bytes[max(bytes.startIndex, index - 2)]) }
        return !isWord(previous) && previous != UInt8(ascii: "/") && previous != UInt8(ascii: "@")
    }

    /// Whether a hyphen that begins a word stands before the sign at `index`.
    static func isSuppressed(_ index: Int, in bytes: ArraySlice<UInt8>) -> Bool {
        guard index > bytes.startIndex, bytes[index - 1] == UInt8(ascii: "-") else { return false }
        guard index - 1 > bytes.startIndex else { return true }
        let before = bytes[index - 2]
        return before == 0x20 || before == 0x0A || before == UInt8(ascii: "(") || before == UInt8(ascii: "[")
    }

    /// Reads the key after the sign at `at`: letters, digits and `_`, single punctuation within, or whatever stands in braces.
    static func key(in bytes: ArraySlice<UInt8>, at: Int) -> (key: String, end: Int)? {
        var index = at + 1
        guard index < bytes.endIndex else { return nil }
        if bytes[index] == UInt8(ascii: "{") {
            guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")), end > index + 1 else { return nil }
            return (String(decoding: bytes[(index + 1)..<end], as: UTF8.self), end + 1)
        }
        guard isWord(bytes[index]) else { return nil }
        while index < bytes.endIndex {
            if isWord(bytes[index]) {
                index += 1
            } else if ":.#$%&-+?<>~/".utf8.contains(bytes[index]), index + 1 < bytes.endIndex, isWord(bytes[index + 1]) {
                index += 1
            } else {
                break
            }
        }
        return (String(decoding: bytes[(at + 1)..<index], as: UTF8.self), index)
    }

    /// The locator in brackets after a citation in the text: ` [p. 9]`.
    static func locator(in bytes: [UInt8], at start: Int) -> (text: String, end: Int)? {
        guard start + 1 < bytes.count, bytes[start] == 0x20, bytes[start + 1] == UInt8(ascii: "["),
            let close = closingBracket(of: start + 1, in: bytes)
        else { return nil }
        let inner = bytes[(start + 2)..<close]
        let after = close + 1 < bytes.count ? bytes[close + 1] : 0x20
        guard !inner.isEmpty, !inner.contains(UInt8(ascii: "@")), inner.first != UInt8(ascii: "^"), after != UInt8(ascii: "("),
            after != UInt8(ascii: "[")
        else { return nil }
        return (String(decoding: inner, as: UTF8.self).trimmed, close + 1)
    }

    private static func closingBracket(of start: Int, in bytes: [UInt8]) -> Int? {
        var depth = 0
        // Longer ones nobody writes, and each bracket of a text may begin one.
        for index in start..<min(bytes.count, start + 2000) {
            if bytes[index] == UInt8(ascii: "[") { depth += 1 }
            if bytes[index] == UInt8(ascii: "]") {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }

    static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_") || byte >= 0x80
    }
}
