internal import Groundwork
internal import NotebookModel
internal import SourceText

/// Cells that are compiled together, as one module.
///
/// Starting the compiler takes longer than compiling a cell, so a run of all cells merges neighbours that could
/// not tell: none defines a name that another defines or used before, none but the first imports or extends
/// anything.
public struct CompilationUnit: Sendable, Hashable {
    /// Places in the plan, in order.
    public var members: [Int]
    public var moduleName: String
    /// The modules of earlier units that it imports.
    public var imports: [String]
    /// `kind Module.name` for names that several of these define.
    public var shadows: [String]
    /// Whether its cells ask for optimisation.
    public var isOptimized: Bool
    /// Imports of its own cells' and of the ones before.
    public var importDeclarations: [String]
    /// Names of modules in its cells' sources, with the modules of merged cells that stand for them; the names are equally long.
    public var renamedModules: [String: String]
    /// Of the imports, the ones whose private names it reaches, as the rest of one file would.
    public var privateImports: Set<String>
    /// Whether a class of its own has ancestors in several other modules.
    public var inheritsAcrossModules: Bool

    /// The name of the file that the compiler is told for a member.
    public static func fileName(_ member: Int) -> String { member == 0 ? "cell" : "cell-\(member)" }
}

extension ExecutionPlan {
    /// Whether a unit names what another defines, or a member that its extensions add.
    public func names(_ unit: CompilationUnit, whatDefines other: CompilationUnit) -> Bool {
        other.members.contains { place in
            let defined = steps[place].analysis.names
            return unit.members.contains { member in
                let used = steps[member].analysis.names
                return defined.definitions.contains { used.uses.contains($0.name) }
                    || defined.extensionMembers.contains { used.uses.contains($0) || used.memberUses.contains($0) }
            }
        }
    }

    /// The units for the cells at `places`, in order.
    ///
    /// - Parameter limit: The most cells in one unit.
    public func units(for places: [Int], limit: Int) -> [CompilationUnit] {
        // Members of a unit are files of their own, which `#file` and its like tell, also for a function that is called from another cell.
        let limit = steps.contains { $0.cell.source.contains("#file") } ? 1 : limit
        let standings = standings
        var groups: [[Int]] = []
        var definitions: Set<String> = []
        var uses: Set<String> = []
        for place in places {
            let names = steps[place].analysis.names
            let own = Set(names.definitions.map(\.name))
            if let last = groups.last, last.count < limit, standings[last[0]].mayJoin(standings[place]), canFollow(last, place),
                own.isDisjoint(with: definitions), own.isDisjoint(with: uses)
            {
                groups[groups.count - 1].append(place)
            } else {
                groups.append([place])
                definitions = []
                uses = []
            }
            definitions.formUnion(own)
            uses.formUnion(names.uses)
        }
        return make(groups)
    }

    /// How likely a cell is to be compiled again soon.
    private enum Standing {
        case settled
        /// It rests on a cell that is being worked on.
        case dependent
        case edited

        func mayJoin(_ other: Standing) -> Bool {
            switch (self, other) {
            case (.settled, .settled), (.dependent, .dependent): true
            default: false
            }
        }
    }

    /// After an edit, the cells that stand are kept apart from the one that is being worked on, so that its next edit
    /// compiles it alone.
    private var standings: [Standing] {
        let standings = steps.map { step -> Standing in
            switch step.action {
            case .run(.sourceChanged), .run(.never), .run(.requested), .run(.failedBefore): .edited
            case .run(.dependencyChanged): .dependent
            case .run, .reuse, .skip, .compileOnly, .leave: .settled
            }
        }
        // In a first run all cells are new.
        let hasSettled = zip(steps, standings).contains { step, standing in
            if case .settled = standing, case .run = step.action { !step.isParameters } else { false }
        }
        return hasSettled ? standings : standings.map { _ in .settled }
    }

    private func canFollow(_ group: [Int], _ place: Int) -> Bool {
        func isPlain(_ step: Step) -> Bool {
            guard case .run = step.action else { return false }
            return !step.analysis.standsAlone && !step.cell.options.error && !step.cell.options.compileFail
        }
        let names = steps[place].analysis.names
        let isOptimized = steps[place].cell.options.optimize
        return isPlain(steps[place]) && group.allSatisfy { steps[$0].analysis.names.extendedTypes.isEmpty }
            && group.allSatisfy { steps[$0].cell.options.optimize == isOptimized } && group.allSatisfy { isPlain(steps[$0]) }
            && names.imports.isEmpty && names.extendedTypes.isEmpty
            && !names.reachesEverything
    }

    private struct Definer {
        var module: String
        var definition: CellNames.Definition
    }

    /// Imports of the definitions that count, for names that several imported modules define: a module holds the names of all
    /// its cells, also of ones that the group does not rest on.
    private func shadows(_ group: [Int], imports: Set<String>, definers: [String: [Definer]]) -> [String] {
        let own = NamePrecedence(group.flatMap { steps[$0].analysis.names.definitions })
        let uses = group.reduce(into: Set<String>()) { $0.formUnion(steps[$1].analysis.names.uses) }
        return uses.sorted().flatMap { name in
            let visible = (definers[name] ?? []).filter { imports.contains($0.module) }
            return own.preferred(name, of: visible.map { ($0.module, $0.definition) }, beforeLibraries: true).map { module, kind in
                "\(kind.rawValue) \(module).\(CellNames.quoted(name))"
            }
        }
    }

    private func make(_ groups: [[Int]]) -> [CompilationUnit] {
        var units: [CompilationUnit] = []
        var modules: [Int: String] = [:]
        var definers: [String: [Definer]] = [:]
        for group in groups {
            let own = Set(group)
            var imports: [String] = []
            var privateImports: Set<String> = []
            for place in group {
                for other in steps[place].node.imports where !own.contains(other) {
                    let module = modules[other] ?? steps[other].moduleName
                    if !imports.contains(module) { imports.append(module) }
                    if steps[place].analysis.names.reachPrivateNames(of: steps[other].analysis.names) { privateImports.insert(module) }
                }
            }
            let shadows = shadows(group, imports: Set(imports), definers: definers)
            let declarations = group.first.map { steps[$0].inheritedImports } ?? []
            // A cell by itself that imports cells by themselves is the module that its key names.
            let isPlain =
                group.count == 1 && steps[group[0]].node.imports.allSatisfy { (modules[$0] ?? steps[$0].moduleName) == steps[$0].moduleName }
            let name =
                isPlain
                ? steps[group[0]].moduleName
                : "Cell_" + ContentKey(["unit"] + group.map { steps[$0].moduleName } + ["imports"] + imports + shadows).short
            for place in group {
                modules[place] = name
                for definition in steps[place].analysis.names.definitions {
                    definers[definition.name, default: []].append(Definer(module: name, definition: definition))
                }
            }
            let inheritsAcrossModules = group.contains { place in
                steps[place].ancestorCells.contains { Set($0.subtracting(own).map { modules[$0] ?? steps[$0].moduleName }).count > 1 }
            }
            let named = Set(group.flatMap { steps[$0].namedCells }).map { (steps[$0].moduleName, modules[$0] ?? steps[$0].moduleName) }
            units.append(
                CompilationUnit(
                    members: group, moduleName: name, imports: imports, shadows: shadows,
                    isOptimized: group.contains { steps[$0].cell.options.optimize },
                    importDeclarations: declarations,
                    renamedModules: Dictionary(named.filter { $0.0 != $0.1 }) { first, _ in first }, privateImports: privateImports,
                    inheritsAcrossModules: inheritsAcrossModules))
        }
        return units
    }
}
