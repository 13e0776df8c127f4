extension Architecture {
    /// Llama 1 to 3, TinyLlama, SmolLM2 (Touvron et al., arXiv 2302.13971).
    static let llama = Architecture(names: ["llama"], ggufPairing: .neighbours)
}
