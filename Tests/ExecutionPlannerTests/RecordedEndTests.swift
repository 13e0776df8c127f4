import ExecutionPlanner
import Groundwork
import NotebookModel
import SourceText
import Testing

@Suite("What a record says and a plan believes")
struct RecordedEndTests {
    private func notebook(_ sources: [String] = ["print(1)"], change: (inout CellOptions) -> Void = { _ in }) -> Notebook {
        var options = CellOptions()
        change(&options)
        let cells = sources.enumerated().map { index, source in
            Cell(
                id: "cell-\(index + 1)", kind: .code, source: source, firstLine: 10 * index + 1, indentation: 0,
                range: SourceRange(lines: (10 * index + 1)...(10 * index + 2)), options: options, writtenSource: source, infoString: "swift")
        }
        return Notebook(file: SourceFile(path: "post.md", text: ""), frontMatter: FrontMatter(), cells: cells)
    }

    private func plan(_ notebook: Notebook, _ record: RunRecord? = nil, limits: PlanContext.Limits = .init()) -> ExecutionPlan {
        ExecutionPlan(notebook, previous: record, context: PlanContext(tools: ContentKey(["tools"]), mode: .incremental, limits: limits))
    }

    private func record(_ plan: ExecutionPlan, _ status: CellRecord.Status) -> RunRecord {
        let cells = plan.steps.map { step in
            CellRecord(
                id: step.cell.id, key: step.key, status: status, outputs: [], source: step.cell.source, executionCount: 1, duration: 0,
                residentBytes: nil)
        }
        let environment = RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 1, gpus: [])
        return RunRecord(mode: .fresh, cells: cells, environment: environment, parameters: [], date: "", duration: 0)
    }

    @Test("a failure stands only while the cell may fail")
    func allowedFailure() {
        let allowing = notebook { $0.error = true }
        let failed = record(plan(allowing), .failedAsAllowed)
        #expect(plan(allowing, failed).isUnchanged)
        #expect(plan(notebook(), failed).steps[0].action == .run(.optionsOrToolsChanged))
        // What did not fail is what it was.
        #expect(plan(notebook(), record(plan(allowing), .succeeded)).isUnchanged)
        let mustNotCompile = notebook { $0.compileFail = true }
        #expect(plan(mustNotCompile, record(plan(mustNotCompile), .failedAsAllowed)).isUnchanged)
    }

    @Test("limits count where outputs may tell them")
    func limits() {
        let usual = record(plan(notebook()), .succeeded)
        #expect(!plan(notebook(), usual, limits: .init(output: 100)).isUnchanged)
        #expect(plan(notebook(), usual, limits: .init(cellTimeout: 9, memory: 1 << 30)).isUnchanged)
        let allowing = notebook { $0.error = true }
        let failed = record(plan(allowing, limits: .init(cellTimeout: 1)), .failedAsAllowed)
        #expect(plan(allowing, failed, limits: .init(cellTimeout: 1)).isUnchanged)
        #expect(!plan(allowing, failed, limits: .init(cellTimeout: 60)).isUnchanged)
        #expect(!plan(notebook { ($0.error, $0.timeout) = (true, 60) }, failed, limits: .init(cellTimeout: 1)).isUnchanged)
        #expect(!plan(allowing, failed, limits: .init(cellTimeout: 1, memory: 1 << 30)).isUnchanged)
    }

    @Test("a notebook that asks for the name of a file is compiled cell by cell, so that it is one name")
    func files() {
        func units(_ sources: [String]) -> Int { plan(notebook(sources)).units(for: Array(sources.indices), limit: 10).count }
        #expect(units(["print(1)", "print(2)"]) == 1)
        #expect(units(["func place(_ file: String = #fileID) -> String { file }", "let a = 1", "print(place())"]) == 3)
    }
}
