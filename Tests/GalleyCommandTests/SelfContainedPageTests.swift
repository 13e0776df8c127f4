import GalleyCommand
import Testing

private func inlined(_ html: String, _ files: [String: String], path: String = "page.html") -> String {
    let page = SelfContainedPage(files: files.mapValues { Array($0.utf8) }, path: path)
    return String(decoding: page.inlined(Array(html.utf8)), as: UTF8.self)
}

@Suite("A page with everything within")
struct SelfContainedPageTests {
    @Test("style sheets and scripts become elements")
    func elements() {
        let html = "<link rel=\"stylesheet\" href=\"../a.css?x=1\"><script src='../b.js' defer></script>"
        #expect(inlined(html, ["a.css": "p{}", "b.js": "go()"], path: "posts/page.html") == "<style>p{}</style><script>go()</script>")
    }

    @Test("pictures become data addresses, whatever their quotes")
    func pictures() {
        #expect(
            inlined("<p><img alt=\"a > b\" src=x%20y.png></p>", ["x y.png": "abc"]) == "<p><img alt=\"a > b\" src=\"data:image/png;base64,YWJj\"></p>"
        )
        #expect(inlined("<img src='a&amp;b.svg'>", ["a&b.svg": "<svg/>"]) == "<img src='data:image/svg+xml;base64,PHN2Zy8+'>")
    }

    @Test("other hosts, links, comments, scripts and code stand as they are")
    func untouched() {
        for html in [
            "<img src=\"https://example.org/a.png\">", "<a href=\"a.png\">a</a>", "<!-- <img src=\"a.png\"> -->",
            "<script>x = '<img src=\"a.png\">'</script>", "<pre>&lt;img src=\"a.png\"></pre>", "1 < 2", "<", "<img src=\"a.png",
        ] {
            #expect(inlined(html, ["a.png": "abc"]) == html)
        }
    }

    @Test("a script that would end its element early stays a file")
    func scriptEnd() {
        let output = inlined("<script src=\"a.js\"></script>", ["a.js": "s = '</script>'"])
        #expect(output == "<script src=\"data:text/javascript;base64,cyA9ICc8L3NjcmlwdD4n\"></script>")
    }
}
