import Markdown
import SourceText
import Testing

/// The dump without its first line, which is always the document.
private func tree(_ text: String) -> String {
    MarkdownDocument(parsing: text).dump().split(separator: "\n").dropFirst().map { String($0.dropFirst(2)) }.joined(separator: "\n")
}

@Suite("What is understood beyond CommonMark")
struct ExtensionTests {
    @Test("Bars in a formula do not part a table's cells where there are too many")
    func formulasInTables() {
        let table = tree("| a | b |\n| - | - |\n| abs | $|x|$ |\n| $5 | $6 |\n| $P(A \\| B)$ | $c$ |\n")
        #expect(table.contains("math \"|x|\""))
        #expect(table.contains("\"$5\"") && table.contains("\"$6\""))
        #expect(table.contains("math \"P(A | B)\""))
    }

    @Test("Pictures that are opened by the thousand and never end are text, as they stand")
    func openPictures() {
        let text = String(repeating: "![[]()", count: 1500)
        let document = MarkdownDocument(parsing: text + "\n\n![a](b)\n")
        let texts = document.nodes.compactMap { if case .text(let text) = $0.kind { text } else { nil } }
        #expect(texts.joined() == String(repeating: "![", count: 1500) + "a")
        #expect(document.nodes.count { if case .link = $0.kind { true } else { false } } == 1500)
        #expect(document.nodes.count { if case .image = $0.kind { true } else { false } } == 1)
    }

    @Test("Attributes that never end are text")
    func endlessAttributes() {
        #expect(!tree(String(repeating: "[a]{", count: 20_000)).contains("span"))
        #expect(tree("[a]{.b}").contains("b"))
    }

    @Test("A pipe table has a header, alignments and rows as long as its header")
    func table() {
        #expect(
            tree(
                """
                | a | b |
                | :- | -: |
                | *x* | `1\\|2` | dropped |
                | y
                """) == """
                    table left right
                      header row
                        cell
                          text "a"
                        cell
                          text "b"
                      row
                        cell
                          emphasis
                            text "x"
                        cell
                          code "1|2"
                      row
                        cell
                          text "y"
                        cell
                    """)
    }

    @Test("A table's cells see the link definitions of the document")
    func tableReferences() {
        #expect(
            tree("> | [a] |\n> |---|\n\n[a]: /url") == """
                block quote
                  table none
                    header row
                      cell
                        link /url
                          text "a"
                """)
    }

    @Test("Dollars make math by Pandoc's rules and hide what is in them")
    func math() {
        #expect(
            tree("cost $5 and $10, but $a_1 * b_2$ and `$x$` and \\$y$") == """
                paragraph
                  text "cost $5 and $10, but "
                  math "a_1 * b_2"
                  text " and "
                  code "$x$"
                  text " and $y$"
                """)
        #expect(tree("$$\na \\\\\n- b\n= c\n$$ {#eq-one}") == #"math block {#eq-one} "a \\\n- b\n= c""#)
        #expect(tree("$$ x^2 $$") == #"math block "x^2""#)
        #expect(tree("```math\ny\n```") == #"math block "y""#)
        #expect(
            tree(#"\(a_1 * b_2\) and \\(c\\)"#) == #"""
                paragraph
                  math "a_1 * b_2"
                  text " and "
                  math "c"
                """#)
        #expect(tree("\\[\ne = mc^2\n\\]") == #"math block "e = mc^2""#)
        #expect(tree(#"\[ x \]"#) == #"math block "x""#)
        #expect(tree("\\\\[\nf\n\\\\] {#eq-f}") == #"math block {#eq-f} "f""#)
        #expect(
            tree("Text\n\\begin{align}\na &= b \\\\\n- c &= d\n\\end{align}\n") == #"""
                paragraph
                  text "Text"
                math block "\begin{align}\na &= b \\\n- c &= d\n\end{align}"
                """#)
        #expect(tree(#"\begin{equation*} x \end{equation*}"#) == #"math block "\begin{equation*} x \end{equation*}""#)
        #expect(tree(#"A \[sic\] in prose, [a]\(b\), [w](x_\(y\)), and \(1, 2"#).contains("math") == false)
        #expect(tree("$$\nx^2\n\n+ y^2 = 1\n$$") == #"math block "x^2\n\n+ y^2 = 1""#)
        #expect(!tree("$$\nx^2\n\nand text\n").contains("math"))
        #expect(!tree("\\[\nx\n\nand text\n").contains("math"))
        #expect(tree(#"$a \text{ if $b$} c$"#) == "paragraph\n  math \"a \\text{ if $b$} c\"")
        #expect(tree(#"\begin{center} x \end{center}"#).contains("math") == false)
        #expect(tree("$`a`$") == "paragraph\n  math \"a\"")
    }

    @Test("Footnotes stand at the end in the order of their references")
    func footnotes() {
        #expect(
            tree("One[^b] two[^a] one[^b] none[^c].\n\n[^a]: A\n[^b]: B\n\n    more *B*\n\n[^unused]: U\n") == """
                paragraph
                  text "One"
                  footnote reference b (1.1)
                  text " two"
                  footnote reference a (2.1)
                  text " one"
                  footnote reference b (1.2)
                  text " none[^c]."
                footnote b
                  paragraph
                    text "B"
                  paragraph
                    text "more "
                    emphasis
                      text "B"
                footnote a
                  paragraph
                    text "A"
                """)
    }

    @Test("Callouts of GitHub and of Quarto are the same node")
    func callouts() {
        #expect(
            tree("> [!WARNING]\n> Hot *stuff*.\n>\n> More.") == """
                callout warning
                  paragraph
                    text "Hot "
                    emphasis
                      text "stuff"
                    text "."
                  paragraph
                    text "More."
                """)
        #expect(
            tree("::: {.callout-tip collapse=\"true\"}\n## Read *this*\nBody\n\n- item\n:::\nAfter") == """
                callout tip "Read this" collapsed
                  paragraph
                    text "Body"
                  list tight
                    item
                      paragraph
                        text "item"
                paragraph
                  text "After"
                """)
    }

    @Test("Callouts by their kind's name, with a title, in lists and quotes")
    func namedCallouts() {
        #expect(
            tree(":::note\nOne\n:::\n\n::: warning Mind *this*\nTwo\n:::\n") == """
                callout note
                  paragraph
                    text "One"
                callout warning "Mind *this*"
                  paragraph
                    text "Two"
                """)
        #expect(
            tree("- item\n  :::tip\n  Inside\n  :::\n- next\n\n> quoted\n> :::caution\n> Inside\n> :::\n> after\n\nEnd") == """
                list tight
                  item
                    paragraph
                      text "item"
                    callout tip
                      paragraph
                        text "Inside"
                  item
                    paragraph
                      text "next"
                block quote
                  paragraph
                    text "quoted"
                  callout caution
                    paragraph
                      text "Inside"
                  paragraph
                    text "after"
                paragraph
                  text "End"
                """)
        #expect(
            tree("1. item\n\n   :::tip\n   Inside, never closed\n\nEnd") == """
                list from 1 loose
                  item
                    paragraph
                      text "item"
                    callout tip
                      paragraph
                        text "Inside, never closed"
                paragraph
                  text "End"
                """)
        #expect(!tree("    :::note\n    code\n").contains("callout"))
    }

    @Test("Headings and images take attributes")
    func attributes() {
        #expect(
            tree("## Two *words* here {#id .class}") == """
                heading 2 {#id .class}
                  text "Two "
                  emphasis
                    text "words"
                  text " here"
                """)
        #expect(
            tree("![Alt](x.png){#fig-a width=50%} rest") == """
                paragraph
                  image x.png {#fig-a width=50%}
                    text "Alt"
                  text " rest"
                """)
    }

    @Test("Struck text, task items and bare links are GitHub's")
    func gitHub() {
        #expect(
            tree("- [x] ~~done *it*~~\n- [ ] www.a.org, \\~no\\~") == """
                list tight
                  item [x]
                    paragraph
                      strikethrough
                        text "done "
                        emphasis
                          text "it"
                  item [ ]
                    paragraph
                      link http://www.a.org
                        text "www.a.org"
                      text ", ~no~"
                """)
    }

    @Test("Ranges are the author's, also after what was rewritten")
    func ranges() {
        let file = SourceFile(path: "a.md", text: "---\nx: 1\n---\n\n| a |\n|---|\n| `b` |\n\n$m$ and `code`\n")
        let dump = MarkdownDocument(parsing: file, fromLine: 4).dump(showsRanges: true)
        #expect(dump.contains("code \"code\" @9:10-9:14"))
        #expect(dump.contains("table none @5:1-8:1"))
        #expect(dump.contains("code \"b\" @7:4-7:5"))
    }

    @Test("Twelve thousand levels of nesting are a tree like any other", arguments: [("> ", ""), ("- ", ""), ("*a _b ", " b_ a*"), ("[", "](x)")])
    func depth(mark: (open: String, close: String)) {
        let text = String(repeating: mark.open, count: 12_000) + "x $y$ ~~z~~" + String(repeating: mark.close, count: 12_000)
        let document = MarkdownDocument(parsing: text)
        #expect(document.plainText(of: 0).contains("x y z"))
        #expect(document.nodes[0].end == document.nodes.count)
        #expect(document.nodes.count > (mark.open == "[" ? 3 : 12_000))
    }

    @Test("A code block says whether its fence was closed")
    func fences() {
        #expect(tree("```swift\nlet a = 1") == #"code block fenced unclosed (swift) "let a = 1\n""#)
        #expect(tree("    ```\n    x") == #"code block "```\nx\n""#)
        #expect(tree("~~~ {swift}\r\nlet a = 1\r\n~~~\r\n") == #"code block fenced ({swift}) "let a = 1\n""#)
    }
}

@Suite("Large and deep texts")
struct LargeTextTests {
    @Test("a table of a long header and many short rows has no more cells than its text is long")
    func multipliedTable() {
        let header = String(repeating: "|a", count: 5000) + "|\n" + String(repeating: "|-", count: 5000) + "|\n"
        let document = MarkdownDocument(parsing: header + String(repeating: "x\n", count: 5000))
        #expect(document.nodes.count < 400_000)
        #expect(document.nodes.count { if case .tableRow = $0.kind { true } else { false } } == 5001)
        #expect(document.nodes.count { $0.kind == .text("x") } == 5000)
    }

    @Test(
        "deep and unclosed constructs are read",
        arguments: [
            ">", "> ", "- ", "1. ", "[", "![", "*", "**a ", "_", "`", "``a`", "$", "$$\n", "::: {.a}\n", "<a>", "<!--", "<", "~~", "^[", "[^a]", "((",
            "{", "|", "| a\n", "#", "\\\\(", "&", "@", "http://a.", "a@b.", "  ",
        ]
    )
    func deep(part: String) {
        let text = String(repeating: part, count: 3000)
        for whole in [text, text + "x\n\ny", "x\n\n" + text + "\n"] { #expect(!MarkdownDocument(parsing: whole).nodes.isEmpty) }
    }
}

@Suite("Dollars beside code")
struct DollarsBesideCodeTests {
    @Test(
        "No formula reaches into a code span",
        arguments: [
            "from $0.20/kWh. `$HOME` and `$PATH:$HOME`.\n", "it is $5 with `cmd`, or US$\n", "$$5 and `$$` more\n", "a `$x` b $5 `y$` c\n",
        ])
    func codeSpans(text: String) {
        let dump = tree(text)
        #expect(!dump.contains("math"))
        #expect(dump.contains("code"))
    }

    @Test(
        "Quotes of TeX in a formula's text are no code, and formulas beside code stay",
        arguments: ["$\\text{``a'' and ``b''}$ `c`\n", "`a` $x$ `b`\n"])
    func quotes(text: String) {
        #expect(tree(text).contains("math"))
    }
}

@Suite("Which dollars are a formula's")
struct DollarRuleTests {
    @Test(
        "Prices, variables and patterns are none",
        arguments: [
            "Egress costs 0.05$/GB, while ours is 0.04$/GB.", "He paid 100$. She paid 50$ more", "Costs 5$, then 6$, or 10$-20$.",
            "$USER@$HOST:$PORT",
            "PATH=$PATH:$HOME/bin", "$PWD/$OLDPWD", "\"$a$b\"", "a$b$c", "${a}${b}", "$($x:expr),*", "Regex ^a$ and ^b$; /foo$/", "foo_$bar_$baz",
            "$B$2:$C$3", "| a |\n|---|\n| 5$ and 6$ |",
        ])
    func none(text: String) {
        #expect(!tree(text + "\n").contains("math"), "\(text)")
    }

    @Test(
        "What TeX alone writes is one beside letters, too",
        arguments: [
            ("CO$_2$ and H$_2$O", "_2"), ("90$^\\circ$C", "^\\circ"), ("10 $\\mu$m", "\\mu"), ("the $n$th", "n"), ("two $x$s", "x"),
            ("$k$-means", "k"),
            ("($x$)", "x"), ("$5$ and", "5"), ("中文$x$中文", "x"), ("| a |\n|---|\n| H$_2$O |", "_2"),
        ])
    func formulas(text: String, formula: String) {
        #expect(tree(text + "\n").contains("math \"\(formula)\""), "\(tree(text + "\n"))")
    }
}
