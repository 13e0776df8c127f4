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
