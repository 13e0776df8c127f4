internal import SwiftParser
internal import SwiftSyntax

/// Turns a cell into what script mode compiles: commands become calls, `await` at the top level becomes a
/// blocking call, the last expression is shown.
struct CellRewriter {
    private(set) var edits: [SourceEdit] = []
    /// Offsets of `async let` at the top level, which has no blocking form.
    private(set) var unsupported: [Int] = []
    /// Types marked `@main`, by the offsets of the mark.
    private(set) var entryPoints: [(offset: Int, type: String)] = []

    init(_ cell: ParsedCell, isInlineValue: Bool) {
        for command in cell.commands {
            edits.append(SourceEdit(offset: command.offset, removed: command.length, inserted: command.swift))
        }
        if isInlineValue {
            rewrite(inlineValue: cell)
            return
        }
        let showsLast = showLastExpression(of: cell)
        edits += ActorConstants(cell.tree).edits + GuardedNames.hidden(in: cell.tree)
        let own = Set(DefinitionCollector(cell.tree).names.definitions.map(\.name))
        let conforming = ForeignConformance.types(in: cell.tree)
        for item in cell.tree.statements {
            bridge(item)
            if let node = item.item.as(GuardStmtSyntax.self) { edits += GuardedNames.edits(node) }
            if let node = item.item.as(ExtensionDeclSyntax.self), conforming.contains(node.extendedType.trimmedDescription) {
                edits += ForeignConformance.edits(node, own: own)
            }
            findEntryPoint(item)
        }
        if let showsLast { edits.append(showsLast) }
    }

    private mutating func rewrite(inlineValue cell: ParsedCell) {
        let items = Array(cell.tree.statements)
        if items.count == 1, let item = items.first, case .expr = item.item {
            edits.append(SourceEdit(offset: item.positionAfterSkippingLeadingTrivia.utf8Offset, inserted: "_galleyInline("))
            bridge(item)
            edits.append(SourceEdit(offset: item.endPositionBeforeTrailingTrivia.utf8Offset, inserted: ")"))
        }
    }

    /// Opens the call that shows the last expression; gives the edit that closes it, which must come after the
    /// edits inside it.
    private mutating func showLastExpression(of cell: ParsedCell) -> SourceEdit? {
        // What does not parse is left for the compiler to describe as it stands.
        guard let item = cell.tree.statements.last, case .expr(let expression) = item.item, !item.hasError else { return nil }
        let start = expression.positionAfterSkippingLeadingTrivia.utf8Offset
        let end = expression.endPositionBeforeTrailingTrivia.utf8Offset
        if let last = cell.commands.last, last.offset > start { return nil }
        // Nothing may follow `#endif` on its line.
        if expression.lastToken(viewMode: .sourceAccurate)?.tokenKind == .poundEndif { return nil }
        guard Self.isShown(expression), start < end else { return nil }
        // A semicolon means that the value is not wanted; the compiler need not say that it is unused.
        edits.append(SourceEdit(offset: start, inserted: item.semicolon == nil ? "_galleyResult(" : "_galleyDiscard("))
        return SourceEdit(offset: end, inserted: ")")
    }

    private static let callsWithoutValue: Set<String> = [
        "print", "debugPrint", "fatalError", "preconditionFailure", "assertionFailure", "precondition", "assert", "exit",
        "abort", "display",
    ]

    /// Macros that stand for a value; what others expand to is not known.
    private static let literalMacros: Set<String> = ["function", "line", "column", "file", "fileID", "filePath"]

    private static func isShown(_ expression: ExprSyntax) -> Bool {
        if expression.is(IfExprSyntax.self) || expression.is(SwitchExprSyntax.self) { return false }
        if let macro = expression.as(MacroExpansionExprSyntax.self) { return literalMacros.contains(macro.macroName.text) }
        if expression.is(MissingExprSyntax.self) || isWithoutType(expression) { return false }
        if let call = expression.as(FunctionCallExprSyntax.self), let name = call.calledExpression.as(DeclReferenceExprSyntax.self) {
            return !callsWithoutValue.contains(name.baseName.text)
        }
        if let attempt = expression.as(TryExprSyntax.self) { return isShown(attempt.expression) }
        if let waiting = expression.as(AwaitExprSyntax.self) { return isShown(waiting.expression) }
        guard let sequence = expression.as(SequenceExprSyntax.self) else { return true }
        return !sequence.elements.contains(where: isAssignment)
    }

    /// Whether only what surrounds it could say what it is: the compiler says so in its own words.
    private static func isWithoutType(_ expression: ExprSyntax) -> Bool {
        if expression.is(NilLiteralExprSyntax.self) { return true }
        if let array = expression.as(ArrayExprSyntax.self) { return array.elements.isEmpty }
        if let dictionary = expression.as(DictionaryExprSyntax.self) { return dictionary.content.is(TokenSyntax.self) }
        return expression.as(MemberAccessExprSyntax.self).map { $0.base == nil } ?? false
    }

    private static func isAssignment(_ element: ExprSyntax) -> Bool {
        if element.is(AssignmentExprSyntax.self) { return true }
        guard let name = element.as(BinaryOperatorExprSyntax.self)?.operator.text, name.hasSuffix("=") else { return false }
        return !["==", "!=", "<=", ">=", "===", "!==", "~="].contains(name)
    }

    private mutating func findEntryPoint(_ item: CodeBlockItemSyntax) {
        guard case .decl(let declaration) = item.item, let named = declaration.asProtocol((any NamedDeclSyntax).self),
            let attributes = declaration.asProtocol((any WithAttributesSyntax).self)?.attributes
        else { return }
        for case .attribute(let attribute) in attributes where attribute.attributeName.trimmedDescription == "main" {
            entryPoints.append((attribute.positionAfterSkippingLeadingTrivia.utf8Offset, named.name.text))
        }
    }

    // MARK: await

    private mutating func bridge(_ item: CodeBlockItemSyntax) {
        switch item.item {
        case .expr(let expression): bridge(statement: Syntax(expression))
        case .stmt(let statement): bridge(statement: Syntax(statement))
        case .decl(let declaration): bridge(statement: Syntax(declaration))
        }
    }

    /// Looks for the outermost expressions that wait, in everything that runs on the cell's own thread.
    private mutating func bridge(statement node: Syntax) {
        if node.is(FunctionDeclSyntax.self) || node.is(ClosureExprSyntax.self) || node.is(ClassDeclSyntax.self)
            || node.is(StructDeclSyntax.self) || node.is(EnumDeclSyntax.self) || node.is(ActorDeclSyntax.self)
            || node.is(ExtensionDeclSyntax.self) || node.is(ProtocolDeclSyntax.self) || node.is(AccessorBlockSyntax.self)
        {
            return
        }
        if let loop = node.as(ForStmtSyntax.self), loop.awaitKeyword != nil {
            bridge(loop: loop)
            return
        }
        if let variable = node.as(VariableDeclSyntax.self), variable.modifiers.contains(where: { $0.name.text == "async" }) {
            unsupported.append(variable.positionAfterSkippingLeadingTrivia.utf8Offset)
            return
        }
        if let expression = node.as(ExprSyntax.self), !node.is(IfExprSyntax.self), !node.is(SwitchExprSyntax.self) {
            bridge(expression: expression)
            return
        }
        for child in node.children(viewMode: .sourceAccurate) { bridge(statement: child) }
    }

    private mutating func bridge(expression: ExprSyntax) {
        guard Self.contains(Syntax(expression), AwaitExprSyntax.self) else { return }
        let (start, first) = Self.waitingPart(of: expression)
        let end = expression.endPositionBeforeTrailingTrivia.utf8Offset
        let isHandled = first.as(TryExprSyntax.self)?.questionOrExclamationMark != nil
        let hasTry = !isHandled && Self.containsPlainTry(Syntax(expression))
        edits.append(SourceEdit(offset: start, inserted: hasTry ? "try awaitValue({ " : "awaitValue({ "))
        edits.append(SourceEdit(offset: end, inserted: " })"))
    }

    /// What of an expression stands in the closure that waits: all, or what is assigned.
    static func waitingPart(of expression: ExprSyntax) -> (start: Int, first: ExprSyntax) {
        var start = expression.positionAfterSkippingLeadingTrivia.utf8Offset
        var first = expression
        if let sequence = expression.as(SequenceExprSyntax.self) {
            let elements = Array(sequence.elements)
            if let index = elements.lastIndex(where: Self.isAssignment), index + 1 < elements.count {
                first = elements[index + 1]
                start = first.positionAfterSkippingLeadingTrivia.utf8Offset
            } else if let head = elements.first {
                first = head
            }
        }
        return (start, first)
    }

    /// Makes a loop that waits one over a sequence whose iterator does: its body stays in its place, and may leave it as it likes.
    ///
    /// An iterator cannot throw, so what ends the sequence early is thrown behind the loop.
    private mutating func bridge(loop: ForStmtSyntax) {
        for token in [loop.tryKeyword, loop.awaitKeyword].compactMap({ $0 }) {
            edits.append(
                SourceEdit(
                    offset: token.positionAfterSkippingLeadingTrivia.utf8Offset, removed: token.trimmedLength.utf8Length, inserted: ""))
        }
        edits.append(SourceEdit(offset: loop.sequence.positionAfterSkippingLeadingTrivia.utf8Offset, inserted: "_galleyAwaited("))
        bridge(statement: Syntax(loop.sequence))
        edits.append(SourceEdit(offset: loop.sequence.endPositionBeforeTrailingTrivia.utf8Offset, inserted: ")"))
        if let condition = loop.whereClause { bridge(statement: Syntax(condition)) }
        bridge(statement: Syntax(loop.body))
        if loop.tryKeyword != nil {
            edits.append(SourceEdit(offset: loop.endPositionBeforeTrailingTrivia.utf8Offset, inserted: "; try _galleyAwaitedEnd()"))
        }
    }

    static func contains<Node: ExprSyntaxProtocol>(_ node: Syntax, _ type: Node.Type) -> Bool {
        if node.is(type) { return true }
        if node.is(ClosureExprSyntax.self) || node.is(FunctionDeclSyntax.self) { return false }
        return node.children(viewMode: .sourceAccurate).contains { contains($0, type) }
    }

    static func containsPlainTry(_ node: Syntax) -> Bool {
        if let attempt = node.as(TryExprSyntax.self), attempt.questionOrExclamationMark == nil { return true }
        if node.is(ClosureExprSyntax.self) || node.is(FunctionDeclSyntax.self) { return false }
        return node.children(viewMode: .sourceAccurate).contains(where: containsPlainTry)
    }
}
