public import Groundwork
public import NotebookModel
internal import SourceText

/// A record's outputs with the cells of a notebook that was edited since, and which of them are older than their code.
public struct RecordedOutputs: Sendable, Hashable {
    /// The record, its cells named and ordered as in the notebook.
    public var record: RunRecord
    /// Cells whose outputs are not what they would give now, as far as that can be told without running them, and why.
    public var stale: [Cell.ID: String]
    /// Cells that would run, of which the record has nothing, in the notebook's order.
    public var unrecorded: [Cell.ID] = []
    /// Files that are not there, by the first cell that declares to read them: whether its output is older than they, nobody can tell.
    public var missingFiles: [Cell.ID: String] = [:]

    /// A record of which nothing is to be told: its notebook is itself.
    public init(unchecked record: RunRecord) {
        self.record = record
        stale = [:]
    }

    /// Holds a notebook against its record. Nothing is compiled and no tool is needed.
    ///
    /// A cell whose inputs are the recorded ones has its outputs under whatever name it goes now: cells without a label are counted anew
    /// when others come or go. A cell that changed is shown the outputs of its name, which are stale.
    ///
    /// - Parameters:
    ///   - parameters: Values that were asked for now, in the place of the front matter's.
    ///   - resources: The key of the files under `resources:`, `nil` where none are declared; a failure where some are missing.
    ///   - digest: The digest of a file that a cell declares to read; `nil` where it is missing. What is missing cannot be told to
    ///     have changed.
    public init(
        _ record: RunRecord, of notebook: Notebook, parameters: [Parameter] = [],
        resources: Result<ContentKey?, DeclaredPathProblem> = .failure(DeclaredPathProblem("is not looked at")),
        digest: @escaping @Sendable (String) -> ContentKey? = { _ in nil }
    ) {
        let asked = Set(parameters.map(\.name))
        // A parameter that was given from outside stands as long as the front matter says what it said then.
        let given =
            parameters
            + record.parameters.filter { parameter in
                guard !asked.contains(parameter.name), let then = record.defaults.first(where: { $0.name == parameter.name }) else { return false }
                return notebook.frontMatter.parameters.first { $0.name == parameter.name }?.value == then.value
            }
        let declared: @Sendable (String) -> Result<ContentKey, DeclaredPathProblem> = { path in
            digest(path).map { .success($0) } ?? .failure(DeclaredPathProblem("is not there"))
        }
        let plan = ExecutionPlan(notebook, previous: nil, context: PlanContext(tools: ContentKey([]), parameters: given, declared: declared))
        let records = Self.assigned(record, to: plan)
        let values = Dictionary(given.map { ($0.name, $0.value) }) { $1 }
        let now = notebook.frontMatter.parameters.map { values[$0.name] ?? $0.value }
        let hasOtherParameters = record.parameters.map(\.value) != now
        let hasOtherResources = if case .success(let key) = resources { key != record.resources } else { false }
        var stale: [Cell.ID: String] = [:]
        for step in plan.steps where !step.isParameters {
            guard let recorded = records[step.cell.id] else {
                if step.cell.options.eval, !step.analysis.isEmpty { unrecorded.append(step.cell.id) }
                continue
            }
            var reason = Self.reason(step, recorded, plan, stale, hasOtherParameters: hasOtherParameters)
            // Any cell may read them.
            if reason == nil, hasOtherResources, recorded.executionCount != nil { reason = "the files under 'resources:' changed" }
            stale[step.cell.id] = reason
            missingFiles[step.cell.id] = step.cell.options.dependencies.first { step.files[$0] == nil && recorded.files[$0] != nil }
        }
        self.record = record
        self.record.cells = plan.steps.compactMap { records[$0.cell.id] }
        self.stale = stale
    }

    /// The records of a plan's cells: of the same inputs first, then of the same source, then of the same name.
    private static func assigned(_ record: RunRecord, to plan: ExecutionPlan) -> [Cell.ID: CellRecord] {
        var free: [Cell.ID: CellRecord] = Dictionary(record.cells.map { ($0.id, $0) }) { first, _ in first }
        var assigned: [Cell.ID: CellRecord] = [:]
        let steps = plan.steps.filter { !$0.isParameters }
        func isSame(_ step: ExecutionPlan.Step, _ record: CellRecord) -> Bool {
            record.inputs.map { $0 == step.inputs } ?? (record.sourceWithoutEmptyEnds == step.cell.sourceWithoutEmptyEnds)
        }
        func take(_ found: CellRecord, for step: ExecutionPlan.Step) {
            free[found.id] = nil
            var found = found
            found.id = step.cell.id
            assigned[step.cell.id] = found
        }
        for step in steps { if let own = free[step.cell.id], isSame(step, own) { take(own, for: step) } }
        var bySource: [String: [CellRecord]] = [:]
        for other in record.cells.reversed() { bySource[other.sourceWithoutEmptyEnds, default: []].append(other) }
        for isExact in [true, false] {
            for step in steps where assigned[step.cell.id] == nil {
                let found = bySource[step.cell.sourceWithoutEmptyEnds]?.last { free[$0.id] != nil && (!isExact || isSame(step, $0)) }
                if let found { take(found, for: step) }
            }
        }
        // What is left changed in place, or is another cell that came to stand under a number.
        for step in steps where assigned[step.cell.id] == nil { if let own = free[step.cell.id] { take(own, for: step) } }
        return assigned
    }

    private static func reason(
        _ step: ExecutionPlan.Step, _ record: CellRecord, _ plan: ExecutionPlan, _ stale: [Cell.ID: String], hasOtherParameters: Bool
    ) -> String? {
        if record.sourceWithoutEmptyEnds != step.cell.sourceWithoutEmptyEnds { return "its code changed" }
        for place in step.node.stateDependencies {
            let other = plan.steps[place]
            if other.isParameters, hasOtherParameters { return "a parameter has another value" }
            if stale[other.cell.id] != nil { return "it rests on '\(other.cell.id)', which changed" }
        }
        if let inputs = record.inputs, inputs != step.inputs { return "its options, or the cells that it rests on, changed" }
        for (path, digest) in step.files.sorted(by: { $0.key < $1.key }) where record.files[path].map({ $0 != digest }) ?? (record.inputs != nil) {
            return "the file \(path) changed"
        }
        return nil
    }
}

extension CellRecord {
    /// The source as it is shown: without the empty lines at its ends, which directives leave.
    var sourceWithoutEmptyEnds: String { withoutEmptyEnds(source) }
}

extension Cell {
    var sourceWithoutEmptyEnds: String { withoutEmptyEnds(source) }
}

private func withoutEmptyEnds(_ text: String) -> String {
    var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }[...]
    func isEmpty(_ line: Substring) -> Bool { line.allSatisfy { $0 == " " || $0 == "\t" || $0 == "\r" } }
    while let first = lines.first, isEmpty(first) { lines.removeFirst() }
    while let last = lines.last, isEmpty(last) { lines.removeLast() }
    return lines.joined(separator: "\n")
}
