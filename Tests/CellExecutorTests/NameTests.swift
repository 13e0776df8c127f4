import CellExecutor
import NotebookModel
import Testing

@Suite("Names in cells", .serialized, .enabled(if: (try? CellToolchain.locate())?.sourceKit != nil, "the toolchain has no SourceKit"))
struct NameTests {
    /// `name: declaration // documentation`, with a `+` where it is declared, for every name of a cell.
    private func dump(_ record: CellRecord?) -> [String] {
        guard let record else { return [] }
        let source = Array(record.source.utf8)
        return record.names.map { name in
            let text = String(decoding: source[name.offset..<(name.offset + name.length)], as: UTF8.self)
            return (name.isDeclaration ? "+" : "") + text + ": " + name.declaration + (name.summary.map { " // \($0)" } ?? "")
        }
    }

    @Test("a record says what the names in its cells are, as the compiler knew it")
    func notes() async throws {
        let notebook = TinyNotebook.make([
            "/// A point. Of the plane.\n///\n/// More.\nstruct Point { var x = 1.5 }\nlet points = [Point()]",
            "!echo \\(points.count)\nlet xs = points.map { $0.x }; let `class` = 1\nxs.max()",
        ])
        let outcome = try await TinyNotebook.run(notebook) { $0.notesNames = true }
        #expect(
            dump(outcome.record?["cell-1"]) == [
                "+Point: struct Point // A point.", "+x: var x: Double", "+points: let points: [Point]", "Point: struct Point // A point.",
            ])
        let second = dump(outcome.record?["cell-2"])
        #expect(second.contains("+xs: let xs: [Double]"))
        #expect(second.contains("points: let points: [Point]"))
        #expect(second.contains("x: var x: Double"))
        #expect(second.contains("max: func max() -> Double? // Returns the maximum element in the sequence."))
        // What was said is kept by the modules' keys: asked again, the answer is the same.
        let again = try await TinyNotebook.run(notebook) { $0.notesNames = true }
        #expect(again.compiledCount == 0)
        #expect(again.record?.cells.map(\.names) == outcome.record?.cells.map(\.names))
    }

    @Test("hidden cells, notebooks that say `hover: false` and runs that do not ask have none")
    func silence() async throws {
        var notebook = TinyNotebook.make(["let a = 1", "let b = 2"]) { index, options in
            if index == 1 { options.echo = .hidden }
        }
        let hidden = try await TinyNotebook.run(notebook) { $0.notesNames = true }
        #expect(hidden.record?.cells.map { $0.names.count } == [0, 1])
        #expect(try await TinyNotebook.run(notebook).record?.cells.map { $0.names.count } == [0, 0])
        notebook.frontMatter.hover = false
        #expect(try await TinyNotebook.run(notebook) { $0.notesNames = true }.record?.cells.map { $0.names.count } == [0, 0])
    }
}
