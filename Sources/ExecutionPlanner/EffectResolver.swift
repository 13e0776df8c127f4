/// Says which variables, of which cells, the names in a cell's effects stand for.
struct EffectResolver {
    typealias Place = SharedValues.Place
    typealias Definers = [String: [(cell: Int, definition: CellNames.Definition)]]

    /// What a cell does, in variables.
    struct Effects {
        var mutations: Set<Place> = []
        var handed: Set<Place> = []
        var aliases: [Set<Place>] = []
        /// Whether it may run code of other cells.
        var mayCall = false
        var process = ProcessEffects()
    }

    private let cells: [CellNames]
    /// What anything in the notebook declares that does something when it is named.
    private let declared: Set<String>
    private let staticTypes: Set<String>
    private let changingOperators: Set<String>
    /// Functions whose results hold nothing; a name that any cell gives to another kind of function is none.
    private let plainFunctions: Set<String>
    private let plainVariables: [Set<String>]
    /// The variables that functions and types of the latest definition use.
    private var reach: [String: Set<Place>] = [:]
    /// Per cell, what others change by calling its functions.
    private var deferred: [(mutations: Set<Place>, handed: Set<Place>)] = []
    private var deferredProcess: [ProcessEffects] = []
    private var cellsWithBodies = CellSet()
    /// The variables that point to what a file holds.
    private var mapped: Set<Place> = []
    /// Whether a cell imports what is neither Galley's nor comes with Swift.
    private let usesPackages: Bool

    init(_ cells: [CellNames]) {
        self.cells = cells
        declared = cells.reduce(into: []) { $0.formUnion($1.effects.declared) }
        changingOperators = cells.reduce(into: []) { $0.formUnion($1.effects.changingOperators) }
        staticTypes = cells.reduce(into: []) { $0.formUnion($1.effects.staticTypes) }
        let functions = cells.flatMap { cell in cell.definitions.filter { $0.kind == .function }.map { (cell, $0.name) } }
        plainFunctions = Set(functions.map(\.1)).subtracting(functions.filter { !$0.0.effects.plainFunctions.contains($0.1) }.map(\.1))
        usesPackages = cells.contains { $0.imports.contains { !KnownEffects.isKnown(import: $0) } }
        plainVariables = cells.map(\.effects.plainVariables)
    }

    /// What a cell does by itself; cells are asked for in order.
    ///
    /// - Parameter definers: Of the cells before it.
    mutating func effects(of index: Int, definers: Definers) -> Effects {
        let effects = cells[index].effects
        var scope = Scope(index: index, definers: definers)
        for definition in cells[index].definitions { scope.own[definition.name] = definition }
        noteReach(effects, scope)
        var result = Effects()
        let now = changes(effects.changes, scope)
        (result.mutations, result.handed) = (now.mutations, now.handed)
        result.aliases = effects.aliases.map { name, sources in
            var places: Set<Place> = []
            for source in sources.union([name]) where source == name || !isPlain(source, scope) { places.formUnion(touched(source, scope)) }
            for source in effects.capturedAliases[name] ?? [] { places.formUnion(touched(source, scope)) }
            return places
        }.filter { $0.count > 1 }
        for name in effects.mappedVariables { mapped.insert(Place(cell: index, name: name)) }
        for group in result.aliases where !group.isDisjoint(with: mapped) { mapped.formUnion(group) }
        result.mayCall = now.callsValues || effects.triggers.contains("") || !effects.triggers.isDisjoint(with: declared)
        result.process = effects.process
        result.process.formUnion(known(effects.processNames, singles: effects.singles, scope))
        if usesPackages { result.process.formUnion(package(effects.changes, scope)) }
        if !mapped.isDisjoint(with: result.mutations.union(result.handed)) { result.process.formUnion(KnownEffects.files) }
        if !effects.changes.assignedTypes.allSatisfy({ scope.own[$0] != nil || definers[$0] != nil }) { result.process.writes.insert(.process) }

        let later = changes(effects.deferred, scope)
        var laterProcess = effects.deferredProcess
        laterProcess.formUnion(known(effects.deferredProcessNames, singles: effects.deferredSingles, scope))
        if usesPackages { laterProcess.formUnion(package(effects.deferred, scope)) }
        deferred.append((later.mutations, later.handed))
        deferredProcess.append(laterProcess)
        if !later.mutations.isEmpty || !laterProcess.isEmpty { cellsWithBodies.insert(index) }
        return result
    }

    /// What a cell does to the process by what it calls.
    func process(calledBy effects: Effects, among state: CellSet, in index: Int) -> ProcessEffects {
        var result = ProcessEffects()
        guard effects.mayCall else { return result }
        for cell in bodies(among: state, in: index) { result.formUnion(deferredProcess[cell]) }
        return result
    }

    /// What a cell does to variables, with what it calls.
    func changes(_ effects: Effects, calling state: CellSet, in index: Int) -> SharedValues.Cell {
        var cell = SharedValues.Cell(mutations: effects.mutations, handed: effects.handed, aliases: effects.aliases)
        guard effects.mayCall else { return cell }
        for other in bodies(among: state, in: index) {
            cell.mutations.formUnion(deferred[other].mutations)
            cell.handed.formUnion(deferred[other].handed)
        }
        return cell
    }

    private func bodies(among state: CellSet, in index: Int) -> [Int] {
        var reached = state
        reached.insert(index)
        return reached.intersection(cellsWithBodies).places
    }

    // MARK: Names

    private struct Scope {
        let index: Int
        let definers: Definers
        var own: [String: CellNames.Definition] = [:]

        func definition(_ name: String) -> (cell: Int, definition: CellNames.Definition)? {
            own[name].map { (index, $0) } ?? definers[name]?.last
        }
    }

    /// The variables behind a name: itself, or what a function or a type uses.
    private func touched(_ name: String, _ scope: Scope) -> Set<Place> {
        let isResult = name.hasSuffix("()")
        let bare = isResult ? String(name.dropLast(2)) : name
        let own = stands(for: bare, isResult: isResult, scope)
        guard scope.own[bare] != nil, cells[scope.index].earlierUses.contains(bare), let last = scope.definers[bare]?.last else { return own }
        // Before the cell defines it, it is an earlier cell's.
        return last.definition.kind == .variable && !last.definition.isConstant ? own.union([Place(cell: last.cell, name: bare)]) : own
    }

    private func stands(for bare: String, isResult: Bool, _ scope: Scope) -> Set<Place> {
        guard let (cell, definition) = scope.definition(bare) else { return [] }
        switch definition.kind {
        case .variable:
            // A variable with a body is a function of what it uses.
            let used = reach[bare] ?? []
            return definition.isConstant && cell != scope.index ? used : used.union([Place(cell: cell, name: bare)])
        case .function: return isResult && plainFunctions.contains(bare) ? [] : reach[bare] ?? []
        case .structure, .classType, .enumeration, .protocolType, .alias:
            if isResult { return reach[bare] ?? [] }
            return staticTypes.contains(bare) ? (reach[bare] ?? []).union([Place(cell: cell, name: bare)]) : []
        }
    }

    private func isPlain(_ name: String, _ scope: Scope) -> Bool {
        guard let (cell, definition) = scope.definition(name), definition.kind == .variable else { return false }
        return plainVariables[cell].contains(name)
    }

    private func changes(_ changes: CellEffects.Changes, _ scope: Scope) -> (mutations: Set<Place>, handed: Set<Place>, callsValues: Bool) {
        var mutations: Set<Place> = []
        var handed: Set<Place> = []
        for name in changes.names {
            // Numbers are handed on as copies.
            if changes.handed.contains(name), !changes.inPlace.contains(name), isPlain(name, scope) { continue }
            mutations.formUnion(touched(name, scope))
        }
        for name in changes.handed where !isPlain(name, scope) { handed.formUnion(touched(name, scope)) }
        for name in changes.captured {
            let places = touched(name, scope)
            mutations.formUnion(places)
            handed.formUnion(places)
        }
        for (key, names) in changes.conditional where declared.contains(key) {
            for name in names where !isPlain(name, scope) {
                let places = touched(name, scope)
                mutations.formUnion(places)
                handed.formUnion(places)
            }
        }
        for (name, operands) in changes.operands where changingOperators.contains(name) {
            for operand in operands { mutations.formUnion(touched(operand, scope)) }
        }
        var callsValues = false
        for name in changes.values {
            guard let (cell, definition) = scope.definition(name), definition.kind == .variable, !definition.isConstant else { continue }
            callsValues = true
            if plainVariables[cell].contains(name), !changes.called.contains(name) { continue }
            mutations.insert(Place(cell: cell, name: name))
            handed.insert(Place(cell: cell, name: name))
        }
        return (mutations, handed, callsValues)
    }

    /// What the system's own functions and objects among these names do.
    private func known(_ names: Set<String>, singles: Set<String>, _ scope: Scope) -> ProcessEffects {
        var result = ProcessEffects()
        for single in singles where scope.definition(String(single.prefix { $0 != "." })) == nil {
            result.formUnion(ProcessEffects(reads: [.single(single)], writes: [.single(single)]))
        }
        for name in names where scope.definition(name) == nil { KnownEffects.plain[name].map { result.formUnion($0) } }
        return result
    }

    /// What functions and types of packages do: anything, to what they keep for themselves.
    private func package(_ changes: CellEffects.Changes, _ scope: Scope) -> ProcessEffects {
        func isForeign(_ name: String) -> Bool { scope.definition(name) == nil && !KnownEffects.isKnown(name) }
        func isType(_ name: String) -> Bool { name.first?.isUppercase ?? false }
        let called = changes.called.union(changes.names.filter(isType)).contains(where: isForeign)
        let looked = changes.conditional.values.contains { $0.contains { isType($0) && isForeign($0) } }
        let kept: Set<ProcessState> = [.single("packages")]
        return ProcessEffects(reads: called || looked ? kept : [], writes: called ? kept : [])
    }

    private mutating func noteReach(_ effects: CellEffects, _ scope: Scope) {
        guard !effects.bodyUses.isEmpty else { return }
        var found: [String: Set<Place>] = [:]
        for owner in effects.bodyUses.keys {
            var places: Set<Place> = []
            var seen: Set<String> = [owner]
            var pending = [owner]
            while let current = pending.popLast() {
                for name in effects.bodyUses[current] ?? [] where !seen.contains(name) {
                    seen.insert(name)
                    if effects.bodyUses[name] != nil, scope.own[name] != nil { pending.append(name) }
                    guard let (cell, definition) = scope.definition(name) else { continue }
                    if definition.kind == .variable, !definition.isConstant || cell == scope.index { places.insert(Place(cell: cell, name: name)) }
                    if scope.own[name] == nil { places.formUnion(reach[name] ?? []) }
                }
            }
            found[owner] = places
        }
        for (name, places) in found {
            // An extension adds to its type, an overload to its name.
            let adds = scope.own[name] == nil || scope.own[name]?.kind == .function
            reach[name] = adds ? (reach[name] ?? []).union(places) : places
        }
        for name in scope.own.keys where found[name] == nil && scope.own[name]?.kind != .function { reach[name] = nil }
    }
}
