internal import ExecutionPlanner
internal import NotebookModel
internal import SourceText

extension CellCompiler {
    /// Seconds of processor time for the compiler beside those of the cells: it may have to make modules of the system first.
    private static let additionalSeconds = 10.0
    /// Seconds where no cell says how long it may take.
    private static let usualSeconds = 300.0

    /// The compiler, limited for a unit.
    func frontend(for unit: CompilationUnit, in plan: ExecutionPlan) -> KeptCommand {
        let seconds = unit.members.reduce(0.0) { sum, place in
            sum + (plan.steps[place].cell.options.timeout ?? cellTimeout ?? Self.usualSeconds)
        }
        let limit = Int(min(max(0, seconds), 1e6) + Self.additionalSeconds)
        return KeptCommand(keeper: toolchain.host, stop: stop, processorSeconds: limit, memoryBytes: Self.memoryLimit)
    }

    /// The service that knows what names in cells are, limited as the compiler: it type-checks the same sources.
    func nameService(_ sourceKit: String) -> [String] {
        [toolchain.host, "--names", sourceKit, "\(Self.nameSeconds)", "\(Self.memoryLimit)"]
    }

    /// Seconds of processor time for all of a notebook's names.
    private static let nameSeconds = 120

    /// Half of the machine's memory, between 3 and 16 GB: address space, of which the compiler uses a part.
    private static let memoryLimit = min(max(physicalMemory() / 2, 3 << 30), 16 << 30)

    /// What kept the compiler from its end, where it is a limit and not the source's mistakes.
    func limitProblem(_ result: KeptCommand.Result, _ tool: KeptCommand) -> String? {
        if result.isLate || result.signal == 24 || (result.signal == 9 && !result.output.contains("error:")) {
            return "took the compiler more than \(tool.processorSeconds ?? 0) s, which is the cell's time and ten seconds more"
        }
        let isOutOfMemory = ["out of memory", "bad_alloc", "Cannot allocate memory", "could not allocate"].contains { result.output.contains($0) }
        guard result.signal != nil || result.status == 134, isOutOfMemory else { return nil }
        return "took the compiler more than \((tool.memoryBytes ?? 0) >> 20) MB of memory"
    }

    /// A unit that the compiler did not come to the end of: a mistake of its first cell, which names the others.
    func limited(_ problem: String, _ unit: CompilationUnit, in plan: ExecutionPlan) -> Outcome {
        let cells = unit.members.map { plan.steps[$0].cell }
        let names = cells.map { "'\($0.id)'" }.joined(separator: ", ")
        let what = cells.count == 1 ? "the cell \(names)" : "one of the cells \(names)"
        let place = cells.first.map { SourceLocation(line: $0.firstLine, column: 1) }
        let diagnostic = Diagnostic(
            .error, identifier: "compile-limit", summary: "\(what) \(problem)", path: path, range: place.map { SourceRange(start: $0, end: $0) },
            solutions: ["give parts of long expressions types and names of their own", "give the cell more time with 'timeout:'"])
        return Outcome(diagnostics: unit.members.first.map { [$0: [diagnostic]] } ?? [:], isCompiled: false, wasCached: false)
    }
}
