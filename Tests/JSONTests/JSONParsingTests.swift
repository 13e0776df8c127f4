import JSON
import Testing

@Suite struct JSONParsingTests {
    static let texts: [(String, JSONValue)] = [
        ("null", .null), (" true ", true), ("\t\n\r false", false), ("0", 0), ("-0", 0), ("12", 12), ("-7", -7),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("0.5", 0.5), ("1e3", .number(1000)), ("1E+2", .number(100)), ("25e-1", 2.5), ("1e400", .number(.infinity)), ("1e-400", .number(0)),
        (#""""#, ""), (#""a\"b\\c\/d""#, "a\"b\\c/d"), (#""\b\f\n\r\t""#, "\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
        (#""\ud83d\ude00""#, "😀"), (#""\uD83D""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
        (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"), (#""\u0000""#, "\0"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
        ("[]", []), ("[ ]", []), ("[1,[2,[3]]]", [1, [2, [3]]]), ("{}", [:]), (#"{"a":{"b":[null]}}"#, ["a": ["b": [nil]]]),
    ]

    @Test("texts of RFC 8259 are read", arguments: texts)
    func accepted(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    static let mistakes: [(String, Int, String)] = [
        ("", 0, "the text ends where a value should be"), ("  ", 2, "the text ends where a value should be"), ("nul", 0, "no value starts here"),
        ("True", 0, "no value starts here"), ("+1", 0, "no value starts here"), (".5", 0, "no value starts here"), ("NaN", 0, "no value starts here"),
        ("-", 1, "expected a digit"), ("1.", 2, "expected a digit"), ("1e", 2, "expected a digit"), ("1e+", 3, "expected a digit"),
        ("01", 1, "text after the value"), ("1 2", 2, "text after the value"), ("[1,]", 3, "no value starts here"),
        ("[1 2]", 3, "expected ',' or ']'"),
        ("[", 1, "the text ends where a value should be"), ("{,}", 1, "expected a member's name"), ("{1:2}", 1, "expected a member's name"),
        (#"{"a"}"#, 4, "expected ':'"), (#"{"a":1,}"#, 7, "expected a member's name"), (#"{"a":1"#, 6, "expected ',' or '}'"),
        (#""a"#, 2, "the text ends inside a string"), (#""\x""#, 3, "unknown escape"), (#""\u12x4""#, 5, "expected four hexadecimal digits"),
        (#""\u00"#, 3, "the text ends inside an escape"), ("\"\n\"", 1, "a control character in a string must be escaped"),
        ("\"\\n\t\"", 3, "a control character in a string must be escaped"), ("/**/1", 0, "no value starts here"), ("'a'", 0, "no value starts here"),
        ("\u{FEFF}1", 0, "no value starts here"),
    ]

    @Test("what is not JSON is refused with its place", arguments: mistakes)
    func refused(text: String, offset: Int, message: String) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.byteOffset == offset)
        #expect(error?.message == message)
    }

    static let invalid: [[UInt8]] = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x5C, 0x6E, 0xC3]]

    @Test("a string that is not UTF-8 is refused", arguments: invalid)
    func invalidUTF8(content: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22] + content + [0x22]) }
        #expect(error?.message == "a string is not UTF-8")
    }

    @Test("nesting is refused past its limit, however deep the text")
    func depth() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try JSONValue(parsing: nested(JSONValue.maximumDepth)).arrayValue?.count == 1)
        for depth in [JSONValue.maximumDepth + 1, 1_000_000] {
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(depth)) }
            #expect(error?.message == "nested deeper than 256")
            #expect(error?.byteOffset == 256)
        }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: #"{"a":"#, count: 100_000)) }
    }

    @Test("bytes need not lie together")
    func otherSequences() throws {
        #expect(try JSONValue(parsing: AnySequence(Array("[1]".utf8))) == [1])
        #expect(try JSONValue(parsing: Array("x[1]".utf8).dropFirst()) == [1])
    }
}
