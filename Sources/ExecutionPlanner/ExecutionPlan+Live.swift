public import Groundwork
public import NotebookModel
internal import SourceText

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
    /// What of the process it changed that goes with the process alone.
    var processWrites: Set<ProcessState>
    /// Whether it may have changed files, which outlive it.
    public var writesFiles: Bool
    /// Whether values of its variables stay in memory when it is gone, or runs again.
    public var leavesValues: Bool
    /// By how many bytes the process had grown when it ended.
    public var growth = 0

    public init(_ step: ExecutionPlan.Step, in plan: ExecutionPlan) {
        key = step.key
        moduleName = step.moduleName
        changedModules = step.node.changes.map { plan.steps[$0].moduleName }
        cannotRunAgain = step.analysis.names.hasStaticStorage
        reachesEverything = step.analysis.names.reachesEverything
        processWrites = step.node.process.writes.filter(\.livesInProcess)
        writesFiles = step.node.process.writes.contains(.files)
        leavesValues = !step.node.changes.isEmpty || step.analysis.names.definitions.contains { $0.kind == .variable && !$0.isConstant }
    }

    /// Bytes of values that are worth a new process, which is rid of them.
    static let largeGrowth = 64 << 20
}

/// What is left in a living host, and around it, of cells that are gone or ran again since.
public struct LiveLeftovers: Sendable, Hashable {
    /// Values in its memory.
    public var values = false
    /// What was written to files.
    public var files = false

    public init() {}

    /// Adds what cells leave that are no longer held as they ran.
    public mutating func add(_ cell: LiveCell, isGone: Bool) {
        if cell.leavesValues { values = true }
        if cell.writesFiles, isGone { files = true }
    }
}

extension ExecutionPlan {
    /// Plans a run in a host where some cells have run before: what changed, what depends on it, and the cells
    /// whose state has to be made anew because others changed it.
    ///
    /// - Parameters:
    ///   - live: The cells that ran in the host, in order.
    ///   - record: Their outputs.
    ///   - leftovers: What is left of cells that ran before these.
    ///   - scope: What is asked for. Cells beyond it stay as they are, even where what they rest on is made anew.
    /// - Returns: `nil` where only a new host will do.
    public static func inLiveHost(
        _ notebook: Notebook, live: [LiveCell], record: RunRecord?, context: PlanContext, scope: Scope = .all,
        leftovers: LiveLeftovers = LiveLeftovers()
    ) -> ExecutionPlan? {
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
        let hasOldFiles = leftovers.files || live.contains { $0.writesFiles && !plannedKeys.contains($0.key) }
        plan.spread(&runs, held: Set(plan.steps.indices.filter { liveKeys.contains(plan.steps[$0].key) }), hasOldFiles: hasOldFiles)
        if !plan.canRun(Set(runs.keys), besides: live, holdsOldValues: leftovers.values) { return nil }
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

    /// Whether a process in which `live` ran gives cells what a new one would: what it was made to be, and what it holds.
    ///
    /// - Parameter places: Of the cells that are to run.
    private func canRun(_ places: Set<Int>, besides live: [LiveCell], holdsOldValues: Bool) -> Bool {
        let placeOf = Dictionary(steps.enumerated().map { ($0.element.key, $0.offset) }) { first, _ in first }
        var holdsOldValues = holdsOldValues
        let firstReader = places.filter { steps[$0].node.process.reads.contains(.memory) }.min()
        for cell in live {
            let place = placeOf[cell.key]
            let isOver = place.map { places.contains($0) } ?? true
            if isOver, cell.leavesValues {
                if cell.growth >= LiveCell.largeGrowth { return false }
                holdsOldValues = true
            }
            // What a later cell made is there already, and would be told of.
            if !isOver, cell.leavesValues, let place, let firstReader, firstReader < place { return false }
            if cell.processWrites.isEmpty { continue }
            // What it changed cannot be taken back, and a cell before it would see it.
            guard !isOver, let place else { return false }
            for other in places where other < place {
                let seen = steps[other].node.process.touched.union([.process])
                if !seen.isDisjoint(with: cell.processWrites) { return false }
            }
        }
        return !holdsOldValues || firstReader == nil
    }

    /// Adds to the cells that run the ones whose values they change, the ones whose values later cells have changed since, and
    /// the ones that rest on a cell that runs.
    ///
    /// - Parameters:
    ///   - held: The cells that ran in the host as they are.
    ///   - hasOldFiles: Whether files may be as cells left them that are gone.
    private func spread(_ runs: inout [Int: Reason], held: Set<Int>, hasOldFiles: Bool) {
        var lastChanges: [Int: Int] = [:]
        let writers = steps.indices.filter { steps[$0].node.process.writes.contains(.files) }
        let lastWriter = hasOldFiles ? Int.max : writers.last { held.contains($0) } ?? -1
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
            if lastWriter >= index, node.process.touched.contains(.files) {
                // Files are as a later cell left them: the ones before it write them again.
                found += writers.filter { $0 < index }.map { ($0, .stateReset) }
            }
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
