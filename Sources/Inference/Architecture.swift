import JSON
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
    var attentionBias = AttentionBias.never
    /// Whether config.json's `mlp_bias` is read.
    var readsFeedForwardBias = false
    /// Added to norm weights of Hugging Face checkpoints, which some store less one. GGUF's converter adds it.
    var normAddend: Float = 0
    var scalesEmbedding = false
    /// What gates the network where the checkpoint does not say; GGUF never does.
    var activation = GatedActivation.silu
    /// The member of config.json that names it.
    var activationKey = "hidden_act"
    /// Which elements rotary embeddings pair in GGUF files; in Hugging Face checkpoints always halves.
    var ggufPairing = RotaryEmbedding.Pairing.halves
    /// Whether GGUF files may hold divisors of the frequencies, `rope_freqs.weight`.
    var ggufHasRopeDivisors = false
    var windows = Windows.none
    /// Whether scores are divided by the root of `query_pre_attn_scalar`, and logits softly capped.
    var readsScoreScale = false
    /// The bases of the frequencies where the checkpoint does not say: of layers that attend to everything, and of those with a window
    /// where they have one of their own.
    var defaultRopeBase: Float = 10_000
    var defaultLocalRopeBase: Float?
    /// The values of members that config.json may leave out, as transformers has them.
    var defaults: JSONObject

    /// When queries, keys and values have biases.
    enum AttentionBias: Sendable {
        case never
        /// Queries, keys and values always, attention's output never.
        case inputsAlways
        /// All four where `attention_bias` says so.
        case configured
    }

    /// Which layers attend within `sliding_window` only.
    enum Windows: Sendable, Hashable {
        case none
        /// All of them.
        case all
        /// Those from `max_window_layers` on, where `use_sliding_window` says so; or as `layer_types` says.
        case fromLayer
        /// All but every so many; or as `layer_types` says.
        case alternating(period: Int)
    }

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
            normEpsilon: configuration.normEpsilon, activation: configuration.activation,
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
                    inverseFrequencies: RotaryEmbedding.frequencies(base: local, rotatedElements: configuration.headSize), pairing: pairing))
        }
        return all
    }
}
