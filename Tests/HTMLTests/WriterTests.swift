import HTML
import Testing

@Suite("Writing HTML")
struct WriterTests {
    @Test("Text and attribute values are escaped, markup is not")
    func escaping() {
        var writer = HTMLWriter()
        writer.open("p", [HTMLAttribute("title", "a\"<b>&'"), HTMLAttribute("hidden", isPresent: true), HTMLAttribute("id", nil)])
        writer.text("1 < 2 & \"3\" é")
        writer.raw("<br>")
        writer.close("p")
        #expect(writer.string == "<p title=\"a&quot;&lt;b&gt;&amp;'\" hidden>1 &lt; 2 &amp; &quot;3&quot; é<br></p>")
        #expect(escaped("<&>") == "&lt;&amp;&gt;")
    }

    @Test("An empty value stands, a truth value stands alone")
    func emptyValues() {
        #expect(HTMLNode.element("img", [HTMLAttribute("alt", ""), HTMLAttribute("ismap", isPresent: true)]).html == "<img alt=\"\" ismap>")
    }

    @Test("Void elements have no end tag, others always do")
    func voidElements() {
        let node = HTMLNode.element(
            "div", [], [.element("hr"), .element("span"), .text("<"), .raw("<i>x</i>"), .fragment([.text("a"), .text("b")])])
        #expect(node.html == "<div><hr><span></span>&lt;<i>x</i>ab</div>")
    }

    @Test("A fresh line is begun only where one is needed")
    func freshLine() {
        var writer = HTMLWriter()
        writer.freshLine()
        writer.text("a")
        writer.freshLine()
        writer.freshLine()
        writer.text("b")
        #expect(writer.string == "a\nb")
    }

    @Test("Text given as bytes without contiguous storage is escaped too")
    func lazyBytes() {
        var bytes: [UInt8] = []
        escape("<a>".utf8.reversed().reversed().lazy.map { $0 }, into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "&lt;a&gt;")
    }
}
