public import NotebookModel
internal import SourceText

extension RunRecord {
    /// The record to keep after a run: what an earlier one says stands where the run gave the same.
    ///
    /// Durations, memory and dates are those of the run that first gave the outputs, so that a record changes where outputs do. What its
    /// cells' options let differ counts as the same only where the whole notebook is the same: else an output that may differ could
    /// be that of other code.
    ///
    /// - Parameter isForced: The author asked for a run whatever the record says: what may differ is taken anew.
    public func keeping(_ earlier: RunRecord?, in notebook: Notebook, isForced: Bool = false) -> RunRecord {
        guard let earlier, earlier.integrity == .intact, earlier.origin == .galley else { return self }
        let known = Dictionary(earlier.cells.map { ($0.id, $0) }) { first, _ in first }
        let options = Dictionary(notebook.cells.map { ($0.id, $0.options) }) { first, _ in first }
        let isSameProgram =
            Self.haveSameValues(parameters, earlier.parameters) && cells.map(\.id) == earlier.cells.map(\.id)
            && zip(cells, earlier.cells).allSatisfy { $0.hasInputs(of: $1) }
        var keepsAll =
            isSameProgram && (mode == earlier.mode || earlier.mode == .fresh) && resources == earlier.resources
            && Self.haveSameValues(defaults, earlier.defaults)
        var kept = self
        for index in cells.indices {
            let (new, old) = (cells[index], known[cells[index].id])
            guard let old, old.hasInputs(of: new), old.executionCount == new.executionCount, old.status == new.status else {
                keepsAll = false
                continue
            }
            let comparison = OutputComparison(options: isSameProgram && !isForced ? options[new.id] ?? CellOptions() : CellOptions())
            if comparison.compare(old, new).isEmpty, old.outputs.map(\.places) == new.outputs.map(\.places) {
                kept.cells[index] = old
                // Names are asked for as far as there is time: what was not known then may be known now.
                if old.names.isEmpty { kept.cells[index].names = new.names }
            } else {
                keepsAll = false
            }
        }
        guard keepsAll else { return kept }
        var same = earlier
        same.cells = kept.cells
        return same
    }

    /// Whether parameters are the same, wherever they are written.
    private static func haveSameValues(_ left: [Parameter], _ right: [Parameter]) -> Bool {
        left.map(\.name) == right.map(\.name) && left.map(\.value) == right.map(\.value)
    }
}

extension CellRecord {
    /// Whether two runs of a cell were to give the same, as far as is known without the tools that ran them.
    fileprivate func hasInputs(of other: CellRecord) -> Bool {
        inputs != nil && inputs == other.inputs && files == other.files && source == other.source
    }
}

extension CellOutput {
    /// The lines of the notebook that it points at, which edits of the prose move.
    fileprivate var places: [SourceRange?] {
        switch self {
        case .diagnostics(let diagnostics): diagnostics.flatMap { [$0.range] + $0.notes.map(\.range) }
        case .error(let error): [error.line.map { SourceRange(lines: $0...$0) }]
        case .stream, .display, .result: []
        }
    }
}
