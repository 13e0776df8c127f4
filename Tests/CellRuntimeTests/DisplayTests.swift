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
    #expect(Table(csv: "\u{FEFF}a,b\n\"x, \"\"y\"\"\",2\r\nz\n").rows == [["x, \"y\"", "2"], ["z", ""]])
    #expect(Table(["b": 2, "a": 1]).rows == [["a", "1"], ["b", "2"]])
    #expect(Table(columns: ["a", "b"], rows: [[1], [1, 2, 3]]).rows == [["1", "", ""], ["1", "2", "3"]])
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

@Test("a table whose columns and rows were changed shows all of them")
func changedTable() throws {
    var table = Table(csv: "a,b\n1,2\n")
    table.columns.append("sum")
    for row in table.rows.indices { table.rows[row].append("3") }
    #expect(try #require(text(table, "text/plain")).hasPrefix("a  b  sum\n"))
    #expect(try #require(text(table, "text/markdown")).contains("| 1 | 2 | 3 |"))
    table.columns = []
    table.rows.append([])
    table.rows.append(["x", "y", "z", "more"])
    for type in ["text/html", "text/markdown", "text/plain"] { #expect(try #require(text(table, type)).contains("more")) }
    table.rows = []
    for type in ["text/html", "text/markdown", "text/plain"] { #expect(text(table, type) != nil) }
}

@Test("rows of several lengths are shown whole, with a note")
func raggedTable() throws {
    let plain = try #require(text(Table([[1, 2], [3, 4, 5], [6]]), "text/plain"))
    #expect(plain.contains("3  4  5"))
    #expect(plain.contains("2 of 3 rows have not as many cells as there are columns: 1 to 2, not 3."))
}

@Test("tables of dictionaries, of classes that inherit and of dates show what these hold")
func tablesOfOtherValues() {
    class Animal { var name = "n" }
    final class Dog: Animal { var legs = 4 }
    #expect(Table([Dog()]).columns == ["name", "legs"])
    let rows = Table([["a": 1, "b": 2], ["b": 4]])
    #expect(rows.columns == ["a", "b"] && rows.rows == [["1", "2"], ["", "4"]])
    #expect(Table([Duration.seconds(3)]).rows == [["3.0 seconds"]])
    #expect(Table([1, nil, 3] as [Int?]).rows == [["1"], [""], ["3"]])
}

@Test("CSV that is written is read again")
func csv() {
    let table = Table(columns: ["a", "b,c"], rows: [["x\ny", "\"q\""], ["", "2"]])
    #expect(table.csv == "a,\"b,c\"\n\"x\ny\",\"\"\"q\"\"\"\n,2\n")
    #expect(Table(csv: table.csv).rows == table.rows)
    #expect(Table(csv: "v\n1\n\"\"\n3\n").rows == [["1"], [""], ["3"]])
}

@Test("a line break in a cell of a Markdown table is no new row")
func breaksInTables() {
    #expect(text(Table(columns: ["a"], rows: [["two\nlines | bar"]]), "text/markdown")?.hasSuffix("| two<br>lines \\| bar |") == true)
}

@Test("a picture without an alternative has no text that could be taken for one")
func alternatives() {
    #expect(text(Picture(svg: "<svg/>"), "text/plain") == "")
    #expect(text(Picture(svg: "<svg/>", alternative: "a dot"), "text/plain") == "a dot")
}

@Test("a progress bar ends at its total, however far it is moved")
func progress() {
    var small = ProgressBar("copy", total: 10)
    small.advance()
    small.advance(by: .max)
    #expect(small.completed == 10)
    small.advance(by: .max)
    small.advance(by: .min)
    #expect(small.completed == 10)
    var large = ProgressBar("copy", total: .max)
    large.advance(by: .max / 2)
    #expect(large.completed == .max / 2)
    large.advance(by: .max)
    #expect(large.completed == .max)
    #expect(ProgressBar("none", total: .min).total == 1)
}

private struct Swatch: Displayable {
    var color: String
    var displayRepresentations: [DisplayRepresentation] { [.html("<i>\(color)</i>")] }
}

@Test("what shows itself does so in arrays, dictionaries, tuples and optionals, one after another")
func displayablesInCollections() {
    func types(_ value: Any) -> [String] { displayParts(of: value).map { $0[0].type } }
    let swatch = Swatch(color: "red")
    #expect(types([swatch, swatch]) == ["text/html", "text/html"])
    #expect(types([[swatch], [swatch, swatch]]).count == 3)
    #expect(types(["k": swatch]) == ["text/plain", "text/html"])
    #expect(types((swatch, 5)) == ["text/html", "text/plain"])
    #expect(types([swatch, nil] as [Swatch?]) == ["text/html"])
    #expect(types(Optional([swatch]) as Any) == ["text/html"])
    #expect(types(Array(repeating: swatch, count: 150)).count == 101)
    // All others are described as ever.
    for value in [[1, 2], [Int](), ["a": []] as [String: [Int]], ["a": nil] as [String: Int?], (1, 2), [swatch, 5] as [Any], [nil] as [Int?]] as [Any]
    {
        #expect(displayParts(of: value) == [[.plainText(String(describing: value))]])
    }
}

@Test("the note on uneven rows says how long these are")
func unevenRows() {
    #expect(
        text(Table(csv: "x,y\n1,2\n3,4\n5,6,7\n"), "text/plain")?.contains("1 of 3 rows has not as many cells as there are columns: 3, not 2.")
            == true)
}
