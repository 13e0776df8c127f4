extension Architecture {
    /// Gemma 3's text models (arXiv 2503.19786): five layers with a sliding window to one without, norms on both
    /// sides of each branch and over heads, embeddings scaled and tied.
    static let gemma3 = Architecture(
        names: ["gemma3_text", "gemma3"], hasHeadNorms: true, hasBranchNorms: true, normAddend: 1, scalesEmbedding: true,
        activation: .geluTanh, tiesEmbeddingsByDefault: true, fullAttentionPeriod: 6, defaultLocalRopeBase: 10_000)
}
