internal import JSON

/// A JSON text as it was written: numbers with the digits that were given, members of one name all there.
///
/// ``JSONValue`` is what programs read of a text; readers are shown the text.
indirect enum JSONSource {
    case number(String)
    case string(String)
    /// `null`, `true` or `false`.
    case word(String)
    case array([JSONSource])
    case object([Member])

    struct Member {
        var key: String
        var value: JSONSource
    }

    /// - Returns: `nil` where the text is not JSON.
    init?(_ text: String) {
        guard (try? JSONValue(parsing: text)) != nil else { return nil }
        var reader = Reader(bytes: Array(text.utf8))
        self = reader.value()
    }

    /// A value whose text is not known.
    init(_ value: JSONValue) {
        switch value {
        case .null, .bool: self = .word(value.text())
        case .integer, .number: self = .number(value.text())
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map { JSONSource($0) })
        case .object(let members): self = .object(members.map { Member(key: $0.key, value: JSONSource($0.value)) })
        }
    }

    /// Whether it says the same as a value, numbers aside, of which a value may have fewer digits, or none.
    func isText(of value: JSONValue) -> Bool {
        switch (self, value) {
        case (.number, .integer), (.number, .number), (.number, .null): return true
        case (.word(let word), .null), (.word(let word), .bool): return word == value.text()
        case (.string(let text), .string(let other)): return text == other
        case (.array(let elements), .array(let others)):
            return elements.count == others.count && zip(elements, others).allSatisfy { $0.isText(of: $1) }
        case (.object(let members), .object(let others)):
            // Of repeated names a value has the last.
            var last: [String: JSONSource] = [:]
            for member in members { last[member.key] = member.value }
            return last.count == others.count && last.allSatisfy { key, member in others[key].map { member.isText(of: $0) } ?? false }
        default: return false
        }
    }

    /// Reads a text that is known to be JSON, and not nested too deeply.
    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        private var byte: UInt8 { index < bytes.count ? bytes[index] : 0 }

        private mutating func skipSpace() { while [0x20, 0x0A, 0x0D, 0x09].contains(byte) { index += 1 } }

        mutating func value() -> JSONSource {
            skipSpace()
            switch byte {
            case UInt8(ascii: "{"):
                var members: [Member] = []
                list(until: UInt8(ascii: "}")) { reader in
                    let key = reader.string()
                    reader.skipSpace()
                    reader.index += 1
                    members.append(Member(key: key, value: reader.value()))
                }
                return .object(members)
            case UInt8(ascii: "["):
                var elements: [JSONSource] = []
                list(until: UInt8(ascii: "]")) { elements.append($0.value()) }
                return .array(elements)
            case UInt8(ascii: "\""): return .string(string())
            default:
                let start = index
                while index < bytes.count, ![0x20, 0x0A, 0x0D, 0x09, 0x2C, 0x5D, 0x7D].contains(byte) { index += 1 }
                let text = String(decoding: bytes[start..<index], as: UTF8.self)
                return text.first?.isLetter == true ? .word(text) : .number(text)
            }
        }

        private mutating func list(until end: UInt8, _ element: (inout Reader) -> Void) {
            index += 1
            skipSpace()
            while index < bytes.count, byte != end {
                element(&self)
                skipSpace()
                if byte == UInt8(ascii: ",") { index += 1 }
                skipSpace()
            }
            index += 1
        }

        private mutating func string() -> String {
            let start = index
            index += 1
            while index < bytes.count, byte != UInt8(ascii: "\"") { index += byte == UInt8(ascii: "\\") ? 2 : 1 }
            index = min(index + 1, bytes.count)
            return (try? JSONValue(parsing: bytes[start..<index]))?.stringValue ?? ""
        }
    }
}
