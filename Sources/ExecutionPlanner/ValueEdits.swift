internal import NotebookModel
internal import SourceText

/// What is written into cells so that a name reads the value that it means.
///
/// A name that a cell defines anew means the earlier cell's variable until it is defined. A variable that its cell did not come to
/// set, because the cell ended early or gave it no value, is asked for before the first statement of a cell that may read it.
struct ValueEdits {
    private struct Place: Hashable {
        var cell: Int
        var name: String
    }

    private let cells: [Cell]
    private let flows: [CellFlow]
    private let names: [CellNames]
    private let path: String
    /// Per name, the cells before the one at hand that define it.
    private var definers: [String: [Int]] = [:]
    /// Variables that may have no value after their cell, with whether that is so because they are declared without one.
    private var tracked: [Place: Bool] = [:]
    /// Per class, and per other name of one, the cells that it and its ancestors stand in.
    private var ancestors: [String: Set<Int>] = [:]
    /// Per name of a member that an extension adds, the cells that do.
    private var memberDefiners: [String: [Int]] = [:]
    private var mainActor = MainActorEdits()
    private(set) var diagnostics: [Diagnostic] = []

    init(_ cells: [Cell], _ analyses: [CellAnalysis], names: [CellNames], path: String) {
        self.cells = cells
        self.names = names
        self.path = path
        flows = analyses.map(\.flow)
    }

    struct Edits {
        /// Before the edits of the cell's own rewriting at the same place, and after them.
        var first: [SourceEdit] = []
        var last: [SourceEdit] = []
        /// The cells whose modules these name.
        var named: Set<Int> = []
        /// Whether the cell notes which of its variables have values.
        var notesValues = false
        /// Per class whose ancestors stand in several cells, these cells.
        var ancestorCells: Set<Set<Int>> = []
    }

    /// The edits of the next cell; cells come in order.
    mutating func edits(_ index: Int, moduleNames: [String]) -> Edits {
        var result = Edits()
        let flow = flows[index]
        let starts = flow.starts
        let functions = Set(names[index].definitions.filter { $0.kind == .function }.map(\.name))
        for statement in flow.statements {
            for use in statement.uses {
                guard isEarlier(use, flow, starts: starts, functions: functions) else { continue }
                if use.kind == .commanded {
                    diagnostics.append(commandBeforeValue(use, in: index))
                } else if let definer = definers[use.name]?.last {
                    let module = moduleNames[definer]
                    let edit =
                        use.kind == .shorthand
                        ? SourceEdit(offset: use.end, inserted: " = \(module).`\(use.name)`")
                        : SourceEdit(offset: use.offset, inserted: "\(module).")
                    result.last.append(edit)
                    result.named.insert(definer)
                } else if (use.kind == .read || use.kind == .shorthand) && !use.isInClosure {
                    diagnostics.append(useBeforeValue(use, in: index))
                }
            }
            diagnostics += callsBeforeValue(statement, index, starts: starts)
        }
        for (type, body) in flow.addedInitializers where !names[index].definitions.contains(where: { $0.name == type }) {
            // Across modules Swift demands that such an initialiser calls another; this one leaves it what it would begin with.
            guard let definer = definers[type]?.last, names[definer].defaultStructs.contains(type) else { continue }
            result.last.append(SourceEdit(offset: body, inserted: " self.init();"))
        }
        result.ancestorCells = Set(flow.ancestry.classes.map { ancestorCells(of: $0, index) }.filter { $0.count > 1 })
        let (opening, closing) = mainActor.edits(flow.mainActor)
        result.first = checks(index, starts: starts) + opening
        result.last = closing + result.last
        let notes = notes(index, starts: starts, &result)
        result.last += notes
        record(index)
        return result
    }

    /// Whether a use stands before what the cell itself defines by the name.
    ///
    /// Functions and types are there from the start, as in any program; but where a value is asked for, an earlier variable is meant.
    private func isEarlier(_ use: FreeNames.Use, _ flow: CellFlow, starts: [String: Int], functions: Set<String>) -> Bool {
        if let start = starts[use.name] { return use.offset < start && !functions.contains(use.name) }
        guard use.kind != .called, let place = flow.declared[use.name], use.offset < place, let definer = definers[use.name]?.last else {
            return false
        }
        return names[definer].definitions.contains { $0.name == use.name && $0.kind == .variable }
    }

    /// The earlier cells that a class's ancestors stand in.
    private func ancestorCells(of name: String, _ index: Int, depth: Int = 0) -> Set<Int> {
        let ancestry = flows[index].ancestry
        guard ancestry.classes.contains(name) else { return ancestors[name] ?? [] }
        // A class that inherits from itself is a mistake that the compiler describes.
        guard let parent = ancestry.superclasses[name], depth < ancestry.classes.count else { return [] }
        return ancestorCells(of: parent, index, depth: depth + 1)
    }

    private mutating func record(_ index: Int) {
        for definition in names[index].definitions where definers[definition.name]?.last != index {
            definers[definition.name, default: []].append(index)
        }
        let ancestry = flows[index].ancestry
        let own = ancestry.classes.map { ($0, ancestorCells(of: $0, index).union([index])) }
        ancestors.merge(own) { $1 }
        for (name, other) in ancestry.aliases { ancestors[name] = ancestors[other] }
        for member in flows[index].memberBodies.keys { memberDefiners[member, default: []].append(index) }
        guard !names[index].definitions.isEmpty else { return }
        for variable in flows[index].variables where !variable.hasValue || cells[index].options.error {
            tracked[Place(cell: index, name: variable.name)] = !variable.hasValue
        }
    }

    // MARK: Values that may be missing

    /// Asks, before the first statement that may read it, for each variable that may have no value.
    private func checks(_ index: Int, starts: [String: Int]) -> [SourceEdit] {
        if tracked.isEmpty { return [] }
        var asked: Set<Place> = []
        var edits: [SourceEdit] = []
        for statement in flows[index].statements {
            for place in variables(readBy: statement, index, starts: starts).subtracting(asked).sorted(by: { ($0.cell, $0.name) < ($1.cell, $1.name) }
            ) {
                asked.insert(place)
                let isDeclared = tracked[place] == true
                edits.append(
                    SourceEdit(offset: statement.offset, inserted: "try _galleyNeed(\(arguments(place)), isDeclaredOnly: \(isDeclared)); "))
            }
        }
        return edits
    }

    /// The tracked variables that a statement may read, by itself and through the functions and types that it names.
    private func variables(readBy statement: CellFlow.Statement, _ index: Int, starts: [String: Int]) -> Set<Place> {
        var found: Set<Place> = []
        var seen: Set<Place> = []
        var pending: [Place] = statement.members.map { Place(cell: index, name: "." + $0) }
        for use in statement.uses {
            if case .assigned = use.kind { continue }
            if let start = starts[use.name] {
                // Its own from there on; before it, what an earlier cell left.
                if use.offset < start, let definer = definers[use.name]?.last { pending.append(Place(cell: definer, name: use.name)) }
            } else {
                pending.append(Place(cell: index, name: use.name))
            }
        }
        while let next = pending.popLast() {
            guard seen.insert(next).inserted else { continue }
            if next.name.hasPrefix(".") {
                let name = String(next.name.dropFirst())
                for cell in (memberDefiners[name] ?? []) + [index] {
                    pending += (flows[cell].memberBodies[name] ?? []).map { Place(cell: cell, name: $0) }
                }
                continue
            }
            guard let cell = definer(of: next.name, seenFrom: next.cell, index) else { continue }
            let place = Place(cell: cell, name: next.name)
            if tracked[place] != nil { found.insert(place) }
            pending += (flows[cell].bodies[next.name] ?? []).map { Place(cell: cell, name: $0) }
        }
        return found
    }

    private func definer(of name: String, seenFrom cell: Int, _ index: Int) -> Int? {
        if cell == index {
            return flows[index].bodies[name] != nil ? index : definers[name]?.last
        }
        return definers[name]?.last { $0 <= cell }
    }

    /// Notes where the cell's variables get their values, and where it gives earlier ones theirs.
    private func notes(_ index: Int, starts: [String: Int], _ result: inout Edits) -> [SourceEdit] {
        if names[index].definitions.isEmpty && tracked.isEmpty { return [] }
        var edits: [SourceEdit] = []
        for variable in flows[index].variables {
            let place = Place(cell: index, name: variable.name)
            guard !names[index].definitions.isEmpty, !variable.hasValue || cells[index].options.error else { continue }
            result.notesValues = true
            if let guarded = variable.guarded {
                edits += guarded.edits(cell: literal(cells[index].id))
            } else if variable.hasValue {
                let note = "_galleySet(\(arguments(place)))"
                if !variable.endsWithDirective {
                    edits.append(SourceEdit(offset: variable.end, inserted: "; " + note))
                } else if let next = flows[index].statements.first(where: { $0.offset > variable.end }) {
                    result.first.insert(SourceEdit(offset: next.offset, inserted: note + "; "), at: 0)
                } else {
                    edits.append(SourceEdit(offset: cells[index].source.utf8.count, inserted: "\n" + note))
                }
            }
        }
        for use in flows[index].assignments {
            guard case .assigned(let end) = use.kind else { continue }
            let isOwn = starts[use.name].map { $0 <= use.offset } ?? false
            if isOwn {
                guard flows[index].variables.contains(where: { $0.name == use.name && !$0.hasValue }) else { continue }
                edits.append(SourceEdit(offset: end, inserted: "; _galleySet(\(arguments(Place(cell: index, name: use.name))))"))
            } else if let definer = definers[use.name]?.last, tracked[Place(cell: definer, name: use.name)] != nil {
                edits.append(SourceEdit(offset: end, inserted: "; _galleySet(\(arguments(Place(cell: definer, name: use.name))))"))
            }
        }
        return edits
    }

    private func arguments(_ place: Place) -> String { "\(literal(cells[place.cell].id)), \"\(place.name)\"" }

    private func literal(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }

    // MARK: Names used before they are defined

    private func useBeforeValue(_ use: FreeNames.Use, in index: Int) -> Diagnostic {
        mistake(
            use, in: index, "'\(use.name)' is used before this cell gives it a value, and no earlier cell defines it",
            "Move the use behind the line that defines '\(use.name)'")
    }

    private func commandBeforeValue(_ use: FreeNames.Use, in index: Int) -> Diagnostic {
        mistake(
            use, in: index, "the command uses '\(use.name)' before this cell defines it",
            "Move the command behind that line, or into a cell of its own before this one")
    }

    /// Uses of the cell's own functions and types that read a variable which the cell defines anew, further down.
    private func callsBeforeValue(_ statement: CellFlow.Statement, _ index: Int, starts: [String: Int]) -> [Diagnostic] {
        let later = starts.filter { statement.offset < $0.value && definers[$0.key] != nil }
        if later.isEmpty { return [] }
        let bodies = flows[index].bodies
        return statement.uses.compactMap { use -> Diagnostic? in
            guard bodies[use.name] != nil, !isEarlier(use, flows[index], starts: starts, functions: []) else { return nil }
            var seen: Set<String> = []
            var pending = [use.name]
            while let name = pending.popLast() {
                guard seen.insert(name).inserted else { continue }
                if later[name] != nil {
                    return mistake(
                        use, in: index, "'\(use.name)' reads '\(name)', which this cell defines anew further down",
                        "Use '\(use.name)' behind the line that defines '\(name)', or give one of the two another name")
                }
                pending += bodies[name] ?? []
            }
            return nil
        }
    }

    private func mistake(_ use: FreeNames.Use, in index: Int, _ summary: String, _ solution: String) -> Diagnostic {
        let cell = cells[index]
        let place = SourceFile(path: path, text: cell.source).location(atOffset: use.offset)
        let start = SourceText.SourceLocation(line: cell.firstLine + place.line - 1, column: place.column + cell.indentation)
        return Diagnostic(
            .error, identifier: "use-before-value", summary: summary, path: path,
            range: SourceText.SourceRange(start: start, end: SourceText.SourceLocation(line: start.line, column: start.column + use.name.utf8.count)),
            solutions: [solution])
    }
}
