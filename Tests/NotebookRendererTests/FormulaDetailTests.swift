import JSON
import NotebookModel
import NotebookRenderer
import SourceText
import Testing

private func native(_ tex: String, isDisplay: Bool = false) -> String { FormulaComparison.native(tex, isDisplay: isDisplay) ?? "" }

@Suite("Details of formulas")
struct FormulaDetailTests {
    private static let hasKaTeX = FormulaComparison.katex("x", isDisplay: false) != nil

    @Test("A prime takes no room where a subscript stands beneath it", arguments: ["x_i'", "x'_i"])
    func primesAboveSubscripts(tex: String) {
        let prime = "<mpadded width=\"0\"><mo lspace=\"0\" rspace=\"0\">′</mo></mpadded>"
        #expect(native(tex).contains("<msub><mrow><mi>x</mi>\(prime)</mrow><mi>i</mi></msub>"))
    }

    @Test("What follows primes in a superscript stands after them, and wide primes keep their room")
    func moreThanPrimes() {
        #expect(native("x_i'^2").contains("<mi>i</mi><mrow><mspace width=\"0.4em\"></mspace><mn>2</mn></mrow></msubsup>"))
        #expect(native("f'''_i").contains("<mrow><mi>i</mi><mspace width=\"0.7em\"></mspace></mrow></msub>"))
        #expect(native("f'").contains("<mrow><mi>f</mi><mo>′</mo></mrow>"))
    }

    @Test("A prime of a sum in a display stands over it")
    func primesOfSums() {
        #expect(native("\\sum'_{i}", isDisplay: true).contains("<munderover><mo"))
    }

    @Test("Wide accents are drawn over all letters, and one letter has the font's own", arguments: ["widehat", "widetilde", "widecheck"])
    func wideAccents(name: String) {
        #expect(native("\\\(name){abc}").contains("<mrow style=\"padding-top:0.26em;background:"))
        #expect(native("\\\(name){x}").contains("<mover accent=\"true\"><mi>x</mi><mo stretchy=\"true\""))
    }

    @Test("Fences go round an operator with its limits as round one row")
    func fencedSums() {
        #expect(native("\\left(\\sum_{k}^n a\\right)", isDisplay: true).contains("</mo><mrow><munderover>"))
        #expect(native("\\left(\\sum_{k}^n\\right)", isDisplay: true).contains("</munderover><mspace width=\"0\"></mspace></mrow><mo"))
    }

    @Test("What a formula defines holds in the later ones of its page, whatever the name meant", .enabled(if: hasKaTeX))
    func definitions() {
        let page = render(
            """
            $\\newcommand{\\R}{\\mathbb{R}}\\newcommand{\\Ex}[1]{\\mathbb{E}\\left[#1\\right]}$ and $\\Ex{X} \\in \\R$.

            $$
            \\DeclareMathOperator*{\\best}{best} \\def\\half{\\tfrac12} x
            $$

            $\\best_x \\half$ but ${\\def\\inner{a}}$ and $\\inner$.

            """)
        #expect(page.bodyText.contains("𝔼") && page.bodyText.contains("<mi>best</mi>"))
        let problems = page.diagnostics.filter { $0.identifier == "bad-math" }.map(\.summary)
        #expect(problems.count == 1 && problems.first?.contains("\\inner") == true)
    }

    @Test(
        "What would be left out of a formula is reported, and its source shown",
        .enabled(if: hasKaTeX), arguments: ["\\htmlClass{a}{x}", "\\href{javascript:alert(1)}{y}", "\\includegraphics{a.png}", "x%y"])
    func leftOut(tex: String) {
        let page = render("A $\(tex)$ b.\n")
        #expect(page.diagnostics.contains { $0.identifier == "bad-math" })
        #expect(page.bodyText.contains("<code class=\"math-source\">"))
    }

    @Test("Comments end with their lines in displays", .enabled(if: hasKaTeX))
    func comments() {
        let page = render("$$\na + b % the sum\n$$\n")
        #expect(page.diagnostics.isEmpty && page.bodyText.contains("<mi>b</mi>"))
    }

    @Test("A figure's caption holds formulas and marks as its text does")
    func captions() {
        let body = render("![A *small* $x_i$ here](p.png){#fig-a}\n").bodyText
        #expect(body.contains("<figcaption>Figure\u{A0}1: A <em>small</em> <math") && body.contains("</math> here</figcaption>"))
        #expect(body.contains("alt=\"A small x_i here\""))
    }

    @Test("Characters beyond the basic plane are set", .enabled(if: hasKaTeX), arguments: ["𝒜 = 𝔸", "\\text{a 😀 b}"])
    func supplementaryCharacters(tex: String) {
        let markup = FormulaComparison.katex(tex, isDisplay: false) ?? ""
        #expect(markup.split(separator: "<annotation")[0].unicodeScalars.contains { $0.value > 0xFFFF })
    }
}

@Suite("Values as they were written")
struct WrittenValueTests {
    private let cell = "```swift\n#| label: a\nx\n```\n"

    private func page(_ text: String, _ value: MIMEBundle.Content) -> String {
        let bundle = MIMEBundle([.init("application/json", value), .init("text/plain", .text(text))])
        return render(cell, outputs: ["a": [.display(bundle, metadata: [:])]]).bodyText
    }

    @Test("JSON keeps the digits and the members that were given")
    func json() {
        let text = #"{"a": [2.50, 12345678901234567890, 1e400, 1E5, -0, null, true, "x<y"], "b": 1, "b": 2}"#
        let value: MIMEBundle.Content = .json([
            "a": [2.5, .number(12_345_678_901_234_567_890), .null, .number(1e5), 0, .null, true, "x<y"], "b": 2,
        ])
        let body = page(text, value)
        for number in ["2.50", "12345678901234567890", "1e400", "1E5", "-0"] { #expect(body.contains("<span class=\"tok-number\">\(number)</span>")) }
        #expect(body.contains("<span class=\"json-key\">b</span>: <span class=\"tok-number\">1</span>"))
        #expect(body.contains("{3}") && body.contains("&quot;x&lt;y&quot;"))
    }

    @Test("A text that says something else than the value is not shown as it")
    func otherText() {
        #expect(page("[1, 2]", .json([1, 2, 3])).contains("[3]"))
        #expect(page("<JSON object>", .json(["k": 1.5])).contains("<span class=\"tok-number\">1.5</span>"))
    }

    @Test("Values that show themselves do so in a line of text, too")
    func inline() {
        func body(_ representations: [MIMEBundle.Representation]) -> String {
            render("See `{swift} x` here.\n", outputs: ["inline-1": [.result(MIMEBundle(representations))]]).bodyText
        }
        let plain = MIMEBundle.Representation("text/plain", .text("plain"))
        #expect(
            body([.init("text/html", .text("<span style=\"color:red\">x</span>")), plain]).contains("See <span style=\"color:red\">x</span> here."))
        #expect(
            body([.init("text/html", .text("<div>x</div>")), .init("image/svg+xml", .text("<svg><g/></svg>")), plain]).contains(
                "aria-label=\"plain\""))
        #expect(body([.init("text/html", .text("<div>x</div>")), plain]).contains("See plain here."))
    }
}
