import Foundation
import JSON
import Markdown
import NotebookModel
import NotebookParser
import NotebookRenderer
import SourceText
import Testing

/// Markdown that cells print is no part of the notebook, wherever its lines and columns happen to lie.
@Suite("Markdown of outputs and captions")
struct EmbeddedMarkdownTests {
    private let fence = "```"

    @Test("a fence in an output is itself at every line, and not the cell at that line", arguments: 0..<24)
    func fences(line: Int) {
        let notebook = """
            ---
            title: Fences
            ---

            ```swift
            #| label: first
            #| output: asis
            print(text)
            ```
            Some `{swift} value` of a text.

            ```swift
            #| label: second
            let other = 2
            ```

            - a list

              ```swift
              #| label: third
              #| output: asis
              print(text)
              ```
            """
        for indentation in ["", "  ", "- ", "> "] {
            let output =
                String(repeating: "\n", count: line)
                + "\(indentation)\(fence)python\n\(indentation == "- " ? "  " : indentation)shown_here\n\(fence)\n"
            let page = render(
                notebook,
                outputs: [
                    "first": [.stream(.standardOutput, output)],
                    "third": [.display(MIMEBundle([.init("text/markdown", .text(output))]), metadata: [:])],
                ])
            let body = page.bodyText
            #expect(body.components(separatedBy: "shown_here").count == 3)
            #expect(body.components(separatedBy: "id=\"first\"").count == 2 && body.components(separatedBy: "id=\"second\"").count == 2)
            #expect(body.components(separatedBy: "id=\"third\"").count == 2)
        }
    }

    @Test("inline code in an output is itself, with `{swift}` or without", arguments: 0..<8)
    func inlines(line: Int) {
        let notebook = "```swift\n#| output: asis\nprint(text)\n```\nn `{swift} n` is here.\n"
        let output = String(repeating: "a\n", count: line) + "n `{swift} secret` was printed"
        let page = render(notebook, outputs: ["cell-1": [.stream(.standardOutput, output)], "inline-1": [.result(MIMEBundle(plainText: "42"))]])
        #expect(page.bodyText.contains("<code>{swift} secret</code> was printed"))
        #expect(page.bodyText.contains("n 42 is here."))
    }

    @Test("captions and inline values hold text, not cells")
    func captions() {
        let notebook = "`{swift} n`\n\n```swift\n#| fig-cap: \"`{swift} n` in a caption\"\nplot()\n```\n"
        let page = render(
            notebook,
            outputs: [
                "inline-1": [.result(MIMEBundle([.init("text/markdown", .text("`{swift} n`")), .init("text/plain", .text("x"))]))],
                "cell-1": [.result(MIMEBundle([.init("text/html", .text("<b>x</b>"))]))],
            ])
        #expect(page.bodyText.contains("<p><code>{swift} n</code></p>"))
        #expect(page.bodyText.contains("<figcaption><code>{swift} n</code> in a caption</figcaption>"))
    }

    @Test("what is said of an output's links and formulas is said of its cell")
    func places() {
        let page = render(
            "Text.\n\n```swift\n#| output: asis\nprint(text)\n```\n",
            outputs: ["cell-1": [.stream(.standardOutput, "[x](missing.html)\n\n$\\badcommand$\n\n![y](missing.png)\n")]])
        #expect(page.links.count == 2)
        #expect(page.links.allSatisfy { $0.range.start.line == 3 })
        #expect(page.diagnostics.allSatisfy { $0.range?.start.line == 3 })
    }

    @Test("a fence or a value in the prose of another's notebook is text")
    func foreignProse() throws {
        let json = #"""
            {"nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "swift"}}, "cells": [
            {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "Write\n\n```swift\nlet shown = 1\n```\n\nor `{swift} shown`."},
            {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": 1, "outputs": [], "source": "let run = 1"}]}
            """#
        let (notebook, _) = try JupyterNotebook.read(SourceFile(path: "a.ipynb", text: json))
        #expect(notebook.parsed.notebook.cells.map(\.id) == ["c"])
        let page = PageRenderer.render(notebook.parsed.notebook, document: notebook.parsed.document, record: notebook.record) { _ in [] }
        #expect(page.bodyText.contains("let shown = 1") && page.bodyText.contains("<code>{swift} shown</code>"))
        #expect(!page.bodyText.contains("not-run"))
    }
}

@Suite("Alternative texts")
struct AlternativeTests {
    private let png = MIMEBundle.Content.binary([0x89, 0x50, 0x4E, 0x47])
    private let chart = #"<div class="chart"><svg viewBox="0 0 1 1" role="img" aria-label="Line chart" fill="red"><path d="M0 0"/></svg></div>"#

    private func body(_ options: String, _ bundles: [MIMEBundle]) -> String {
        render("```swift\n\(options)plot()\n```\n", outputs: ["cell-1": bundles.map { .display($0, metadata: [:]) }]).bodyText
    }

    @Test("fig-alt names a chart, an SVG picture and a picture")
    func figAlt() {
        let option = "#| fig-alt: My \"own\" <words>\n"
        let html = body(option, [MIMEBundle([.init("text/html", .text(chart)), .init("text/plain", .text("0  1"))])])
        #expect(html.contains(#"<svg role="img" aria-label="My &quot;own&quot; &lt;words&gt;" viewBox="0 0 1 1" fill="red">"#))
        #expect(!html.contains("Line chart"))
        #expect(
            body(option, [MIMEBundle([.init("image/svg+xml", .text("<?xml?><svg width='1'/>"))])]).contains(
                "<svg role=\"img\" aria-label=\"My &quot;own"))
        #expect(body(option, [MIMEBundle([.init("image/png", png)])]).contains("alt=\"My &quot;own&quot; &lt;words&gt;\""))
        #expect(body(option, [MIMEBundle([.init("text/html", .text("<p>x</p><img src=\"a\" alt='old'>"))])]).contains("words&gt;\" src=\"a\">"))
    }

    @Test("without fig-alt a picture says what it says of itself, or its caption; never its type")
    func own() {
        #expect(
            body("", [MIMEBundle([.init("image/svg+xml", .text("<svg/>")), .init("text/plain", .text("a dot"))])]).contains("aria-label=\"a dot\""))
        #expect(body("", [MIMEBundle([.init("image/png", png), .init("text/plain", .text("a sky"))])]).contains("alt=\"a sky\""))
        for plain in ["<image/png>", "<Figure size 640x480 with 1 Axes>", "", " "] {
            let bundle = MIMEBundle([.init("image/png", png), .init("text/plain", .text(plain))])
            #expect(body("#| fig-cap: The caption\n", [bundle]).contains("alt=\"The caption\""))
            #expect(body("", [bundle]).contains("alt=\"\""))
        }
        let html = body("", [MIMEBundle([.init("text/html", .text(chart))])])
        #expect(html.contains("aria-label=\"Line chart\""))
    }

    @Test("several pictures have a text each, or one that is told apart")
    func several() {
        let first = MIMEBundle([.init("image/png", png), .init("text/plain", .text("first own"))])
        let second = MIMEBundle([.init("image/png", png)])
        let one = body("#| fig-alt: both\n", [first, second])
        #expect(one.contains("alt=\"both: first own\"") && one.contains("alt=\"both (2 of 2)\""))
        let each = body("#| fig-alt: [\"one\", \"two\"]\n", [first, second])
        #expect(each.contains("alt=\"one\"") && each.contains("alt=\"two\""))
        let short = body("#| fig-alt: [\"one\", ]\n#| fig-cap: c\n", [MIMEBundle(plainText: "text"), first, second])
        #expect(short.contains("alt=\"one: first own\""))
    }
}

@Suite("What records may say")
struct HostileRecordTests {
    @Test("control sequences with numbers of any size")
    func terminal() {
        let numbers = ["-9223372036854775808", "9223372036854775807", "99999999999999999999999", "-1", "0", "", "+5", "1e9", "2147483648"]
        let finals = (0x40...0x7E).map { String(UnicodeScalar(UInt8($0))) }
        for number in numbers {
            for final in finals {
                for parameters in [number, "\(number);\(number)", "38;5;\(number)", "48;2;\(number);\(number);\(number)", "38", "38;2;1"] {
                    let page = render("```swift\nx\n```\n", outputs: ["cell-1": [.stream(.standardOutput, "a\u{1B}[\(parameters)\(final)b\n")]])
                    #expect(page.bodyText.contains("b"))
                }
            }
        }
    }

    @Test("a sequence of very many colours takes linear time")
    func manyColours() {
        let text = "a\u{1B}[" + String(repeating: "38;", count: 60_000) + "1mb\n"
        #expect(render("```swift\nx\n```\n", outputs: ["cell-1": [.stream(.standardOutput, text)]]).bodyText.contains("b"))
    }

    @Test("diagnostics at places that no file has")
    func diagnostics() {
        for place in [Int.min, -1, 0, 1, 2, 99, .max] {
            for other in [Int.min, 0, 1, .max] {
                let range = SourceRange(start: SourceLocation(line: place, column: other), end: SourceLocation(line: other, column: place))
                let diagnostic = Diagnostic(
                    .warning, identifier: "x", summary: "said", path: "post.md", range: range,
                    notes: [.init(message: "n", path: "post.md", range: range)])
                #expect(render("```swift\nx\n```\n", outputs: ["cell-1": [.diagnostics([diagnostic])]]).bodyText.contains("said"))
            }
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }

    @Test("a formula of an output has neither the number nor the name of one of the page's that stands at its line")
    func equations() {
        let formula = "\\begin{equation}x = 1\\label{eq:one}\\end{equation}"
        let page = render(
            "\(formula)\n\n```swift\n#| label: first\n#| output: asis\nprint(text)\n```\n",
            outputs: ["first": [.stream(.standardOutput, "\(formula)\n")]])
        #expect(page.bodyText.components(separatedBy: "id=\"eq:one\"").count == 2)
        let output = page.bodyText.components(separatedBy: "output asis").last ?? ""
        #expect(!output.contains("(1)") && page.bodyText.contains("(1)"))
    }

    @Test("what an output hides is not shown")
    func hiddenInOutputs() {
        let page = render(
            "```swift\n#| label: first\n#| output: asis\nprint(text)\n```\n",
            outputs: ["first": [.stream(.standardOutput, "Said.\n\n::: {.content-hidden}\nsecret\n:::\n")]])
        #expect(page.bodyText.contains("Said.") && !page.bodyText.contains("secret"))
        #expect(!render("A.\n\n```{=latex}\nsecret\n```\n").bodyText.contains("secret"))
    }
}
