import ExecutionPlanner
import Foundation
import Groundwork
import NotebookModel
import SourceText
import Testing

/// What plans would have a host do, done by an interpreter: a thousand edits take as long as one that is compiled.
///
/// `GALLEY_FUZZ_EDITS` is how many edits there are, 1500 unless told; `GALLEY_FUZZ_SEED` which.
@Suite("Random edits, as planned")
struct PlannedEditTests {
    private static func number(_ name: String, _ usual: Int) -> Int { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual }

    /// A host, what is known of it, and the outputs.
    private struct Session {
        let disk = TinyMachine.Disk()
        var machine: TinyMachine
        var live: [LiveCell] = []
        var leftovers = LiveLeftovers()
        var record: RunRecord?
        var restarts = 0
        var ranCount = 0

        init() { machine = TinyMachine(disk: disk) }

        /// Does what a live session does.
        mutating func apply(_ notebook: Notebook, _ program: TinyProgram, scope: ExecutionPlan.Scope = .all) -> ExecutionPlan {
            let context = PlanContext(tools: ContentKey([]), mode: .incremental)
            var plan =
                live.isEmpty
                ? nil
                : ExecutionPlan.inLiveHost(notebook, live: live, record: record, context: context, scope: scope, leftovers: leftovers)
            if plan == nil {
                restarts += 1
                (machine, live, leftovers, record) = (TinyMachine(disk: disk), [], LiveLeftovers(), nil)
                plan = ExecutionPlan(notebook, previous: nil, context: context)
                plan?.restrict(to: scope, path: "post.md")
            }
            guard let plan else { preconditionFailure("no plan") }
            let ran = run(plan, program)
            let before = Dictionary(live.map { ($0.key, $0) }) { first, _ in first }
            live = plan.steps.indices.compactMap { place in
                let step = plan.steps[place]
                return ran.contains(place) ? LiveCell(step, in: plan) : step.action == .reuse ? before[step.key] : nil
            }
            let held = Set(live.map(\.key))
            let again = Set(ran.map { plan.steps[$0].key })
            for cell in before.values where !held.contains(cell.key) || again.contains(cell.key) {
                leftovers.add(cell, isGone: !held.contains(cell.key))
            }
            return plan
        }

        /// Runs what changed in a process of its own.
        mutating func applyIncrementally(_ notebook: Notebook, _ program: TinyProgram) -> ExecutionPlan {
            let plan = ExecutionPlan(notebook, previous: record, context: PlanContext(tools: ContentKey([]), mode: .incremental))
            machine = TinyMachine(disk: disk)
            _ = run(plan, program)
            return plan
        }

        private mutating func run(_ plan: ExecutionPlan, _ program: TinyProgram) -> Set<Int> {
            for (place, step) in plan.steps.enumerated() where place > 0 { program.cells[place - 1].own?.module = step.moduleName }
            let previous = Dictionary((record?.cells ?? []).map { ($0.id, $0) }) { first, _ in first }
            var cells: [CellRecord] = []
            var ran: Set<Int> = []
            for (place, step) in plan.steps.enumerated() {
                switch step.action {
                case .run:
                    ran.insert(place)
                    ranCount += 1
                    if place == 0 { machine.runPrelude() }
                    let outputs = place == 0 ? [] : machine.run(program.cells[place - 1])
                    cells.append(
                        CellRecord(
                            id: step.cell.id, key: step.key, status: .succeeded, outputs: outputs.map { .stream(.standardOutput, $0) },
                            source: step.cell.source, executionCount: 1, duration: 0, residentBytes: nil))
                case .reuse: if let record = previous[step.cell.id] { cells.append(record) }
                case .leave: if let record = previous[step.cell.id], record.key == step.key { cells.append(record) }
                case .skip, .compileOnly: break
                }
            }
            record = RunRecord(
                mode: .incremental, cells: cells,
                environment: RunEnvironment(galley: "", swift: "", system: "", cpu: "", coreCount: 0, gpus: []), parameters: [], date: "", duration: 0
            )
            return ran
        }

        var shown: [String] {
            record?.cells.flatMap { cell in cell.outputs.map { if case .stream(_, let text) = $0 { text } else { "" } } } ?? []
        }
    }

    @Test("After every edit a live host, and a run of what changed, give what a fresh run gives")
    func edits() {
        let count = max(Self.number("GALLEY_FUZZ_EDITS", 1500), 1500)
        let seed = Self.number("GALLEY_FUZZ_SEED", 42)
        var generator = SeededGenerator(seed: UInt64(seed))
        var cells = TinyLanguage.start
        var sound = cells
        var live = Session()
        var part = Session()
        var (compared, failures, edit) = (0, 0, 0)
        while edit < count, failures < 3 {
            edit += 1
            TinyLanguage.edit(&cells, &generator)
            guard let program = TinyProgram(cells) else {
                // Authors take mistakes back.
                if Bool.random(using: &generator) { cells = sound }
                continue
            }
            sound = cells
            compared += 1
            let expected = TinyLanguage.outputs(of: cells) ?? []
            let notebook = TinyLanguage.notebook(cells)
            if edit.isMultiple(of: 17) {
                // A part first: what is behind is made up for.
                _ = live.apply(notebook, program, scope: .upTo("cell-\(Int.random(in: 1...cells.count, using: &generator))"))
            }
            if edit.isMultiple(of: 7) {
                _ = live.apply(notebook, program, scope: .only("cell-\(Int.random(in: 1...cells.count + 1, using: &generator))"))
            }
            let livePlan = live.apply(notebook, program)
            if live.shown != expected {
                failures += 1
                Issue.record(
                    "edit \(edit) of seed \(seed): live \(live.shown), fresh \(expected)\n\(livePlan)\n\(cells.map(\.swift).joined(separator: "\n"))")
            }
            let partPlan = part.applyIncrementally(notebook, program)
            if part.shown != expected {
                failures += 1
                Issue.record(
                    "edit \(edit) of seed \(seed): incremental \(part.shown), fresh \(expected)\n\(partPlan)\n\(cells.map(\.swift).joined(separator: "\n"))"
                )
            }
        }
        #expect(compared > count / 4)
        if count > 5000 {
            print(
                "\(count) planned edits, \(compared) that compile: live ran \(live.ranCount) cells in \(live.restarts) processes, parts \(part.ranCount)"
            )
        }
    }
}
