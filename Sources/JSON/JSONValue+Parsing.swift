/// A text is not JSON.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was found or missing.
    public let message: String
    /// The offset of the byte concerned, from 0.
    public let byteOffset: Int

    public var description: String { "invalid JSON at byte \(byteOffset): \(message)" }
}

extension JSONValue {
    /// How many arrays and objects may stand one in the other.
    public static let maximumDepth = 256

    /// Parses one JSON text, whole.
    ///
    /// Nothing is allocated ahead of what the text holds. Texts nested deeper than ``maximumDepth``
    /// and strings that are not UTF-8 are refused.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        let parsed: Result<JSONValue, JSONError>? = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(JSONError) in try JSONValue.parse(UnsafeRawBufferPointer(buffer)) }
        }
        if let parsed {
            self = try parsed.get()
        } else {
            let copy = Array(bytes)
            self = try copy.withUnsafeBytes { buffer in
                Result { () throws(JSONError) in try JSONValue.parse(buffer) }
            }.get()
        }
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Parses bytes that are owned elsewhere, such as a part of a mapped file.
    ///
    /// - Parameter refusingRepeatedNames: makes a name that an object has twice an error; else the last counts.
    package static func parse(_ bytes: UnsafeRawBufferPointer, refusingRepeatedNames: Bool = false) throws(JSONError) -> JSONValue {
        var parser = Parser(bytes: bytes, refusesRepeatedNames: refusingRepeatedNames)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        if parser.offset < bytes.count { throw parser.error("text after the value") }
        return value
    }
}

private struct Parser {
    let bytes: UnsafeRawBufferPointer
    let refusesRepeatedNames: Bool
    var offset = 0

    init(bytes: UnsafeRawBufferPointer, refusesRepeatedNames: Bool) {
        self.bytes = bytes
        self.refusesRepeatedNames = refusesRepeatedNames
    }

    func error(_ message: String) -> JSONError { JSONError(message: message, byteOffset: offset) }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
        case nil: throw error("the text ends where a value should be")
        default: throw error("no value starts here")
        }
    }

    private func checkDepth(_ depth: Int) throws(JSONError) {
        if depth >= JSONValue.maximumDepth { throw error("nested deeper than \(JSONValue.maximumDepth)") }
    }

    private mutating func literal(_ word: StaticString) throws(JSONError) {
        let matches = word.withUTF8Buffer { word in
            offset + word.count <= bytes.count && bytes[offset..<(offset + word.count)].elementsEqual(word)
        }
        if !matches { throw error("no value starts here") }
        offset += word.utf8CodeUnitCount
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        try checkDepth(depth)
        offset += 1
        var members = JSONObject()
        skipSpace()
        if current == UInt8(ascii: "}") {
            offset += 1
            return members
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a member's name") }
            let start = offset
            let key = try string()
            if refusesRepeatedNames, members[key] != nil {
                throw JSONError(message: "the name \"\(key)\" is there twice", byteOffset: start)
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("expected ':'") }
            offset += 1
            members[key] = try value(depth: depth + 1)
            skipSpace()
            switch current {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                return members
            default: throw error("expected ',' or '}'")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        try checkDepth(depth)
        offset += 1
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            offset += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "]"):
                offset += 1
                return elements
            default: throw error("expected ',' or ']'")
            }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
        if current == UInt8(ascii: "\"") {
            let text = try decoded(bytes[start..<offset], at: start)
            offset += 1
            return text
        }
        var content = Array(bytes[start..<offset])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let text = try decoded(content, at: start)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                offset += 1
                try escape(into: &content)
            case 0..<0x20:
                throw error("a control character in a string must be escaped")
            default:
                content.append(byte)
                offset += 1
            }
        }
        throw error("the text ends inside a string")
    }

    private func decoded(_ content: some Collection<UInt8>, at start: Int) throws(JSONError) -> String {
        guard let text = String(validating: content, as: UTF8.self) else {
            throw JSONError(message: "a string is not UTF-8", byteOffset: start)
        }
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw error("the text ends inside a string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try hexadecimal()
            if (0xD800..<0xDC00).contains(scalar), current == UInt8(ascii: "\\"),
                offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "u")
            {
                let second = offset
                offset += 2
                let low = try hexadecimal()
                if (0xDC00..<0xE000).contains(low) {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    offset = second
                }
            }
            // A lone surrogate has no UTF-8; Python's writers emit them, so they become U+FFFD.
            content.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")).utf8)
        default: throw error("unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw error("the text ends inside an escape") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue, bytes[offset] < 0x80 else {
                throw error("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        var isInteger = true
        if current == UInt8(ascii: "-") { offset += 1 }
        if current == UInt8(ascii: "0") {
            offset += 1
        } else {
            try digits()
        }
        if current == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            offset += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text) else { throw JSONError(message: "not a number", byteOffset: start) }
        return .number(value)
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while let byte = current, isDigit(byte) { offset += 1 }
        if offset == start { throw error("expected a digit") }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
