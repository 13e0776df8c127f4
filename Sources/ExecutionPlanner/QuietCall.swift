internal import SwiftSyntax

/// Calls such as `numbers.filter { $0 > 1 }.reduce(0, +)`, which change neither what they are called on nor its elements.
enum QuietCall {
    /// Methods of the standard library's collections, texts and numbers that change nothing.
    private static let names: Set<String> = [
        "map", "filter", "reduce", "compactMap", "flatMap", "sorted", "contains", "first", "last", "min", "max", "prefix", "suffix", "dropFirst",
        "dropLast", "drop", "joined", "split", "enumerated", "reversed", "allSatisfy", "firstIndex", "lastIndex", "index", "distance", "count",
        "elementsEqual", "starts", "lexicographicallyPrecedes", "hasPrefix", "hasSuffix", "lowercased", "uppercased", "isDisjoint", "union",
        "intersection", "subtracting", "symmetricDifference", "isSubset", "isSuperset", "mapValues", "compactMapValues", "merging", "rounded",
        "squareRoot", "isMultiple", "quotientAndRemainder", "addingReportingOverflow", "multipliedReportingOverflow", "firstRange", "ranges",
        "replacing", "trimmingPrefix", "padding", "formatted", "difference", "chunked", "makeIterator", "trimmingCharacters", "components",
        "replacingOccurrences",
        // Of the inference library's models, whose weights stay as they were loaded.
        "answer", "generate", "complete", "chat", "tokenize", "detokenize", "prompt", "score", "perplexity", "logits", "embedding",
        "residualStream", "logitLens",
    ]

    /// Of these, the ones whose results share nothing with what they are called on.
    private static let givingValues: Set<String> = [
        "contains", "joined", "count", "distance", "hasPrefix", "hasSuffix", "lowercased", "uppercased", "allSatisfy", "isMultiple", "squareRoot",
        "rounded", "answer", "generate", "complete", "chat", "tokenize", "detokenize", "prompt", "score", "perplexity", "logits", "embedding",
        "residualStream", "logitLens", "firstIndex", "lastIndex", "formatted",
    ]

    static func givesValue(_ method: String) -> Bool { givingValues.contains(method) }

    /// The methods called one after another, where each is one of these and is handed nothing that could change elements.
    static func methods(of call: FunctionCallExprSyntax) -> [String]? {
        guard let member = call.calledExpression.as(MemberAccessExprSyntax.self), let base = member.base else { return nil }
        let name = member.declName.baseName.text
        guard names.contains(name), argumentsAreQuiet(call) else { return nil }
        guard let inner = chain(base) else { return nil }
        return inner + [name]
    }

    /// The methods called on the way to a value: none for a name or a member.
    private static func chain(_ expression: ExprSyntax) -> [String]? {
        if expression.is(DeclReferenceExprSyntax.self) { return [] }
        if let call = expression.as(FunctionCallExprSyntax.self) { return methods(of: call) }
        if let member = expression.as(MemberAccessExprSyntax.self) { return member.base.flatMap(chain) }
        if let subscripted = expression.as(SubscriptCallExprSyntax.self) { return chain(subscripted.calledExpression) }
        if let forced = expression.as(ForceUnwrapExprSyntax.self) { return chain(forced.expression) }
        if let chained = expression.as(OptionalChainingExprSyntax.self) { return chain(chained.expression) }
        return nil
    }

    private static func argumentsAreQuiet(_ call: FunctionCallExprSyntax) -> Bool {
        let closures = [call.trailingClosure].compactMap { $0 } + call.additionalTrailingClosures.map(\.closure)
        return closures.allSatisfy { isQuiet(Syntax($0)) } && call.arguments.allSatisfy { isQuiet(Syntax($0.expression)) }
    }

    /// Whether nothing in it assigns, or calls what is not known to change nothing: an element may be an object.
    private static func isQuiet(_ node: Syntax) -> Bool {
        if node.is(AssignmentExprSyntax.self) || node.is(InOutExprSyntax.self) { return false }
        if let call = node.as(FunctionCallExprSyntax.self) {
            if let name = call.calledExpression.as(DeclReferenceExprSyntax.self) {
                guard NameCollector.harmlessCalls.contains(name.baseName.text) else { return false }
            } else if methods(of: call) == nil {
                return false
            }
        }
        if let name = node.as(BinaryOperatorExprSyntax.self)?.operator.text, NameCollector.assigns(name) { return false }
        return node.children(viewMode: .sourceAccurate).allSatisfy(isQuiet)
    }
}
