internal import SwiftSyntax

/// Collects what a cell defines at its top level.
struct DefinitionCollector {
    private(set) var names = CellNames()

    init(_ tree: SourceFileSyntax) {
        for item in tree.statements { collectDefinitions(Syntax(item.item)) }
    }

    private mutating func define(_ name: String, _ kind: CellNames.Definition.Kind, signature: String? = nil, isConstant: Bool = true) {
        let name = Self.unquoted(name)
        names.definitions.append(.init(name: name, kind: kind, signature: signature ?? name, isConstant: isConstant))
    }

    private mutating func collectDefinitions(_ node: Syntax) {
        if let variable = node.as(VariableDeclSyntax.self) {
            let isLet = variable.bindingSpecifier.text == "let"
            for binding in variable.bindings {
                let isConstant = isLet && binding.initializer.map { Self.isVisiblyValue($0.value) } ?? false
                for name in Self.identifiers(Syntax(binding.pattern)) { define(name, .variable, isConstant: isConstant) }
            }
        } else if let function = node.as(FunctionDeclSyntax.self) {
            define(function.name.text, .function, signature: Self.signature(function))
            if Self.isOperator(function.name) { names.reachesEverything = true }
        } else if let type = node.as(StructDeclSyntax.self) {
            define(type.name.text, .structure)
            if Self.hasDefaultInitializer(type) { names.defaultStructs.insert(Self.unquoted(type.name.text)) }
        } else if let type = node.as(ClassDeclSyntax.self) {
            define(type.name.text, .classType)
        } else if let type = node.as(ActorDeclSyntax.self) {
            define(type.name.text, .classType)
        } else if let type = node.as(EnumDeclSyntax.self) {
            define(type.name.text, .enumeration)
        } else if let type = node.as(ProtocolDeclSyntax.self) {
            define(type.name.text, .protocolType)
        } else if let alias = node.as(TypeAliasDeclSyntax.self) {
            define(alias.name.text, .alias)
            // The compiler looks these up for literals, which do not name them.
            if alias.name.text.hasSuffix("LiteralType") { names.reachesEverything = true }
        } else if let guarded = node.as(GuardStmtSyntax.self) {
            for condition in guarded.conditions {
                if let binding = condition.condition.as(OptionalBindingConditionSyntax.self) {
                    for name in Self.identifiers(Syntax(binding.pattern)) { define(name, .variable, isConstant: false) }
                } else if let matching = condition.condition.as(MatchingPatternConditionSyntax.self) {
                    for name in Self.identifiers(Syntax(matching.pattern)) { define(name, .variable, isConstant: false) }
                }
            }
        } else if node.is(OperatorDeclSyntax.self) || node.is(PrecedenceGroupDeclSyntax.self) || node.is(MacroDeclSyntax.self) {
            names.reachesEverything = true
        } else if let conditional = node.as(IfConfigDeclSyntax.self) {
            for clause in conditional.clauses {
                guard let statements = clause.elements?.as(CodeBlockItemListSyntax.self) else { continue }
                for item in statements { collectDefinitions(Syntax(item.item)) }
            }
        }
    }

    /// Whether Swift gives the struct an initialiser that takes nothing.
    private static func hasDefaultInitializer(_ type: StructDeclSyntax) -> Bool {
        type.memberBlock.members.allSatisfy { member in
            if member.decl.is(InitializerDeclSyntax.self) || member.decl.is(IfConfigDeclSyntax.self) { return false }
            guard let variable = member.decl.as(VariableDeclSyntax.self), !variable.modifiers.contains(where: { $0.name.text == "static" }) else {
                return true
            }
            guard variable.attributes.isEmpty else { return false }
            return variable.bindings.allSatisfy { binding in
                let isNil = variable.bindingSpecifier.text == "var" && binding.typeAnnotation?.type.is(OptionalTypeSyntax.self) == true
                return binding.initializer != nil || isNil || (binding.accessorBlock.map { $0.isComputed } ?? false)
            }
        }
    }

    /// What tells a function from others of its name: labels, types and what is demanded of generic types, which are told by their order.
    private static func signature(_ function: FunctionDeclSyntax) -> String {
        let generic = function.genericParameterClause?.parameters.map(\.name.text) ?? []
        func text(_ node: some SyntaxProtocol) -> String {
            node.tokens(viewMode: .sourceAccurate).map { token in
                generic.firstIndex(of: token.text).map { "$\($0)" } ?? token.text
            }.joined(separator: " ")
        }
        let labels = function.signature.parameterClause.parameters.map { "\($0.firstName.text):\(text($0.type))" }
        let demands = function.genericParameterClause.map { text($0) } ?? ""
        let conditions = function.genericWhereClause.map { text($0) } ?? ""
        return "\(function.name.text)\(demands)(\(labels.joined(separator: ",")))\(conditions)"
    }

    static func isOperator(_ token: TokenSyntax) -> Bool {
        switch token.tokenKind {
        case .binaryOperator, .prefixOperator, .postfixOperator: true
        default: false
        }
    }

    static func identifiers(_ node: Syntax) -> [String] {
        if let pattern = node.as(IdentifierPatternSyntax.self) { return [unquoted(pattern.identifier.text)] }
        return node.children(viewMode: .sourceAccurate).flatMap(identifiers)
    }

    static func unquoted(_ name: String) -> String {
        name.hasPrefix("`") && name.hasSuffix("`") && name.count > 2 ? String(name.dropFirst().dropLast()) : name
    }

    /// Literals and what is made of them by operators: nothing that a later cell could change behind a `let`.
    private static func isVisiblyValue(_ expression: ExprSyntax) -> Bool {
        if expression.is(IntegerLiteralExprSyntax.self) || expression.is(FloatLiteralExprSyntax.self)
            || expression.is(BooleanLiteralExprSyntax.self) || expression.is(StringLiteralExprSyntax.self)
            || expression.is(BinaryOperatorExprSyntax.self)
        {
            return true
        }
        if let array = expression.as(ArrayExprSyntax.self) { return array.elements.allSatisfy { isVisiblyValue($0.expression) } }
        if let tuple = expression.as(TupleExprSyntax.self) { return tuple.elements.allSatisfy { isVisiblyValue($0.expression) } }
        if let prefix = expression.as(PrefixOperatorExprSyntax.self) { return isVisiblyValue(prefix.expression) }
        if let sequence = expression.as(SequenceExprSyntax.self) { return sequence.elements.allSatisfy(isVisiblyValue) }
        guard let dictionary = expression.as(DictionaryExprSyntax.self) else { return false }
        guard let elements = dictionary.content.as(DictionaryElementListSyntax.self) else { return true }
        return elements.allSatisfy { isVisiblyValue($0.key) && isVisiblyValue($0.value) }
    }
}

extension AccessorBlockSyntax {
    /// Whether these are no observers of a variable that is stored.
    var isComputed: Bool {
        guard case .accessors(let accessors) = accessors else { return true }
        return accessors.contains { !["willSet", "didSet"].contains($0.accessorSpecifier.text) }
    }
}
