/// Which cells a cell rests on. Cells are named by their place, from 0.
public struct CellGraph: Sendable, Hashable {
    public struct Shadow: Sendable, Hashable {
        public var kind: CellNames.Definition.Kind
        public var definer: Int
        public var name: String
    }

    public struct Node: Sendable, Hashable {
        /// The cells whose modules it imports, in order.
        public var imports: [Int] = []
        /// Names that several of these define, with the one that counts.
        public var shadows: [Shadow] = []
        /// The cells that must have run for it to give what it gives in a whole run, in order.
        public var stateDependencies: [Int] = []
        /// Of these, the ones that no other of them rests on: their keys stand for all.
        public var nearestDependencies: [Int] = []
        /// The earlier cells whose values it may change, in order.
        public var changes: [Int] = []
    }

    public private(set) var nodes: [Node] = []

    /// - Parameter cells: In the order in which they run; those that do not run have no names.
    public init(_ cells: [CellNames]) {
        var builder = Builder(cells: cells)
        for index in cells.indices { nodes.append(builder.node(index)) }
    }
}

private struct Builder {
    let cells: [CellNames]
    /// Per name the cells that define it so far, with the definition.
    private var definers: [String: [(cell: Int, definition: CellNames.Definition)]] = [:]
    private var membersAdded: [String: [Int]] = [:]
    private var extensions: [String: [Int]] = [:]
    private var reachingEverything: [Int] = []
    private var importSets: [Set<Int>] = []
    private var stateSets: [Set<Int>] = []
    /// Per definer and name, the cells that may change its value.
    private var mutators: [Place: [Int]] = [:]
    private var deferred: [Set<Place>] = []
    private var processCells: [ProcessState: [Int]] = [:]

    /// Methods that the notebook declares itself, which may change what they are called on.
    private let declaredMethods: Set<String>

    private struct Place: Hashable {
        var cell: Int
        var name: String
    }

    init(cells: [CellNames]) {
        self.cells = cells
        declaredMethods = cells.reduce(into: []) { $0.formUnion($1.declaredMethods) }
    }

    mutating func node(_ index: Int) -> CellGraph.Node {
        let names = cells[index]
        let own = Set(names.definitions.map(\.name))
        let named = directImports(names, own: own)
        var imported = named
        for cell in named { imported.formUnion(importSets[cell]) }

        let shadows = shadows(names, own: own, imported: &imported)
        let changes = mutations(index, own: own, imported: imported)
        let direct = stateDependencies(index, imported: imported)
        var covered: Set<Int> = []
        for cell in direct { covered.formUnion(stateSets[cell]) }
        let state = direct.union(covered)

        importSets.append(imported)
        stateSets.append(state)
        record(index, changes: changes)
        return CellGraph.Node(
            imports: imported.sorted(), shadows: shadows, stateDependencies: state.sorted(),
            nearestDependencies: direct.subtracting(covered).sorted(),
            changes: Set(changes.map(\.cell)).subtracting([index]).sorted())
    }

    private func directImports(_ names: CellNames, own: Set<String>) -> Set<Int> {
        var found = Set(reachingEverything)
        for name in names.uses where !own.contains(name) {
            // Overloads may come from several cells; all else from the latest.
            for (cell, definition) in definers[name] ?? [] where definition.kind == .function { found.insert(cell) }
            if let last = definers[name]?.last { found.insert(last.cell) }
        }
        for name in names.memberUses { found.formUnion(membersAdded[name] ?? []) }
        for name in names.extendedTypes { if let last = definers[name]?.last { found.insert(last.cell) } }
        return found
    }

    /// Names that more than one imported module defines are ambiguous until one of them is named.
    private func shadows(_ names: CellNames, own: Set<String>, imported: inout Set<Int>) -> [CellGraph.Shadow] {
        var shadows: [CellGraph.Shadow] = []
        for name in names.uses.sorted() where !own.contains(name) {
            guard let all = definers[name], let last = all.last else { continue }
            let visible = all.filter { imported.contains($0.cell) }
            guard Set(visible.map(\.cell)).count > 1 else { continue }
            let isOverloaded =
                visible.allSatisfy { $0.definition.kind == .function }
                && Set(visible.map(\.definition.signature)).count == visible.count
            if !isOverloaded { shadows.append(.init(kind: last.definition.kind, definer: last.cell, name: name)) }
        }
        return shadows
    }

    /// The values that the cell may change, by where they are defined.
    private mutating func mutations(_ index: Int, own: Set<String>, imported: Set<Int>) -> Set<Place> {
        let names = cells[index]
        func places(_ names: Set<String>) -> Set<Place> {
            var places: Set<Place> = []
            for name in names {
                if own.contains(name) {
                    places.insert(Place(cell: index, name: name))
                } else if let last = definers[name]?.last, last.definition.kind != .function,
                    !last.definition.isConstant || last.definition.kind != .variable
                {
                    places.insert(Place(cell: last.cell, name: name))
                }
            }
            return places
        }
        func loud(_ calls: [String: Set<String>]) -> Set<String> {
            calls.reduce(into: []) { if declaredMethods.contains($1.key) { $0.formUnion($1.value) } }
        }
        deferred.append(places(names.deferredMutations.union(loud(names.deferredQuietCalls))))
        var all = places(names.mutations.union(loud(names.quietCalls)))
        // What it calls may change what the callee's cell names.
        for cell in imported { all.formUnion(deferred[cell]) }
        return all
    }

    private func stateDependencies(_ index: Int, imported: Set<Int>) -> Set<Int> {
        var state = imported
        for cell in imported {
            for definition in cells[cell].definitions {
                for mutator in mutators[Place(cell: cell, name: definition.name)] ?? [] { state.insert(mutator) }
            }
            state.formUnion(extensionsOf(cell))
        }
        for kind in cells[index].processState {
            // Memory holds what every cell before made.
            state.formUnion(kind == .memory ? Array(0..<index) : processCells[kind] ?? [])
        }
        return state
    }

    private func extensionsOf(_ cell: Int) -> [Int] { cells[cell].definitions.flatMap { extensions[$0.name] ?? [] } }

    private mutating func record(_ index: Int, changes: Set<Place>) {
        let names = cells[index]
        for place in changes where place.cell != index { mutators[place, default: []].append(index) }
        for definition in names.definitions { definers[definition.name, default: []].append((index, definition)) }
        for member in names.extensionMembers { membersAdded[member, default: []].append(index) }
        for type in names.extendedTypes { extensions[type, default: []].append(index) }
        if names.reachesEverything { reachingEverything.append(index) }
        for kind in names.processState { processCells[kind, default: []].append(index) }
    }
}
