/// A decoder at work: its KV cache, its activations, and the logits of the last position.
///
/// A session belongs to one task at a time and is not Sendable; its memory is freed with it.
///
/// Tokens enter in two ways. ``evaluate(_:wanting:)`` takes known tokens, all at once (prefill).
/// ``startGenerating(_:)`` and ``nextToken()`` sample from the logits and feed each token back; a device
/// may run ahead of what was asked for, since ``stopGenerating()`` takes back what was not handed out.
public protocol DecoderSession: AnyObject {
    /// Tokens whose keys and values the cache holds.
    var position: Int { get }
    /// Tokens for which the cache has room.
    var capacity: Int { get }
    /// Bytes of the cache at the present capacity.
    var cacheByteCount: Int { get }

    /// Makes room for `capacity` tokens, keeping what the cache holds. Less than the present one is ignored.
    func reserve(capacity: Int) throws(BackendError)

    /// Forgets all tokens from `position` on, and the logits. More than the present one is ignored.
    func truncate(to position: Int)

    /// Appends tokens to the cache and computes what is wanted of them.
    ///
    /// - Throws: ``BackendError`` when the cache has no room, a token is outside the vocabulary, or the
    ///   device fails; the cache is then as before.
    func evaluate(_ tokens: [Int32], wanting outputs: DecoderOutputs) throws(BackendError) -> DecoderResult

    /// Gets ready to sample, the first token from the logits of the last position.
    ///
    /// - Precondition: the last call that changed the cache was an ``evaluate(_:wanting:)``.
    func startGenerating(_ request: GenerationRequest) throws(BackendError)

    /// The next token. The one before it is in the cache afterwards.
    ///
    /// - Throws: ``BackendError/cacheFull`` when there is no room for the token before it.
    func nextToken() throws(BackendError) -> GeneratedToken

    /// The logits that hidden states would give: head(norm(x)), of the final norm and the output head.
    ///
    /// - Parameter hiddenStates: (rows, hiddenSize), before the final norm.
    /// - Returns: (rows, vocabularySize). The cache stays as it is.
    func logits(ofHiddenStates hiddenStates: [Float]) throws(BackendError) -> [Float]

    /// Ends the run: the cache holds the tokens handed out, but for the last one.
    func stopGenerating()

    /// Keys and values of the first `position` tokens, in an encoding of the backend's own.
    func exportCache() throws(BackendError) -> [UInt8]

    /// Takes what ``exportCache()`` of an equal plan gave.
    ///
    /// - Throws: ``BackendError`` when the bytes do not fit the plan; the cache is then as before.
    func importCache(_ bytes: [UInt8]) throws(BackendError)
}

/// What ``DecoderSession/evaluate(_:wanting:)`` should hand back. Less is faster.
public struct DecoderOutputs: Sendable, Hashable {
    public enum Rows: Sendable, Hashable {
        case none, last, all
    }

    /// Positions whose logits come back. The last position's are computed in any case, for sampling.
    public var logits: Rows
    /// Positions of which the id of the largest logit comes back.
    public var bestTokens: Rows
    /// Positions whose residual stream comes back.
    public var hiddenStates: Rows
    /// Whose residual streams: 0 is the embedding, *k* the output of block *k*, and one more than there
    /// are blocks the last one's after the final norm.
    public var hiddenLayers: [Int]

    public init(
        logits: Rows = .last, bestTokens: Rows = .none, hiddenStates: Rows = .none, hiddenLayers: [Int] = []
    ) {
        self.logits = logits
        self.bestTokens = bestTokens
        self.hiddenStates = hiddenStates
        self.hiddenLayers = hiddenLayers
    }

    /// Nothing comes back, and the logits of the last position are ready for generating.
    public static let readyToGenerate = DecoderOutputs(logits: .none)
}

/// What an evaluation gave, each in order of positions.
public struct DecoderResult: Sendable {
    /// (rows, vocabularySize), empty where none were wanted.
    public var logits: [Float]
    /// (rows), the lowest id among equals.
    public var bestTokens: [Int32]
    /// For each wanted layer (rows, hiddenSize).
    public var hiddenStates: [[Float]]

    public init(logits: [Float] = [], bestTokens: [Int32] = [], hiddenStates: [[Float]] = []) {
        self.logits = logits
        self.bestTokens = bestTokens
        self.hiddenStates = hiddenStates
    }
}

/// How a run of generated tokens is to be sampled.
public struct GenerationRequest: Sendable, Hashable {
    public var sampling: Sampling
    /// The tokens before the run, newest last, for the repetition penalty.
    public var history: [Int32]
    /// How many of the likeliest tokens each ``GeneratedToken`` tells, at most 64.
    public var alternatives: Int
    /// More tokens than this will not be asked for, so a device need not run further ahead.
    public var maximumTokens: Int

    public init(sampling: Sampling = .greedy, history: [Int32] = [], alternatives: Int = 0, maximumTokens: Int) {
        self.sampling = sampling
        self.history = history
        self.alternatives = alternatives
        self.maximumTokens = maximumTokens
    }
}

/// A token that the model chose.
public struct GeneratedToken: Sendable, Hashable {
    public var id: Int32
    /// Its natural log-probability under the model's own distribution (temperature 1, no penalty).
    public var logProbability: Float
    /// The likeliest tokens with their log-probabilities, best first.
    public var alternatives: [Alternative]

    public struct Alternative: Sendable, Hashable {
        public var id: Int32
        public var logProbability: Float

        public init(id: Int32, logProbability: Float) {
            self.id = id
            self.logProbability = logProbability
        }
    }

    public init(id: Int32, logProbability: Float, alternatives: [Alternative] = []) {
        self.id = id
        self.logProbability = logProbability
        self.alternatives = alternatives
    }
}
