internal import SourceText

extension YAMLTree {
    /// Reads what most front matters and directives are: lines of `key: value` whose values are a word, a number, words,
    /// a quoted text without escapes, or a list of these in brackets.
    ///
    /// Most pages need no YAML parser so, which costs a tenth of a millisecond each time.
    /// - Returns: `nil` for whatever could mean more than that; the parser decides.
    static func simple(_ text: String, line: Int, column: Int) -> YAMLTree? {
        var members: [Member] = []
        var keys: Set<String> = []
        var number = line - 1
        for row in Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            if row.isEmpty { continue }
            guard let colon = row.firstIndex(of: UInt8(ascii: ":")), isKey(row[..<colon]) else { return nil }
            var value = row[(colon + 1)...]
            guard value.first == 0x20 else { return nil }
            while value.first == 0x20 { value = value.dropFirst() }
            while value.last == 0x20 { value = value.dropLast() }
            let key = String(decoding: row[..<colon], as: UTF8.self)
            guard keys.insert(key).inserted else { return nil }
            // A directive's columns are those of its one line.
            let first = (number == line ? column : 0) + 1
            let start = SourceLocation(line: number, column: first - row.startIndex)
            guard let content = value.first == UInt8(ascii: "[") ? list(value, from: start) : scalar(value) else { return nil }
            members.append(
                Member(
                    key: YAMLTree(content: .scalar(key, isPlain: true), place: SourceLocation(line: number, column: first)),
                    value: YAMLTree(content: content, place: SourceLocation(line: number, column: first + value.startIndex - row.startIndex))))
        }
        guard let first = members.first else { return nil }
        return YAMLTree(content: .mapping(members), place: first.key.place)
    }

    /// A list in brackets, whose bytes count their columns from `start`.
    private static func list(_ value: ArraySlice<UInt8>, from start: SourceLocation) -> Content? {
        guard value.count >= 2, value.last == UInt8(ascii: "]") else { return nil }
        let inner = value.dropFirst().dropLast()
        if inner.allSatisfy({ $0 == 0x20 }) { return .sequence([]) }
        var items: [YAMLTree] = []
        for part in inner.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            var part = part
            while part.first == 0x20 { part = part.dropFirst() }
            while part.last == 0x20 { part = part.dropLast() }
            guard let content = scalar(part) else { return nil }
            items.append(YAMLTree(content: content, place: SourceLocation(line: start.line, column: start.column + part.startIndex)))
        }
        return .sequence(items)
    }

    private static func isKey(_ key: ArraySlice<UInt8>) -> Bool {
        guard let first = key.first, (0x41...0x5A).contains(first & 0xDF) else { return false }
        return key.allSatisfy { isWordByte($0) }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private static func scalar(_ value: ArraySlice<UInt8>) -> Content? {
        guard let first = value.first else { return nil }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            let inner = value.dropFirst().dropLast()
            guard value.count >= 2, value.last == first, !inner.contains(where: { $0 == first || $0 == UInt8(ascii: "\\") || $0 < 0x20 }) else {
                return nil
            }
            return .scalar(String(decoding: inner, as: UTF8.self), isPlain: false)
        }
        // Nothing that begins or could hold another kind of value: no indicator, no colon, no comment.
        guard isWordByte(first) && first != UInt8(ascii: "-") || first >= 0x80,
            value.allSatisfy({
                isWordByte($0) || $0 == 0x20 || $0 >= 0x80 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "/")
                    || $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: ")")
            })
        else { return nil }
        return .scalar(String(decoding: value, as: UTF8.self), isPlain: true)
    }
}
