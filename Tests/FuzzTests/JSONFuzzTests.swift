import JSON
import TestSupport
import Testing

/// JSON texts: whatever the bytes, a value or a typed error; what was accepted is written and read as the same value.
@Suite(.serialized) struct JSONFuzzTests {
    private static let corpus = [
        #"{"a":[1,2.5,-3e-7,true,false,null],"b":{"c":"d\n\u00e9\ud83d\ude00"},"":""}"#,
        #"[[[[[]]]],{},"\\\"\/\b\f\n\r\t",0,-0,1E400,123456789012345678901234567890]"#,
        #"  "text"  "#, "0", "[]",
    ].map { Array($0.utf8) }

    private static let dictionary =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", #"\u"#, #"\ud800"#, #"\udc00"#, "null", "true", "1e", "-", ".", "9223372036854775808",
            "\u{FEFF}",
        ].map { Array($0.utf8) } + [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF], [0xF4, 0x90, 0x80, 0x80]]

    struct Changed: Error {}

    @Test("JSON texts")
    func texts() {
        let fuzzer = Fuzzer(name: "json", corpus: Self.corpus, dictionary: Self.dictionary, structured: { Self.nested(&$0) })
        let outcome = fuzzer.run { bytes in
            let value: JSONValue
            do throws(JSONError) {
                value = try JSONValue(parsing: bytes)
            } catch {
                guard (0...bytes.count).contains(error.byteOffset) else { throw Changed() }
                return false
            }
            for layout in [JSONValue.Layout.compact, .indented(2)] {
                guard try JSONValue(parsing: value.text(layout)) == finite(value) else { throw Changed() }
            }
            return true
        }
        #expect(outcome.failures.isEmpty, "\(outcome.failures.prefix(10))")
        #expect(outcome.accepted > 0)
        #expect(outcome.rejected > 0)
    }

    /// The value with null in place of what JSON cannot hold, as it is written.
    private func finite(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number) where !number.isFinite: .null
        case .array(let elements): .array(elements.map(finite))
        case .object(let members):
            .object(
                members.reduce(into: JSONObject()) { object, member in object[member.key] = finite(member.value) })
        default: value
        }
    }

    /// A text of random depth, brackets mostly closed.
    private static func nested(_ generator: inout SeededGenerator) -> [UInt8] {
        var text = ""
        var closing: [String] = []
        for _ in 0..<Int.random(in: 0...300, using: &generator) {
            if Bool.random(using: &generator) {
                text += "["
                closing.append("]")
            } else {
                text += #"{"k":"#
                closing.append("}")
            }
        }
        text += ["1", "\"s\"", "[]", "", "null"].randomElement(using: &generator) ?? ""
        if Int.random(in: 0..<10, using: &generator) > 0 { text += closing.reversed().joined() }
        return Array(text.utf8)
    }
}
