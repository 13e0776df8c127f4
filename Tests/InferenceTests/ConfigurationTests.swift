import Inference
import JSON
import Tensors
import Testing

@Suite("config.json: done as it says, or refused by name")
struct ConfigurationTests {
    static let base: JSONObject = [
        "model_type": "llama", "vocab_size": 96, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "torch_dtype": "float32",
    ]

    private func read(_ changes: JSONObject, type: JSONValue = "llama") throws -> ModelConfiguration {
        var members = Self.base
        members["model_type"] = type
        for (key, value) in changes { members[key] = value }
        return try ModelConfiguration(json: JSONValue.object(members).text())
    }

    @Test(
        "Members that change what is computed are refused by name",
        arguments: [
            "attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling", "logit_scale", "attn_logit_softcapping",
            "final_logit_softcapping", "query_pre_attn_scalar", "use_bidirectional_attention", "num_local_experts", "num_experts_per_tok",
            "use_qk_norm", "qk_layernorm", "clip_qkv", "alibi", "rope_interleaved", "no_rope_layers", "attention_chunk_size", "hidden_activation",
            "num_kv_shared_layers", "use_parallel_residual", "sliding_window", "attention_sinks", "kv_lora_rank", "mrope_section",
            "scale_attn_by_inverse_layer_idx", "partial_rotary_embeddings", "layer_norm_eps", "conv_kernel", "score_multiplier",
        ])
    func refused(key: String) throws {
        for value: JSONValue in [true, 3, 0.5, "other"] where key != "sliding_window" || value == 3 {
            let error = #expect(throws: ModelError.self) { try read([key: value]) }
            #expect(error.map { "\($0)".contains("\"\(key)\"") && "\($0)".contains("help:") } == true, "\(key) \(value)")
        }
        for value: JSONValue in [nil, false] where key != "sliding_window" || value.isNull { #expect(throws: Never.self) { try read([key: value]) } }
    }

    @Test(
        "Members that turn off what all models here have are refused, and those that say it is there are not",
        arguments: ["is_causal", "use_rope", "use_rotary_embedding", "rms_norm", "use_rms_norm", "use_glu", "gated_mlp", "scale_attn_weights"])
    func turnedOff(key: String) {
        let error = #expect(throws: ModelError.self) { try read([key: false]) }
        #expect(error.map { "\($0)".contains("\"\(key)\"") } == true)
        #expect(throws: Never.self) { try read([key: true]) }
    }

    @Test(
        "What transformers reads differently from version to version, or not at all, is refused",
        arguments: [
            ("llama", ["eos_token_id": "2"]), ("llama", ["eos_token_id": [2, "3"]]), ("llama", ["eos_token_id": 2.5]),
            ("gemma3_text", ["rope_scaling": ["type": "linear", "factor": 4]]),
            ("gemma3_text", ["original_max_position_embeddings": 32, "rope_scaling": ["rope_type": "linear", "factor": 4]]),
            ("gemma3_text", ["_sliding_window_pattern": 2]),
        ] as [(JSONValue, JSONObject)])
    func contradictions(type: JSONValue, members: JSONObject) throws {
        let error = #expect(throws: ModelError.self) { try read(members, type: type) }
        #expect(error.map { error in members.contains { "\(error)".contains($0.key) } } == true)
    }

    @Test(
        "Members of the wrong type are errors that name them",
        arguments: [
            ("rms_norm_eps", "1e-5"), ("rope_theta", "10000"), ("rope_theta", 0), ("rope_theta", -1), ("hidden_act", 3),
            ("tie_word_embeddings", "true"),
            ("attention_bias", 1), ("mlp_bias", "no"), ("hidden_size", 31.5), ("num_hidden_layers", 1_073_741_824), ("hidden_size", "32"),
            ("head_dim", 0), ("num_key_value_heads", true),
            ("layer_types", "full"), ("layer_types", ["full_attention"]), ("layer_types", [1, 2, 3, 4]), ("rope_scaling", 2),
        ] as [(String, JSONValue)])
    func types(key: String, value: JSONValue) throws {
        let error = #expect(throws: ModelError.self) { try read([key: value]) }
        #expect(error.map { "\($0)".contains("\"\(key)\"") } == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("What is left out is transformers' default, and null what it makes of that")
    func defaults() throws {
        #expect(try read(["num_key_value_heads": nil]).keyValueHeadCount == 4)
        var members = Self.base
        members["num_key_value_heads"] = nil
        for (type, heads, size) in [("llama", 4, 8), ("mistral", 8, 8), ("qwen2", 32, 8), ("qwen3", 32, 128), ("gemma3_text", 4, 256)] {
            members["model_type"] = .string(type)
            let configuration = try ModelConfiguration(json: JSONValue.object(members).text())
            #expect(configuration.keyValueHeadCount == heads && configuration.headSize == size, "\(type)")
        }
        #expect(try read(["rms_norm_eps": nil]).normEpsilon == 1e-6)
        for key in ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "model_type"] {
            var lacking = Self.base
            lacking[key] = nil
            let error = #expect(throws: ModelError.self) { try ModelConfiguration(json: JSONValue.object(lacking).text()) }
            #expect(error.map { "\($0)".contains("\"\(key)\"") } == true)
        }
        #expect(throws: ModelError.self) { try read(["hidden_act": nil]) }
    }

    @Test("Activations are transformers' by all their names, and others are refused")
    func activations() throws {
        let known: [(String, GatedActivation)] = [
            ("silu", .silu), ("swish", .silu), ("gelu", .gelu), ("gelu_python", .gelu), ("gelu_new", .geluTanh), ("gelu_fast", .geluTanh),
            ("gelu_pytorch_tanh", .geluTanh), ("gelu_accurate", .geluTanh), ("quick_gelu", .quickGELU), ("relu", .relu), ("relu2", .squaredReLU),
        ]
        for (name, activation) in known { #expect(try read(["hidden_act": .string(name)]).activation == activation, "\(name)") }
        for name in ["gelu_10", "mish", "relu6", "tanh", "sigmoid", "linear", "leaky_relu", "laplace", "prelu", "xielu", "GELU", ""] {
            let error = #expect(throws: ModelError.self) { try read(["hidden_act": .string(name)]) }
            #expect(error.map { "\($0)".contains("\"hidden_act\"") } == true)
        }
        #expect(try read([:], type: "gemma3_text").activation == .geluTanh)
        #expect(try read(["hidden_activation": "relu", "hidden_act": "silu"], type: "gemma3_text").activation == .relu)
    }

    @Test("Windows are on the layers that transformers gives them")
    func windows() throws {
        let off = try read(["sliding_window": 8, "use_sliding_window": false, "max_window_layers": 2], type: "qwen2")
        #expect(off.slidingWindow == nil && !off.layersWithWindow.contains(true))
        for type: JSONValue in ["qwen2", "qwen3"] {
            let on = try read(["sliding_window": 8, "use_sliding_window": true, "max_window_layers": 2], type: type)
            #expect(on.slidingWindow == 8 && on.layersWithWindow == [false, false, true, true])
            // The default is 28 layers without.
            #expect(try read(["sliding_window": 8, "use_sliding_window": true], type: type).slidingWindow == nil)
        }
        let named: JSONValue = ["sliding_attention", "full_attention", "full_attention", "sliding_attention"]
        let listed = try read(["sliding_window": 8, "use_sliding_window": true, "layer_types": named], type: "qwen3")
        #expect(listed.layersWithWindow == [true, false, false, true])
        #expect(throws: ModelError.self) { try read(["sliding_window": 8, "layer_types": named], type: "qwen3") }
        #expect(throws: ModelError.self) { try read(["layer_types": ["chunked_attention", "full_attention", "full_attention", "full_attention"]]) }
        // Mistral's default is 4096, and null is none.
        #expect(try read([:], type: "mistral").slidingWindow == 4096)
        #expect(try read(["sliding_window": nil], type: "mistral").slidingWindow == nil)
        #expect(throws: ModelError.self) { try read(["sliding_window": 8, "layer_types": named], type: "mistral") }
        let gemma = try read(["sliding_window": 8, "sliding_window_pattern": 2, "rope_local_base_freq": 500.0], type: "gemma3_text")
        #expect(gemma.layersWithWindow == [true, false, true, false] && gemma.localRopeBase == 500)
    }

    @Test("Rotary embeddings: what is left out is transformers' default, what is not implemented an error")
    func rope() throws {
        #expect(try read(["rope_theta": nil]).ropeBase == 10_000)
        #expect(try read(["rope_theta": 500_000]).ropeBase == 500_000)
        #expect(try read(["rope_theta": nil], type: "gemma3_text").ropeBase == 1_000_000)
        #expect(try read(["rope_scaling": ["type": "linear", "factor": 4]]).ropeScaling == .linear(factor: 4))
        #expect(try read(["rope_parameters": ["rope_type": "linear", "factor": 4.0, "rope_theta": 7.0]]).ropeBase == 7)
        #expect(try read(["rope_scaling": ["rope_type": "default", "partial_rotary_factor": 0.5]]).ropeScaling == nil)
        let llama3: JSONObject = ["rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4]
        guard case .llama3(_, _, _, 128)? = try read(["rope_scaling": .object(llama3)]).ropeScaling else {
            throw ModelError.unloaded(name: "original")
        }
        let wrong: [JSONValue] = [
            ["type": "yarn", "factor": 4], ["type": "dynamic", "factor": 4], ["factor": 4], ["type": "linear"], ["type": "linear", "factor": "4"],
            ["type": "linear", "factor": 4, "attention_factor": 2], ["rope_type": "llama3", "factor": 8], ["type": "linear", "factor": 0],
            ["type": "linear", "factor": 4, "partial_rotary_factor": 0.5], ["rope_type": "default", "mrope_section": [1, 2]],
            ["type": 3, "factor": 4],
            ["full_attention": ["rope_type": "default"]],
        ]
        for scaling in wrong {
            let key = scaling["full_attention"] == nil ? "rope_scaling" : "rope_parameters"
            #expect(throws: ModelError.self, "\(scaling.text())") { try read([key: scaling]) }
        }
        #expect(throws: ModelError.self) {
            try read(["rope_scaling": ["type": "linear", "factor": 4], "rope_parameters": ["rope_type": "default"]])
        }
    }

    @Test("Quantised checkpoints and heads for other things are refused by name")
    func kinds() throws {
        let refused: [(String, JSONValue, String)] = [
            ("quantization_config", ["quant_method": "gptq", "bits": 4], "gptq"), ("quantization_config", ["quant_method": "fp8"], "fp8"),
            ("quantization_config", ["quant_method": "bitsandbytes", "load_in_8bit": true], "8 bits"),
            ("quantization_config", ["bits": 4], "unknown"),
            ("quantization", ["group_size": 64, "bits": 4], "quantization"),
            ("compression_config", ["format": "pack-quantized"], "compression_config"),
            ("architectures", ["LlamaForSequenceClassification"], "LlamaForSequenceClassification"),
        ]
        for (key, value, word) in refused {
            let error = #expect(throws: ModelError.self) { try read([key: value]) }
            #expect(error.map { "\($0)".contains(word) } == true, "\(key)")
        }
        #expect(try read(["quantization_config": ["load_in_4bit": true, "quant_method": "bitsandbytes"]]).quantizationMethod == "bitsandbytes")
    }

    @Test("Published configurations load, whatever their publishers wrote beside")
    func published() throws {
        for (text, heads) in PublishedConfigurations.all {
            let configuration = try ModelConfiguration(json: text)
            #expect(configuration.headCount * configuration.headSize == heads, "\(text.prefix(80))")
        }
        // The defaults of Gemma 3's text part stand nowhere but in transformers.
        let gemma = try ModelConfiguration(json: PublishedConfigurations.gemma3)
        #expect(gemma.keyValueHeadCount == 4 && gemma.headSize == 256 && gemma.vocabularySize == 262_208 && gemma.queryScalar == 256)
        #expect(gemma.ropeScaling == .linear(factor: 8) && gemma.ropeBase == 1_000_000 && gemma.localRopeBase == 10_000 && gemma.tiesEmbeddings)
        #expect(gemma.slidingWindow == 1024 && gemma.layersWithWindow.prefix(6) == [true, true, true, true, true, false])
    }
}
