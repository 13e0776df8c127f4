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
