internal import SwiftSyntax

/// What a cell says of the main actor: which of its names may be that actor's, and which expressions of its top level name what.
///
/// A cell's statements run on the main thread, and belong to the main actor as those of a script that waits do. To the compiler they are
/// of no actor, so where they name what is the main actor's they are written as a piece of its code. Offsets are UTF-8 bytes of the source.
struct MainActorUse: Sendable, Hashable {
    /// A name of the top level, with the names that its declaration shows to its users or that its value is made of.
    struct Declared: Sendable, Hashable {
        var name: String
        /// `@MainActor` stands in what it shows.
        var isMarked: Bool
        var names: Set<String>
    }

    struct Statement: Sendable, Hashable {
        /// Names that it binds inside, which may be made of what it names.
        var bound: Set<String> = []
        /// All names that stand in its expressions.
        var names: Set<String> = []
        var expressions: [Expression] = []
    }

    /// An expression that runs where the cell's statements do.
    struct Expression: Sendable, Hashable {
        var start: Int
        var end: Int
        /// Where the closure's code begins in which the cell waits for it.
        var waitsFrom: Int?
        var needsTry: Bool
        /// But for what it waits for by itself.
        var names: Set<String>
    }

    private(set) var declared: [Declared] = []
    private(set) var statements: [Statement] = []

    init() {}

    init(_ tree: SourceFileSyntax) {
        for item in tree.statements { collect(item) }
    }

    private mutating func collect(_ item: CodeBlockItemSyntax) {
        if let conditional = item.item.as(IfConfigDeclSyntax.self) {
            for clause in conditional.clauses {
                guard let items = clause.elements?.as(CodeBlockItemListSyntax.self) else { continue }
                for item in items { collect(item) }
            }
            return
        }
        declare(Syntax(item.item))
        var statement = Statement()
        add(Syntax(item.item), to: &statement)
        if !statement.expressions.isEmpty { statements.append(statement) }
    }

    // MARK: What is declared

    private mutating func declare(_ node: Syntax) {
        if let variable = node.as(VariableDeclSyntax.self) {
            for binding in variable.bindings {
                let parts = [
                    binding.typeAnnotation.map { Syntax($0) }, binding.initializer.map { Syntax($0) }, binding.accessorBlock.map { Syntax($0) },
                ]
                let isMarked = Self.isMarked(node, withCode: true)
                let names = parts.reduce(into: Set<String>()) { if let part = $1 { $0.formUnion(Self.names(part)) } }
                declare(DefinitionCollector.identifiers(Syntax(binding.pattern)), isMarked, names)
            }
        } else if let guarded = node.as(GuardStmtSyntax.self) {
            let conditions = Syntax(guarded.conditions)
            declare(DefinitionCollector.identifiers(conditions), Self.isMarked(conditions, withCode: true), Self.names(conditions))
        } else if let added = node.as(ExtensionDeclSyntax.self) {
            let names = added.inheritanceClause.map { Self.names(Syntax($0)) } ?? []
            declare([added.extendedType.trimmedDescription], Self.isMarked(node), names)
        } else if let named = node.asProtocol((any NamedDeclSyntax).self) {
            declare([named.name.text], Self.isMarked(node), Self.names(node, withCode: false).subtracting([named.name.text]))
        }
    }

    private mutating func declare(_ found: [String], _ isMarked: Bool, _ names: Set<String>) {
        for name in found { declared.append(Declared(name: DefinitionCollector.unquoted(name), isMarked: isMarked, names: names)) }
    }

    private static func isCode(_ node: Syntax) -> Bool {
        node.is(CodeBlockSyntax.self) || node.is(ClosureExprSyntax.self) || node.is(AccessorBlockSyntax.self)
    }

    private static func isMarked(_ node: Syntax, withCode: Bool = false) -> Bool {
        if let attribute = node.as(AttributeSyntax.self) { return attribute.attributeName.trimmedDescription == "MainActor" }
        if !withCode && isCode(node) { return false }
        return node.children(viewMode: .sourceAccurate).contains { isMarked($0, withCode: withCode) }
    }

    /// The names that stand in `node`, but for those of members.
    private static func names(_ node: Syntax, withCode: Bool = true, withAwaited: Bool = true) -> Set<String> {
        var found: Set<String> = []
        func walk(_ node: Syntax) {
            if !withCode && isCode(node) || !withAwaited && node.is(AwaitExprSyntax.self) { return }
            if let member = node.as(MemberAccessExprSyntax.self) {
                if let base = member.base { walk(Syntax(base)) }
            } else if let token = node.as(TokenSyntax.self) {
                if case .identifier(let name) = token.tokenKind { found.insert(DefinitionCollector.unquoted(name)) }
            } else {
                for child in node.children(viewMode: .sourceAccurate) { walk(child) }
            }
        }
        walk(node)
        return found
    }

    // MARK: What runs

    private func add(_ node: Syntax, to statement: inout Statement) {
        if Self.isCodeOfItsOwn(node) { return }
        if node.is(PatternSyntax.self) {
            statement.bound.formUnion(DefinitionCollector.identifiers(node))
        } else if let variable = node.as(VariableDeclSyntax.self) {
            for binding in variable.bindings {
                statement.bound.formUnion(DefinitionCollector.identifiers(Syntax(binding.pattern)))
                if let value = binding.initializer?.value { add(Syntax(value), to: &statement) }
            }
        } else if let expression = node.as(ExprSyntax.self), !node.is(IfExprSyntax.self), !node.is(SwitchExprSyntax.self) {
            add(expression: expression, to: &statement)
        } else {
            for child in node.children(viewMode: .sourceAccurate) { add(child, to: &statement) }
        }
    }

    /// Whether it declares what runs elsewhere or later, or is a type.
    private static func isCodeOfItsOwn(_ node: Syntax) -> Bool {
        if node.is(TypeSyntax.self) || node.is(AttributeListSyntax.self) || node.is(AccessorBlockSyntax.self) { return true }
        return node.is(DeclSyntax.self) && !node.is(VariableDeclSyntax.self) && !node.is(IfConfigDeclSyntax.self)
    }

    private func add(expression: ExprSyntax, to statement: inout Statement) {
        var start = expression.positionAfterSkippingLeadingTrivia.utf8Offset
        let end = expression.endPositionBeforeTrailingTrivia.utf8Offset
        var parts = Syntax(expression)
        // A variable that is only given a value stays outside: it may have none yet.
        if let elements = expression.as(SequenceExprSyntax.self).map({ Array($0.elements) }), elements.count > 2,
            elements[1].is(AssignmentExprSyntax.self), Self.isPlain(elements[0])
        {
            start = elements[2].positionAfterSkippingLeadingTrivia.utf8Offset
            if elements.count == 3 { parts = Syntax(elements[2]) }
        }
        statement.names.formUnion(Self.names(parts))
        let waits = CellRewriter.contains(parts, AwaitExprSyntax.self)
        statement.expressions.append(
            Expression(
                start: start, end: end, waitsFrom: waits ? CellRewriter.waitingPart(of: expression).start : nil,
                needsTry: CellRewriter.containsPlainTry(parts), names: Self.names(parts, withAwaited: false)))
    }

    private static func isPlain(_ target: ExprSyntax) -> Bool {
        if let tuple = target.as(TupleExprSyntax.self) { return tuple.elements.allSatisfy { isPlain($0.expression) } }
        return target.is(DeclReferenceExprSyntax.self) || target.is(DiscardAssignmentExprSyntax.self)
    }
}

/// Writes what names the main actor's code as a piece of it, through the cells in order.
struct MainActorEdits {
    /// Names whose values may be the main actor's.
    private var names: Set<String> = []

    /// The edits of the next cell: at one place, those of `first` stand before and those of `last` behind what the cell's own rewriting writes.
    mutating func edits(_ use: MainActorUse) -> (first: [SourceEdit], last: [SourceEdit]) {
        var own: Set<String> = []
        while true {
            let known = names.union(own)
            let more = use.declared.filter { !own.contains($0.name) && ($0.isMarked || !$0.names.isDisjoint(with: known)) }
            if more.isEmpty { break }
            own.formUnion(more.map(\.name))
        }
        let known = names.union(own)
        names = names.subtracting(use.declared.map(\.name)).union(own)
        var first: [SourceEdit] = []
        var last: [SourceEdit] = []
        for statement in use.statements where !statement.names.isDisjoint(with: known) {
            let meant = known.union(statement.bound)
            for expression in statement.expressions where !expression.names.isDisjoint(with: meant) {
                if let place = expression.waitsFrom {
                    last.append(SourceEdit(offset: place, inserted: "@MainActor in "))
                } else {
                    first.append(SourceEdit(offset: expression.start, inserted: expression.needsTry ? "try _galleyMain({ " : "_galleyMain({ "))
                    last.append(SourceEdit(offset: expression.end, inserted: " })"))
                }
            }
        }
        return (first, last)
    }
}
