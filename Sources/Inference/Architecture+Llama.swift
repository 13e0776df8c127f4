import JSON

extension Architecture {
    /// Llama 1 to 3, TinyLlama, SmolLM2 (Touvron et al., arXiv 2302.13971).
    static let llama = Architecture(
        names: ["llama"], attentionBias: .configured, readsFeedForwardBias: true, ggufPairing: .neighbours, ggufHasRopeDivisors: true,
        defaults: ["max_position_embeddings": 2048, "tie_word_embeddings": false])
}
