import Inference
import JSON
import Tensors
import TestSupport
import Testing

@Suite(
    "Architectures, by what sets them apart from Llama",
    .enabled(if: ReferenceData.golden("models") != nil, "the reference data is not here"))
struct ArchitectureShapeTests {
    static let tokens = [5, 17, 300, 41, 8, 99, 256, 12, 77, 410, 3, 58]

    /// The logits of the last of several tokens.
    static func last(_ logits: [Float]) -> [Float] { Array(logits.suffix(512)) }

    @Test("Mistral with a window as long as the text is Llama")
    func mistral() throws {
        let llama = try TinyCheckpoint("llama_plain")
        var mistral = llama
        mistral.config["model_type"] = "mistral"
        mistral.config["sliding_window"] = 64
        #expect(try mistral.logits(Self.tokens) == llama.logits(Self.tokens))
    }

    @Test("Mistral's window hides what lies before it, as many layers deep as there are")
    func window() throws {
        var mistral = try TinyCheckpoint("llama_plain")
        mistral.config["model_type"] = "mistral"
        mistral.config["sliding_window"] = 3
        // Two layers see two tokens back each.
        var far = Self.tokens, near = Self.tokens
        far[Self.tokens.count - 6] = 200
        near[Self.tokens.count - 5] = 200
        let expected = Self.last(try mistral.logits(Self.tokens))
        #expect(Self.last(try mistral.logits(far)) == expected)
        #expect(Self.last(try mistral.logits(near)) != expected)
    }

    @Test("Qwen 2 adds biases to queries, keys and values alone")
    func qwen2() throws {
        let llama = try TinyCheckpoint("llama_plain")
        var qwen = llama
        qwen.config["model_type"] = "qwen2"
        qwen.config["attention_bias"] = nil
        for name in llama.tensors.keys {
            for part in ["q_proj", "k_proj", "v_proj"] where name.hasSuffix("\(part).weight") {
                guard let rows = llama.tensors[name]?.shape[0] else { continue }
                qwen.tensors[name.replacing("weight", with: "bias")] = ([rows], [Float](repeating: 0, count: rows))
            }
        }
        let expected = try llama.logits(Self.tokens)
        #expect(try qwen.logits(Self.tokens) == expected)
        // A bias of all keys shifts a query's scores alike, but for the rotation; one of the values moves the result.
        qwen.tensors["model.layers.0.self_attn.v_proj.bias"]?.values[0] = 1
        #expect(try qwen.logits(Self.tokens) != expected)
    }

    @Test("Qwen 3 norms each head, so that the size of queries and keys does not matter")
    func qwen3() throws {
        let llama = try TinyCheckpoint("llama_plain")
        var qwen = llama
        qwen.config["model_type"] = "qwen3"
        for layer in 0..<2 {
            for part in ["q_norm", "k_norm"] {
                qwen.tensors["model.layers.\(layer).self_attn.\(part).weight"] = ([16], [Float](repeating: 1, count: 16))
            }
        }
        var larger = qwen
        larger.scale("q_proj.weight", by: 64)
        larger.scale("k_proj.weight", by: 64)
        let expected = try qwen.logits(Self.tokens)
        // The norm's epsilon counts for less of larger heads.
        #expect(relativeError(try larger.logits(Self.tokens), expected) < 1e-2)
        var weighted = qwen
        weighted.scale("q_norm.weight", by: 4)
        #expect(relativeError(try weighted.logits(Self.tokens), expected) > 1e-2)
        #expect(relativeError(try llama.logits(Self.tokens), expected) > 1e-2)
    }

    @Test("Weights with a NaN are refused with the tensor's name and the element")
    func nonFinite() throws {
        var broken = try TinyCheckpoint("llama_plain")
        broken.tensors["model.layers.1.mlp.up_proj.weight"]?.values[77] = .nan
        let error = #expect(throws: ModelError.self) { try broken.load { _ in } }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("model.layers.1.mlp.up_proj.weight") && text.contains("element 77"), "\(text)")
    }
}
