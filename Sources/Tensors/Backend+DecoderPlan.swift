/// Everything that a backend needs to run a decoder-only transformer: its hyper-parameters, and handles
/// of the weights that the backend itself made (``Backend/makeWeight(_:in:)``).
///
/// One value describes every architecture in the registry; what an architecture lacks is `nil`. Shapes
/// are written (rows, columns), row-major; a linear layer computes *y = W x + b* with *W* (outputs, inputs).
///
/// A block is, with *n* for its norms:
///
///     x += n?(W_o attention(rope(n?(W_q h)), rope(n?(W_k h)), W_v h))      h = n(x)
///     x += n?(W_down (activation(W_gate h) * W_up h))                      h = n(x)
///     logits = W_head n(x)
///
/// The plan is a value and not code, so that a backend may fuse what it likes, capture a step as one
/// graph, or keep a kernel running.
public struct DecoderPlan: Sendable {
    public var shape: DecoderShape
    public var computeType: ComputeType
    /// (vocabularySize, hiddenSize)
    public var embedding: Weight
    public var layers: [DecoderLayer]
    /// (hiddenSize)
    public var finalNorm: Weight
    /// (vocabularySize, hiddenSize); the same handle as `embedding` where the two are tied.
    public var outputHead: LinearLayer
    /// The rotary embeddings in use; ``DecoderLayer/rotary`` indexes them.
    public var rotaryEmbeddings: [RotaryEmbedding]

    public init(
        shape: DecoderShape, computeType: ComputeType, embedding: Weight, layers: [DecoderLayer], finalNorm: Weight,
        outputHead: LinearLayer, rotaryEmbeddings: [RotaryEmbedding]
    ) {
        self.shape = shape
        self.computeType = computeType
        self.embedding = embedding
        self.layers = layers
        self.finalNorm = finalNorm
        self.outputHead = outputHead
        self.rotaryEmbeddings = rotaryEmbeddings
    }
}

/// A decoder's hyper-parameters: all that sizes depend on, known before any weight is loaded.
public struct DecoderShape: Sendable, Hashable {
    public var vocabularySize: Int
    public var hiddenSize: Int
    public var intermediateSize: Int
    public var layerCount: Int
    public var headCount: Int
    /// Divides `headCount`; query head *h* reads key-value head *h / (headCount / keyValueHeadCount)*.
    public var keyValueHeadCount: Int
    /// Elements of one head, of queries, keys and values alike.
    public var headSize: Int
    /// The most positions that the checkpoint was made for.
    public var contextLength: Int
    /// Added to the mean square beneath every norm's root.
    public var normEpsilon: Float
    public var activation: GatedActivation
    /// What attention scores are multiplied by, usually 1/√headSize.
    public var attentionScale: Float
    /// What embeddings are multiplied by: 1, or √hiddenSize in Gemma.
    public var embeddingScale: Float
    /// `cap · tanh(logit / cap)` is applied to the logits where set.
    public var logitSoftCap: Float?
    /// Element type of keys and values in the cache: `.float32`, `.float16` or `.bfloat16`.
    public var cacheType: DType

    public init(
        vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
        keyValueHeadCount: Int, headSize: Int, contextLength: Int, normEpsilon: Float,
        activation: GatedActivation = .silu, attentionScale: Float? = nil, embeddingScale: Float = 1,
        logitSoftCap: Float? = nil, cacheType: DType
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.contextLength = contextLength
        self.normEpsilon = normEpsilon
        self.activation = activation
        self.attentionScale = attentionScale ?? 1 / Float(headSize).squareRoot()
        self.embeddingScale = embeddingScale
        self.logitSoftCap = logitSoftCap
        self.cacheType = cacheType
    }

    /// Elements of all query heads of one position.
    public var queryWidth: Int { headCount * headSize }
    /// Elements of all key (or value) heads of one position.
    public var keyValueWidth: Int { keyValueHeadCount * headSize }
}

/// One block of a decoder.
public struct DecoderLayer: Sendable {
    /// (hiddenSize), before attention.
    public var attentionNorm: Weight
    /// (queryWidth, hiddenSize)
    public var query: LinearLayer
    /// (keyValueWidth, hiddenSize)
    public var key: LinearLayer
    /// (keyValueWidth, hiddenSize)
    public var value: LinearLayer
    /// (headSize): a norm over each head before the rotation, as in Gemma 3 and Qwen 3.
    public var queryNorm: Weight?
    public var keyNorm: Weight?
    /// (hiddenSize, queryWidth)
    public var output: LinearLayer
    /// (hiddenSize): a norm over attention's result before it is added, as in Gemma 3.
    public var postAttentionNorm: Weight?
    /// (hiddenSize), before the feed-forward network.
    public var feedForwardNorm: Weight
    /// (intermediateSize, hiddenSize)
    public var gate: LinearLayer
    /// (intermediateSize, hiddenSize)
    public var up: LinearLayer
    /// (hiddenSize, intermediateSize)
    public var down: LinearLayer
    /// (hiddenSize): a norm over the network's result before it is added, as in Gemma 3.
    public var postFeedForwardNorm: Weight?
    /// A position attends to itself and the `slidingWindow - 1` before it; to all before it where `nil`.
    public var slidingWindow: Int?
    /// Index into ``DecoderPlan/rotaryEmbeddings``.
    public var rotary: Int

    public init(
        attentionNorm: Weight, query: LinearLayer, key: LinearLayer, value: LinearLayer, queryNorm: Weight? = nil,
        keyNorm: Weight? = nil, output: LinearLayer, postAttentionNorm: Weight? = nil, feedForwardNorm: Weight,
        gate: LinearLayer, up: LinearLayer, down: LinearLayer, postFeedForwardNorm: Weight? = nil,
        slidingWindow: Int? = nil, rotary: Int = 0
    ) {
        self.attentionNorm = attentionNorm
        self.query = query
        self.key = key
        self.value = value
        self.queryNorm = queryNorm
        self.keyNorm = keyNorm
        self.output = output
        self.postAttentionNorm = postAttentionNorm
        self.feedForwardNorm = feedForwardNorm
        self.gate = gate
        self.up = up
        self.down = down
        self.postFeedForwardNorm = postFeedForwardNorm
        self.slidingWindow = slidingWindow
        self.rotary = rotary
    }
}

/// *y = W x + b*.
public struct LinearLayer: Sendable {
    /// (outputs, inputs)
    public var weight: Weight
    /// (outputs)
    public var bias: Weight?

    public init(_ weight: Weight, bias: Weight? = nil) {
        self.weight = weight
        self.bias = bias
    }
}

/// The type to which activations are rounded where they enter a product with a weight; dequantised weights
/// are rounded to it as well. Sums are float32. A backend may compute more exactly than it is asked to.
public enum ComputeType: String, Sendable, Hashable {
    case float32, float16, bfloat16
    /// In blocks of 32 elements with a scale each, for weights in GGUF's block types; float32 for others.
    case int8
}

/// The function that gates the feed-forward network.
public enum GatedActivation: Sendable, Hashable {
    /// x · sigmoid(x)
    case silu
    /// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))) (Hendrycks and Gimpel, arXiv 1606.08415)
    case geluTanh
    /// 0.5 x (1 + erf(x / √2))
    case gelu
    /// x · sigmoid(1.702 x)
    case quickGELU
    /// max(x, 0)
    case relu
    /// max(x, 0)²
    case squaredReLU
}

/// Rotary position embedding (Su et al., arXiv 2104.09864): pair *i* of a head is turned by
/// *position · inverseFrequencies[i]* radians.
public struct RotaryEmbedding: Sendable, Hashable {
    /// Which elements make a pair.
    public enum Pairing: Sendable, Hashable {
        /// (i, i + n/2): Hugging Face checkpoints, and GGUF of most architectures.
        case halves
        /// (2i, 2i + 1): GGUF of the llama architecture, whose converter permutes query and key rows.
        case neighbours
    }

    /// One for each pair, in radians a position; half as many as the rotated elements of a head.
    public var inverseFrequencies: [Float]
    public var pairing: Pairing
    /// What cosine and sine are multiplied by; 1 but for some context extensions.
    public var amplitude: Float

    public init(inverseFrequencies: [Float], pairing: Pairing, amplitude: Float = 1) {
        self.inverseFrequencies = inverseFrequencies
        self.pairing = pairing
        self.amplitude = amplitude
    }
}
