extension Architecture {
    /// Qwen 2 and 2.5 (arXiv 2407.10671): biases on queries, keys and values alone.
    static let qwen2 = Architecture(names: ["qwen2"], hasAttentionBias: true, biasCoversOutput: false)

    /// Qwen 3 (arXiv 2505.09388): norms over heads instead of biases.
    static let qwen3 = Architecture(names: ["qwen3"], hasHeadNorms: true)
}
