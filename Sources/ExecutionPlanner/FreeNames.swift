internal import SwiftSyntax

/// The names in a piece of syntax that stand for something declared outside of it.
final class FreeNames: SyntaxVisitor {
    struct Use: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case read
            /// All of the variable is given a value, by a statement that ends at this offset.
            case assigned(end: Int)
            /// `if let name`, `[name]`: the name stands for a new one, too, and what it is made of may be written behind it.
            case shorthand
            /// What a call calls.
            case called
            /// It is interpolated into a command of the shell, where nothing can be written.
            case commanded
        }

        var name: String
        /// Where the name begins and ends; UTF-8 bytes from the source's start.
        var offset: Int
        var end: Int
        var kind: Kind
        /// Whether it stands in a closure, which may be called later.
        var isInClosure = false
    }

    private(set) var uses: [Use] = []
    /// Names after a dot.
    private(set) var members: Set<String> = []
    private var closureDepth = 0

    init(_ node: some SyntaxProtocol) {
        super.init(viewMode: .sourceAccurate)
        walk(node)
    }

    /// All but what is only given a value.
    var reads: Set<String> {
        Set(uses.compactMap { if case .assigned = $0.kind { nil } else { $0.name } })
    }

    private func add(_ token: TokenSyntax, at node: Syntax, _ kind: Use.Kind) {
        let name = DefinitionCollector.unquoted(token.text)
        if LocalNames.bind(name, at: node) { return }
        uses.append(
            Use(
                name: name, offset: token.positionAfterSkippingLeadingTrivia.utf8Offset,
                end: token.endPositionBeforeTrailingTrivia.utf8Offset, kind: kind, isInClosure: closureDepth > 0))
    }

    override func visit(_ node: DeclReferenceExprSyntax) -> SyntaxVisitorContinueKind {
        if let member = node.parent?.as(MemberAccessExprSyntax.self), member.declName.id == node.id {
            members.insert(DefinitionCollector.unquoted(node.baseName.text))
        } else if node.parent?.is(KeyPathPropertyComponentSyntax.self) == true {
            members.insert(DefinitionCollector.unquoted(node.baseName.text))
        } else if let end = Self.assignment(to: node) {
            add(node.baseName, at: Syntax(node), .assigned(end: end))
        } else {
            let isCalled = node.parent?.as(FunctionCallExprSyntax.self)?.calledExpression.id == node.id
            add(node.baseName, at: Syntax(node), isCalled ? .called : .read)
        }
        return .visitChildren
    }

    override func visit(_ node: IdentifierTypeSyntax) -> SyntaxVisitorContinueKind {
        add(node.name, at: Syntax(node), .called)
        return .visitChildren
    }

    override func visit(_ node: OptionalBindingConditionSyntax) -> SyntaxVisitorContinueKind {
        if node.initializer == nil, let pattern = node.pattern.as(IdentifierPatternSyntax.self) {
            add(pattern.identifier, at: Syntax(node), .shorthand)
        }
        return .visitChildren
    }

    override func visit(_ node: ClosureExprSyntax) -> SyntaxVisitorContinueKind {
        closureDepth += 1
        return .visitChildren
    }

    override func visitPost(_ node: ClosureExprSyntax) { closureDepth -= 1 }

    override func visit(_ node: ClosureCaptureSyntax) -> SyntaxVisitorContinueKind {
        if node.initializer == nil { add(node.name, at: Syntax(node), .shorthand) }
        return .visitChildren
    }

    /// The end of the statement that does nothing but give the name, or a tuple with the name in it, a value.
    private static func assignment(to node: DeclReferenceExprSyntax) -> Int? {
        var target = Syntax(node)
        if let element = node.parent?.as(LabeledExprSyntax.self), let tuple = element.parent?.parent?.as(TupleExprSyntax.self) {
            target = Syntax(tuple)
        }
        guard let elements = target.parent?.as(ExprListSyntax.self), elements.first?.id == target.id,
            elements.dropFirst().first?.is(AssignmentExprSyntax.self) == true, let sequence = elements.parent,
            sequence.parent?.is(CodeBlockItemSyntax.self) == true
        else { return nil }
        return sequence.endPositionBeforeTrailingTrivia.utf8Offset
    }
}
