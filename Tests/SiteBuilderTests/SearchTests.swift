import JSON
import NotebookModel
import SiteBuilder
import Testing

@Suite("Searching a site")
struct SearchTests {
    /// What the index says, page by page: `[path, title, tags, [[id, heading, text], …]]`.
    private func index(_ site: Site) throws -> [JSONValue] {
        let text = try #require(site.text("assets/search-0.js"))
        #expect(text.hasPrefix("galleySearch([") && text.hasSuffix("])\n"))
        return try #require(JSONValue(parsing: Array(text.dropFirst("galleySearch(".count).dropLast(2).utf8)).arrayValue)
    }

    private func sections(_ body: String) async throws -> [[String]] {
        let entries = try index(try await build([page("a.md", body)]))
        return try #require(entries.first?.arrayValue?.last?.arrayValue).map { $0.arrayValue?.compactMap(\.stringValue) ?? [] }
    }

    @Test("the index has each page's words under the headings that they stand under")
    func headings() async throws {
        let found = try await sections(
            """
            <p>Before, in <em>one</em>word.</p><h2 id="first">First <a class="anchor" href="#first">#</a></h2>
            <p>Fish &amp; chips &lt;3 &#233;</p><ul><li>a</li><li>b</li></ul><h2 id="second">Second &amp; last</h2>
            """)
        #expect(
            found == [
                ["", "", "Before, in oneword."], ["first", "First", "Fish & chips <3 é a b"], ["second", "Second & last", ""],
            ])
    }

    @Test("the numbers of a chart are not found, and what is folded is")
    func folded() async throws {
        let found = try await sections(
            """
            <div class="chart"><svg><text>x</text></svg><details class="chart-data"><summary>Data</summary><table><tr><td>1</td></tr></table>
            </details></div><details class="cell-fold"><summary>Code</summary><pre>let a = 1</pre></details>
            """)
        #expect(found == [["", "", "Code let a = 1"]])
    }

    @Test("code and outputs are found; pictures, styles and scripts are not words")
    func kinds() async throws {
        let found = try await sections(
            """
            <pre><code style="--n0:'a > b'"><span class="tok">let</span> x = 1</code></pre><div class="output"><pre>42</pre></div>
            <svg><title>T</title><svg><text>Axis</text></svg><text>Again</text></svg><style>p{}</style><script>if (a < b) {}</script>
            <!-- a comment > --><p>3 < 4<br>end</p>
            """)
        #expect(found == [["", "", "let x = 1 42 3 < 4 end"]])
    }

    @Test(
        "HTML that ends too early, or that closes what it did not open, is read as far as it goes",
        arguments: [
            ("<p>one <b", "one"), ("<p>one <b class=", "one"), ("</svg>one</p></p>", "one"), ("one <svg> two", "one"), ("one <!-- two", "one"),
            ("one <h2 id=\"x", "one"), ("one <", "one"), ("<p = \"a\">one", "one"),
        ])
    func broken(body: String, text: String) async throws {
        #expect(try await sections(body) == [["", "", text]])
    }

    @Test("drafts and the index are not found, and a draft's words stand nowhere")
    func drafts() async throws {
        let pages = [
            page("index.md"), page("draft.md", "<p>secret</p>") { $0.draft = true },
            page("posts/one.md", "<p>said</p>") {
                $0.title = "One </script>"
                $0.tags = ["t", "t", "u"]
            },
        ]
        let site = try await build(pages, drafts: true)
        #expect(try index(site) == [["posts/one.html", "One </script>", ["t", "u"], [["", "", "said"]]]])
        #expect(site.text("search.html")?.contains("noindex") == true)
        #expect(site.text("sitemap.xml")?.contains("search") == false)
        #expect(site.text("posts/one.html")?.contains(#"<a class="site-search" href="../search.html">"#) == true)
    }

    @Test("large sites keep the beginnings of their pages, cut between words")
    func limit() async throws {
        let words = String(repeating: "word ", count: 700_000)
        let pages = ["a.md", "b.md"].map { page($0, "<p>\(words)</p><h2 id=\"x\">End</h2><p>more</p>") }
        let site = try await build(pages)
        #expect(try #require(site.files["assets/search-0.js"]).count < (4 << 20) + 1000)
        for entry in try index(site) {
            let sections = try #require(entry.arrayValue?.last?.arrayValue).map { $0.arrayValue?.compactMap(\.stringValue) ?? [] }
            #expect(sections.map { $0[1] } == ["", "End"])
            #expect(sections.first?.last?.hasSuffix("word word") == true)
        }
    }

    @Test("a site may do without it, and an author's own page takes its place")
    func without() async throws {
        let site = try await build([page("a.md")]) { $0.hasSearch = false }
        #expect(site.files.keys.filter { $0.contains("search") }.isEmpty)
        #expect(site.text("a.html")?.contains("search.html") == false)
        let own = try await build([page("search.md", "<p>mine</p>")])
        #expect(own.diagnostics.isEmpty)
        #expect(own.text("search.html")?.contains("mine") == true)
        #expect(own.files["assets/search-0.js"] == nil)
        let linked = try await build([page("a.md", "<p><a href=\"search.html\">s</a></p>")])
        #expect(linked.diagnostics.isEmpty)
    }

    @Test("an unchanged page has an unchanged index")
    func deterministic() async throws {
        let pages = (0..<20).map { page("p\($0).md", "<p>text \($0)</p>") }
        #expect(try await build(pages).files["assets/search-0.js"] == build(pages.reversed()).files["assets/search-0.js"])
    }
}
