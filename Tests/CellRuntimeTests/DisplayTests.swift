import CellRuntime
import Testing

private func text(_ value: Any, _ type: String) -> String? {
    for representation in displayRepresentations(of: value) where representation.type == type {
        if case .text(let text) = representation.content { return text }
    }
    return nil
}

@Test("a table of values has a column for each stored property")
func tableOfStructs() {
    struct Row {
        var name: String
        var bytes: Int
        var share: Double?
    }
    let table = Table([Row(name: "fp32", bytes: 4, share: 1), Row(name: "nf4 <b>", bytes: 0, share: nil)])
    #expect(
        text(table, "text/plain") == """
            name     bytes  share
            ───────  ─────  ─────
            fp32         4    1.0
            nf4 <b>      0
            """)
    #expect(text(table, "text/html")?.contains("<td>nf4 &lt;b&gt;</td><td style=\"text-align:right\">0</td>") == true)
    #expect(text(table, "text/markdown")?.hasPrefix("| name | bytes | share |\n| --- | ---: | ---: |\n") == true)
}

@Test("tables come from CSV with quotes, from dictionaries and from rows that are too short")
func otherTables() {
    #expect(Table(csv: "a,b\n\"x, \"\"y\"\"\",2\r\nz\n").rows == [["x, \"y\"", "2"], ["z", ""]])
    #expect(Table(["b": 2, "a": 1]).rows == [["a", "1"], ["b", "2"]])
    #expect(Table(columns: ["a", "b"], rows: [[1], [1, 2, 3]]).rows == [["1", ""], ["1", "2"]])
    #expect(Table(csv: "").rows == [])
}

@Test("pictures are told apart by their first bytes")
func pictures() {
    #expect(Picture(bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])?.displayRepresentations.first?.type == "image/png")
    #expect(Picture(bytes: [0xFF, 0xD8, 0xFF, 0xE0])?.displayRepresentations.first?.type == "image/jpeg")
    #expect(Picture(bytes: [1, 2, 3]) == nil)
}

@Test("a displayable type always has plain text as well")
func plainText() {
    struct Swatch: Displayable { var displayRepresentations: [DisplayRepresentation] { [.html("<b>")] } }
    #expect(text(Swatch(), "text/plain") == "<text/html>")
    #expect(text(42, "text/plain") == "42")
    #expect(text(MarkdownText("*a*"), "text/plain") == "*a*")
}

@Test("await's bridge gives the value or the error of the operation")
func bridge() {
    struct Oops: Error {}
    #expect(
        awaitValue {
            await Task.yield()
            return 3
        } == 3)
    #expect(throws: Oops.self) { try awaitValue { () async throws -> Int in throw Oops() } }
}

@Test("a command's exit status other than 0 is an error")
func shellStatus() {
    #expect(throws: ShellError.self) { try shell("exit 3") }
    #expect(throws: Never.self) { try shell("true") }
}
