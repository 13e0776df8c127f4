import Groundwork
import Testing

@Suite("Escaping and percent-encoding")
struct EscapingTests {
    @Test(
        "Each kind of markup has its own references",
        arguments: [
            (MarkupEscaping.content, "a&amp;&lt;&gt;\"'"), (.html, "a&amp;&lt;&gt;&quot;'"), (.attribute, "a&amp;&lt;&gt;&quot;&#39;"),
            (.markupSafe, "a&amp;&lt;&gt;&#34;&#39;"), (.katex, "a&amp;&lt;&gt;&quot;&#x27;"), (.xml, "a&amp;&lt;&gt;&quot;&#39;"),
        ])
    func references(escaping: MarkupEscaping, expected: String) {
        #expect(escaped("a&<>\"'", escaping) == expected)
    }

    @Test("What combines with a mark of markup does not hide it")
    func combining() {
        #expect(escaped("<\u{301}b>\"\u{301}") == "&lt;\u{301}b&gt;&quot;\u{301}")
    }

    @Test("XML has no control characters")
    func controls() {
        #expect(escaped("a\u{0}\u{B}\u{1B}\t\n", .xml) == "a\u{FFFD}\u{FFFD}\u{FFFD}\t\n")
    }

    @Test("Bytes without contiguous storage are escaped, too")
    func lazyBytes() {
        var bytes: [UInt8] = []
        escape("<a>".utf8.reversed().reversed().lazy.map { $0 }, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "&lt;a&gt;")
    }

    @Test(
        "References become characters, once",
        arguments: [
            ("&lt;a&gt; &amp;amp; &quot;&apos;&#39;", "<a> &amp; \"''"), ("&#x1F600;&#233;", "😀é"),
            ("a & b &nbsp; &; &#; &#0; &#xD800; &#x110000;", nil),
            ("&", nil), ("&#+9;", nil), ("&ltx", nil),
        ] as [(String, String?)])
    func unescaping(text: String, expected: String?) {
        #expect(unescaped(text) == expected ?? text)
    }

    @Test("Paths are encoded and decoded to the same", arguments: ["a b/ü.png", "100%", "x&y='\"", "plain/path-1_2.~@,+"])
    func roundTrip(path: String) {
        let encoded = PercentEncoding.encode(path: path)
        #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "&") })
        #expect(PercentEncoding.decode(encoded) == path)
    }

    @Test("Broken encodings are refused", arguments: ["%", "%1", "%+1", "%zz", "a%00b", "%FF", "%-1"])
    func broken(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }
}
