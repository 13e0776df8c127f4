/// What a cell's names say about it.
public struct CellNames: Sendable, Hashable {
    public struct Definition: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable {
            case variable = "var"
            case function = "func"
            case structure = "struct"
            case classType = "class"
            case enumeration = "enum"
            case protocolType = "protocol"
            case alias = "typealias"
        }

        public var name: String
        public var kind: Kind
        /// What tells overloads apart: the name with labels and types; for all but functions the name alone.
        public var signature: String
        /// A `let` whose initialiser is visibly a value that nothing can change.
        public var isConstant: Bool
    }

    /// At the top level, in the order written.
    public internal(set) var definitions: [Definition] = []
    /// Names that stand anywhere in the cell, its own among them.
    public internal(set) var uses: Set<String> = []
    /// Of its own variables' names, the ones that it uses before it defines them: there they are an earlier cell's.
    public internal(set) var earlierUses: Set<String> = []
    /// Names after a dot.
    public internal(set) var memberUses: Set<String> = []
    /// What it may change.
    public internal(set) var effects = CellEffects()
    /// Types that it extends.
    public internal(set) var extendedTypes: Set<String> = []
    /// Members that its extensions add.
    public internal(set) var extensionMembers: Set<String> = []
    /// Structs that it defines whose values need nothing to be made of: `Size()`.
    public internal(set) var defaultStructs: Set<String> = []
    /// Members that its protocols ask for.
    public internal(set) var requirements: Set<String> = []
    /// Names that it declares as private, with the types whose extensions see them; without a type, all of a file does.
    public internal(set) var privateNames: [String: Set<String>] = [:]
    /// It defines operators or adds conformances: what they change cannot be told by names.
    public internal(set) var reachesEverything = false
    /// Its import declarations for later cells: what cannot be imported is passed over there.
    public internal(set) var imports: [String] = []
    /// It has stored properties that are initialised once for a process.
    public internal(set) var hasStaticStorage = false
}

extension CellNames {
    /// Whether these names, of a cell that imports another, stand for what `other` declares as private.
    func reachPrivateNames(of other: CellNames) -> Bool {
        other.privateNames.contains { name, types in
            (uses.contains(name) || memberUses.contains(name)) && (types.contains("") || !types.isDisjoint(with: extendedTypes))
        }
    }

    /// The name as it may stand anywhere, even where Swift has the word for itself; operators stay as they are.
    static func quoted(_ name: String) -> String {
        guard let first = name.unicodeScalars.first, first == "_" || first.properties.isXIDStart else { return name }
        return "`\(name)`"
    }
}
