public import Tensors

/// How an answer is generated.
public struct GenerationOptions: Sendable {
    /// The most tokens to generate.
    public var maximumTokens: Int
    /// Greedy unless told otherwise.
    public var sampling: Sampling
    /// Texts that end the answer; they are not part of it.
    public var stopStrings: [String]
    /// Whether the tokens that the model ends a text with end the answer.
    public var stopsAtEndOfText: Bool
    /// How many of the likeliest tokens each step tells, at most 64.
    public var alternatives: Int
    /// Keys and values to go on from, and to leave for the next time; without one they are computed anew.
    public var cache: PromptCache?
    /// With greedy sampling: how many tokens to guess at a time from earlier text that begins alike (prompt
    /// look-up); 0 for none. The tokens are the same as without, and come faster where text repeats itself.
    public var speculatedTokens: Int

    public init(
        maximumTokens: Int = 256, sampling: Sampling = .greedy, stopStrings: [String] = [], stopsAtEndOfText: Bool = true,
        alternatives: Int = 0, cache: PromptCache? = nil, speculatedTokens: Int = 0
    ) {
        self.maximumTokens = maximumTokens
        self.sampling = sampling
        self.stopStrings = stopStrings
        self.stopsAtEndOfText = stopsAtEndOfText
        self.alternatives = alternatives
        self.cache = cache
        self.speculatedTokens = speculatedTokens
    }
}

extension GenerationOptions {
    /// Refuses what no token can be chosen by.
    func check() throws(ModelError) {
        guard maximumTokens > 0 else {
            throw .invalidRequest(message: "\(maximumTokens) tokens were asked for", help: "ask for 1 at least")
        }
        func check(_ name: String, _ value: some CustomStringConvertible, _ isRight: Bool, _ help: String) throws(ModelError) {
            guard isRight else { throw .invalidRequest(message: "\(name) is \(value)", help: help) }
        }
        let (temperature, penalty) = (sampling.temperature, sampling.repetitionPenalty)
        // Logits that are divided by less have no place in a float.
        try check("temperature", temperature, temperature == 0 || temperature.isFinite && temperature >= 1e-6, "give 0 for greedy, or 1e-6 and more")
        try check("topK", sampling.topK, sampling.topK >= 0, "give 0 for all tokens, or how many")
        try check("topP", sampling.topP, (0...1).contains(sampling.topP), "give a probability from 0 to 1")
        try check("minP", sampling.minP, (0...1).contains(sampling.minP), "give a share from 0 to 1")
        try check("repetitionPenalty", penalty, (1e-6...1e6).contains(penalty), "give 1 for none, or a divisor from 1e-6 to 1e6")
        try check("repetitionWindow", sampling.repetitionWindow, sampling.repetitionWindow >= 0, "give 0 for all tokens, or how many")
        try check("alternatives", alternatives, (0...64).contains(alternatives), "ask for 0 to 64")
        try check("speculatedTokens", speculatedTokens, speculatedTokens >= 0, "give 0 for none, or how many")
    }
}

/// One generated token.
public struct GenerationStep: Sendable, Hashable {
    public let token: Int
    /// What the token adds to the text: whole characters, so at times nothing, at times several.
    public let text: String
    /// The token's natural log-probability under the model's own distribution.
    public let logProbability: Float
    /// The likeliest tokens, best first, as many as were asked for.
    public let alternatives: [GeneratedToken.Alternative]
    /// How long the token took; the first one's includes reading the prompt.
    public let duration: Duration
}

/// Why an answer ended.
public enum FinishReason: String, Sendable, Hashable {
    /// The model ended the text.
    case endOfText
    case stopString
    case maximumTokens
}

/// A whole answer.
public struct GenerationResult: Sendable, Hashable {
    public let text: String
    /// The generated tokens; the one that ended the text is the last of them.
    public let tokens: [Int]
    public let logProbabilities: [Float]
    public let finishReason: FinishReason
    public let promptTokenCount: Int
    /// Tokens of the prompt that were found in the cache.
    public let cachedTokenCount: Int
    /// Reading the prompt, up to the first token.
    public let promptDuration: Duration
    /// From the first token to the last.
    public let decodeDuration: Duration

    /// Tokens after the first a second; `nil` for fewer than two.
    public var tokensPerSecond: Double? {
        let seconds = decodeDuration / .seconds(1)
        return tokens.count > 1 && seconds > 0 ? Double(tokens.count - 1) / seconds : nil
    }
}

extension GenerationResult: CustomStringConvertible {
    public var description: String { text }
}
