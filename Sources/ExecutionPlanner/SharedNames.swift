internal import SwiftSyntax

/// The names whose objects an expression's value may be or hold; with `()` behind it, a function or a type whose result it may be.
final class SharedNames: SyntaxVisitor {
    private(set) var names: Set<String> = []
    /// Of these, the variables that closures in it hold.
    private(set) var captured: Set<String> = []
    private var closures = 0

    init(_ expression: some SyntaxProtocol) {
        super.init(viewMode: .sourceAccurate)
        walk(expression)
    }

    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind {
        closures += 1
        return .visitChildren
    }

    override func visitPost(_ node: ClosureExprSyntax) { closures -= 1 }

    /// Where a variable itself is handed on, a pointer to it may be kept.
    override func visit(_ node: InOutExprSyntax) -> SyntaxVisitorContinueKind {
        closures += 1
        return .visitChildren
    }

    override func visitPost(_ node: InOutExprSyntax) { closures -= 1 }

    /// What arithmetic gives is a value of its own; choices, casts and `+`, which joins lists, hand on what they are given.
    override func visit(_ node: SequenceExprSyntax) -> SyntaxVisitorContinueKind {
        closures > 0 || node.elements.contains { $0.is(UnresolvedAsExprSyntax.self) || $0.is(UnresolvedTernaryExprSyntax.self) || Self.handsOn($0) }
            ? .visitChildren : .skipChildren
    }

    private static func handsOn(_ element: ExprSyntax) -> Bool {
        guard let name = element.as(BinaryOperatorExprSyntax.self)?.operator.text else { return false }
        return !makingValuesOperators.contains(name)
    }

    private static let makingValuesOperators: Set<String> = [
        "-", "*", "/", "%", "&+", "&-", "&*", "==", "!=", "<", ">", "<=", ">=", "===", "!==", "~=", "&&", "||", "&", "|", "^", "<<", ">>", "..<",
        "...",
    ]

    override func visit(_ node: StringLiteralExprSyntax) -> SyntaxVisitorContinueKind { closures > 0 ? .visitChildren : .skipChildren }
    override func visit(_ node: PrefixOperatorExprSyntax) -> SyntaxVisitorContinueKind { closures > 0 ? .visitChildren : .skipChildren }

    override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
        if closures > 0 { return .visitChildren }
        let called = node.calledExpression.as(DeclReferenceExprSyntax.self)?.baseName.text
        if let called, Self.makingValues.contains(called) { return .skipChildren }
        if let method = node.calledExpression.as(MemberAccessExprSyntax.self)?.declName.baseName.text, QuietCall.givesValue(method) {
            return .skipChildren
        }
        return .visitChildren
    }

    override func visit(_ node: MemberAccessExprSyntax) -> SyntaxVisitorContinueKind {
        closures == 0 && ["count", "isEmpty", "description", "hashValue"].contains(node.declName.baseName.text) ? .skipChildren : .visitChildren
    }

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        if let member = node.parent?.as(MemberAccessExprSyntax.self), member.declName.id == node.id { return .skipChildren }
        let name = DefinitionCollector.unquoted(node.baseName.text)
        let isCalled = node.parent?.as(FunctionCallExprSyntax.self)?.calledExpression.id == node.id
        names.insert(isCalled ? name + "()" : name)
        if closures > 0 { captured.insert(name) }
        return .skipChildren
    }

    static let makingValues: Set<String> = [
        "Int", "Double", "Float", "String", "Bool", "UInt8", "Int64", "UInt64", "Int32", "UInt32", "UInt", "Character", "Substring", "abs", "sqrt",
        "type", "print", "debugPrint", "round", "pow", "log", "exp", "sin", "cos", "tan", "floor", "ceil",
    ]
}
