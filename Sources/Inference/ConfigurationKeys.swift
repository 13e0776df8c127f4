import JSON

/// What is known of the members of a config.json beyond those that are read.
///
/// transformers computes a model by a fixed set of members and passes over all others. Those of the set are read; a member that other
/// architectures compute by, or that by its name speaks of arithmetic and that nobody here knows, is refused unless its value says that
/// nothing changes. So a checkpoint of another kind under a known name is not computed as if it were of this one.
enum ConfigurationKeys {
    /// Of no account for the logits: training, generation's defaults, tokens and texts, how the file came about.
    private static let harmless: Set<String> = [
        "_name_or_path", "architectures", "model_type", "transformers_version", "torch_dtype", "dtype", "use_cache", "initializer_range",
        "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "cls_token_id", "unk_token_id", "mask_token_id",
        "pretraining_tp", "id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "task_specific_params", "return_dict",
        "output_attentions", "output_hidden_states", "output_router_logits", "output_scores", "torchscript", "use_bfloat16", "tokenizer_class",
        "gradient_checkpointing", "auto_map", "attn_implementation", "cache_implementation", "is_llama_config", "max_length", "min_length",
        "model_max_length", "max_sequence_length", "max_seq_len", "max_seq_length", "seq_length", "sequence_length",
        "tokenizer_model_max_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k",
        "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids",
        "num_return_sequences", "suppress_tokens", "begin_suppress_tokens", "remove_invalid_values", "exponential_decay_length_penalty",
        "chunk_size_feed_forward", "return_dict_in_generate", "tie_encoder_decoder", "is_decoder", "neftune_noise_alpha", "router_aux_loss_coef",
        "num_logits_to_keep", "logits_to_keep", "model_parallel", "tensor_parallel_size", "n_positions", "n_ctx", "block_size",
        // Of multimodal models: where images go, which texts do not have.
        "mm_tokens_per_image", "image_token_index", "boi_token_index", "eoi_token_index", "vision_config", "text_config", "vision_feature_layer",
        "vision_feature_select_strategy", "projector_hidden_act", "multimodal_projector_bias",
    ]

    /// Parts of names of members that concern training or the library that ran it.
    private static let harmlessParts = [
        "drop", "flash", "label", "loss", "initializer", "init_std", "token_id", "version", "unsloth", "transformers.js",
        "transformers_js", "checkpointing", "training", "tokenizer", "sdpa", "fused", "compile", "dataset", "auto_map",
    ]

    /// Parts of names of members that speak of what is computed.
    private static let arithmeticParts = [
        "_act", "activation", "alibi", "altup", "attention", "attn", "bias", "block", "causal", "chunk", "clip", "compress", "conv_", "_conv",
        "decoder", "depth", "dim", "embed", "encoder", "epsilon", "_eps", "expert", "factor", "ffn", "freq", "gate", "group", "head", "hidden",
        "kv", "latent", "laurel", "layer", "logit", "lora", "mamba", "mask", "mixture", "mlp", "moe", "mrope", "multipl", "mup", "norm", "ntk",
        "nope", "parallel",
        "position", "prune", "qk", "quant", "query", "rank", "residual", "rms", "rope", "rotary", "router", "scal", "shared", "sink", "softcap",
        "_cap", "sparse", "ssm", "swiglu", "theta", "tie_", "topk", "vocab", "width", "window", "yarn",
    ]

    /// What all architectures here have: a member of such a name changes something where it is false.
    private static let had: Set<String> = [
        "causal", "causal_attention", "causal_mask", "rope", "rotary", "rotary_emb", "rotary_embedding", "rotary_embeddings",
        "rotary_position_embeddings", "position_embedding", "position_embeddings", "rms_norm", "rmsnorm", "norm", "pre_norm", "prenorm",
        "input_norm", "final_norm", "glu", "swiglu", "gated_mlp", "mlp_gated", "gated", "attention", "mlp", "ffn", "residual", "residuals",
        "scale_attn_weights", "scale_attn", "scale_attention", "softmax", "attention_softmax",
    ]

    /// Whether a member says of something that all architectures have that it is there.
    private static func isHad(_ key: String) -> Bool {
        let prefix = ["use_", "is_", "has_", "apply_", "enable_", "with_", "add_", "do_"].first(where: key.hasPrefix) ?? ""
        return had.contains(String(key.dropFirst(prefix.count)))
    }

    /// Whether a value says of itself that nothing is different.
    private static func isNeutral(_ key: String, _ value: JSONValue) -> Bool {
        switch value {
        case .bool(let isOn): isOn == isHad(key.lowercased())
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        case .string(let text): text.isEmpty
        case .integer(let number): isNeutral(key, Double(number))
        case .number(let number): isNeutral(key, number)
        }
    }

    /// A factor of one, or none of something; attention's is no factor but takes the place of another.
    private static func isNeutral(_ key: String, _ number: Double) -> Bool {
        let isFactor = key.contains("multiplier") || key.contains("scal") || key.contains("factor")
        let isCount = key.hasPrefix("num_") || key.hasPrefix("n_") || key.contains("expert")
        return (isFactor && !key.contains("att") && number == 1) || (isCount && number == 0)
    }

    /// Refuses members that were not read and may change what is computed.
    ///
    /// - Parameter passedOver: members that transformers knows in other architectures and does not look at in this one.
    static func check(_ reader: ConfigurationReader, passedOver: Set<String>) throws(ModelError) {
        for (key, value) in reader.json.objectValue ?? [:] {
            if reader.read.contains(ExactText(key)) || harmless.contains(key) || passedOver.contains(key) || isNeutral(key, value) { continue }
            let lower = key.lowercased()
            if lower.hasPrefix("_") || harmlessParts.contains(where: lower.contains) { continue }
            if arithmeticParts.contains(where: lower.contains) || isHad(lower) {
                throw reader.refusal(key, value, "is not known of this architecture, and may change what is computed")
            }
        }
    }
}
