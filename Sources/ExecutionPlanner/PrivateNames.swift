internal import SwiftSyntax

/// Collects what a cell declares as private: a notebook is one file to its author, so later cells reach what the rest of a file would.
final class PrivateNames: SyntaxAnyVisitor {
    /// With the types whose extensions see them; "" stands for the whole file.
    private(set) var names: [String: Set<String>] = [:]

    init(_ tree: SourceFileSyntax) {
        super.init(viewMode: .sourceAccurate)
        walk(tree)
    }

    override func visitAny(_ node: Syntax) -> SyntaxVisitorContinueKind {
        if node.is(CodeBlockSyntax.self) || node.is(ClosureExprSyntax.self) || node.is(AccessorBlockSyntax.self) { return .skipChildren }
        guard let declaration = node.asProtocol((any WithModifiersSyntax).self), let level = Self.level(declaration.modifiers) else {
            return .visitChildren
        }
        let type = Self.surroundingType(node)
        // Private at the top level is as private as the file.
        let holder = level == "fileprivate" ? "" : type ?? ""
        for name in Self.names(declaredBy: node, in: type) { names[name, default: []].insert(holder) }
        return .visitChildren
    }

    private static func level(_ modifiers: DeclModifierListSyntax) -> String? {
        modifiers.first { ["private", "fileprivate"].contains($0.name.text) }?.name.text
    }

    private static func names(declaredBy node: Syntax, in type: String?) -> [String] {
        if let variable = node.as(VariableDeclSyntax.self) {
            return variable.bindings.flatMap { DefinitionCollector.identifiers(Syntax($0.pattern)) }
        }
        if node.is(InitializerDeclSyntax.self) { return [type, "Self", "init"].compactMap { $0 } }
        if let extended = node.as(ExtensionDeclSyntax.self) {
            return extended.memberBlock.members.flatMap { member -> [String] in
                if let variable = member.decl.as(VariableDeclSyntax.self) {
                    return variable.bindings.flatMap { DefinitionCollector.identifiers(Syntax($0.pattern)) }
                }
                return member.decl.asProtocol((any NamedDeclSyntax).self).map { [DefinitionCollector.unquoted($0.name.text)] } ?? []
            }
        }
        return node.asProtocol((any NamedDeclSyntax).self).map { [DefinitionCollector.unquoted($0.name.text)] } ?? []
    }

    /// The type whose member a declaration is.
    private static func surroundingType(_ node: Syntax) -> String? {
        var next = node.parent
        while let parent = next {
            if let extended = parent.as(ExtensionDeclSyntax.self) { return extended.extendedType.trimmedDescription }
            if let named = parent.asProtocol((any DeclGroupSyntax).self)?.asProtocol((any NamedDeclSyntax).self) {
                return DefinitionCollector.unquoted(named.name.text)
            }
            next = parent.parent
        }
        return nil
    }
}
