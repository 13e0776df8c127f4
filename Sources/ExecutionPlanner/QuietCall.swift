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

    /// Functions that change nothing that they are handed.
    static let harmlessFunctions: Set<String> = [
        "print", "debugPrint", "display", "String", "Int", "Double", "Float", "Bool", "min", "max", "abs", "type", "zip",
        "stride", "Array", "Set", "Dictionary", "Table", "dump", "round", "sqrt", "pow", "log", "exp", "UInt8", "Int64", "UInt64", "Int32", "UInt32",
        "UInt", "Int8", "Int16", "UInt16", "Character", "Substring", "URL", "Data", "Date", "Decimal", "CGFloat", "floor", "ceil", "sin", "cos",
        "tan",
        "fflush", "usleep", "sleep", "precondition", "assert", "fatalError",
    ]

    /// Methods of a library's types that change what they are called on, and call nothing.
    static let inert: Set<String> = [
        "append", "insert", "remove", "removeAll", "removeFirst", "removeLast", "removeValue", "removeSubrange", "popLast", "popFirst", "swapAt",
        "reverse", "sort", "updateValue", "formUnion", "formIntersection", "subtract", "reserveCapacity", "replaceSubrange", "shuffle", "toggle",
        "negate", "round", "write", "allocate", "deallocate", "initialize", "deinitialize", "update",
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

    /// A type by its name, made of nothing that could change: what its initialiser does, the type's own cell tells.
    private static func makesValues(_ name: String, _ call: FunctionCallExprSyntax) -> Bool {
        name.first?.isUppercase == true && call.trailingClosure == nil
    }

    /// Whether something in it assigns, or calls what may change something.
    static func mayChange(_ node: Syntax) -> Bool { !isQuiet(node) }

    /// Whether a closure that the call is handed may change something.
    static func hasLoudClosure(_ call: FunctionCallExprSyntax) -> Bool { !argumentsAreQuiet(call) }

    /// Whether nothing in it assigns, or calls what is not known to change nothing: an element may be an object.
    private static func isQuiet(_ node: Syntax) -> Bool {
        if node.is(AssignmentExprSyntax.self) || node.is(InOutExprSyntax.self) { return false }
        if let call = node.as(FunctionCallExprSyntax.self) {
            if let name = call.calledExpression.as(DeclReferenceExprSyntax.self) {
                guard harmlessFunctions.contains(name.baseName.text) || makesValues(name.baseName.text, call) else { return false }
            } else if methods(of: call) == nil {
                return false
            }
        }
        if let name = node.as(BinaryOperatorExprSyntax.self)?.operator.text, EffectCollector.assigns(name) { return false }
        return node.children(viewMode: .sourceAccurate).allSatisfy(isQuiet)
    }
}
