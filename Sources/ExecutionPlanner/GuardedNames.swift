internal import SwiftSyntax

/// Makes variables of what a `guard` at the top level binds: those are known in the rest of their file only, and a cell's variables
/// are known to later cells.
///
/// `guard let a = f() else { … }` becomes `guard let _galley_a = f() else { … }; let a = _galley_a`.
enum GuardedNames {
    static func edits(_ node: GuardStmtSyntax) -> [SourceEdit] {
        var edits: [SourceEdit] = []
        var bound: [(name: String, specifier: String)] = []
        for element in node.conditions {
            edits += renaming(Set(bound.map(\.name)), in: Syntax(element))
            for (pattern, specifier) in patterns(in: Syntax(element.condition), specifier: nil) {
                bound.append((DefinitionCollector.unquoted(pattern.identifier.text), specifier))
                edits.append(renaming(pattern.identifier))
            }
        }
        guard !bound.isEmpty else { return [] }
        let copies = bound.map { "; \($0.specifier) `\($0.name)` = \(newName($0.name))" }
        edits.append(SourceEdit(offset: node.endPositionBeforeTrailingTrivia.utf8Offset, inserted: copies.joined()))
        return edits
    }

    /// Another name for variables of the cell whose names a later `guard` binds anew, `guard let a = a else { … }`: in a file that hides
    /// them, as two variables of a module could not. What stands before the end of the `guard` means the former.
    static func hidden(in tree: SourceFileSyntax) -> [SourceEdit] {
        let guards = tree.statements.compactMap { $0.item.as(GuardStmtSyntax.self) }
        if guards.isEmpty { return [] }
        var edits: [SourceEdit] = []
        lazy var uses = FreeNames(tree).uses
        for item in tree.statements {
            guard let variable = item.item.as(VariableDeclSyntax.self) else { continue }
            let end = variable.endPositionBeforeTrailingTrivia.utf8Offset
            for pattern in variable.bindings.flatMap({ identifiers(in: Syntax($0.pattern)) }) {
                let name = DefinitionCollector.unquoted(pattern.identifier.text)
                let hiding = guards.first { node in
                    end <= node.positionAfterSkippingLeadingTrivia.utf8Offset
                        && node.conditions.contains { patterns(in: Syntax($0.condition), specifier: nil).contains { $0.0.identifier.text == name } }
                }
                guard let last = hiding?.endPositionBeforeTrailingTrivia.utf8Offset else { continue }
                let other = newName(name) + "_before"
                let start = pattern.identifier.positionAfterSkippingLeadingTrivia.utf8Offset
                edits.append(SourceEdit(offset: start, removed: pattern.identifier.trimmedLength.utf8Length, inserted: other))
                for use in uses where use.name == name && end <= use.offset && use.offset < last {
                    edits.append(
                        use.kind == .shorthand
                            ? SourceEdit(offset: use.end, inserted: " = \(other)")
                            : SourceEdit(offset: use.offset, removed: use.end - use.offset, inserted: other))
                }
            }
        }
        return edits
    }

    private static func identifiers(in node: Syntax) -> [IdentifierPatternSyntax] {
        if let pattern = node.as(IdentifierPatternSyntax.self) { return [pattern] }
        return node.children(viewMode: .sourceAccurate).flatMap(identifiers)
    }

    private static func newName(_ name: String) -> String { "_galley_\(name)" }

    private static func renaming(_ token: TokenSyntax) -> SourceEdit {
        SourceEdit(
            offset: token.positionAfterSkippingLeadingTrivia.utf8Offset, removed: token.trimmedLength.utf8Length,
            inserted: newName(DefinitionCollector.unquoted(token.text)))
    }

    /// The identifiers that a condition binds, with `let` or `var`.
    private static func patterns(in node: Syntax, specifier: String?) -> [(IdentifierPatternSyntax, String)] {
        var specifier = specifier
        if let binding = node.as(OptionalBindingConditionSyntax.self) {
            return patterns(in: Syntax(binding.pattern), specifier: binding.bindingSpecifier.text)
        }
        if let matching = node.as(MatchingPatternConditionSyntax.self) { return patterns(in: Syntax(matching.pattern), specifier: nil) }
        if let value = node.as(ValueBindingPatternSyntax.self) { specifier = value.bindingSpecifier.text }
        if let identifier = node.as(IdentifierPatternSyntax.self) { return specifier.map { [(identifier, $0)] } ?? [] }
        if node.is(ClosureExprSyntax.self) { return [] }
        return node.children(viewMode: .sourceAccurate).flatMap { patterns(in: $0, specifier: specifier) }
    }

    /// What earlier conditions of the same `guard` bound has the new name in the later ones.
    private static func renaming(_ names: Set<String>, in node: Syntax) -> [SourceEdit] {
        if names.isEmpty { return [] }
        if let use = node.as(DeclReferenceExprSyntax.self) {
            let name = DefinitionCollector.unquoted(use.baseName.text)
            let isMember = use.parent?.as(MemberAccessExprSyntax.self)?.declName.id == use.id
            return names.contains(name) && !isMember && !isBoundInside(name, at: node) ? [renaming(use.baseName)] : []
        }
        return node.children(viewMode: .sourceAccurate).flatMap { renaming(names, in: $0) }
    }

    /// Whether a closure in the condition has the name for something of its own.
    private static func isBoundInside(_ name: String, at node: Syntax) -> Bool {
        var child = node
        while let parent = child.parent, !parent.is(ConditionElementSyntax.self) {
            if LocalNames.isBound(name, in: parent, seenFrom: child) { return true }
            child = parent
        }
        return false
    }
}
