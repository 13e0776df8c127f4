import Groundwork
import JSON
import Markdown
import NotebookModel
import NotebookParser
import NotebookRenderer
import SourceText
import Testing

/// Renders a notebook whose cells left the given outputs, by their ids.
func render(_ text: String, outputs: [String: [CellOutput]]? = [:], options: PageOptions = PageOptions()) -> RenderedPage {
    let (parsed, _) = NotebookParsing.parse(SourceFile(path: "post.md", text: text))
    let record = outputs.map { outputs in
        RunRecord(
            mode: .fresh,
            cells: parsed.notebook.cells.map { cell in
                CellRecord(
                    id: cell.id, key: ContentKey([""]), status: .succeeded, outputs: outputs[cell.id] ?? [], source: cell.source, executionCount: 1,
                    duration: 0, residentBytes: nil)
            },
            environment: RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 1, gpus: []), parameters: [], date: "", duration: 0)
    }
    return PageRenderer.render(parsed.notebook, document: parsed.document, record: record, options: options) { source in
        var spans: [SyntaxSpan] = []
        let bytes = Array(source.utf8)
        for start in bytes.indices where bytes[start...].starts(with: "let ".utf8) {
            spans.append(SyntaxSpan(offset: start, length: 3, kind: .keyword))
        }
        return spans
    }
}

@Suite("Pages")
struct PageTests {
    @Test("A first heading is the title, the others have anchors and make the contents")
    func headings() {
        let page = render("# Post *one*\n\nIntro.\n\n## A & B\n\n### C\n\n## A & B\n")
        #expect(page.title == "Post one")
        #expect(page.summary == "Intro.")
        #expect(
            page.bodyText == """
                <p>Intro.</p>
                <h2 id="a--b">A &amp; B <a class="anchor" href="#a--b" aria-label="Link to “A &amp; B”">#</a></h2>
                <h3 id="c">C <a class="anchor" href="#c" aria-label="Link to “C”">#</a></h3>
                <h2 id="a--b-1">A &amp; B <a class="anchor" href="#a--b-1" aria-label="Link to “A &amp; B”">#</a></h2>

                """)
        #expect(page.contents.map(\.id) == ["a--b", "a--b-1"])
        #expect(page.contents[0].children.map(\.title) == ["C"])
    }

    @Test("A cell shows its source and each output by its kind")
    func outputs() {
        let page = render(
            "```swift\n#| label: one\nlet a = 1 < 2\n```\n",
            outputs: [
                "one": [
                    .stream(.standardOutput, "a\u{1B}[1;31mred\u{1B}[0m\n"), .stream(.standardOutput, "10%\r20%\n"),
                    .stream(.standardError, "<oops>\n"), .result(MIMEBundle(plainText: "true")),
                    .error(CellError(kind: .thrown, name: "Bad", message: "x < y", line: 3)),
                ]
            ])
        #expect(
            page.bodyText == """
                <div class="cell" id="one" data-status="succeeded">
                <pre><code class="language-swift"><span class="tok-keyword">let</span> a = 1 &lt; 2</code></pre>
                <div class="output stdout" role="group" aria-label="Output"><pre>a<span class="ansi-red ansi-bold">red</span>
                20%</pre></div>
                <div class="output stderr" role="group" aria-label="Standard error"><span class="output-kind" aria-hidden="true">Standard error</span><pre>&lt;oops&gt;</pre></div>
                <div class="output value" role="group" aria-label="Value"><pre>true</pre></div>
                <div class="output error" role="group" aria-label="Error"><span class="output-kind" aria-hidden="true">Error</span><p><strong class="error-name">Bad</strong>: x &lt; y (line 3)</p></div>
                </div>

                """)
    }

    @Test(
        "Text wraps; what is set in columns or drawn keeps its lines",
        arguments: [
            ("one two. Two spaces.  After a sentence\n", false), ("a  b\n", true), ("  indented\n", false), ("a\tb\n", true), ("| a | b |\n", true),
            ("a||b\n", false), ("┌──┐\n", true), ("x\n  y   z\n", true), ("“quoted” — text…\n", false),
        ])
    func columns(text: String, areKept: Bool) {
        let body = render("```swift\n#| label: a\nx\n```\n", outputs: ["a": [.stream(.standardOutput, text)]]).bodyText
        #expect(body.contains("<pre class=\"columns\">") == areKept)
    }

    @Test("An error whose text begins with its type is not named twice")
    func errorNames() {
        let error = CellError(kind: .thrown, name: "Broken", message: "Broken(code: 3)", line: 4)
        let body = render("```swift\n#| label: a\nx\n```\n", outputs: ["a": [.error(error)]]).bodyText
        #expect(body.contains("<p><strong class=\"error-name\">Broken</strong>(code: 3) (line 4)</p>"))
    }

    @Test("Columns of prose in tables of many columns are marked as wide")
    func wideColumns() {
        let prose = "a cell with more than thirty-two characters"
        #expect(
            render("| a | b | c | d |\n|---|---|---|---|\n| 1 | 2 | \(prose) | 4 |\n").bodyText.contains("<th scope=\"col\" class=\"wide\">c</th>"))
        #expect(!render("| a | b |\n|---|---|\n| 1 | \(prose) |\n").bodyText.contains("wide"))
    }

    @Test("Options decide what of a cell is shown")
    func options() {
        let outputs: [String: [CellOutput]] = [
            "a": [.stream(.standardOutput, "**bold**\n"), .stream(.standardError, "careful\n")], "b": [.stream(.standardOutput, "x\n")],
            "c": [.stream(.standardOutput, "x\n")],
        ]
        #expect(
            render("```swift\n#| label: a\n#| echo: false\n#| output: asis\n#| warning: false\nprint()\n```\n", outputs: outputs).bodyText == """
                <div class="cell" id="a" data-status="succeeded">
                <div class="output asis">
                <p><strong>bold</strong></p>
                </div>
                </div>

                """)
        #expect(render("```swift\n#| label: b\n#| include: false\nprint()\n```\n", outputs: outputs).bodyText == "")
        #expect(render("```swift\n#| label: c\n#| output: false\n#| echo: false\nprint()\n```\n", outputs: outputs).bodyText == "")
        #expect(
            render("```{swift}\n#| label: c\n#| echo: fenced\n#| output: false\nprint()\n```\n", outputs: outputs).bodyText == """
                <div class="cell" id="c" data-status="succeeded">
                <pre><code class="language-text">```{swift}
                #| label: c
                #| echo: fenced
                #| output: false
                print()
                ```</code></pre>
                </div>

                """)
        let folded = render("```swift\n#| code-fold: show\n#| code-summary: \"<b>\"\n#| code-line-numbers: \"2\"\nlet a = 1\nlet b = 2\n```\n")
            .bodyText
        #expect(folded.contains("<details class=\"cell-fold\" open><summary>&lt;b&gt;</summary>"))
        #expect(folded.contains("<span class=\"line highlighted\"><span class=\"tok-keyword\">let</span> b = 2</span>"))
    }

    @Test("Without a record a cell says that it has not been run")
    func notRun() {
        #expect(render("```swift\n1\n```\n", outputs: nil).bodyText.contains("<p class=\"cell-note\">This cell has not been run.</p>"))
    }

    @Test("Inline values stand in the prose")
    func inlineValues() {
        let page = render("Two is `{swift} 1 + 1`.\n", outputs: ["inline-1": [.result(MIMEBundle(plainText: "2 & more"))]])
        #expect(page.bodyText == "<p>Two is 2 &amp; more.</p>\n")
        #expect(page.plainText == "Two is 2 & more.\n")
    }

    @Test("Figures, tables and equations are numbered and referred to")
    func references() {
        let page = render(
            """
            See @fig-a, @tbl-t and @fig-plot; not me@fig-a.org.

            ![A plot](a.png){#fig-a}

            | x |
            |---|
            | 1 |

            : Numbers {#tbl-t}

            ```swift
            #| label: fig-plot
            #| fig-cap: "*Drawn* as in @fig-a"
            plot()
            ```
            """,
            outputs: ["fig-plot": [.display(MIMEBundle([.init("image/svg+xml", .text("<?xml version=\"1.0\"?><svg></svg>"))]), metadata: [:])]])
        #expect(
            page.bodyText.contains(
                "See <a href=\"#fig-a\" class=\"reference\">Figure\u{A0}1</a>, <a href=\"#tbl-t\" class=\"reference\">Table\u{A0}1</a>"))
        #expect(page.bodyText.contains("<figcaption>Figure\u{A0}1: A plot</figcaption>"))
        #expect(page.bodyText.contains("<caption>Table\u{A0}1: Numbers</caption>"))
        #expect(page.bodyText.contains("<svg role=\"img\""))
        #expect(
            page.bodyText.contains(
                "<figcaption>Figure\u{A0}2: <em>Drawn</em> as in <a href=\"#fig-a\" class=\"reference\">Figure\u{A0}1</a></figcaption>"))
    }

    @Test("Works are cited from BibTeX and CSL-JSON")
    func citations() {
        var options = PageOptions()
        options.bibliography = [
            (
                "a.bib",
                "@article{dettmers, author = {Dettmers, Tim and Zettlemoyer, Luke}, title = {8-bit {O}ptimizers}, journal = {ICLR}, year = 2022}"
            ),
            ("c.bib", "@book{texbook, author = {Donald E. Knuth}, title = {The {\\TeX}book}, year = 1984}"),
            ("b.json", #"[{"id": "knuth", "author": [{"family": "Knuth", "given": "Donald"}], "issued": {"date-parts": [[1984]]}, "title": "TeX"}]"#),
        ]
        let page = render("As @knuth says [see @dettmers, p. 3; @texbook].\n", options: options)
        #expect(page.bodyText.contains("<em>The TeXbook</em>"))
        #expect(page.bodyText.contains("As <span class=\"citation\">Knuth (<a href=\"#ref-knuth\" role=\"doc-biblioref\">1984</a>)</span> says"))
        #expect(page.bodyText.contains("(see <a href=\"#ref-dettmers\" role=\"doc-biblioref\">Dettmers and Zettlemoyer 2022</a>, p. 3;"))
        #expect(page.bodyText.contains("<li id=\"ref-dettmers\">Dettmers, Tim, and Luke Zettlemoyer. 2022. “8-bit Optimizers.” <em>ICLR</em>.</li>"))
    }

    @Test("Math becomes MathML", .enabled(if: fileExists("/usr/share/javascript/katex/katex.min.js"), "KaTeX is not installed"))
    func math() {
        let page = render("Let $x^2$.\n\n$$\n\\frac{a}{b}\n$$\n\nBad $\\frac{$.\n")
        #expect(page.bodyText.contains("<p>Let <math xmlns=\"http://www.w3.org/1998/Math/MathML\">"))
        #expect(page.bodyText.contains("<div class=\"math-block\"><math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\">"))
        #expect(page.diagnostics.map(\.identifier) == ["bad-math"])
        #expect(page.diagnostics.first?.range?.start.line == 7)
    }

    @Test(
        "Other languages are highlighted",
        .enabled(if: fileExists("/usr/share/javascript/highlight.js/highlight.min.js"), "highlight.js is not installed"))
    func otherLanguages() {
        #expect(render("```python\ndef f(): pass\n```\n").bodyText.contains("<span class=\"hljs-keyword\">def</span>"))
        #expect(render("```nosuch\n<a>\n```\n").bodyText == "<pre><code class=\"language-nosuch\">&lt;a&gt;</code></pre>\n")
    }

    @Test("Nothing that was not asked to be HTML is HTML")
    func escaping() {
        let evil = "<script>alert(1)</script>\" onload=\"x"
        let page = render(
            "---\ntitle: '<b>'\n---\n## H `<i>`\n\n![<u>](x \"<s>\")\n\n[a](<y\"z> \"<q>\")\n\n```swift\n#| label: a\n#| fig-cap: a < b\n1\n```\n\n```{.x title=\"<b>\"}\n<b>\n```\n",
            outputs: [
                "a": [
                    .stream(.standardOutput, evil), .stream(.standardError, evil), .result(MIMEBundle(plainText: evil)),
                    .display(MIMEBundle([.init("application/json", .json(["<b>": .string(evil)]))]), metadata: [:]),
                    .display(MIMEBundle([.init("image/png", .binary([1, 2, 3])), .init("text/plain", .text(evil))]), metadata: [:]),
                    .error(CellError(kind: .thrown, name: evil, message: evil, details: [evil])),
                    .diagnostics([Diagnostic(.warning, identifier: "x", summary: evil, path: evil)]),
                ]
            ])
        for tag in ["<script", "<b>", "<i>", "<u>", "<s>", "<q>", "\" onload"] { #expect(!page.bodyText.contains(tag), "\(tag)") }
    }
}
