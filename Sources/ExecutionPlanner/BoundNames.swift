internal import SwiftSyntax

/// The names that a statement or a function binds for itself: loops' variables, bindings, parameters of closures.
///
/// What such a name stands for cannot be told by the name.
final class BoundNames: SyntaxVisitor {
    private(set) var names: Set<String> = []
    /// Of these, the ones that are visibly numbers or texts: nothing else changes when something is done to them.
    var plain: Set<String> { visiblyPlain.subtracting(others) }
    private var visiblyPlain: Set<String> = []
    private var others: Set<String> = []
    private let root: SyntaxIdentifier

    /// - Parameter node: A statement at the top level, or the body of a function.
    init(_ node: some SyntaxProtocol) {
        root = node.id
        super.init(viewMode: .sourceAccurate)
        if let variable = node.as(VariableDeclSyntax.self) {
            // Its own names are the notebook's.
            visitValues(variable)
        } else {
            walk(node)
        }
    }

    private func visitValues(_ variable: VariableDeclSyntax) {
        for binding in variable.bindings {
            if let initializer = binding.initializer { walk(initializer) }
            if let accessors = binding.accessorBlock { walk(accessors) }
        }
    }

    // Functions have names of their own.
    override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: InitializerDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: DeinitializerDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: SubscriptDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: AccessorBlockSyntax) -> SyntaxVisitorContinueKind { node.id == root ? .visitChildren : .skipChildren }

    override func visit(_ node: GuardStmtSyntax) -> SyntaxVisitorContinueKind {
        guard node.parent?.parent?.parent?.is(SourceFileSyntax.self) == true else { return .visitChildren }
        walk(node.body)
        return .skipChildren
    }

    override func visit(_ node: MemberBlockItemSyntax) -> SyntaxVisitorContinueKind {
        guard let variable = node.decl.as(VariableDeclSyntax.self) else { return .visitChildren }
        visitValues(variable)
        return .skipChildren
    }

    override func visit(_ node: IdentifierPatternSyntax) -> SyntaxVisitorContinueKind {
        let name = DefinitionCollector.unquoted(node.identifier.text)
        names.insert(name)
        if Self.isPlain(node) { visiblyPlain.insert(name) } else { others.insert(name) }
        return .skipChildren
    }

    private static func isPlain(_ node: IdentifierPatternSyntax) -> Bool {
        if let binding = node.parent?.as(PatternBindingSyntax.self) { return PlainValue.isPlain(binding) }
        guard let sequence = node.parent?.as(ForStmtSyntax.self)?.sequence else { return false }
        if let call = sequence.as(FunctionCallExprSyntax.self) { return call.calledExpression.trimmedDescription == "stride" }
        if let member = sequence.as(MemberAccessExprSyntax.self) { return member.declName.baseName.text == "indices" }
        return sequence.as(SequenceExprSyntax.self)?.elements.contains {
            ["..<", "..."].contains($0.as(BinaryOperatorExprSyntax.self)?.operator.text)
        } ?? false
    }

    override func visit(_ node: ClosureShorthandParameterSyntax) -> SyntaxVisitorContinueKind {
        names.insert(DefinitionCollector.unquoted(node.name.text))
        return .skipChildren
    }

    override func visit(_ node: ClosureParameterSyntax) -> SyntaxVisitorContinueKind {
        names.insert(DefinitionCollector.unquoted((node.secondName ?? node.firstName).text))
        return .visitChildren
    }

    override func visit(_ node: ClosureCaptureSyntax) -> SyntaxVisitorContinueKind {
        if node.initializer != nil { names.insert(DefinitionCollector.unquoted(node.name.text)) }
        return .visitChildren
    }
}
