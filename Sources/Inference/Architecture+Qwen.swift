import JSON

extension Architecture {
    /// Qwen 2 and 2.5 (arXiv 2407.10671): biases on queries, keys and values alone.
    static let qwen2 = Architecture(names: ["qwen2"], attentionBias: .inputsAlways, windows: .fromLayer, defaults: qwenDefaults)

    /// Qwen 3 (arXiv 2505.09388): norms over heads instead of biases.
    static let qwen3 = Architecture(
        names: ["qwen3"], hasHeadNorms: true, attentionBias: .configured, windows: .fromLayer,
        defaults: {
            var defaults = qwenDefaults
            defaults["head_dim"] = 128
            return defaults
        }())

    private static let qwenDefaults: JSONObject = [
        "max_position_embeddings": 32_768, "num_key_value_heads": 32, "use_sliding_window": false, "sliding_window": 4096,
        "max_window_layers": 28, "tie_word_embeddings": false,
    ]
}
