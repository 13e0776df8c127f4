internal import SwiftSyntax

/// Members by which a cell's extension gives a type of an earlier cell, or of a library, a conformance.
///
/// Cells are modules, and to the compiler what an earlier one declares is public: so must be what fulfils its protocols.
enum ForeignConformance {
    /// The types that a cell's extensions give conformances; what fulfils these may stand in any extension of the type.
    static func types(in tree: SourceFileSyntax) -> Set<String> {
        Set(
            tree.statements.compactMap { item in
                item.item.as(ExtensionDeclSyntax.self).flatMap { $0.inheritanceClause == nil ? nil : $0.extendedType.trimmedDescription }
            })
    }

    /// Where `public` has to stand that the author, whose cells are one program to him, need not write.
    ///
    /// - Parameter own: The names that the cell itself defines.
    static func edits(_ node: ExtensionDeclSyntax, own: Set<String>) -> [SourceEdit] {
        guard !own.contains(node.extendedType.trimmedDescription), !node.modifiers.contains(where: { accessLevels.contains($0.name.text) }) else {
            return []
        }
        return node.memberBlock.members.compactMap { member in
            guard isWitness(member.decl), !mentions(own, in: Syntax(member.decl)) else { return nil }
            return SourceEdit(offset: member.decl.positionAfterSkippingLeadingTrivia.utf8Offset, inserted: "public ")
        }
    }

    private static let accessLevels: Set<String> = ["public", "open", "package", "internal", "fileprivate", "private"]

    private static func isWitness(_ declaration: DeclSyntax) -> Bool {
        guard let modifiers = declaration.asProtocol((any WithModifiersSyntax).self)?.modifiers else { return false }
        if modifiers.contains(where: { accessLevels.contains($0.name.text) && $0.detail == nil }) { return false }
        return !declaration.is(MacroDeclSyntax.self) && !declaration.is(EnumCaseDeclSyntax.self)
    }

    /// Whether anything but a body names a type of the cell, which no public member may show.
    private static func mentions(_ own: Set<String>, in node: Syntax) -> Bool {
        if own.isEmpty || node.is(CodeBlockSyntax.self) || node.is(AccessorBlockSyntax.self) { return false }
        if let type = node.as(IdentifierTypeSyntax.self), own.contains(DefinitionCollector.unquoted(type.name.text)) { return true }
        if let value = node.as(DeclReferenceExprSyntax.self), own.contains(DefinitionCollector.unquoted(value.baseName.text)) { return true }
        return node.children(viewMode: .sourceAccurate).contains { mentions(own, in: $0) }
    }
}
