internal import Groundwork
public import NotebookModel
internal import SourceText

extension ExecutionPlan {
    /// The part of a notebook that is asked for.
    public enum Scope: Sendable, Hashable {
        case all
        /// The cells up to this one, itself included.
        case upTo(Cell.ID)
        /// This one cell, and the ones whose state it rests on.
        case only(Cell.ID)

        var cell: Cell.ID? {
            switch self {
            case .all: nil
            case .upTo(let id), .only(let id): id
            }
        }
    }

    /// Cuts the plan to a part of the notebook: nothing else is compiled or run.
    ///
    /// A cell that is named and not there is a mistake, found in ``diagnostics``.
    package mutating func restrict(to scope: Scope, path: String) {
        guard let kept = places(in: scope) else {
            if let id = scope.cell { diagnostics.append(noCell(id, path: path)) }
            return
        }
        for index in steps.indices {
            guard kept.contains(index) else {
                steps[index].action = .leave
                continue
            }
            guard case .only(let id) = scope else { continue }
            let reason: Reason = steps[index].cell.id == id ? .requested : .stateNeeded(by: id)
            switch steps[index].action {
            case .reuse, .run, .compileOnly:
                steps[index].action = steps[index].cell.options.compileFail ? .compileOnly(reason) : .run(reason)
            case .skip, .leave: break
            }
        }
    }

    /// The places that belong to `scope`; `nil` where it names no cell.
    package func places(in scope: Scope) -> Set<Int>? {
        guard let id = scope.cell else { return scope == .all ? Set(steps.indices) : nil }
        guard let place = steps.firstIndex(where: { $0.cell.id == id && !$0.isParameters }) else { return nil }
        if case .upTo = scope { return Set(0...place) }
        return Set(steps[place].node.stateDependencies + [place])
    }

    private func noCell(_ id: Cell.ID, path: String) -> Diagnostic {
        let names = steps.filter { !$0.isParameters && $0.cell.kind == .code }.map(\.cell.id)
        let near = nearestName(to: id, among: names)
        return Diagnostic(
            .error, identifier: "unknown-cell", summary: "the notebook has no cell '\(id)'", path: path,
            solutions: [near.map { "Did you mean '\($0)'?" } ?? "Cells are named by their label, or cell-1, cell-2 and so on"])
    }
}
