import Markdown
import NotebookModel
import NotebookParser
import NotebookRenderer
import SourceText
import Testing

/// SplitMix64 (Steele, Lea and Flood 2014): the same texts in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("Texts put together at random")
struct FuzzTests {
    private static let pieces = [
        "a", "b c", " ", "  ", "    ", "\t", "\n", "\n\n", "\r\n", "\r", "*", "**", "_", "`", "``", "```", "```swift\n", "```{swift}\n", "~~~", "~",
        "~~", "$", "$$",
        "$$\n", "|", "| a |", "|---|", "|:-:|-|", "\n|", "[", "]", "[^a]", "[^a]:", "[^b]: x", "![", "](x)", "(", ")", "{#fig-a}", "{", "}", "{.x}",
        ">", "> ",
        "> [!NOTE]\n", "- ", "- [ ] ", "- [x] ", "1. ", ":::", "::: note\n", "::: {.callout-tip}\n", "\n:::\n", "#", "# ", "## ", "---\n", "===\n",
        "...\n", "<", ">",
        "<b>", "<!--", "-->", "&amp;", "&", "\\", "\\|", "\\~", "\\$", "@fig-a", "@", "www.a.b", "http://x.y", "x@y.z", "`{swift} 1`",
        "#| echo: false\n", "# | label: a\n",
        "#| fig-cap: x\n", "title: x\n", "params: {a: 1}\n", "é", "\u{91}", "\u{97}T0", "\u{0}", "🙂", ": cap {#tbl-x}", "math\n", "\u{1B}[31m",
    ]

    @Test("Every text is parsed and rendered, its nodes nested and in the file", arguments: 0..<8)
    func anyText(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed) + 20_261_123)
        for _ in 0..<150 {
            var text = Bool.random(using: &generator) ? "" : "---\n"
            for _ in 0..<Int.random(in: 1...40, using: &generator) { text += Self.pieces.randomElement(using: &generator) ?? "" }
            let file = SourceFile(path: "fuzz.md", text: text)
            let (parsed, diagnostics) = NotebookParsing.parse(file)
            let nodes = parsed.document.nodes
            var ends = [nodes.count]
            for (index, node) in nodes.enumerated() {
                while let last = ends.last, last <= index, ends.count > 1 { ends.removeLast() }
                let isNested = node.end > index && node.end <= (ends.last ?? 0) && node.range.start.line <= file.lineCount + 1
                #expect(isNested, "\(index) in \(text.debugDescription)")
                ends.append(node.end)
            }
            for diagnostic in diagnostics { _ = diagnostic.rendered(in: file) }
            #expect(Set(parsed.notebook.cells.map(\.id)).count == parsed.notebook.cells.count)
            let page = render(text, outputs: [:])
            #expect(String(validating: page.body, as: UTF8.self) != nil)
            let printed = NotebookPrinting.text(of: parsed.notebook)
            _ = NotebookParsing.parse(SourceFile(path: "fuzz.md", text: printed))
        }
    }
}
