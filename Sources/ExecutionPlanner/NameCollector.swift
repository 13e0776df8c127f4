internal import SwiftSyntax

/// Collects ``CellNames`` from a parsed cell.
final class NameCollector: SyntaxVisitor {
    private(set) var names: CellNames
    /// How many bodies of functions, closures and types surround the node.
    private var depth = 0

    init(_ tree: SourceFileSyntax) {
        names = DefinitionCollector(tree).names
        names.imports = ImportDeclarations.inherited(from: tree.statements)
        names.privateNames = PrivateNames(tree).names
        super.init(viewMode: .sourceAccurate)
        walk(tree)
        for name in names.uses.union(names.memberUses) {
            if let state = ProcessState.names[name] { names.processState.insert(state) }
        }
    }

    private func mutate(_ name: String) {
        names.mutations.insert(name)
        if depth > 0 { names.deferredMutations.insert(name) }
    }

    /// The variable that an expression such as `a.b[c]!` reaches into.
    private static func root(_ expression: ExprSyntax) -> String? {
        if let reference = expression.as(DeclReferenceExprSyntax.self) { return DefinitionCollector.unquoted(reference.baseName.text) }
        if let member = expression.as(MemberAccessExprSyntax.self) { return member.base.flatMap(root) }
        if let call = expression.as(SubscriptCallExprSyntax.self) { return root(call.calledExpression) }
        if let call = expression.as(FunctionCallExprSyntax.self) { return root(call.calledExpression) }
        if let forced = expression.as(ForceUnwrapExprSyntax.self) { return root(forced.expression) }
        if let chained = expression.as(OptionalChainingExprSyntax.self) { return root(chained.expression) }
        if let attempt = expression.as(TryExprSyntax.self) { return root(attempt.expression) }
        if let waiting = expression.as(AwaitExprSyntax.self) { return root(waiting.expression) }
        return nil
    }

    static let harmlessCalls: Set<String> = [
        "print", "debugPrint", "display", "String", "Int", "Double", "Float", "Bool", "min", "max", "abs", "type", "zip",
        "stride", "Array", "Set", "Dictionary", "Table", "dump", "round", "sqrt", "pow", "log", "exp", "UInt8", "Int64", "UInt64",
    ]

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

    override func visit(_ node: InOutExprSyntax) -> SyntaxVisitorContinueKind {
        if let name = Self.root(node.expression) { mutate(name) }
        return .visitChildren
    }

    static func assigns(_ name: String) -> Bool {
        name.hasSuffix("=") && !["==", "!=", "<=", ">=", "===", "!==", "~="].contains(name)
    }

    override func visit(_ node: SequenceExprSyntax) -> SyntaxVisitorContinueKind {
        let elements = Array(node.elements)
        for (index, element) in elements.enumerated() where index > 0 {
            let isAssignment =
                element.is(AssignmentExprSyntax.self)
                || element.as(BinaryOperatorExprSyntax.self).map { Self.assigns($0.operator.text) } ?? false
            guard isAssignment else { continue }
            if let name = Self.root(elements[index - 1]) {
                mutate(name)
                if index + 1 < elements.count { share(name, ExprSyntax(elements[index + 1]), isAlone: index + 2 == elements.count) }
            }
            if let tuple = elements[index - 1].as(TupleExprSyntax.self) {
                for part in tuple.elements { if let name = Self.root(part.expression) { mutate(name) } }
            }
        }
        return .visitChildren
    }

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        let called = node.calledExpression.as(DeclReferenceExprSyntax.self)?.baseName.text
        if called == nil, let name = Self.root(node.calledExpression) {
            if let methods = QuietCall.methods(of: node) {
                for method in methods {
                    names.quietCalls[method, default: []].insert(name)
                    if depth > 0 { names.deferredQuietCalls[method, default: []].insert(name) }
                }
            } else {
                mutate(name)
                names.callMutations.insert(name)
            }
        }
        if let called, Self.harmlessCalls.contains(called) { return .visitChildren }
        for argument in node.arguments {
            if let name = Self.root(argument.expression) {
                mutate(name)
                names.callMutations.insert(name)
            }
        }
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
        depth += 1
        return .visitChildren
    }

    override func visitPost(_ node: ExtensionDeclSyntax) { depth -= 1 }

    /// Notes that a variable may hold the object that an expression gives: a name, what is reached from it, what a call was
    /// handed. What operators make is new.
    private func share(_ name: String, _ value: ExprSyntax, isAlone: Bool = true) {
        guard isAlone, !value.is(SequenceExprSyntax.self) else { return }
        let sources = SharedNames(value).names.subtracting([name])
        if !sources.isEmpty { names.aliases[name, default: []].formUnion(sources) }
    }

    override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
        for binding in node.bindings {
            guard let value = binding.initializer?.value else { continue }
            for name in DefinitionCollector.identifiers(Syntax(binding.pattern)) { share(name, value) }
        }
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

    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
        if depth > 0 { names.declaredMethods.insert(node.name.text) }
        return enter()
    }

    override func visitPost(_ node: FunctionDeclSyntax) { depth -= 1 }
    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind { enter() }
    override func visitPost(_ node: ClosureExprSyntax) { depth -= 1 }
    override func visit(_ node: StructDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }
    override func visitPost(_ node: StructDeclSyntax) { depth -= 1 }
    override func visit(_ node: ClassDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }
    override func visitPost(_ node: ClassDeclSyntax) { depth -= 1 }
    override func visit(_ node: ActorDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }
    override func visitPost(_ node: ActorDeclSyntax) { depth -= 1 }
    override func visit(_ node: EnumDeclSyntax) -> SyntaxVisitorContinueKind { enterType(node.memberBlock) }
    override func visitPost(_ node: EnumDeclSyntax) { depth -= 1 }
    override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { enter() }
    override func visitPost(_ node: AccessorBlockSyntax) { depth -= 1 }

    private func enter() -> SyntaxVisitorContinueKind {
        depth += 1
        return .visitChildren
    }

    private func enterType(_ members: MemberBlockSyntax) -> SyntaxVisitorContinueKind {
        // An operator of a type works wherever the type is known by its conformances.
        for member in members.members {
            if let function = member.decl.as(FunctionDeclSyntax.self), DefinitionCollector.isOperator(function.name) {
                names.reachesEverything = true
            }
        }
        return enter()
    }
}
