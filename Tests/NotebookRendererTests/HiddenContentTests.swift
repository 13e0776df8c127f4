import JSON
import Markdown
import NotebookModel
import NotebookRenderer
import SourceText
import Testing

@Suite("What an author keeps from pages")
struct HiddenContentTests {
    @Test(
        "Hidden content is nowhere in the page",
        arguments: [
            "::: {.content-hidden}\nSECRET\n:::", "::: {.content-hidden when-format=\"html\"}\nSECRET\n:::", "::: content-hidden\nSECRET\n:::",
            "::: .content-hidden\nSECRET\n:::", "::: {.content-visible when-format=\"pdf\"}\nSECRET\n:::",
            "::: {.content-visible when-format=pdf}\nSECRET\n:::",
            "::: {.content-visible unless-format=\"html\"}\nSECRET\n:::", "::: {.content-visible unless-format='HTML'}\nSECRET\n:::",
            "::: {.hidden}\nSECRET\n:::",
            "::::: {#id .wide .content-hidden unless-format=\"pdf\" data-x=1}\n\n::: {.x}\nSECRET\n:::\n\n- SECRET\n\n:::::",
            "::: {.x}\n::: {.content-visible when-format=\"docx\"}\nSECRET\n:::\n:::", "> ::: {.content-hidden}\n> SECRET\n> :::",
            "- item\n\n  ::: {.content-hidden}\n  SECRET\n  :::",
            "::: {.callout-note .content-hidden}\n## SECRET\n\nSECRET\n:::",
            "::: {.content-hidden .callout-tip title=\"SECRET\" when-format=\"html\"}\nSECRET\n:::",
            "::: {.content-hidden}\n# SECRET\n\n```python\nSECRET\n```\n\n| SECRET |\n|---|\n| SECRET |\n\n$SECRET$ ![SECRET](SECRET.png)\n:::",
            "[SECRET]{.content-hidden}", "a [SECRET *SECRET* `SECRET`]{.content-visible when-format=\"pdf\"} b", "*[SECRET]{.hidden}*",
            "[[SECRET](SECRET.html)]{.hidden}",
            "[SECRET](SECRET.html){.content-hidden}", "`SECRET`{.hidden}", "[SECRET\nSECRET]{.content-hidden\nwhen-format=\"html\"}",
            "![SECRET](SECRET.png){.hidden}",
            "## SECRET {.hidden}", "```{.python .content-hidden when-format=\"html\"}\nSECRET\n```", "| a |\n|---|\n| [SECRET]{.hidden} |",
            "::: {.content-visible when-profile=\"draft\"}\nSECRET\n:::", "::: {.content-visible when-meta=\"nothing\"}\nSECRET\n:::",
            "::: {.content-hidden}\nText[^1].\n:::\n\n[^1]: SECRET", "::: {.content-hidden when-format=\"html,pdf\"}\nSECRET\n:::",
            "::: {.content-hidden}\nSECRET, never closed",
            "::: {.content-visible when-format=\"html\" when-profile=\"x\"}\nSECRET\n:::", "::: {.d-none}\nSECRET\n:::",
        ])
    func hidden(text: String) {
        let page = render("Before.\n\n" + text + "\n\n", outputs: nil)
        #expect(page.diagnostics.isEmpty, "\(page.diagnostics)")
        #expect(!page.bodyText.contains("SECRET"), "\(page.bodyText)")
        #expect(!page.plainText.contains("SECRET") && !page.summary.contains("SECRET"))
        #expect(page.links.isEmpty && page.contents.isEmpty)
        #expect(page.bodyText.contains("Before."))
    }

    @Test(
        "What is for pages is shown",
        arguments: [
            "::: {.content-visible when-format=\"html\"}\nSHOWN\n:::", "::: {.content-visible}\nSHOWN\n:::",
            "::: {.content-hidden when-format=\"pdf\"}\nSHOWN\n:::",
            "::: {.content-hidden unless-format=\"html\"}\nSHOWN\n:::", "::: {.content-visible unless-format=\"pdf\"}\nSHOWN\n:::",
            "[SHOWN]{.content-visible when-format=\"html:js\"}",
            "[SHOWN]{.mark}", "`SHOWN`{.x}", "::: {.content-visible unless-profile=\"x\"}\nSHOWN\n:::", "`[SHOWN]{.content-hidden}`", "[SHOWN]{x}",
            "a[0]{b} SHOWN",
        ])
    func shown(text: String) {
        let page = render(text + "\n", outputs: nil)
        #expect(page.diagnostics.isEmpty, "\(page.diagnostics)")
        #expect(page.bodyText.contains("SHOWN"))
    }

    @Test(
        "What cannot be understood is not shown, and is an error",
        arguments: [
            "::: {.content-hiden}\nSECRET\n:::", "::: {.Content-Hidden}\nSECRET\n:::", "::: {.content-visble when-format=\"pdf\"}\nSECRET\n:::",
            "::: {.content-visible when-fromat=\"pdf\"}\nSECRET\n:::", "::: {.content-hidden, when-format=\"html\"}\nSECRET\n:::",
            "::: {content-hidden}\nSECRET\n:::",
            "::: content-hidden when-format=\"html\"\nSECRET\n:::", "::: {.content-hidden when-format=\"html\"\nSECRET\n:::",
            "[SECRET]{.conten-hidden}",
        ])
    func unclear(text: String) {
        let page = render(text + "\n", outputs: nil)
        #expect(page.diagnostics.map(\.identifier) == ["conditional-content"], "\(page.diagnostics)")
        #expect(page.diagnostics.first?.severity == .error)
        #expect(!page.bodyText.contains("SECRET"))
    }

    @Test(
        "A mark that is no mark where it stands is an error",
        arguments: ["<div>\n::: {.content-hidden}\nSECRET\n:::\n</div>", "- ::: {.content-hidden}\n  SECRET\n", "[SECRET] {.content-hidden}"])
    func unread(text: String) {
        let page = render(text + "\n", outputs: nil)
        #expect(page.diagnostics.map(\.severity) == [.error], "\(page.diagnostics)")
    }

    @Test("What the front matter sets shows what depends on it")
    func metadata() {
        let page = render(
            "---\nteacher: true\nkind: {exam: false}\n---\n[A]{.content-visible when-meta=\"teacher\"} [B]{.content-visible when-meta=\"kind.exam\"}\n",
            outputs: nil)
        #expect(page.bodyText.contains("A") && !page.bodyText.contains("B"))
    }

    @Test("Numbers and footnotes count what is shown")
    func numbers() {
        let page = render(
            """
            A[^a].

            ::: {.content-hidden}
            ![x](x.png){#fig-x} and[^b] and[^c]

            ```swift
            #| label: fig-y
            1
            ```
            :::

            ![z](z.png){#fig-z}

            See @fig-z and[^c] and[^a].

            [^a]: Note a.
            [^b]: Note b.
            [^c]: Note c.
            """, outputs: nil)
        #expect(page.bodyText.contains("Figure\u{A0}1: z") && !page.bodyText.contains("Figure\u{A0}2"))
        #expect(page.bodyText.contains("Note a.") && page.bodyText.contains("Note c.") && !page.bodyText.contains("Note b."))
        #expect(page.bodyText.contains("href=\"#fn-2\"") && !page.bodyText.contains("href=\"#fn-3\""))
        #expect(page.diagnostics.isEmpty, "\(page.diagnostics)")
    }

    @Test("Spans keep their classes, brackets that are none stay")
    func spans() {
        #expect(
            render("a [b *c*]{.x #y} [d] [e](f)\n", outputs: nil).bodyText
                == "<p>a <span id=\"y\" class=\"x\">b <em>c</em></span> [d] <a href=\"f\">e</a></p>\n")
        #expect(
            render("[a [b]{.x} c] [[d]{.y}]{.z}\n", outputs: nil).bodyText
                == "<p>[a <span class=\"x\">b</span> c] <span class=\"z\"><span class=\"y\">d</span></span></p>\n")
        let document = MarkdownDocument(parsing: "[a]{.x}\n")
        #expect(document.dump() == "document\n  paragraph\n    span {.x}\n      text \"a\"")
    }
}

@Suite("Citations")
struct CitationTests {
    private func cite(_ text: String) -> RenderedPage {
        var options = PageOptions()
        options.bibliography = [
            (
                "b.bib",
                "@book{k, author = {Ann Key}, title = {K}, year = 2001}\n@book{m, author = {Max Mo}, title = {M}, year = 2002}\n@book{doe:2003/x, author = {Jo Doe}, title = {D}, year = 2003}\n@book{knuth1984, author = {Don Knuth}, title = {T}, year = 1984}"
            )
        ]
        return render(text + "\n", options: options)
    }

    /// The page's first paragraph without tags.
    private func plain(_ page: RenderedPage) -> String {
        var text = ""
        var inTag = false
        for character in page.bodyText.prefix(while: { $0 != "\n" }) {
            if character == "<" { inTag = true } else if character == ">" { inTag = false } else if !inTag { text.append(character) }
        }
        return text
    }

    @Test(
        "Citations say what the author wrote",
        arguments: [
            ("[well-known @k]", "(well-known Key 2001)"), ("[-@k]", "(2001)"), ("[see -@k, p. 3; e.g. @m]", "(see 2001, p. 3; e.g. Mo 2002)"),
            ("[see well-known -- @k, pp. 3-5, 7]", "(see well-known -- Key 2001, pp. 3-5, 7)"),
            ("[state-of-the-art @k]", "(state-of-the-art Key 2001)"),
            ("[@doe:2003/x]", "(Doe 2003)"), ("[@{k}, 2]", "(Key 2001, 2)"), ("[@k.]", "(Key 2001.)"), ("@k says", "Key (2001) says"),
            ("-@k says", "(2001) says"),
            ("@k [p. 9] says", "Key (2001, p. 9) says"), ("@k, @m.", "Key (2001), Mo (2002)."), ("me@k.org and x-@k", "me@k.org and x-@k"),
            ("(@k)", "(Key (2001))"),
            ("[a [b] @k]", "(a [b] Key 2001)"), ("[@fig-a]", "[@fig-a]"),
            ("[*see* @k, p. 3]", "(see Key 2001, p. 3)"), ("[@k, *vol.* 2; **also** @m]", "(Key 2001, vol. 2; also Mo 2002)"),
            ("[see [this](#x) and `code` @k] and [*e.g.* -@m].", "(see this and code Key 2001) and (e.g. 2002)."),
            ("[in $x^2$, well-*known*-work @k, [b] c] [@m]", "(in x2x^2, well-known-work Key 2001, [b] c) (Mo 2002)"),
            ("[*no* work] @k", "[no work] Key (2001)"), ("[*see @k*]", "[see Key (2001)]"), ("a [*b* @k; none] c", "a [b Key (2001); none] c"),
            ("*[see @k, p. 3]*", "(see Key 2001, p. 3)"),
        ])
    func texts(text: String, expected: String) {
        let page = cite(text)
        #expect(plain(page) == expected)
        #expect(page.diagnostics.allSatisfy { $0.identifier == "unknown-reference" }, "\(page.diagnostics)")
    }

    @Test(
        "Works that are not there are errors, with the one that was meant",
        arguments: ["[@typo]", "[@k; @typo]", "[see @knuth1985]", "@knuth1948 says", "Text.\n\n[-@typo]"])
    func unknown(text: String) {
        let page = cite(text)
        #expect(page.diagnostics.map(\.severity) == [.error], "\(page.diagnostics)")
        #expect(page.diagnostics.first?.range != nil)
        if text.contains("knuth") { #expect(page.diagnostics.first?.solutions == ["did you mean “knuth1984”?"]) }
    }

    @Test("What has no markup says in words what references and citations say")
    func plainTexts() {
        let page = cite(
            "First [*see* @k, p. 3] and @m [p. 1] of [-@k].\n\n![A *bold* tale of @k in @fig-b and @fig-a](a.svg){#fig-a}\n\n![](b.svg){#fig-b}\n")
        #expect(page.summary == "First (see Key 2001, p. 3) and Mo (2002, p. 1) of (2001).")
        #expect(page.plainText.contains("(see Key 2001, p. 3) and Mo (2002, p. 1) of (2001)."), "\(page.plainText)")
        #expect(page.bodyText.contains("alt=\"A bold tale of Key (2001) in Figure\u{A0}2 and Figure\u{A0}1\""), "\(page.bodyText)")
        #expect(page.bodyText.contains("<figcaption>Figure\u{A0}1: A <em>bold</em> tale of <span class=\"citation\">Key"), "\(page.bodyText)")
        #expect(page.bodyText.contains("<figcaption>Figure\u{A0}2</figcaption>"), "\(page.bodyText)")
        let drawn = render(
            "```swift\n#| label: fig-c\n#| fig-cap: \"*Drawn* as in @fig-c, `x`\"\nx\n```\n",
            outputs: [
                "fig-c": [.display(MIMEBundle([.init("image/svg+xml", .text("<svg xmlns='http://www.w3.org/2000/svg'></svg>"))]), metadata: [:])]
            ])
        #expect(drawn.bodyText.contains("=\"Drawn as in Figure\u{A0}1, x\""), "\(drawn.bodyText)")
    }

    @Test(
        "Comments of other tools are errors, since they would be published",
        arguments: [
            "a %%secret%% b", "%%\nsecret\n%%", "{% comment %}secret{% endcomment %}", "{%- comment -%}\nsecret\n{%- endcomment -%}",
            "{{/* secret */}}", "{{< comment >}}secret{{< /comment >}}", "{/* secret */}", "{::comment}\nsecret\n{:/comment}",
            "\\begin{comment}\nsecret\n\\end{comment}", "%% secret %%", "a %%secret%%, b", "(see) %% a b %%", "{/* more secrets */}",
        ])
    func comments(text: String) {
        #expect(cite(text).diagnostics.filter { $0.severity == .error }.map(\.identifier) == ["foreign-markup"])
    }

    @Test("Tags of other tools are told of once for each kind, and code is none")
    func tags() {
        let page = cite("{% include a.html %} {% if x %}\n\n{% endif %}\n\n{{< figure src=\"a\" >}}\n\n![[a]]\n")
        #expect(page.diagnostics.map(\.severity) == [.warning, .warning, .warning])
        for text in [
            "`{% comment %}`", "```\n{{< a >}}\n```", "100%% or 5 %% 2", "{x} {{y}}", "<!-- %%x%% -->", "%%s and %%d, then %%.", "'%%x%%'", "%%%%",
            "%%USERPROFILE%%\\file", "%%time and %%timeit", "{/* truncate */}", "{/* more */}",
        ] {
            #expect(cite(text).diagnostics.isEmpty, "\(text)")
        }
    }

    @Test("A name in the text may be a person's")
    func handles() {
        #expect(cite("Ask @swiftlang.").diagnostics.map(\.severity) == [.warning])
        #expect(render("Ask @swiftlang.\n").diagnostics.isEmpty)
        #expect(render("Says [@knuth1984].\n").diagnostics.map(\.severity) == [.warning])
    }

    @Test("Works are listed that nobody cites, and that the front matter holds")
    func silent() {
        let page = cite("---\nnocite: |\n  @m, @k\n---\nText.")
        #expect(page.bodyText.contains("ref-m") && page.bodyText.contains("ref-k") && !page.bodyText.contains("ref-knuth1984"))
        #expect(cite("---\nnocite: \"@*\"\n---\nText.").bodyText.contains("ref-knuth1984"))
        #expect(cite("---\nnocite: \"@zzzzzz\"\n---\nText.").diagnostics.map(\.severity) == [.error])
        let own = render(
            "---\nreferences:\n  - id: own\n    title: Mine\n    author: [{family: Self}]\n    issued: {date-parts: [[2020]]}\n---\n[@own]\n")
        #expect(own.bodyText.contains("Self 2020"))
    }

    /// Each string is ten of the one before.
    private static let bomb =
        "@string{a0 = \"xxxxxxxxxx\"}\n"
        + (1..<12).map { "@string{a\($0) = \(repeatElement("a\($0 - 1)", count: 10).joined(separator: " # "))}\n" }.joined()
        + "@article{q, title = a11}"

    @Test(
        "A bibliography that cannot be read, or holds nothing, is an error",
        arguments: ["@book{a, title = {x", "references:\n- id: a\n", "[{]", bomb])
    func badBibliography(text: String) {
        var options = PageOptions()
        options.bibliography = [("b.bib", text)]
        #expect(render("Text.\n", options: options).diagnostics.map(\.severity) == [.error])
    }

    @Test("Many brackets take no time worth measuring")
    func brackets() {
        let page = cite(String(repeating: "[", count: 20_000) + "@k")
        #expect(page.bodyText.contains("Key ("))
    }
}
