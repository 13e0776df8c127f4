internal import ExecutionPlanner
internal import NotebookModel

extension ExecutionPlan {
    /// Names the cell that keeps another from being compiled, with what is needed of it.
    ///
    /// - Parameter hasFailed: Whether the cell at a place does not compile.
    func whatKeepsFromCompiling(_ index: Int, hasFailed: (Int) -> Bool) -> String {
        let uses = steps[index].analysis.names.uses
        for place in steps[index].node.imports.reversed() where hasFailed(place) {
            let names = steps[place].analysis.names.definitions.map(\.name).filter { uses.contains($0) }
            let what = names.isEmpty ? "" : ", which defines \(names.map { "'\($0)'" }.joined(separator: " and ")),"
            return "\(steps[place].cell.id)\(what) does not compile"
        }
        return "a cell that it needs does not compile"
    }
}

extension CompilationUnit {
    /// The modules that it was compiled with: what does not compile is left out where nothing of it is named.
    func compiledImports(_ units: [CompilationUnit], _ outcomes: [Int: CellCompiler.Outcome]) -> [String] {
        let failed = Set(units.indices.filter { outcomes[$0]?.isCompiled != true }.map { units[$0].moduleName })
        return imports.filter { !failed.contains($0) }
    }
}
