import JSON
import NotebookModel
import NotebookParser
import SourceText
import Testing

private func parse(_ text: String) -> (FrontMatter, [String]) {
    let (parsed, diagnostics) = NotebookParsing.parse(SourceFile(path: "post.md", text: text))
    return (parsed.notebook.frontMatter, diagnostics.map(\.description))
}

private let full = """
    ---
    title: "Bits: and bytes"
    author: [Ada, {name: Bob}]
    date: 2026-11-23
    tags: [llm, gpu]
    toc: false
    image: {path: a.png, alt: A picture}
    params:
      model: smollm2
      count: 3
      rate: 0.5
      sizes: [1, 2]
    matrix:
      device: [cpu, cuda]
      bits: [4, 8]
    execute:
      echo: false
      code-line-numbers: "1,3-4"
    packages:
      - ../Kit
      - url: https://example.org/kit
        from: 1.2.0
        products: [Kit]
    layout: wide
    nested: {a: [1, yes, "yes", 1.5, null]}
    ---

    Text `{swift} 1`.

    ```{swift}
    #| label: one
    # | echo: true
    #| timeout: 3
    let a = 1
    ```
    """

@Suite("Front matter")
struct FrontMatterTests {
    @Test("Every key is read, others are kept")
    func keys() {
        let (matter, diagnostics) = parse(full)
        #expect(diagnostics == [])
        #expect(matter.title == "Bits: and bytes")
        #expect(matter.authors == ["Ada", "Bob"])
        #expect(matter.date == "2026-11-23")
        #expect(!matter.tableOfContents)
        #expect(matter.image == "a.png" && matter.imageAlternative == "A picture")
        #expect(matter.parameters.map(\.value) == [.string("smollm2"), .integer(3), .double(0.5), .list([.integer(1), .integer(2)])])
        #expect(matter.parameters.map(\.line) == [9, 10, 11, 12])
        #expect(
            matter.matrix.map { $0.map(\.value) } == [
                [.string("cpu"), .integer(4)], [.string("cpu"), .integer(8)], [.string("cuda"), .integer(4)], [.string("cuda"), .integer(8)],
            ])
        #expect(matter.execute.echo == .hidden && matter.execute.highlightedLines == [1...1, 3...4])
        #expect(matter.packages == [.init(location: "../Kit"), .init(location: "https://example.org/kit", version: "1.2.0", products: ["Kit"])])
        #expect(matter.extra["layout"] == "wide")
        #expect(matter.extra["nested"] == ["a": [1, true, "yes", 1.5, nil]])
    }

    @Test("Bad values are named where they stand")
    func badValues() {
        #expect(
            parse("---\ntoc: perhaps\nexecute:\n  evil: true\nparams: {a-b: 1, c: {d: 1}}\ntitle: [x]\n---\n").1 == [
                "post.md:2:6: warning: “toc” takes true or false",
                "post.md:4:3: warning: there is no option “evil”\n  help: Did you mean “eval”?",
                "post.md:5:10: warning: a parameter's name must be a Swift identifier",
                "post.md:5:21: warning: the parameter “c” takes a truth value, a number, a text or a list of them",
                "post.md:6:8: warning: “title” takes a text",
            ])
    }

    @Test(
        "YAML that is none, and YAML that explodes, are errors on their lines",
        arguments: [
            ("---\na: 1\na: 2\n---\n", "the key “a” stands there twice"),
            ("---\na: 'x\n---\n", "found unexpected end of stream"),
            (
                "---\na: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n---\n",
                "aliases make it larger"
            ),
            ("---\n" + (0..<400).map { String(repeating: " ", count: $0) + "a:\n" }.joined() + "---\n", "nested deeper than 64 levels"),
            ("---\na: " + String(repeating: "[", count: 5000) + "\n---\n", "nested deeper than 64 levels"),
        ])
    func errors(text: String, message: String) {
        let diagnostics = parse(text).1
        #expect(diagnostics.count == 1)
        #expect(diagnostics.first?.contains("error: the front matter is not YAML: \(message)") == true, "\(diagnostics)")
    }

    @Test("A printed notebook, parsed and printed again, is the same text")
    func printing() {
        let (first, _) = NotebookParsing.parse(SourceFile(path: "post.md", text: full))
        let printed = NotebookPrinting.text(of: first.notebook)
        let (second, diagnostics) = NotebookParsing.parse(SourceFile(path: "post.md", text: printed))
        #expect(diagnostics == [])
        #expect(NotebookPrinting.text(of: second.notebook) == printed)
        #expect(second.notebook.cells.map(\.options) == first.notebook.cells.map(\.options))
        var matter = second.notebook.frontMatter
        // The lines are those of the new text.
        for index in matter.parameters.indices { matter.parameters[index].line = first.notebook.frontMatter.parameters[index].line }
        for (row, set) in matter.matrix.enumerated() {
            for column in set.indices { matter.matrix[row][column].line = first.notebook.frontMatter.matrix[row][column].line }
        }
        #expect(matter == first.notebook.frontMatter)
    }

    @Test("Carriage returns, byte-order marks and empty files are nothing special")
    func lineEndings() {
        let (matter, diagnostics) = parse("---\r\ntitle: A\r\n---\r\n\r\n```swift\r\n#| echo: false\r\nlet a = 1\r\n```\r\n")
        #expect(diagnostics == [])
        #expect(matter.title == "A")
        let (parsed, _) = NotebookParsing.parse(SourceFile(path: "post.md", text: "```swift\r\n#| echo: false\r\nlet a = 1\r\n```\r\n"))
        #expect(parsed.notebook.cells.first?.source == "\nlet a = 1\n")
        #expect(parsed.notebook.cells.first?.options.echo == .hidden)
    }
}
