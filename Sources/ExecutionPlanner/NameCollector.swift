internal import SwiftSyntax

/// Collects ``CellNames`` from a parsed cell.
final class NameCollector: SyntaxVisitor {
    private(set) var names: CellNames

    init(_ tree: SourceFileSyntax) {
        names = DefinitionCollector(tree).names
        names.imports = ImportDeclarations.inherited(from: tree.statements)
        names.privateNames = PrivateNames(tree).names
        super.init(viewMode: .sourceAccurate)
        walk(tree)
        names.effects = EffectCollector(tree, definitions: names.definitions).effects
    }

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        let name = DefinitionCollector.unquoted(node.baseName.text)
        if let member = node.parent?.as(MemberAccessExprSyntax.self), member.declName.id == node.id {
            names.memberUses.insert(name)
        } else if node.parent?.is(KeyPathPropertyComponentSyntax.self) == true {
            names.memberUses.insert(name)
        } else {
            names.uses.insert(name)
        }
        return .visitChildren
    }

    override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
        names.uses.insert(DefinitionCollector.unquoted(node.name.text))
        return .visitChildren
    }

    override func visit(_ node: AttributeSyntax) -> SyntaxVisitorContinueKind { .visitChildren }

    override func visit(_ node: MacroExpansionExprSyntax) -> SyntaxVisitorContinueKind {
        names.uses.insert(node.macroName.text)
        return .visitChildren
    }

    override func visit(_ node: ImportDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }

    override func visit(_ node: ExtensionDeclSyntax) -> SyntaxVisitorContinueKind {
        names.extendedTypes.insert(node.extendedType.trimmedDescription)
        if node.inheritanceClause != nil { names.reachesEverything = true }
        for member in node.memberBlock.members {
            if let function = member.decl.as(FunctionDeclSyntax.self) {
                names.extensionMembers.insert(DefinitionCollector.unquoted(function.name.text))
                if DefinitionCollector.isOperator(function.name) || ImplicitMembers.contain(function.name.text) { names.reachesEverything = true }
            } else if let variable = member.decl.as(VariableDeclSyntax.self) {
                for name in variable.bindings.flatMap({ DefinitionCollector.identifiers(Syntax($0.pattern)) }) {
                    names.extensionMembers.insert(name)
                    if ImplicitMembers.contain(name) { names.reachesEverything = true }
                }
            } else {
                // Initialisers, subscripts and nested types have no name after a dot to tell them by.
                names.reachesEverything = true
            }
        }
        return .visitChildren
    }

    override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
        if node.modifiers.contains(where: { $0.name.text == "static" || $0.name.text == "class" }) { names.hasStaticStorage = true }
        return .visitChildren
    }

    override func visit(_ node: ProtocolDeclSyntax) -> SyntaxVisitorContinueKind {
        for member in node.memberBlock.members {
            if let function = member.decl.as(FunctionDeclSyntax.self) { names.requirements.insert(function.name.text) }
            if let variable = member.decl.as(VariableDeclSyntax.self) {
                names.requirements.formUnion(variable.bindings.flatMap { DefinitionCollector.identifiers(Syntax($0.pattern)) })
            }
        }
        return .visitChildren
    }

    override func visit(_ node: StructDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }
    override func visit(_ node: ClassDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }
    override func visit(_ node: ActorDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }
    override func visit(_ node: EnumDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }

    private func enterType(_ members: MemberBlockSyntax) -> SyntaxVisitorContinueKind {
        // An operator of a type works wherever the type is known by its conformances.
        for member in members.members {
            if let function = member.decl.as(FunctionDeclSyntax.self), DefinitionCollector.isOperator(function.name) {
                names.reachesEverything = true
            }
        }
        return .visitChildren
    }
}
