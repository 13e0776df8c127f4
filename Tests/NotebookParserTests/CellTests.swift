import NotebookModel
import NotebookParser
import SourceText
import Testing

private func parse(_ text: String) -> (Notebook, [String]) {
    let (parsed, diagnostics) = NotebookParsing.parse(SourceFile(path: "post.md", text: text))
    return (parsed.notebook, diagnostics.map(\.description))
}

@Suite("Cells of a notebook")
struct CellTests {
    @Test("Fences marked swift are cells, directives are blanked and set options")
    func directives() {
        let (notebook, diagnostics) = parse(
            """
            # Title

            ```swift
            # | echo: false
            #|warning : false
            //   |   label: first
            #| depends:
            #|   - a.csv
            #|   - b.csv
            # | volatile
            let a = 1
            # | eval: false
            ```

            ```python
            no cell
            ```

            ```{swift}
            a
            ```
            """)
        #expect(diagnostics == [])
        #expect(notebook.cells.map(\.id) == ["first", "cell-2"])
        #expect(notebook.cells[0].source == "\n\n\n\n\n\n\nlet a = 1\n# | eval: false\n")
        #expect(notebook.cells[0].firstLine == 4)
        #expect(notebook.cells[0].options.echo == .hidden)
        #expect(!notebook.cells[0].options.warning)
        #expect(notebook.cells[0].options.volatile)
        #expect(notebook.cells[0].options.eval)
        #expect(notebook.cells[0].options.dependencies == ["a.csv", "b.csv"])
        #expect(notebook.cells[1].source == "a\n")
    }

    @Test("A cell's option wins over execute, execute over the default")
    func precedence() {
        let (notebook, diagnostics) = parse("---\nexecute:\n  echo: false\n  timeout: 5\n---\n```swift\n#| echo: fenced\n1\n```\n```swift\n2\n```\n")
        #expect(diagnostics == [])
        #expect(notebook.cells[0].options.echo == .fenced)
        #expect(notebook.cells[1].options.echo == .hidden)
        #expect(notebook.cells.map(\.options.timeout) == [5, 5])
    }

    @Test("Inline values are cells in the order of the text")
    func inlineValues() {
        let (notebook, _) = parse("It is `{swift} 1 + 1`.\n\n```swift\nlet x = 2\n```\n\nAnd $m$ `{swift} x` too.\n")
        #expect(notebook.cells.map(\.id) == ["inline-1", "cell-1", "inline-2"])
        #expect(notebook.cells.map(\.source) == ["1 + 1", "let x = 2\n", "x"])
        #expect(notebook.cells[0].firstLine == 1)
        #expect(notebook.cells[0].indentation == 15)
        #expect(notebook.cells[2].firstLine == 7)
        #expect(notebook.cells[2].indentation == 17)
    }

    @Test("Mistakes are named on their lines, with a suggestion")
    func mistakes() {
        let (_, diagnostics) = parse("```swift\n#| ecko: false\n#| timeout: soon\n#| fig-width: 3\n#| label: a b\n1\n```\n")
        #expect(
            diagnostics == [
                "post.md:2:4: warning: there is no option “ecko”\n  help: Did you mean “echo”?",
                "post.md:3:13: warning: “timeout” takes a number of seconds above 0, not “soon”",
                "post.md:4:4: warning: the option “fig-width” has no effect in Galley",
                "post.md:5:11: warning: the label “a b” is no name for a cell\n  help: Use letters, digits, “-” and “_”, at most 64",
            ])
    }

    @Test("An unclosed fence, a label used twice and bad YAML are errors")
    func errors() {
        #expect(
            parse("```swift\n#| label: a\n```\n```swift\n#| label: a\n").1 == [
                "post.md:4:1: error: the code block that begins here has no end\n  help: Close it with a line of as many backticks or tildes as it was opened with",
                "post.md:5:11: error: the label “a” is used twice\npost.md:2:11: note: it was first used here\n  help: Give one of the cells another label",
            ])
        #expect(parse("---\ntitle: [a\n---\ntext\n").1.first?.hasPrefix("post.md:3:1: error: the front matter is not YAML") == true)
        #expect(
            parse("---\ntitle: a\ntext\n").1 == [
                "post.md:1:1: error: the front matter that begins here has no end\n  help: Close it with a line `---`"
            ])
        #expect(parse("").1 == [])
    }

    @Test("A block of another language ends with its quotation, list or file; what may have taken cells along does not")
    func unclosedDisplay() {
        #expect(parse("> ```js\n> f()\n\nAfter\n").1 == [])
        #expect(parse("- ```js\n  f()\n\nAfter\n").1 == [])
        #expect(parse("```js\nf()\n").1.first?.hasPrefix("post.md:1:1: warning: the code block that begins here has no end") == true)
        #expect(parse("~~~js\nf()\n\n```swift\n1\n```\n").1.first?.hasPrefix("post.md:1:1: error: the code block that begins here") == true)
        #expect(parse("> ```swift\n> 1\n\nAfter\n").1.first?.hasPrefix("post.md:1:3: error: the code block that begins here") == true)
    }

    @Test("Fence attributes set options")
    func fenceAttributes() {
        let (notebook, diagnostics) = parse("```{swift #one .wide echo=false}\n1\n```\n```{swift, eval=FALSE}\n2\n```\n")
        #expect(diagnostics == [])
        #expect(notebook.cells[0].id == "one")
        #expect(notebook.cells[0].options.echo == .hidden)
        #expect(!notebook.cells[1].options.eval)
    }

    @Test(
        "Code whose language is a class of its block is shown and never run",
        arguments: [
            "{.swift}", "{ .swift }", "{.swift .numberLines}", "{.swift filename=\"a.swift\"}", "{#one .swift}", "{.swift eval=true}", "{{swift}}",
        ])
    func displayOnly(info: String) {
        let (notebook, diagnostics) = parse("```\(info)\n!touch x\n```\n\n~~~ \(info)\nlet a = 1\n~~~\n")
        #expect(notebook.cells.isEmpty)
        #expect(diagnostics == [])
    }

    @Test(
        "What stands behind the language and says that the code is not run is heeded",
        arguments: ["swift eval=false", "swift eval=\"false\"", "swift noeval", "swift no-run", "swift,norun", "swift title=\"a\" eval=FALSE"])
    func notRun(info: String) {
        let (notebook, diagnostics) = parse("```\(info)\nlet a = 1\n```\n")
        #expect(notebook.cells.allSatisfy { !$0.options.eval })
        #expect(diagnostics == [], "\(diagnostics)")
    }

    @Test(
        "Where execution is turned off no cell runs, whatever it says itself",
        arguments: [
            "execute:\n  enabled: false", "execute:\n  enabled: \"No\"\n  eval: true", "execute: false", "execute: {enabled: off, echo: true}",
        ])
    func disabled(lines: String) {
        let (notebook, diagnostics) = parse("---\n\(lines)\n---\n```swift\n#| eval: true\n1\n```\n```{swift, eval=TRUE}\n2\n```\n`{swift} 1`\n")
        #expect(notebook.cells.map(\.options.eval) == [false, false, false])
        #expect(diagnostics == [])
        let printed = NotebookPrinting.text(of: notebook)
        let (again, _) = parse(printed)
        #expect(again.cells.map(\.options) == notebook.cells.map(\.options) && !again.frontMatter.runsCells)
    }

    @Test(
        "What may have been to keep a cell from running or an output from the page is not guessed",
        arguments: [
            "#| eval: perhaps", "#| include: nope", "#| output: hidden", "#| eval:false", "#| evall: false", "#| incldue: no", "#| hide: ture",
            "#| results: none",
        ])
    func unclearOptions(line: String) {
        let diagnostics = parse("```swift\n\(line)\n1\n```\n").1
        #expect(diagnostics.count == 1 && diagnostics[0].contains(": error: "), "\(diagnostics)")
    }

    @Test("Truth values count however they are written")
    func truthValues() {
        let (notebook, diagnostics) = parse("```swift\n#| eval: \"false\"\n#| include: 'No'\n#| echo: OFF\n#| error: 1\n1\n```\n")
        #expect(diagnostics == [])
        let options = notebook.cells[0].options
        #expect(!options.eval && !options.include && options.echo == .hidden && options.error)
    }

    @Test("An unreadable key that turns execution off is an error")
    func unclearExecution() {
        for lines in ["execute:\n  enabled: perhaps", "execute:\n  enable: false", "execute: never"] {
            let diagnostics = parse("---\n\(lines)\n---\n```swift\n1\n```\n").1
            #expect(diagnostics.count == 1 && diagnostics[0].contains(": error: "), "\(diagnostics)")
        }
    }

    @Test("Ten thousand cells are found, each with a name of its own")
    func manyCells() {
        var text = ""
        for number in 0..<10_000 {
            text += "Paragraph \(number) with $x_{\(number)}$ and `{swift} a`.\n\n```swift\n#| echo: false\nlet a\(number) = 1\n```\n\n"
        }
        let (notebook, diagnostics) = parse(text)
        #expect(diagnostics == [])
        #expect(notebook.cells.count == 20_000)
        #expect(Set(notebook.cells.map(\.id)).count == 20_000)
        #expect(notebook.cells.last?.id == "cell-10000")
        #expect(notebook.cells.last?.firstLine == 10_000 * 7 - 3)
    }

    @Test("An inline value is found where it stands, also after a lazy line and beside its like")
    func inlinePlaces() {
        let (notebook, _) = parse("> one\n  `{swift} a` and `{swift} a`\n\n| x |\n|---|\n| `{swift} b` |\n")
        #expect(notebook.cells.map(\.firstLine) == [2, 2, 6])
        #expect(notebook.cells.map(\.indentation) == [11, 27, 11])
    }
}
