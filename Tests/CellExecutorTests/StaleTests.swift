import CellExecutor
import ExecutionPlanner
import Groundwork
import NotebookModel
import SourceText
import Testing

@Suite("Outputs that are older than their code")
struct StaleTests {
    private static let sources = ["let a = 1", "let b = a + 1", "print(b)", "print(\"apart\")"]

    /// The record that a run of the notebook would leave.
    private func record(of notebook: Notebook, given: [Parameter] = [], files: [String: ContentKey] = [:]) -> RunRecord {
        let context = PlanContext(
            tools: ContentKey(["some tools"]), parameters: given,
            declared: { files[$0].map { .success($0) } ?? .failure(DeclaredPathProblem("is not there")) })
        let plan = ExecutionPlan(notebook, previous: nil, context: context)
        let cells = plan.steps.filter { !$0.isParameters }.enumerated().map { index, step -> CellRecord in
            var record = CellRecord(
                id: step.cell.id, key: step.key, status: .succeeded, outputs: [.stream(.standardOutput, "of \(step.cell.source)")],
                source: step.cell.source, executionCount: index + 1, duration: 0, residentBytes: nil)
            record.inputs = step.inputs
            record.files = step.files
            return record
        }
        let values = Dictionary(given.map { ($0.name, $0.value) }) { $1 }
        let parameters = notebook.frontMatter.parameters.map { Parameter(name: $0.name, value: values[$0.name] ?? $0.value) }
        var record = RunRecord(
            mode: .fresh, cells: cells, environment: RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 1, gpus: []),
            parameters: parameters, date: "", duration: 0)
        record.defaults = notebook.frontMatter.parameters.filter { values[$0.name] != nil }
        return record
    }

    private func outputs(_ outputs: RecordedOutputs) -> [String] {
        outputs.record.cells.map { cell in
            guard case .stream(_, let text)? = cell.outputs.first else { return cell.id }
            return "\(cell.id) \(text)" + (outputs.stale[cell.id] == nil ? "" : " (stale)")
        }
    }

    @Test("Of the notebook that ran, nothing is")
    func same() {
        let notebook = TinyNotebook.make(Self.sources)
        #expect(RecordedOutputs(record(of: notebook), of: notebook).stale.isEmpty)
    }

    @Test("A cell that changed and those that rest on it are; in records without inputs, too", arguments: [true, false])
    func changed(hasInputs: Bool) {
        let notebook = TinyNotebook.make(Self.sources)
        var record = record(of: notebook)
        if !hasInputs { for index in record.cells.indices { record.cells[index].inputs = nil } }
        let edited = TinyNotebook.make(["let a = 2"] + Self.sources.dropFirst())
        let found = RecordedOutputs(record, of: edited)
        #expect(found.stale.keys.sorted() == ["cell-1", "cell-2", "cell-3"])
        #expect(found.stale["cell-1"] == "its code changed")
        #expect(found.stale["cell-2"] == "it rests on 'cell-1', which changed")
    }

    @Test("All cells that ran are where the files under resources are others; what is missing cannot be told to be another")
    func resources() {
        let notebook = TinyNotebook.make(Self.sources)
        var record = record(of: notebook)
        record.resources = ContentKey(["old"])
        let changed = RecordedOutputs(record, of: notebook, resources: .success(ContentKey(["new"])))
        #expect(changed.stale.count == 4 && changed.stale["cell-4"] == "the files under 'resources:' changed")
        #expect(RecordedOutputs(record, of: notebook, resources: .success(nil)).stale.count == 4, "they are declared no more")
        #expect(RecordedOutputs(record, of: notebook, resources: .success(ContentKey(["old"]))).stale.isEmpty)
        #expect(RecordedOutputs(record, of: notebook, resources: .failure(DeclaredPathProblem("is not there"))).stale.isEmpty)
    }

    @Test("A cell that the record does not have is named, and so is a file that is gone")
    func unrecorded() {
        let notebook = TinyNotebook.make(Self.sources) { index, options in if index == 1 { options.dependencies = ["a.csv"] } }
        let record = record(of: notebook, files: ["a.csv": ContentKey(["a"])])
        let more = TinyNotebook.make(Self.sources + ["print(5)"]) { index, options in if index == 1 { options.dependencies = ["a.csv"] } }
        let found = RecordedOutputs(record, of: more) { _ in nil }
        #expect(found.unrecorded == ["cell-5"])
        #expect(found.missingFiles == ["cell-1": "a.csv"] && found.stale.isEmpty)
    }

    @Test("Cells that come, go or move keep their outputs, under new numbers")
    func moved() {
        let record = record(of: TinyNotebook.make(Self.sources))
        let added = RecordedOutputs(record, of: TinyNotebook.make(["print(\"new\")"] + Self.sources))
        #expect(outputs(added) == ["cell-2 of let a = 1", "cell-3 of let b = a + 1", "cell-4 of print(b)", "cell-5 of print(\"apart\")"])
        let removed = RecordedOutputs(record, of: TinyNotebook.make(Array(Self.sources.dropLast(2)) + [Self.sources[3]]))
        #expect(outputs(removed) == ["cell-1 of let a = 1", "cell-2 of let b = a + 1", "cell-3 of print(\"apart\")"])
        let moved = RecordedOutputs(record, of: TinyNotebook.make([Self.sources[3]] + Self.sources.dropLast()))
        #expect(outputs(moved).first == "cell-1 of print(\"apart\")")
        #expect(moved.stale.isEmpty)
        let without = RecordedOutputs(record, of: TinyNotebook.make(["let a = 1", "print(b)", "print(\"apart\")"]))
        #expect(without.stale["cell-2"] != nil, "what it names is defined no more")
    }

    @Test("An option that changes what is put out makes outputs stale; one that changes how they look does not")
    func optionsChanged() {
        let record = record(of: TinyNotebook.make(Self.sources))
        func stale(_ change: @escaping (inout CellOptions) -> Void) -> [String] {
            RecordedOutputs(record, of: TinyNotebook.make(Self.sources) { if $0 == 2 { change(&$1) } }).stale.keys.sorted()
        }
        #expect(stale { $0.eval = false } == ["cell-2", "cell-3"])
        #expect(stale { $0.output = .dropped }.contains("cell-2"))
        #expect(stale { $0.warning = false }.contains("cell-2"))
        #expect(stale { $0.figureCaption = "A caption" } == [])
        #expect(stale { $0.codeFold = .closed } == [])
    }

    @Test("A parameter's new value makes stale what reads it; one that was given from outside stands")
    func parameters() {
        func notebook(_ value: Int) -> Notebook {
            TinyNotebook.make(["print(n)", "print(1)"], parameters: [Parameter(name: "n", value: .integer(value))])
        }
        #expect(RecordedOutputs(record(of: notebook(1)), of: notebook(2)).stale.keys.sorted() == ["cell-1"])
        let given = record(of: notebook(1), given: [Parameter(name: "n", value: .integer(5))])
        #expect(RecordedOutputs(given, of: notebook(1)).stale.isEmpty)
        #expect(RecordedOutputs(given, of: notebook(2)).stale.keys.sorted() == ["cell-1"])
    }

    @Test("A file that changed makes stale what reads it and what rests on that; a missing one says nothing")
    func files() {
        let notebook = TinyNotebook.make(Self.sources) { if $0 == 1 { $1.dependencies = ["data.csv"] } }
        let record = record(of: notebook, files: ["data.csv": ContentKey(["old"])])
        #expect(RecordedOutputs(record, of: notebook) { _ in ContentKey(["old"]) }.stale.isEmpty)
        #expect(RecordedOutputs(record, of: notebook) { _ in nil }.stale.isEmpty)
        #expect(RecordedOutputs(record, of: notebook) { _ in ContentKey(["new"]) }.stale.keys.sorted() == ["cell-1", "cell-2", "cell-3"])
    }

    // MARK: Keeping

    @Test("A run that gives the same leaves the record as it was, whatever it took")
    func keeping() {
        let notebook = TinyNotebook.make(Self.sources)
        let old = record(of: notebook)
        var new = old
        (new.date, new.duration, new.environment.cpu) = ("later", 9, "Another")
        for index in new.cells.indices {
            (new.cells[index].duration, new.cells[index].residentBytes, new.cells[index].key) = (3, 4096, ContentKey(["other tools \(index)"]))
        }
        #expect(new.keeping(old, in: notebook) == old)
        new.cells[2].outputs = [.stream(.standardOutput, "another")]
        let kept = new.keeping(old, in: notebook)
        #expect(kept.date == "later")
        #expect(kept.cells[0] == old.cells[0] && kept.cells[1] == old.cells[1] && kept.cells[2] == new.cells[2])
    }

    @Test("What may differ is kept where all else is the same, and taken anew where any code changed")
    func keepingVolatile() {
        func notebook(_ source: String) -> Notebook { TinyNotebook.make([source, "print(2)"]) { $1.volatile = $0 == 2 } }
        let old = record(of: notebook("print(1)"))
        var same = old
        same.cells[1].outputs = [.stream(.standardOutput, "another time")]
        #expect(same.keeping(old, in: notebook("print(1)")) == old)
        #expect(same.keeping(old, in: notebook("print(1)"), isForced: true).cells[1].outputs == same.cells[1].outputs)
        var edited = record(of: notebook("print(3)"))
        edited.cells[1].outputs = [.stream(.standardOutput, "another time")]
        #expect(edited.keeping(old, in: notebook("print(3)")).cells[1].outputs == edited.cells[1].outputs)
    }

    @Test("Nothing is kept of a record that does not hold, and a whole run's record replaces a partial one's")
    func keepingNothing() {
        let notebook = TinyNotebook.make(Self.sources)
        let new = record(of: notebook)
        for integrity in [RunRecord.Integrity.unverified, .altered("")] {
            var old = new
            (old.date, old.integrity) = ("earlier", integrity)
            #expect(new.keeping(old, in: notebook) == new)
        }
        var partial = new
        (partial.date, partial.mode) = ("earlier", .incremental)
        #expect(new.keeping(partial, in: notebook).mode == .fresh)
        #expect(partial.keeping(new, in: notebook) == new)
    }
}
