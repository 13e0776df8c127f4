internal import SwiftParser
internal import SwiftSyntax

/// What a cell's statements read, and where its variables get their values. Offsets are UTF-8 bytes of the cell's source.
struct CellFlow: Sendable, Hashable {
    /// What runs at the top level, in order.
    struct Statement: Sendable, Hashable {
        var offset: Int
        var uses: [FreeNames.Use]
        var members: Set<String>
    }

    /// A stored variable of the top level.
    struct Variable: Sendable, Hashable {
        var name: String
        /// From where on the name means this variable.
        var start: Int
        /// The end of the statement that declares it, and whether that is `#endif`, which nothing may follow on its line.
        var end: Int
        var endsWithDirective: Bool
        var hasValue: Bool
        /// How it may be declared to know by itself whether it has a value.
        var guarded: GuardedVariable?
    }

    private struct AddedInitializer: Sendable, Hashable {
        var type: String
        var offset: Int
    }

    var statements: [Statement] = []
    var variables: [Variable] = []
    /// Where functions and types are declared.
    var declared: [String: Int] = [:]
    /// Per function, type and computed variable, what is read inside.
    var bodies: [String: Set<String>] = [:]
    /// What is read inside of members that extensions add, by their names.
    var memberBodies: [String: Set<String>] = [:]
    /// Initialisers that extensions of types add without calling another, by their types, with the place where their bodies begin.
    var addedInitializers: [(type: String, body: Int)] { added.map { ($0.type, $0.offset) } }
    private var added: [AddedInitializer] = []
    var ancestry = ClassAncestry()
    var mainActor = MainActorUse()
    /// The ends of assignments that give names a value, inside functions too.
    var assignments: [FreeNames.Use] = []

    /// Names that the cell defines and uses, as values, before that.
    var earlierUses: Set<String> {
        let starts = starts
        return Set(
            statements.flatMap(\.uses).filter { use in
                starts[use.name].map { use.offset < $0 } ?? (use.kind != .called && declared[use.name].map { use.offset < $0 } ?? false)
            }.map(\.name))
    }

    /// From where on the names of the cell's variables mean these.
    var starts: [String: Int] { Dictionary(variables.map { ($0.name, $0.start) }) { min($0, $1) } }

    init() {}

    init(_ cell: ParsedCell) {
        let tree = cell.tree
        collect(tree.statements)
        for command in cell.commands { collect(command, in: tree) }
        statements.sort { $0.offset < $1.offset }
        ancestry = ClassAncestry(tree)
        mainActor = MainActorUse(tree)
        let names = FreeNames(tree)
        assignments = names.uses.filter { if case .assigned = $0.kind { true } else { false } }
        // A variable that its own cell uses is left to the compiler, which knows where it has no value yet.
        let used = Set(names.uses.map(\.name))
        for index in variables.indices where used.contains(variables[index].name) { variables[index].guarded = nil }
    }

    private mutating func collect(_ items: CodeBlockItemListSyntax) {
        for item in items { collect(item) }
    }

    private mutating func collect(_ item: CodeBlockItemSyntax) {
        guard case .decl(let declaration) = item.item else {
            note(item)
            if let guarded = item.item.as(GuardStmtSyntax.self) { collect(guarded) }
            return
        }
        if let conditional = declaration.as(IfConfigDeclSyntax.self) {
            for clause in conditional.clauses { if let items = clause.elements?.as(CodeBlockItemListSyntax.self) { collect(items) } }
        } else if let variable = declaration.as(VariableDeclSyntax.self) {
            note(item)
            collect(variable)
        } else if let extended = declaration.as(ExtensionDeclSyntax.self) {
            collect(extended)
        } else if let named = declaration.asProtocol((any NamedDeclSyntax).self) {
            let name = DefinitionCollector.unquoted(named.name.text)
            let offset = declaration.positionAfterSkippingLeadingTrivia.utf8Offset
            declared[name] = min(declared[name] ?? offset, offset)
            bodies[name, default: []].formUnion(Self.inside(declaration))
        }
    }

    private mutating func note(_ item: CodeBlockItemSyntax) {
        let names = FreeNames(item.item)
        statements.append(
            Statement(offset: item.positionAfterSkippingLeadingTrivia.utf8Offset, uses: names.uses, members: names.members))
    }

    /// What is interpolated into a command is read by it, or by the loop or condition that it stands in, unless that binds the name.
    private mutating func collect(_ command: CommandLine, in tree: SourceFileSyntax) {
        let item = tree.statements.first { item in
            item.positionAfterSkippingLeadingTrivia.utf8Offset < command.offset && command.offset < item.endPositionBeforeTrailingTrivia.utf8Offset
        }
        let bound = Set(item.map { DefinitionCollector.identifiers(Syntax($0)) } ?? [])
        let names = FreeNames(Parser.parse(source: command.swift))
        let uses = names.uses.filter { !bound.contains($0.name) && $0.name != "shell" }.map { use in
            FreeNames.Use(name: use.name, offset: command.offset, end: command.offset, kind: .commanded)
        }
        let offset = item?.positionAfterSkippingLeadingTrivia.utf8Offset ?? command.offset
        statements.append(Statement(offset: offset, uses: uses, members: names.members))
    }

    private static func inside(_ node: some SyntaxProtocol) -> Set<String> {
        let names = FreeNames(node)
        return names.reads.union(names.members.map { "." + $0 })
    }

    private mutating func collect(_ node: VariableDeclSyntax) {
        let end = node.endPositionBeforeTrailingTrivia.utf8Offset
        for binding in node.bindings {
            let names = DefinitionCollector.identifiers(Syntax(binding.pattern))
            if let accessors = binding.accessorBlock, binding.initializer == nil, accessors.isComputed {
                for name in names { bodies[name, default: []].formUnion(Self.inside(accessors)) }
                continue
            }
            // Observers stand behind the value, and mean the new variable.
            let head = binding.initializer.map { Syntax($0) } ?? binding.typeAnnotation.map { Syntax($0) } ?? Syntax(binding.pattern)
            let start = head.endPositionBeforeTrailingTrivia.utf8Offset
            let isNil = node.bindingSpecifier.text == "var" && binding.typeAnnotation.map { Self.isOptional($0.type) } ?? false
            let hasValue = binding.initializer != nil || isNil
            for name in names {
                variables.append(
                    Variable(
                        name: name, start: start, end: end, endsWithDirective: node.lastToken(viewMode: .sourceAccurate)?.tokenKind == .poundEndif,
                        hasValue: hasValue,
                        guarded: hasValue || node.bindings.count > 1 ? nil : GuardedVariable(node, binding)))
            }
        }
    }

    private mutating func collect(_ node: GuardStmtSyntax) {
        let end = node.endPositionBeforeTrailingTrivia.utf8Offset
        for condition in node.conditions {
            let pattern =
                condition.condition.as(OptionalBindingConditionSyntax.self)?.pattern
                ?? condition.condition.as(MatchingPatternConditionSyntax.self)?.pattern
            guard let pattern else { continue }
            let start = condition.endPositionBeforeTrailingTrivia.utf8Offset
            for name in DefinitionCollector.identifiers(Syntax(pattern)) {
                variables.append(Variable(name: name, start: start, end: end, endsWithDirective: false, hasValue: true, guarded: nil))
            }
        }
    }

    private mutating func collect(_ node: ExtensionDeclSyntax) {
        for member in node.memberBlock.members {
            let inside = Self.inside(member.decl)
            if let function = member.decl.as(FunctionDeclSyntax.self) {
                memberBodies[DefinitionCollector.unquoted(function.name.text), default: []].formUnion(inside)
            } else if let variable = member.decl.as(VariableDeclSyntax.self) {
                for name in variable.bindings.flatMap({ DefinitionCollector.identifiers(Syntax($0.pattern)) }) {
                    memberBodies[name, default: []].formUnion(inside)
                }
            } else {
                if let body = member.decl.as(InitializerDeclSyntax.self)?.body, !Self.delegates(body) {
                    let offset = body.leftBrace.endPositionBeforeTrailingTrivia.utf8Offset
                    added.append(AddedInitializer(type: node.extendedType.trimmedDescription, offset: offset))
                }
                bodies[node.extendedType.trimmedDescription, default: []].formUnion(inside)
            }
        }
    }

    /// Whether an initialiser calls another, or gives all of `self` a value.
    private static func delegates(_ body: CodeBlockSyntax) -> Bool {
        body.tokens(viewMode: .sourceAccurate).contains { token in
            guard token.tokenKind == .keyword(.self), let next = token.nextToken(viewMode: .sourceAccurate) else { return false }
            return next.tokenKind == .equal || next.tokenKind == .period && next.nextToken(viewMode: .sourceAccurate)?.text == "init"
        }
    }

    private static func isOptional(_ type: TypeSyntax) -> Bool {
        type.is(OptionalTypeSyntax.self) || type.is(ImplicitlyUnwrappedOptionalTypeSyntax.self)
            || type.as(IdentifierTypeSyntax.self)?.name.text == "Optional"
    }
}

/// How a variable without a value is declared so that reading it before it has one says so, in whatever cell and function.
///
/// `var count: Int` becomes an optional that is stored and a computed variable over it.
struct GuardedVariable: Sendable, Hashable {
    var name: String
    var type: String
    /// Where the declaration begins, where `let` or `var` does, and where its type ends.
    var start: Int
    var specifier: Int
    var typeEnd: Int
    /// Whether it gets its value once.
    var isConstant: Bool

    init?(_ node: VariableDeclSyntax, _ binding: PatternBindingSyntax) {
        guard let identifier = binding.pattern.as(IdentifierPatternSyntax.self)?.identifier, let annotation = binding.typeAnnotation,
            binding.accessorBlock == nil, node.attributes.isEmpty, node.modifiers.isEmpty
        else { return nil }
        name = DefinitionCollector.unquoted(identifier.text)
        type = annotation.type.trimmedDescription
        if type.contains("\n") || type.contains("//") || type.contains("~") { return nil }
        start = node.positionAfterSkippingLeadingTrivia.utf8Offset
        specifier = node.bindingSpecifier.positionAfterSkippingLeadingTrivia.utf8Offset
        typeEnd = annotation.endPositionBeforeTrailingTrivia.utf8Offset
        isConstant = node.bindingSpecifier.text == "let"
    }

    /// - Parameter cell: A Swift literal of the cell's name.
    func edits(cell: String) -> [SourceEdit] {
        let stored = "_galley_\(name)"
        let place = "\(cell), \"\(name)\""
        let once = isConstant ? "_galleyOnce(\(stored) == nil, \(place)); " : ""
        var accessors = "get { _galleyValue(\(stored), \(place)) } set { \(once)\(stored) = newValue; _galleySet(\(place)) }"
        if !isConstant { accessors += " _modify { _galleyCheck(\(stored) != nil, \(place)); yield &\(stored)! }" }
        return [
            SourceEdit(offset: start, inserted: "var \(stored): (\(type))? = nil; "),
            SourceEdit(offset: specifier, removed: 3, inserted: "var"), SourceEdit(offset: typeEnd, inserted: " { \(accessors) }"),
        ]
    }
}
