import JSON

extension Architecture {
    /// Mistral 7B (arXiv 2310.06825): Llama with a sliding window. GGUF calls it llama.
    static let mistral = Architecture(
        names: ["mistral"], ggufPairing: .neighbours, windows: .all,
        defaults: [
            "max_position_embeddings": 131_072, "num_key_value_heads": 8, "sliding_window": 4096, "tie_word_embeddings": false,
        ])
}
