import Groundwork
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
}
