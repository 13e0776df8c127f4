/// A tokenizer could not be made from what its file says.
public struct TokenizerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, one sentence without a full stop at its end.
    public let message: String
    /// What to do about it; empty where only another file helps.
    public let solution: String

    public init(_ message: String, solution: String = "") {
        self.message = message
        self.solution = solution
    }

    public var description: String { solution.isEmpty ? message : "\(message); \(solution)" }
}
