internal import CellWire
internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

/// Compiles units on every core, each as soon as the modules that it imports are there.
final class CompileAhead: @unchecked Sendable {
    // Sendable because all that changes is used with the monitor's lock held.
    private let monitor = Monitor()
    private let plan: ExecutionPlan
    private let units: [CompilationUnit]
    private let imports: [[Int]]
    /// Of the imports, the ones that define what the unit names; without the others it is compiled all the same.
    private let needed: [[Int]]
    private let compiler: CellCompiler
    private let report: @Sendable (Int, CellCompiler.Outcome) -> Void
    private var waiting: [Int]
    private var outcomes: [Int: CellCompiler.Outcome] = [:]
    /// Units that rest on one that does not compile.
    private var leftOut: Set<Int> = []
    private var failure: ExecutionError?
    private var runningCount = 0

    init(_ plan: ExecutionPlan, units: [CompilationUnit], compiler: CellCompiler, report: @escaping @Sendable (Int, CellCompiler.Outcome) -> Void) {
        self.plan = plan
        self.compiler = compiler
        self.report = report
        self.units = units
        let places = Dictionary(units.enumerated().map { ($0.element.moduleName, $0.offset) }) { first, _ in first }
        let imports = units.map { $0.imports.compactMap { places[$0] } }
        self.imports = imports
        needed = units.indices.map { index in imports[index].filter { plan.names(units[index], whatDefines: units[$0]) } }
        waiting = Array(units.indices)
    }

    /// Compiles all of them; units that name what one defines that does not compile are left out.
    func run(jobs: Int) throws(ExecutionError) -> [Int: CellCompiler.Outcome] {
        for _ in 0..<max(1, min(jobs, waiting.count)) {
            monitor.locked { runningCount += 1 }
            let hasThread = startBlockingThread { [self] in
                work()
                monitor.locked { runningCount -= 1 }
                monitor.signal()
            }
            if hasThread { continue }
            // The threads that there are do it, if need be this one.
            if monitor.locked({ runningCount == 1 }) { work() }
            monitor.locked { runningCount -= 1 }
            break
        }
        monitor.waiting { runningCount == 0 ? () : nil }
        if let failure { throw failure }
        return outcomes
    }

    private func work() {
        while true {
            let index: Int? = monitor.waiting(for: next)
            guard let index else { return }
            do throws(ExecutionError) {
                var unit = units[index]
                let failed = monitor.locked { Set(imports[index].filter { outcomes[$0]?.isCompiled != true }.map { units[$0].moduleName }) }
                unit.imports.removeAll { failed.contains($0) }
                let outcome = try compiler.compile(unit, in: plan)
                monitor.locked { outcomes[index] = outcome }
                report(index, outcome)
            } catch {
                monitor.locked { if failure == nil { failure = error } }
            }
            monitor.signal()
        }
    }

    private func hasFailed(_ unit: Int) -> Bool { outcomes[unit]?.isCompiled == false || leftOut.contains(unit) }

    /// The next unit whose imports are compiled; `.some(nil)` when none is left, `nil` to wait.
    private func next() -> Int?? {
        if failure != nil { return .some(nil) }
        // Imports come before what imports them, so one pass finds all that rests on a failure.
        waiting.removeAll { index in
            guard needed[index].contains(where: hasFailed) else { return false }
            leftOut.insert(index)
            return true
        }
        if waiting.isEmpty { return .some(nil) }
        guard let place = waiting.firstIndex(where: { imports[$0].allSatisfy { outcomes[$0] != nil || leftOut.contains($0) } }) else {
            return nil
        }
        return .some(waiting.remove(at: place))
    }
}
