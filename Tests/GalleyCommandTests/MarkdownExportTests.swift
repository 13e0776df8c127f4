import GalleyCommand
import Groundwork
import JSON
import NotebookModel
import NotebookParser
import SourceText
import Testing

private func exported(_ source: String, _ outputs: [String: [CellOutput]]) -> MarkdownExport {
    let (parsed, diagnostics) = NotebookParsing.parse(SourceFile(path: "post.md", text: source))
    #expect(diagnostics.isEmpty)
    let cells = parsed.notebook.cells.compactMap { cell in
        outputs[cell.id].map {
            CellRecord(
                id: cell.id, key: ContentKey([cell.source]), status: .succeeded, outputs: $0, source: cell.source, executionCount: 1, duration: 0,
                residentBytes: nil)
        }
    }
    let environment = RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 1, gpus: [])
    let record = RunRecord(mode: .fresh, cells: cells, environment: environment, parameters: [], date: "", duration: 0)
    return MarkdownExport(parsed, record: record, pictureFolder: "post_files")
}

@Suite("A notebook as Markdown with its outputs")
struct MarkdownExportTests {
    @Test("prose stands, the title becomes a heading, text outputs follow their cell")
    func textOutputs() {
        let export = exported(
            """
            ---
            title: Sums
            ---

            Adding *two* numbers gives `{swift} 1 + 1`.

            ```swift
            //| label: sum
            print(1 + 1)
            ```

            The end.

            """,
            [
                "sum": [.stream(.standardOutput, "\u{1B}[1m2\u{1B}[0m\n")],
                "inline-1": [.result(MIMEBundle(plainText: "2"))],
            ])
        #expect(
            export.text == """
                # Sums

                Adding *two* numbers gives 2.

                ```swift
                print(1 + 1)
                ```

                ```text
                2
                ```

                The end.

                """)
        #expect(export.pictures.isEmpty)
    }

    @Test("a cell in a list keeps its indentation, and its outputs take it over")
    func indentation() {
        let export = exported("- first\n\n  ```swift\n  print(1)\n  ```\n\n- second\n", ["cell-1": [.stream(.standardOutput, "1\n")]])
        #expect(export.text == "- first\n\n  ```swift\n  print(1)\n  ```\n  \n  ```text\n  1\n  ```\n\n- second\n")
    }

    @Test("pictures become files that the text refers to")
    func pictures() {
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47]
        let bundle = MIMEBundle([.init("image/png", .binary(png)), .init("text/plain", .text("a picture"))])
        let export = exported("```swift\nplot()\n```\n", ["cell-1": [.result(bundle), .result(bundle)]])
        #expect(export.pictures == ["post_files/cell-1-1.png": png, "post_files/cell-1-2.png": png])
        #expect(export.text.contains("![a picture](<post_files/cell-1-2.png>)"))
    }

    @Test("pictures and charts have their alternative texts")
    func alternatives() {
        let svg = "<svg role=\"img\" aria-label=\"Line chart: 2 &lt; 3\"/>"
        let chart = MIMEBundle([
            .init("text/html", .text("<div>\(svg)</div>")), .init("image/svg+xml", .text(svg)), .init("text/plain", .text("0 1")),
        ])
        let dot = MIMEBundle([.init("image/svg+xml", .text("<svg/>")), .init("text/plain", .text("a [dot]"))])
        let nameless = MIMEBundle([.init("image/png", .binary([0x89])), .init("text/plain", .text("<image/png>"))])
        func text(_ options: String, _ bundles: MIMEBundle...) -> String {
            exported("```swift\n\(options)plot()\n```\n", ["cell-1": bundles.map { .result($0) }]).text
        }
        #expect(text("", chart).contains("![Line chart: 2 \\< 3](<post_files/cell-1-1.svg>)"))
        #expect(text("#| fig-alt: my words\n#| fig-cap: Cap.\n", chart).contains("![my words](<"))
        #expect(text("", dot).contains("![a \\[dot\\]](<"))
        #expect(text("#| fig-cap: Cap.\n", nameless).contains("![Cap.](<"))
        #expect(text("", nameless).contains("![](<"))
        let both = text("#| fig-alt: both\n", dot, nameless)
        #expect(both.contains("![both: a \\[dot\\]](<") && both.contains("![both (2 of 2)](<"))
    }

    @Test("a caption stands once, under the last thing that can be looked at, and tables have theirs")
    func captions() {
        let picture = MIMEBundle([.init("image/svg+xml", .text("<svg/>")), .init("text/plain", .text("p"))])
        let table = MIMEBundle([.init("text/markdown", .text("| a |\n| - |\n| 1 |")), .init("text/plain", .text("a"))])
        func text(_ options: String, _ bundles: [MIMEBundle]) -> String {
            exported("```swift\n\(options)plot()\n```\n", ["cell-1": bundles.map { .result($0) }]).text
        }
        let two = text("#| fig-cap: Cap.\n", [picture, picture])
        #expect(two.split(separator: "*Cap.*", omittingEmptySubsequences: false).count == 2 && two.contains("cell-1-2.svg>)\n\n*Cap.*"))
        #expect(text("#| tbl-cap: A table.\n", [table]).contains("| 1 |\n\n*A table.*"))
        #expect(text("#| fig-cap: With *marks*.\n", [picture]).contains("\n\nWith *marks*."))
    }

    @Test("output with fences in it is fenced more strongly")
    func fences() {
        let export = exported("```swift\nprint()\n```\n", ["cell-1": [.stream(.standardOutput, "```\nx\n```\n")]])
        #expect(export.text.contains("````text\n```\nx\n```\n````"))
    }

    @Test("outputs that are older than their code say so")
    func stale() {
        let (parsed, _) = NotebookParsing.parse(
            SourceFile(path: "post.md", text: "```swift\nprint(1)\n```\n\n```swift\nlet a = 1\n```\n\nIt is `{swift} a`.\n"))
        let outputs: [String: [CellOutput]] = [
            "cell-1": [.stream(.standardOutput, "2\n")], "cell-2": [], "inline-1": [.result(MIMEBundle(plainText: "3"))],
        ]
        let cells = parsed.notebook.cells.map {
            CellRecord(
                id: $0.id, key: ContentKey([]), status: .succeeded, outputs: outputs[$0.id] ?? [], source: "", executionCount: 1, duration: 0,
                residentBytes: nil)
        }
        let environment = RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 1, gpus: [])
        let record = RunRecord(mode: .fresh, cells: cells, environment: environment, parameters: [], date: "", duration: 0)
        let export = MarkdownExport(parsed, record: record, stale: Set(cells.map(\.id)), pictureFolder: "post_files")
        #expect(
            export.text == """
                ```swift
                print(1)
                ```

                *This output is older than the code above it.*

                ```text
                2
                ```

                ```swift
                let a = 1
                ```

                *This cell was changed after it was run.*

                It is 3 *(older than its expression)*.

                """)
    }

    @Test("another kernel's code is fenced in its language, and its tracebacks have no colours")
    func otherLanguage() throws {
        let text = """
            {"nbformat": 4, "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "cells": [
              {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": "1/0", "outputs":
                [{"output_type": "error", "ename": "E", "evalue": "m", "traceback": ["\\u001b[0;31mE\\u001b[0m: m"]}]}]}
            """
        let (jupyter, _) = try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: text))
        let export = MarkdownExport(jupyter.parsed, record: jupyter.record, pictureFolder: "a_files")
        #expect(export.text == "```python\n1/0\n```\n\n```text\nE: m\nE: m\n```\n")
    }

    @Test("values stand where their code stands, to the byte, whatever looks the same before it")
    func places() {
        let value = ["inline-1": [CellOutput.result(MIMEBundle(plainText: "7"))]]
        for (source, expected) in [
            ("`` `{swift} v` `` and `{swift} v`.", "`` `{swift} v` `` and 7."), ("\\`{swift} v\\` and `{swift} v`", "\\`{swift} v\\` and 7"),
            ("<!-- `{swift} v` --> ä `{swift} v`", nil), ("x <!-- `{swift} v` --> ä `{swift} v`", "x <!-- `{swift} v` --> ä 7"),
            ("- one\n      two `{swift} v`\n  three", "- one\n      two 7\n  three"), ("> a\n>    b `{swift}\n> v` c", "> a\n>    b 7 c"),
            ("$`{swift} v`$ and `{swift} v`", "$`{swift} v`$ and 7"), ("| a |\n| - |\n| 日本 `{swift} v` é |", "| a |\n| - |\n| 日本 7 é |"),
            ("x[^1]\n\n[^1]: a\n    b `{swift} v`", "x[^1]\n\n[^1]: a\n    b 7"),
        ] {
            #expect(exported(source + "\n", value).text == (expected ?? source) + "\n")
        }
    }

    @Test(
        "a value is the text that it is, whatever Markdown would make of it",
        arguments: [
            ("`{swift} v` x", "a*b*", "a\\*b\\* x"), ("x `{swift} v`", "a_b _c_ <b> &amp;", "x a_b \\_c\\_ \\<b\\> \\&amp;"),
            ("| a |\n| - |\n| `{swift} v` |", "x|y", "| a |\n| - |\n| x\\|y |"), ("`{swift} v` x", "# no", "\\# no x"),
            ("`{swift} v` x", "-5", "-5 x"), ("`{swift} v` x", "- 5", "\\- 5 x"), ("`{swift} v`", "1. a", "1\\. a"),
            ("x `{swift} v`", "3.14", "x 3.14"),
            ("x `{swift} v` y", "two\n# lines\n", "x two # lines y"), ("x `{swift} v`", "[l](u) `c`", "x \\[l\\](u) \\`c\\`"),
        ])
    func escaping(source: String, value: String, expected: String) {
        #expect(exported(source + "\n", ["inline-1": [.result(MIMEBundle(plainText: value))]]).text == expected + "\n")
    }

    @Test("what pages hide is nowhere in the Markdown, in outputs neither")
    func hidden() {
        let division = "::: {.content-hidden}\nsecret\n:::\n"
        let source = """
            Start [a secret]{.hidden} and `x`{.hidden} [link secret](b){.content-hidden} end.

            \(division)
            ::: {.content-visible when-format="pdf"}
            ```swift
            print("secret")
            ```
            :::

            ::: {.content-visible when-format="html"}
            shown
            :::

            ```{=latex}
            \\secret
            ```

            ```swift
            #| echo: false
            #| output: asis
            say()
            ```

            """
        let export = exported(source, ["cell-1": [.stream(.standardOutput, "secret")], "cell-2": [.stream(.standardOutput, "Said.\n\n\(division)")]])
        #expect(!export.text.contains("secret") && export.text.contains("Start  and   end.") && export.text.contains("Said."))
        #expect(export.text.contains("\nshown\n") && !export.text.contains(":::"))
        #expect(export.diagnostics.isEmpty)
    }

    @Test("an output that Markdown cannot show is named, data stand as JSON, and what a terminal wrote over is gone")
    func otherOutputs() {
        func text(_ output: CellOutput) -> String { exported("```swift\n#| echo: false\nf()\n```\n", ["cell-1": [output]]).text }
        #expect(text(.result(MIMEBundle([.init("application/x-own", .text("?"))]))).contains("of the type application/x-own"))
        #expect(text(.result(MIMEBundle([.init("application/json", .json(["a": 1]))]))) == "```json\n{\n  \"a\": 1\n}\n```\n")
        #expect(text(.stream(.standardOutput, "  0%\r 50%\r100%\n")) == "```text\n100%\n```\n")
        let list = MIMEBundle([.init("text/latex", .text("\\begin{enumerate*}\\item 1\\end{enumerate*}")), .init("text/plain", .text("[1] 1"))])
        #expect(text(.result(list)) == "```text\n[1] 1\n```\n")
    }
}
