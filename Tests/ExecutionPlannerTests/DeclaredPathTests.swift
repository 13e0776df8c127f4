import ExecutionPlanner
import Groundwork
import NotebookModel
import SourceText
import Testing

@Suite("Declared paths and resources in plans")
struct DeclaredPathTests {
    private func notebook(_ cells: [(source: String, written: String, depends: [String])]) -> Notebook {
        let cells = cells.enumerated().map { index, cell in
            var options = CellOptions()
            options.dependencies = cell.depends
            let line = 10 * (index + 1)
            return Cell(
                id: "cell-\(index + 1)", kind: .code, source: cell.source, firstLine: line + 1, indentation: 0,
                range: SourceRange(lines: line...(line + 4)),
                options: options, writtenSource: cell.written, infoString: "swift")
        }
        return Notebook(file: SourceFile(path: "post.md", text: ""), frontMatter: FrontMatter(), cells: cells)
    }

    private func plan(_ notebook: Notebook, there: Set<String> = [], resources: ContentKey? = nil) -> ExecutionPlan {
        ExecutionPlan(
            notebook, previous: nil,
            context: PlanContext(tools: ContentKey(["tools"]), resources: resources) { path in
                there.contains(path) ? .success(ContentKey([path])) : .failure(DeclaredPathProblem("is not there"))
            })
    }

    @Test("a path that is nothing is an error at the line of the directive")
    func misspelt() {
        let one = notebook([("\n\nprint(1)", "#| label: a\n#| depends: [a.csv, aa.csv]\nprint(1)", ["a.csv", "aa.csv"])])
        #expect(
            plan(one, there: ["a.csv"]).diagnostics.map(\.description) == [
                "post.md:12:1: error: the cell 'cell-1' depends on 'aa.csv', which is not there\n  help: Name a file, a folder or a pattern such as data/*.csv, from the notebook's folder"
            ])
        #expect(plan(one, there: ["a.csv", "aa.csv"]).diagnostics.isEmpty)
    }

    @Test("what an earlier cell writes may come; what only sounds like it may not")
    func made() {
        func problems(_ writer: String) -> Int {
            plan(notebook([(writer, writer, []), ("\nprint(1)", "#| depends: out/a.csv\nprint(1)", ["out/a.csv"])])).diagnostics.count
        }
        #expect(problems("!echo 1 > out/a.csv") == 0)
        #expect(problems("!echo 1 > out/aa.csv") == 1)
        #expect(problems("print(\"a.csv\")") == 1)
    }

    @Test("the key of the files that travel is in every cell's key")
    func resources() {
        let one = notebook([("print(1)", "print(1)", []), ("print(2)", "print(2)", [])])
        let keys = plan(one).steps.map(\.key)
        let changed = plan(one, resources: ContentKey(["data"])).steps.map(\.key)
        for (key, other) in zip(keys, changed) { #expect(key != other) }
    }
}
