/// Members that Swift uses where their names do not stand.
enum ImplicitMembers {
    private static let names: Set<String> = [
        "callAsFunction", "dynamicallyCall", "appendInterpolation", "appendLiteral", "makeIterator", "makeAsyncIterator", "next", "wrappedValue",
        "projectedValue", "encode", "hash",
    ]

    /// Of calls, of interpolated texts, of loops, of property wrappers, and of result builders.
    static func contain(_ name: String) -> Bool { names.contains(name) || name.hasPrefix("build") }
}
