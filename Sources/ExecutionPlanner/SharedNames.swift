internal import SwiftSyntax

/// The names whose objects an expression's value may be or hold.
final class SharedNames: SyntaxVisitor {
    private(set) var names: Set<String> = []

    init(_ expression: ExprSyntax) {
        super.init(viewMode: .sourceAccurate)
        walk(expression)
    }

    /// What an operator gives is a value of its own, as are numbers and texts made of something.
    override func visit(_ node: SequenceExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: StringLiteralExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
    override func visit(_ node: PrefixOperatorExprSyntax) -> SyntaxVisitorContinueKind { .skipChildren }

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        let called = node.calledExpression.as(DeclReferenceExprSyntax.self)?.baseName.text
        if let called, Self.makingValues.contains(called) { return .skipChildren }
        if let method = node.calledExpression.as(MemberAccessExprSyntax.self)?.declName.baseName.text, QuietCall.givesValue(method) {
            return .skipChildren
        }
        return .visitChildren
    }

    override func visit(_ node: MemberAccessExprSyntax) -> SyntaxVisitorContinueKind {
        ["count", "isEmpty", "description", "hashValue"].contains(node.declName.baseName.text) ? .skipChildren : .visitChildren
    }

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        if let member = node.parent?.as(MemberAccessExprSyntax.self), member.declName.id == node.id { return .skipChildren }
        names.insert(DefinitionCollector.unquoted(node.baseName.text))
        return .skipChildren
    }

    private static let makingValues: Set<String> = ["Int", "Double", "Float", "String", "Bool", "UInt8", "Int64", "UInt64", "abs", "sqrt", "type"]
}
