internal import SwiftSyntax

/// Says whether a name stands for something that a surrounding function, closure, loop, condition or block declares.
enum LocalNames {
    /// Whether `name`, where it stands at `node`, is bound below the cell's top level.
    static func bind(_ name: String, at node: Syntax) -> Bool {
        var child = node
        while let parent = child.parent, !parent.is(SourceFileSyntax.self) {
            if isBound(name, in: parent, seenFrom: child) { return true }
            child = parent
        }
        return false
    }

    static func isBound(_ name: String, in parent: Syntax, seenFrom child: Syntax) -> Bool {
        if let items = parent.as(CodeBlockItemListSyntax.self) { return isBound(name, in: items, before: child) }
        if let members = parent.as(MemberBlockItemListSyntax.self) {
            return members.contains { declares(Syntax($0.decl), name, isSeenBefore: true) }
        }
        if let conditions = parent.as(ConditionElementListSyntax.self) {
            return conditions.prefix { $0.id != child.id }.contains { isBound(name, by: $0) }
        }
        if let bindings = parent.as(PatternBindingListSyntax.self), !isTopLevel(bindings) {
            return bindings.prefix { $0.id != child.id }.contains { DefinitionCollector.identifiers(Syntax($0.pattern)).contains(name) }
        }
        return isBound(name, byHeaderOf: parent, seenFrom: child)
    }

    private static func isBound(_ name: String, byHeaderOf parent: Syntax, seenFrom child: Syntax) -> Bool {
        if let closure = parent.as(ClosureExprSyntax.self) {
            guard let signature = closure.signature, signature.id != child.id else { return false }
            return names(of: signature).contains(name)
        }
        if let function = parent.as(FunctionDeclSyntax.self) { return names(of: function.signature.parameterClause).contains(name) }
        if let initializer = parent.as(InitializerDeclSyntax.self) { return names(of: initializer.signature.parameterClause).contains(name) }
        if let subscripted = parent.as(SubscriptDeclSyntax.self) { return names(of: subscripted.parameterClause).contains(name) }
        if let accessor = parent.as(AccessorDeclSyntax.self) {
            return name == accessor.parameters?.name.text || name == "newValue" || name == "oldValue"
        }
        if let loop = parent.as(ForStmtSyntax.self) {
            return (child.id == loop.body.id || child.id == loop.whereClause?.id) && binds(loop.pattern, name)
        }
        if let choice = parent.as(IfExprSyntax.self) { return child.id == choice.body.id && choice.conditions.contains { isBound(name, by: $0) } }
        if let loop = parent.as(WhileStmtSyntax.self) { return child.id == loop.body.id && loop.conditions.contains { isBound(name, by: $0) } }
        if let option = parent.as(SwitchCaseSyntax.self), child.id == option.statements.id, let label = option.label.as(SwitchCaseLabelSyntax.self) {
            return label.caseItems.contains { binds($0.pattern, name) }
        }
        if let item = parent.as(SwitchCaseItemSyntax.self) { return child.id == item.whereClause?.id && binds(item.pattern, name) }
        if let clause = parent.as(CatchClauseSyntax.self), child.id == clause.body.id {
            return clause.catchItems.isEmpty ? name == "error" : clause.catchItems.contains { $0.pattern.map { binds($0, name) } ?? false }
        }
        return false
    }

    private static func isBound(_ name: String, in items: CodeBlockItemListSyntax, before child: Syntax) -> Bool {
        if items.parent?.is(SourceFileSyntax.self) != false || items.parent?.is(IfConfigClauseSyntax.self) == true { return false }
        var isBefore = true
        for item in items {
            if item.id == child.id { isBefore = false }
            if declares(Syntax(item.item), name, isSeenBefore: isBefore) { return true }
        }
        return false
    }

    /// - Parameter isSeenBefore: Whether the declaration stands before the use; functions and types hold in their whole block.
    private static func declares(_ node: Syntax, _ name: String, isSeenBefore: Bool) -> Bool {
        if let named = node.asProtocol((any NamedDeclSyntax).self) { return DefinitionCollector.unquoted(named.name.text) == name }
        if let cases = node.as(EnumCaseDeclSyntax.self) { return cases.elements.contains { $0.name.text == name } }
        guard isSeenBefore else { return false }
        if let variable = node.as(VariableDeclSyntax.self) { return variable.bindings.contains { binds($0.pattern, name) } }
        if let guarded = node.as(GuardStmtSyntax.self) { return guarded.conditions.contains { isBound(name, by: $0) } }
        return false
    }

    private static func isBound(_ name: String, by condition: ConditionElementSyntax) -> Bool {
        if let binding = condition.condition.as(OptionalBindingConditionSyntax.self) { return binds(binding.pattern, name) }
        if let matching = condition.condition.as(MatchingPatternConditionSyntax.self) { return binds(matching.pattern, name) }
        return false
    }

    private static func binds(_ pattern: PatternSyntax, _ name: String) -> Bool {
        DefinitionCollector.identifiers(Syntax(pattern)).contains(name)
    }

    private static func isTopLevel(_ bindings: PatternBindingListSyntax) -> Bool {
        guard let item = bindings.parent?.parent?.as(CodeBlockItemSyntax.self) else { return false }
        return item.parent?.parent?.is(SourceFileSyntax.self) == true || item.parent?.parent?.is(IfConfigClauseSyntax.self) == true
    }

    private static func names(of clause: FunctionParameterClauseSyntax) -> [String] {
        clause.parameters.map { DefinitionCollector.unquoted(($0.secondName ?? $0.firstName).text) }
    }

    private static func names(of signature: ClosureSignatureSyntax) -> [String] {
        let captured = signature.capture?.items.map(\.name.text) ?? []
        switch signature.parameterClause {
        case .simpleInput(let list)?: return captured + list.map(\.name.text)
        case .parameterClause(let clause)?: return captured + clause.parameters.map { ($0.secondName ?? $0.firstName).text }
        case nil: return captured
        }
    }
}
