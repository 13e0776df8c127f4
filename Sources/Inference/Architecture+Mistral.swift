extension Architecture {
    /// Mistral 7B (arXiv 2310.06825): Llama with a sliding window. GGUF calls it llama.
    static let mistral = Architecture(names: ["mistral"], ggufPairing: .neighbours, usesSlidingWindow: true)
}
