import Tensors

/// What sets an architecture apart from the plain decoder that ``DecoderPlan`` describes.
///
/// A new one is a file with a constant, and its entry in ``all``.
struct Architecture: Sendable {
    /// `model_type` of config.json, and `general.architecture` of GGUF.
    var names: [String]
    /// A norm over each head of queries and keys.
    var hasHeadNorms = false
    /// A norm over the results of attention and network before they are added.
    var hasBranchNorms = false
    /// Whether queries, keys and values have biases where config.json does not say.
    var hasAttentionBias = false
    /// Whether config.json's `attention_bias` covers attention's output too.
    var biasCoversOutput = true
    /// Added to norm weights of Hugging Face checkpoints, which some store less one. GGUF's converter adds it.
    var normAddend: Float = 0
    var scalesEmbedding = false
    var activation = GatedActivation.silu
    var tiesEmbeddingsByDefault = false
    /// Which elements rotary embeddings pair in GGUF files; in Hugging Face checkpoints always halves.
    var ggufPairing = RotaryEmbedding.Pairing.halves
    /// Every so many layers one attends to all positions, where the checkpoint does not list them.
    var fullAttentionPeriod: Int?
    /// The base of layers with a sliding window, where the checkpoint does not say.
    var defaultLocalRopeBase: Float?
    /// Whether `sliding_window` holds even though the configuration does not list the layers.
    var usesSlidingWindow = false

    static let all: [Architecture] = [.llama, .mistral, .qwen2, .qwen3, .gemma3]

    static func named(_ name: String) -> Architecture? { all.first { $0.names.contains(name) } }

    static var allNames: [String] { all.flatMap(\.names).sorted() }
}

extension Architecture {
    /// The sizes and constants of a configuration.
    func shape(_ configuration: ModelConfiguration, cacheType: DType) -> DecoderShape {
        DecoderShape(
            vocabularySize: configuration.vocabularySize, hiddenSize: configuration.hiddenSize,
            intermediateSize: configuration.intermediateSize, layerCount: configuration.layerCount,
            headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
            headSize: configuration.headSize, contextLength: configuration.contextLength,
            normEpsilon: configuration.normEpsilon, activation: activation,
            attentionScale: configuration.queryScalar.map { 1 / $0.squareRoot() },
            embeddingScale: scalesEmbedding ? Float(configuration.hiddenSize).squareRoot() : 1,
            logitSoftCap: configuration.logitSoftCap, cacheType: cacheType)
    }

    /// The rotary embeddings: that of layers which attend to everything, then that of those with a window.
    func rotaryEmbeddings(_ configuration: ModelConfiguration, pairing: RotaryEmbedding.Pairing) -> [RotaryEmbedding] {
        let base = RotaryEmbedding.frequencies(base: configuration.ropeBase, rotatedElements: configuration.headSize)
        let frequencies =
            switch configuration.ropeScaling {
            case nil: base
            case .linear(let factor): base.map { $0 / factor }
            case .llama3(let factor, let low, let high, let original):
                RotaryEmbedding.llama3Scaled(
                    base, factor: factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength: original)
            }
        var all = [RotaryEmbedding(inverseFrequencies: frequencies, pairing: pairing)]
        if let local = configuration.localRopeBase {
            all.append(
                RotaryEmbedding(
                    inverseFrequencies: RotaryEmbedding.frequencies(base: local, rotatedElements: configuration.headSize),
                    pairing: pairing))
        }
        return all
    }
}
