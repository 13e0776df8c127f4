import Tensors

/// The part that a tensor plays in a model.
enum TensorRole: String, Sendable, CaseIterable {
    case embedding, finalNorm, outputHead
    case attentionNorm, query, key, value, queryNorm, keyNorm, attentionOutput, postAttentionNorm
    case feedForwardNorm, gate, up, down, postFeedForwardNorm
}

/// What tensors are called in a kind of checkpoint.
struct WeightNames: Sendable {
    private let model: [TensorRole: String]
    private let layerPrefix: String
    private let layer: [TensorRole: String]

    /// The name without `.weight` or `.bias`.
    func name(_ role: TensorRole, layer index: Int?) -> String {
        guard let index else { return model[role] ?? role.rawValue }
        return "\(layerPrefix)\(index).\(layer[role] ?? role.rawValue)"
    }

    /// As the Hugging Face checkpoint at hand has them. With norms on both sides of a branch, the one after attention has
    /// the name that elsewhere belongs to the one before the network.
    ///
    /// What stands before the names differs: nothing where a model was saved without its head, more where it is part of a larger one.
    static func huggingFace(hasBranchNorms: Bool, in tensors: any TensorFile) -> WeightNames {
        let prefixes = ["model.", "", "language_model.model.", "model.language_model."]
        let prefix = prefixes.first { tensors["\($0)embed_tokens.weight"] != nil } ?? "model."
        let head = ["lm_head", "language_model.lm_head"].first { tensors["\($0).weight"] != nil } ?? "lm_head"
        return WeightNames(
            model: [.embedding: "\(prefix)embed_tokens", .finalNorm: "\(prefix)norm", .outputHead: head],
            layerPrefix: "\(prefix)layers.",
            layer: [
                .attentionNorm: "input_layernorm", .query: "self_attn.q_proj", .key: "self_attn.k_proj",
                .value: "self_attn.v_proj", .queryNorm: "self_attn.q_norm", .keyNorm: "self_attn.k_norm",
                .attentionOutput: "self_attn.o_proj", .postAttentionNorm: "post_attention_layernorm",
                .feedForwardNorm: hasBranchNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm",
                .gate: "mlp.gate_proj", .up: "mlp.up_proj", .down: "mlp.down_proj",
                .postFeedForwardNorm: "post_feedforward_layernorm",
            ])
    }

    /// As GGUF has them.
    static let gguf = WeightNames(
        model: [.embedding: "token_embd", .finalNorm: "output_norm", .outputHead: "output"], layerPrefix: "blk.",
        layer: [
            .attentionNorm: "attn_norm", .query: "attn_q", .key: "attn_k", .value: "attn_v", .queryNorm: "attn_q_norm",
            .keyNorm: "attn_k_norm", .attentionOutput: "attn_output", .postAttentionNorm: "post_attention_norm",
            .feedForwardNorm: "ffn_norm", .gate: "ffn_gate", .up: "ffn_up", .down: "ffn_down",
            .postFeedForwardNorm: "post_ffw_norm",
        ])
}
