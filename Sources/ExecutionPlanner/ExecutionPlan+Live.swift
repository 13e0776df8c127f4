public import NotebookModel
public import SourceText

/// What a living host holds of a cell that ran in it.
public struct LiveCell: Sendable, Hashable {
    public var key: ContentKey
    public var moduleName: String
    /// The modules whose values it may have changed.
    public var changedModules: [String]
    /// Running it again would not make all of its state anew.
    public var cannotRunAgain: Bool
    /// What it leaves reaches cells that do not name it, and stays after the cell is gone.
    public var reachesEverything: Bool

    public init(_ step: ExecutionPlan.Step, in plan: ExecutionPlan) {
        key = step.key
        moduleName = step.moduleName
        changedModules = step.node.changes.map { plan.steps[$0].moduleName }
        cannotRunAgain = step.analysis.names.hasStaticStorage
        reachesEverything = step.analysis.names.reachesEverything
    }
}

extension ExecutionPlan {
    /// Plans a run in a host where some cells have run before: what changed, what depends on it, and the cells
    /// whose state has to be made anew because others changed it.
    ///
    /// - Parameters:
    ///   - live: The cells that ran in the host, in order.
    ///   - record: Their outputs.
    ///   - scope: What is asked for. Cells beyond it stay as they are, even where what they rest on is made anew.
    /// - Returns: `nil` where only a new host will do.
    public static func inLiveHost(_ notebook: Notebook, live: [LiveCell], record: RunRecord?, context: PlanContext, scope: Scope = .all)
        -> ExecutionPlan?
    {
        var context = context
        context.mode = .incremental
        var plan = ExecutionPlan(notebook, previous: record, context: context)
        let liveKeys = Set(live.map(\.key))
        let plannedKeys = Set(plan.steps.map(\.key))
        let places = Dictionary(plan.steps.enumerated().map { ($0.element.moduleName, $0.offset) }) { first, _ in first }
        var runs: [Int: Reason] = [:]
        for (index, step) in plan.steps.enumerated() {
            switch step.action {
            // Recorded; whether the host holds it, too, is another question: a run of a part may have taken it back.
            case .run(.stateNeeded), .reuse: if !liveKeys.contains(step.key), !step.cell.options.compileFail { runs[index] = .never }
            case .run(let reason): runs[index] = reason
            case .skip, .compileOnly, .leave: break
            }
        }
        if case .only(let id) = scope, let place = plan.steps.firstIndex(where: { $0.cell.id == id }), plan.steps[place].action == .reuse {
            runs[place] = .requested
        }
        // What cells changed that are gone or edited must be made anew.
        for cell in live where !plannedKeys.contains(cell.key) {
            if cell.reachesEverything { return nil }
            for module in cell.changedModules { if let place = places[module], runs[place] == nil { runs[place] = .stateReset } }
        }
        plan.spread(&runs, held: Set(plan.steps.indices.filter { liveKeys.contains(plan.steps[$0].key) }))
        let kept = plan.places(in: scope)
        if kept == nil { plan.restrict(to: scope, path: notebook.file.path) }
        for (index, reason) in runs {
            let step = plan.steps[index]
            guard kept?.contains(index) != false else {
                plan.steps[index].action = .leave
                continue
            }
            let ranBefore = live.contains { $0.moduleName == step.moduleName }
            if ranBefore, step.analysis.names.hasStaticStorage { return nil }
            plan.steps[index].action = .run(reason)
        }
        for (index, step) in plan.steps.enumerated() where runs[index] == nil {
            if case .run = step.action { plan.steps[index].action = .reuse }
        }
        return plan
    }

    /// Adds to the cells that run the ones whose values they change, the ones whose values later cells have changed since, and
    /// the ones that rest on a cell that runs.
    ///
    /// - Parameter held: The cells that ran in the host as they are.
    private func spread(_ runs: inout [Int: Reason], held: Set<Int>) {
        var lastChanges: [Int: Int] = [:]
        for index in held.sorted() { for changed in steps[index].node.changes { lastChanges[changed] = index } }
        var dependents: [Int: [Int]] = [:]
        for (index, step) in steps.enumerated() {
            for dependency in step.node.stateDependencies { dependents[dependency, default: []].append(index) }
        }
        var pending = runs.keys.sorted()
        while let index = pending.popLast() {
            let node = steps[index].node
            var found: [(Int, Reason)] = node.changes.map { ($0, .stateReset) }
            // What it sees must be as it was before later cells had their turn.
            found += node.stateDependencies.filter { lastChanges[$0] ?? index > index }.map { ($0, .stateReset) }
            found += (dependents[index] ?? []).map { ($0, .dependencyChanged(steps[index].cell.id)) }
            for (other, reason) in found where runs[other] == nil {
                switch steps[other].action {
                case .skip, .compileOnly, .leave: continue
                case .run, .reuse: break
                }
                runs[other] = reason
                pending.append(other)
            }
        }
    }
}
