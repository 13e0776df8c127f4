public import Tensors

/// A model's hyper-parameters as its checkpoint declares them.
public struct ModelConfiguration: Sendable, Hashable {
    /// The architecture by the name that checkpoints give it, such as `llama` or `gemma3`.
    public var architecture: String
    /// The type that the checkpoint was saved in: `dtype` or `torch_dtype` of config.json; of a GGUF file the
    /// encoding that most bytes of its matrices have.
    public var dtype: TensorEncoding?
    public var vocabularySize: Int
    public var hiddenSize: Int
    public var intermediateSize: Int
    public var layerCount: Int
    public var headCount: Int
    public var keyValueHeadCount: Int
    /// Elements of one attention head.
    public var headSize: Int
    /// The most positions that the model was made for.
    public var contextLength: Int
    public var normEpsilon: Float
    public var ropeBase: Float
    public var ropeScaling: RopeScaling?
    /// The base of layers with a sliding window, where it differs.
    public var localRopeBase: Float?
    public var slidingWindow: Int?
    /// Whether each layer attends within the sliding window; empty where none does.
    public var layersWithWindow: [Bool] = []
    /// Whether the output head is the embedding.
    public var tiesEmbeddings: Bool
    /// Whether queries, keys and values have biases.
    public var hasAttentionBias: Bool
    /// Whether attention's output has a bias.
    public var hasAttentionOutputBias: Bool
    public var hasFeedForwardBias: Bool
    /// Gemma: attention scores are divided by the root of this.
    public var queryScalar: Float?
    public var logitSoftCap: Float?
    /// The function that gates the feed-forward network.
    public var activation = GatedActivation.silu
    public var bosToken: Int?
    /// Tokens that end a text.
    public var eosTokens: [Int]
    /// How the checkpoint's linear layers were quantised when it was saved, as its configuration says.
    public var quantizationMethod: String?
    /// Whether this is the text's part of a model of texts and pictures.
    var isPartOfLarger = false

    /// Extension of the context beyond what the model was first trained for.
    public enum RopeScaling: Sendable, Hashable {
        /// All angles are divided by the factor.
        case linear(factor: Float)
        /// Llama 3's, see ``RotaryEmbedding/llama3Scaled(_:factor:lowFrequencyFactor:highFrequencyFactor:originalContextLength:)``.
        case llama3(factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalContextLength: Int)
    }
}

extension ModelConfiguration {
    /// A bound on what is allocated for a layer before its weights are looked for.
    static let mostLayers = 1 << 16

    /// The number of weights of the model, where tied ones count once.
    public var parameterCount: Int {
        var perLayer = 2 * hiddenSize
        let queryWidth = headCount * headSize, keyValueWidth = keyValueHeadCount * headSize
        perLayer += 2 * hiddenSize * queryWidth + 2 * hiddenSize * keyValueWidth + 3 * hiddenSize * intermediateSize
        if hasAttentionBias { perLayer += queryWidth + 2 * keyValueWidth }
        if hasAttentionOutputBias { perLayer += hiddenSize }
        if hasFeedForwardBias { perLayer += 2 * intermediateSize + hiddenSize }
        if let features = Architecture.named(architecture) {
            if features.hasHeadNorms { perLayer += 2 * headSize }
            if features.hasBranchNorms { perLayer += 2 * hiddenSize }
        }
        return perLayer * layerCount + hiddenSize + vocabularySize * hiddenSize * (tiesEmbeddings ? 1 : 2)
    }

    /// Bytes that keys and values of one position take.
    public func cacheByteCount(type: DType) -> Int {
        2 * layerCount * keyValueHeadCount * headSize * type.byteCount
    }
}
