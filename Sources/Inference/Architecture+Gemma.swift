import JSON

extension Architecture {
    /// Gemma 3's text models (arXiv 2503.19786): five layers with a sliding window to one without, norms on both
    /// sides of each branch and over heads, embeddings scaled and tied.
    ///
    /// Published configurations of the multimodal ones leave out most members of their `text_config`.
    static let gemma3 = Architecture(
        names: ["gemma3_text", "gemma3"], hasHeadNorms: true, hasBranchNorms: true, attentionBias: .configured, normAddend: 1,
        scalesEmbedding: true, activation: .geluTanh, activationKey: "hidden_activation", windows: .alternating(period: 6),
        readsScoreScale: true, defaultRopeBase: 1_000_000, defaultLocalRopeBase: 10_000,
        defaults: [
            "vocab_size": 262_208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8,
            "num_key_value_heads": 4, "head_dim": 256, "max_position_embeddings": 131_072, "query_pre_attn_scalar": 256,
            "sliding_window": 4096, "tie_word_embeddings": true,
        ])
}
