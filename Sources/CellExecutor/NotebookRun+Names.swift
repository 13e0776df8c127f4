internal import ExecutionPlanner
internal import NotebookModel

/// What the names in a run's cells are.
extension NotebookRun {
    func startInquiry() -> NameInquiry? {
        guard options.notesNames, notebook.frontMatter.hover else { return nil }
        let report = report
        let tell: @Sendable ([Cell.ID: [NameNote]]) -> Void = { report(.named($0)) }
        inquiry = NameInquiry(units, plan: plan, compiler: compiler, report: keepsHost ? tell : nil)
        return inquiry
    }

    /// Asks what the names in the cells are after they ran, where an author waits for their outputs.
    func askForNames() {
        guard !hasErrors, let inquiry = startInquiry() else { return }
        for (unit, outcome) in outcomes { inquiry.note(unit, isCompiled: outcome.isCompiled) }
        inquiry.endCompiling()
    }

    /// Adds to the records what the names in their cells are, which was asked while they were compiled and ran.
    func noteNames() {
        guard let names = inquiry?.answers(within: options.nameLimit) else { return }
        let places = Dictionary(plan.steps.enumerated().map { ($0.element.cell.id, $0.offset) }) { first, _ in first }
        for index in records.indices {
            if let place = places[records[index].id], let notes = names[place] { records[index].names = notes }
        }
    }
}
