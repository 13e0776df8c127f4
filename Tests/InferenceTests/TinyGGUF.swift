import Inference
import TestSupport

/// A GGUF file of a tiny model with random weights, whose metadata and tensors a test changes.
struct TinyGGUF {
    /// Values by key, encoded with their types.
    var metadata: [(key: String, value: [UInt8])] = []
    /// Dimensions, the innermost first, and elements.
    var tensors: [(name: String, dimensions: [Int], values: [Float])] = []

    init(_ architecture: String = "llama", layers: Int = 2, hidden: Int = 32, seed: UInt64 = 3) {
        let (inner, heads, keyValueHeads, head, vocabulary) = (48, 4, 2, 8, 96)
        let isGemma = architecture == "gemma3"
        var random = SeededGenerator(seed: seed)
        func tensor(_ name: String, _ dimensions: [Int], around center: Float = 0) -> (String, [Int], [Float]) {
            let scale: Float = dimensions.count == 1 ? 0.1 : 1.5 / Float(dimensions[0]).squareRoot()
            let values = (0..<dimensions.reduce(1, *)).map { _ in center + scale * Float.random(in: -1...1, using: &random) }
            return (name, dimensions, values)
        }
        metadata = [("general.architecture", GGUFBuilder.string(architecture))]
        for (key, value) in [
            ("block_count", layers), ("context_length", 128), ("embedding_length", hidden), ("feed_forward_length", inner),
            ("attention.head_count", heads), ("attention.head_count_kv", keyValueHeads), ("attention.key_length", head),
            ("attention.value_length", head), ("rope.dimension_count", head),
        ] { metadata.append(("\(architecture).\(key)", GGUFBuilder.uint32(UInt32(value)))) }
        metadata.append(("\(architecture).attention.layer_norm_rms_epsilon", GGUFBuilder.float32(1e-5)))
        metadata.append(("\(architecture).rope.freq_base", GGUFBuilder.float32(10_000)))
        tensors = [tensor("token_embd.weight", [hidden, vocabulary]), tensor("output_norm.weight", [hidden], around: 1)]
        if !isGemma { tensors.append(tensor("output.weight", [hidden, vocabulary])) }
        for layer in 0..<layers {
            func add(_ name: String, _ dimensions: [Int]) {
                tensors.append(tensor("blk.\(layer).\(name).weight", dimensions, around: dimensions.count == 1 ? 1 : 0))
            }
            add("attn_norm", [hidden])
            add("attn_q", [hidden, heads * head])
            add("attn_k", [hidden, keyValueHeads * head])
            add("attn_v", [hidden, keyValueHeads * head])
            add("attn_output", [heads * head, hidden])
            add("ffn_norm", [hidden])
            add("ffn_gate", [hidden, inner])
            add("ffn_up", [hidden, inner])
            add("ffn_down", [inner, hidden])
            if isGemma || architecture == "qwen3" {
                add("attn_q_norm", [head])
                add("attn_k_norm", [head])
            }
            if isGemma {
                add("post_attention_norm", [hidden])
                add("post_ffw_norm", [hidden])
            }
        }
    }

    /// Sets a value, or takes it out.
    mutating func set(_ key: String, _ value: [UInt8]?) {
        let index = metadata.firstIndex { $0.key == key }
        if let value {
            if let index { metadata[index].value = value } else { metadata.append((key, value)) }
        } else if let index {
            metadata.remove(at: index)
        }
    }

    func with(_ key: String, _ value: [UInt8]?) -> TinyGGUF {
        var copy = self
        copy.set(key, value)
        return copy
    }

    /// Calls `body` with the model, in float32.
    func load<Value>(_ body: (Model) throws -> Value) throws -> Value {
        var builder = GGUFBuilder()
        for (key, value) in metadata { builder.add(key, value) }
        for (name, dimensions, values) in tensors {
            builder.tensors.append(GGUFBuilder.Tensor(name, dimensions.map(UInt64.init), offset: UInt64(builder.data.count)))
            builder.data += values.flatMap { GGUFBuilder.integer($0.bitPattern) }
            builder.data += [UInt8](repeating: 0, count: (32 - builder.data.count % 32) % 32)
        }
        return try withTemporaryFiles(["model.gguf": builder.bytes]) { folder in
            try body(Model.load(path: folder + "/model.gguf", device: .cpu, dtype: .float32))
        }
    }

    func logits(_ tokens: [Int]) throws -> [Float] { try load { try $0.logits(tokens: tokens) } }

    /// What loading says; `nil` where it goes well.
    func refusal() -> String? {
        do {
            try load { _ in }
            return nil
        } catch { return "\(error)" }
    }
}
