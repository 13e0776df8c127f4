import Inference
import TestSupport
import Testing

@Suite("GGUF's metadata: done as it says, or refused by name")
struct GGUFConfigurationTests {
    static let tokens = [5, 17, 30, 41, 8, 80, 56, 12, 77, 40, 3, 58]

    private static func uint8(_ value: UInt8) -> [UInt8] { GGUFBuilder.integer(0 as UInt32) + [value] }
    private static func uint64(_ value: UInt64) -> [UInt8] { GGUFBuilder.integer(10 as UInt32) + GGUFBuilder.integer(value) }
    private static func int32(_ value: Int32) -> [UInt8] { GGUFBuilder.integer(5 as UInt32) + GGUFBuilder.integer(value) }
    private static func float64(_ value: Double) -> [UInt8] { GGUFBuilder.integer(12 as UInt32) + GGUFBuilder.integer(value.bitPattern) }

    @Test("Numbers are taken in every type that holds them")
    func numbers() throws {
        let base = TinyGGUF()
        let expected = try base.with("llama.rope.freq_base", GGUFBuilder.float32(500_000)).logits(Self.tokens)
        #expect(try base.logits(Self.tokens) != expected)
        for value in [GGUFBuilder.uint32(500_000), Self.uint64(500_000), Self.int32(500_000), Self.float64(500_000)] {
            #expect(try base.with("llama.rope.freq_base", value).logits(Self.tokens) == expected)
        }
        for value in [Self.uint8(2), Self.uint64(2), Self.int32(2), Self.float64(2), GGUFBuilder.float32(2)] {
            #expect(try base.with("llama.block_count", value).logits(Self.tokens) == base.logits(Self.tokens))
        }
        // Of one for each layer, what all are.
        let heads = GGUFBuilder.array(type: 4, count: 2, GGUFBuilder.integer(2 as UInt32) + GGUFBuilder.integer(2 as UInt32))
        #expect(try base.with("llama.attention.head_count_kv", heads).logits(Self.tokens) == base.logits(Self.tokens))
    }

    @Test("What is no number, or none that can be, is an error that names its key")
    func wrongNumbers() {
        let base = TinyGGUF()
        let nothing: [UInt8]? = nil
        for (key, value) in [
            ("llama.rope.freq_base", GGUFBuilder.string("10000")), ("llama.rope.freq_base", GGUFBuilder.bool(1)),
            ("llama.rope.freq_base", GGUFBuilder.float32(.nan)), ("llama.rope.freq_base", Self.int32(-5)), ("llama.rope.freq_base", Self.uint8(0)),
            ("llama.block_count", GGUFBuilder.float32(1.5)), ("llama.block_count", GGUFBuilder.string("2")),
            ("llama.block_count", GGUFBuilder.uint32(1 << 30)),
            ("llama.attention.layer_norm_rms_epsilon", GGUFBuilder.string("1e-5")), ("llama.attention.layer_norm_rms_epsilon", nothing),
            (
                "llama.attention.head_count_kv",
                GGUFBuilder.array(type: 4, count: 2, GGUFBuilder.integer(2 as UInt32) + GGUFBuilder.integer(4 as UInt32))
            ),
            ("llama.rope.dimension_count", Self.uint8(4)), ("llama.attention.value_length", Self.uint8(16)), ("llama.vocab_size", Self.uint8(95)),
            ("llama.rope.scaling.type", GGUFBuilder.string("yarn")), ("llama.rope.scaling.factor", GGUFBuilder.string("4")),
            ("tokenizer.ggml.eos_token_id", GGUFBuilder.string("2")),
        ] {
            let text = base.with(key, value).refusal()
            #expect(text?.contains(key.split(separator: ".").last ?? "") == true && text?.contains("help:") == true, "\(key): \(text ?? "loaded")")
        }
    }

    @Test("A list for other layers than there are and a negative window are refused")
    func misfits() {
        let heads = GGUFBuilder.array(type: 4, count: 1, GGUFBuilder.integer(2 as UInt32))
        #expect(TinyGGUF().with("llama.attention.head_count_kv", heads).refusal()?.contains("head_count_kv") == true)
        #expect(TinyGGUF("gemma3").with("gemma3.attention.sliding_window", Self.int32(-1)).refusal()?.contains("sliding_window") == true)
    }

    @Test("A factor without a type is linear, by its old key too, and none where the type says so")
    func linearScaling() throws {
        let base = TinyGGUF()
        let scaled = try base.with("llama.rope.scaling.type", GGUFBuilder.string("linear")).with("llama.rope.scaling.factor", GGUFBuilder.float32(4))
            .logits(Self.tokens)
        let plain = try base.logits(Self.tokens)
        #expect(scaled != plain)
        #expect(try base.with("llama.rope.scale_linear", GGUFBuilder.float32(4)).logits(Self.tokens) == scaled)
        #expect(try base.with("llama.rope.scale_linear", GGUFBuilder.uint32(4)).logits(Self.tokens) == scaled)
        #expect(try base.with("llama.rope.scaling.factor", GGUFBuilder.float32(4)).logits(Self.tokens) == scaled)
        for value: Float in [0, 1] { #expect(try base.with("llama.rope.scale_linear", GGUFBuilder.float32(value)).logits(Self.tokens) == plain) }
        let none = base.with("llama.rope.scaling.type", GGUFBuilder.string("none")).with("llama.rope.scale_linear", GGUFBuilder.float32(4))
        #expect(try none.logits(Self.tokens) == plain)
    }

    @Test("Gemma 3 of 62 layers divides scores by the root of the width by the heads, others by that of a head")
    func gemmaScale() throws {
        for (layers, scalar) in [(62, Float(14)), (6, nil)] {
            try TinyGGUF("gemma3", layers: layers, hidden: 56).load { model in
                #expect(model.config.queryScalar == scalar)
                #expect(model.config.headSize == 8)
            }
        }
        // The root of 14 / 8 is what queries would have to be larger by.
        let large = TinyGGUF("gemma3", layers: 62, hidden: 56)
        var scaled = large
        for index in scaled.tensors.indices where scaled.tensors[index].name.hasSuffix("attn_q_norm.weight") {
            scaled.tensors[index].values = scaled.tensors[index].values.map { $0 * (14.0 / 8).squareRoot() }
        }
        #expect(try relativeError(large.logits(Self.tokens), scaled.logits(Self.tokens)) > 1e-3)
    }

    @Test("Windows are those of the file")
    func windows() throws {
        var gemma = TinyGGUF("gemma3", layers: 6)
        gemma.set("gemma3.attention.sliding_window", GGUFBuilder.uint32(3))
        try gemma.load { #expect($0.config.layersWithWindow == [true, true, true, true, true, false] && $0.config.localRopeBase == 10_000) }
        gemma.set("gemma3.attention.sliding_window_pattern", GGUFBuilder.uint32(2))
        gemma.set("gemma3.rope.freq_base_swa", GGUFBuilder.uint32(777))
        try gemma.load { #expect($0.config.layersWithWindow == [true, false, true, false, true, false] && $0.config.localRopeBase == 777) }
        for name in ["llama", "qwen2", "qwen3"] {
            var other = TinyGGUF(name)
            other.set("\(name).attention.sliding_window", GGUFBuilder.uint32(3))
            #expect(other.refusal()?.contains("sliding_window") == true)
            other.set("\(name).attention.sliding_window", GGUFBuilder.uint32(128))
            #expect(other.refusal() == nil)
        }
    }

    @Test(
        "Keys of the architecture that are not known are refused by name, but for those that say nothing",
        arguments: [
            "expert_count", "expert_used_count", "attention.scale", "logit_scale", "residual_scale", "embedding_scale", "attn_logit_softcapping",
            "final_logit_softcapping", "attention.max_alibi_bias", "attention.clamp_kqv", "use_parallel_residual", "rope.scaling.attn_factor",
            "nextn_predict_layers", "attention.key_length_mla", "something.new", "rope.freq_base_swa",
        ])
    func others(key: String) {
        let base = TinyGGUF()
        for value in [GGUFBuilder.uint32(3), GGUFBuilder.float32(0.5), GGUFBuilder.string("yes")] {
            let text = base.with("llama.\(key)", value).refusal()
            #expect(text?.contains("\"llama.\(key)\"") == true, "\(text ?? "loaded")")
        }
        for value in [GGUFBuilder.uint32(0), GGUFBuilder.bool(0), GGUFBuilder.float32(0)] {
            #expect(base.with("llama.\(key)", value).refusal() == nil)
        }
    }

    @Test("What converters write beside is no reason to refuse")
    func beside() {
        var qwen = TinyGGUF("qwen2")
        qwen.set("qwen2.use_parallel_residual", GGUFBuilder.bool(1))
        qwen.set("qwen2.attention.layer_norm_epsilon", GGUFBuilder.float32(1e-5))
        qwen.set("qwen2.pooling_type", GGUFBuilder.uint32(3))
        qwen.set("qwen2.rope.scaling.finetuned", GGUFBuilder.bool(1))
        qwen.set("qwen2.rope.scaling.type", GGUFBuilder.string("none"))
        qwen.set("llama.expert_count", GGUFBuilder.uint32(8))
        qwen.set("general.file_type", GGUFBuilder.uint32(0))
        #expect(qwen.refusal() == nil)
    }

    @Test("Attention that is not causal, and files that are no whole model, are refused by name")
    func kinds() {
        let base = TinyGGUF()
        #expect(base.with("llama.attention.causal", GGUFBuilder.bool(0)).refusal()?.contains("attention.causal") == true)
        #expect(base.with("llama.attention.causal", GGUFBuilder.bool(1)).refusal() == nil)
        #expect(base.with("general.type", GGUFBuilder.string("adapter")).refusal()?.contains("adapter") == true)
        #expect(base.with("general.type", GGUFBuilder.string("model")).refusal() == nil)
        #expect(
            base.with("split.count", GGUFBuilder.integer(2 as UInt32) + GGUFBuilder.integer(3 as UInt16)).refusal()?.contains("split.count") == true)
    }

    @Test("Tensors that nothing computes with are refused by name, and so are layers beyond those announced")
    func unused() {
        for name in [
            "blk.0.ffn_gate_inp.weight", "blk.1.attn_q.bias_extra", "blk.2.attn_q.weight", "position_embd.weight", "blk.0.attn_sinks.weight",
        ] {
            var file = TinyGGUF()
            file.tensors.append((name, [32], [Float](repeating: 0, count: 32)))
            #expect(file.refusal()?.contains("\"\(name)\"") == true, "\(name)")
        }
        #expect(TinyGGUF().with("llama.block_count", GGUFBuilder.uint32(1)).refusal()?.contains("blk.1.") == true)
        #expect(TinyGGUF().with("llama.block_count", GGUFBuilder.uint32(3)).refusal()?.contains("blk.2.") == true)
        // A bias on some of the layers, and only on queries.
        var biased = TinyGGUF()
        biased.tensors.append(("blk.0.attn_q.bias", [32], [Float](repeating: 1, count: 32)))
        #expect(biased.refusal()?.contains("attn_k.bias") == true)
        var later = TinyGGUF()
        later.tensors.append(("blk.1.attn_q.bias", [32], [Float](repeating: 1, count: 32)))
        #expect(later.refusal()?.contains("blk.1.attn_q.bias") == true)
        // Divisors of frequencies are Llama's.
        for (name, isRefused) in [("llama", false), ("qwen3", true)] {
            var divided = TinyGGUF(name)
            divided.tensors.append(("rope_freqs.weight", [4], [1, 1, 1, 1]))
            #expect((divided.refusal() != nil) == isRefused, "\(name)")
        }
    }
}
