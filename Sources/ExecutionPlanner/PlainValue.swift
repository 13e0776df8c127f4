internal import SwiftSyntax

/// What is visibly a number, a text, a truth, or made of these: nothing else can hold what such a variable holds.
enum PlainValue {
    private static let types: Set<String> = [
        "Int", "Int8", "Int16", "Int32", "Int64", "UInt", "UInt8", "UInt16", "UInt32", "UInt64", "Double", "Float", "Float16", "Bool", "String",
        "Character", "Substring", "Void", "Never", "CGFloat", "StaticString",
    ]

    private static let generics: Set<String> = ["Set", "Array", "Optional", "Dictionary", "Range", "ClosedRange"]

    static func isPlain(_ binding: PatternBindingSyntax) -> Bool {
        if let annotation = binding.typeAnnotation { return isPlain(annotation.type) }
        return binding.initializer.map { isPlain($0.value) } ?? false
    }

    static func isPlain(_ type: TypeSyntax) -> Bool {
        if let name = type.as(IdentifierTypeSyntax.self) {
            if generics.contains(name.name.text), let arguments = name.genericArgumentClause {
                return arguments.arguments.allSatisfy { $0.argument.as(TypeSyntax.self).map(isPlain) ?? false }
            }
            return name.genericArgumentClause == nil && types.contains(name.name.text)
        }
        if let array = type.as(ArrayTypeSyntax.self) { return isPlain(array.element) }
        if let dictionary = type.as(DictionaryTypeSyntax.self) { return isPlain(dictionary.key) && isPlain(dictionary.value) }
        if let optional = type.as(OptionalTypeSyntax.self) { return isPlain(optional.wrappedType) }
        if let tuple = type.as(TupleTypeSyntax.self) { return tuple.elements.allSatisfy { isPlain($0.type) } }
        return false
    }

    private static func isPlain(_ value: ExprSyntax) -> Bool {
        if value.is(IntegerLiteralExprSyntax.self) || value.is(FloatLiteralExprSyntax.self) || value.is(BooleanLiteralExprSyntax.self)
            || value.is(StringLiteralExprSyntax.self) || value.is(BinaryOperatorExprSyntax.self)
        {
            return true
        }
        if let prefix = value.as(PrefixOperatorExprSyntax.self) { return isPlain(prefix.expression) }
        if let sequence = value.as(SequenceExprSyntax.self) { return sequence.elements.allSatisfy(isPlain) }
        if let tuple = value.as(TupleExprSyntax.self) { return tuple.elements.allSatisfy { isPlain($0.expression) } }
        if let array = value.as(ArrayExprSyntax.self) { return !array.elements.isEmpty && array.elements.allSatisfy { isPlain($0.expression) } }
        if let dictionary = value.as(DictionaryExprSyntax.self), let elements = dictionary.content.as(DictionaryElementListSyntax.self) {
            return elements.allSatisfy { isPlain($0.key) && isPlain($0.value) }
        }
        if let call = value.as(FunctionCallExprSyntax.self) {
            // `[Int]()`, `[Int](repeating: 0, count: 9)`
            if let made = call.calledExpression.as(ArrayExprSyntax.self)?.elements {
                return made.count == 1 && made.allSatisfy { isType($0.expression) }
            }
            return isType(call.calledExpression)
        }
        return false
    }

    private static func isType(_ expression: ExprSyntax) -> Bool {
        expression.as(DeclReferenceExprSyntax.self).map { types.contains($0.baseName.text) } ?? false
    }
}
