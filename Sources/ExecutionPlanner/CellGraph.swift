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
        /// Of these, the ones that no other of them imports: their modules' names stand for all.
        public var nearestImports: [Int] = []
        /// Names that several of these define, with the one that counts.
        public var shadows: [Shadow] = []
        /// The cells that must have run for it to give what it gives in a whole run, in order.
        public var stateDependencies: [Int] = []
        /// Of these, the ones that no other of them rests on: their keys stand for all.
        public var nearestDependencies: [Int] = []
        /// The earlier cells whose values it may change, in order.
        public var changes: [Int] = []
        /// What of the process it reads and changes, also by what it calls.
        public var process = ProcessEffects()
    }

    public private(set) var nodes: [Node] = []

    /// - Parameter cells: In the order in which they run; those that do not run have no names.
    /// - Complexity: Linear in the cells' names; sets of cells cost a word for 64 cells.
    public init(_ cells: [CellNames]) {
        var builder = CellGraphBuilder(cells: cells)
        for index in cells.indices { nodes.append(builder.node(index)) }
    }
}

private struct CellGraphBuilder {
    let cells: [CellNames]
    /// Per name the cells that define it so far, with the definition.
    private var definers: EffectResolver.Definers = [:]
    private var membersAdded: [String: CellSet] = [:]
    private var extensions: [String: CellSet] = [:]
    private var reachingEverything = CellSet()
    private var importSets: [CellSet] = []
    private var stateSets: [CellSet] = []
    private var objects = SharedValues()
    private var writers: [ProcessState: CellSet] = [:]
    private var resolver: EffectResolver

    init(cells: [CellNames]) {
        self.cells = cells
        resolver = EffectResolver(cells)
    }

    mutating func node(_ index: Int) -> CellGraph.Node {
        let names = cells[index]
        let own = Set(names.definitions.map(\.name))
        var named = directImports(names, own: own)
        var inherited = CellSet()
        var imported = CellSet()
        while true {
            for cell in named.places { inherited.formUnion(importSets[cell]) }
            imported = named
            imported.formUnion(inherited)
            // What is added to a type in sight is in sight, too, whether or not a member's name shows it.
            let added = additions(to: imported).subtracting(imported)
            if added.places.isEmpty { break }
            named.formUnion(added)
        }

        let effects = resolver.effects(of: index, definers: definers)
        var direct = imported
        direct.formUnion(objects.changers(of: imported))
        for cell in imported.places {
            for definition in cells[cell].definitions { if let cells = extensions[definition.name] { direct.formUnion(cells) } }
        }
        // What it calls stands in cells that it rests on, and may make it rest on more.
        var process = effects.process
        var covered = CellSet()
        var state = direct
        while true {
            covered = CellSet()
            for cell in direct.places { covered.formUnion(stateSets[cell]) }
            state = direct
            state.formUnion(covered)
            process.formUnion(resolver.process(calledBy: effects, among: state, in: index))
            let cells = processDependencies(process, of: index).subtracting(state)
            if cells.isEmpty { break }
            direct.formUnion(cells)
        }
        let changes = objects.take(resolver.changes(effects, calling: state, in: index), of: index)

        importSets.append(imported)
        stateSets.append(state)
        record(index, process)
        return CellGraph.Node(
            imports: imported.places, nearestImports: named.subtracting(inherited).places, shadows: shadows(names, imported: imported),
            stateDependencies: state.places, nearestDependencies: direct.subtracting(covered).places, changes: changes, process: process)
    }

    private func directImports(_ names: CellNames, own: Set<String>) -> CellSet {
        var found = reachingEverything
        for name in names.uses where !own.contains(name) || names.earlierUses.contains(name) {
            guard let all = definers[name] else { continue }
            // Overloads may come from several cells; all else from the latest.
            var signatures: Set<String> = []
            for (cell, definition) in all.reversed() where definition.kind == .function && signatures.insert(definition.signature).inserted {
                found.insert(cell)
            }
            if let last = all.last { found.insert(last.cell) }
        }
        for definition in names.definitions where definition.kind == .function {
            // Functions of other signatures are overloads that stay in sight.
            guard let all = definers[definition.name], all.last?.definition.kind == .function else { continue }
            var signatures = Set(names.definitions.map(\.signature))
            for (cell, other) in all.reversed() where other.kind == .function && signatures.insert(other.signature).inserted { found.insert(cell) }
        }
        for name in names.memberUses.union(names.uses.filter { !own.contains($0) && definers[$0] == nil }) {
            if let cells = membersAdded[name] { found.formUnion(cells) }
        }
        for name in names.extendedTypes { if let last = definers[Self.root(name)]?.last { found.insert(last.cell) } }
        return found
    }

    /// The cells that extend types which `cells` define, or add members that their protocols ask for.
    private func additions(to cells: CellSet) -> CellSet {
        var found = CellSet()
        for cell in cells.places {
            for definition in self.cells[cell].definitions { if let more = extensions[definition.name] { found.formUnion(more) } }
            for member in self.cells[cell].requirements { if let more = membersAdded[member] { found.formUnion(more) } }
        }
        return found
    }

    /// `Outer` of `Outer.Inner`.
    private static func root(_ type: String) -> String { String(type.prefix { $0 != "." && $0 != "<" && $0 != " " }) }

    /// Names that more than one imported module defines are ambiguous until one of them is named.
    private func shadows(_ names: CellNames, imported: CellSet) -> [CellGraph.Shadow] {
        let precedence = NamePrecedence(names.definitions)
        return names.uses.sorted().flatMap { name in
            let visible = (definers[name] ?? []).filter { imported.contains($0.cell) }
            return precedence.preferred(name, of: visible.map { ($0.cell, $0.definition) }).map {
                CellGraph.Shadow(kind: $1, definer: $0, name: name)
            }
        }
    }

    /// The earlier cells that changed what it reads, or changes further, of the process.
    private func processDependencies(_ process: ProcessEffects, of index: Int) -> CellSet {
        // Memory holds what every cell before made.
        if process.reads.contains(.memory) { return CellSet(0..<index) }
        var found = writers[.process] ?? CellSet()
        for state in process.touched { if let cells = writers[state] { found.formUnion(cells) } }
        return found
    }

    private mutating func record(_ index: Int, _ process: ProcessEffects) {
        let names = cells[index]
        for definition in names.definitions { definers[definition.name, default: []].append((index, definition)) }
        for member in names.extensionMembers { membersAdded[member, default: CellSet()].insert(index) }
        for type in names.extendedTypes {
            let name = Self.root(type)
            extensions[name, default: CellSet()].insert(index)
            // What extends a type by another name of it reaches all that may have it.
            if definers[name]?.last?.definition.kind == .alias { reachingEverything.insert(index) }
        }
        if names.reachesEverything { reachingEverything.insert(index) }
        for state in process.writes { writers[state, default: CellSet()].insert(index) }
    }
}
