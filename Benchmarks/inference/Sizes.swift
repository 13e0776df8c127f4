import CPUBackend
import Inference
import TensorMemory

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What TinyLlama-1.1B takes in memory, by a file of its shape: loaded, at the height of loading, and after freeing.
///
/// The file is a hole of zeros, since sizes do not depend on values; it takes no room on most file systems.
func sizes(_ folder: String) throws {
    try writeTinyLlama(folder)
    defer {
        unlink(folder + "/model.safetensors")
        unlink(folder + "/config.json")
        rmdir(folder)
    }
    let ways: [(String, LoadingType, Quantization?)] = [
        ("fp32", .float32, nil), ("bf16", .bfloat16, nil), ("int8", .int8, nil), ("fp4", .bfloat16, .fourBit(type: .fp4)),
        ("nf4", .bfloat16, .fourBit(type: .nf4)), ("nf4+dq", .bfloat16, .fourBit(type: .nf4, doubleQuantization: true)),
    ]
    for (name, dtype, quantization) in ways {
        let allocator = CachingAllocator(SystemMemory())
        let backend = HostBackend(threads: 2, allocator: allocator)
        let estimate = try Model.estimateMemory(folder, device: .cpu, dtype: dtype, quantization: quantization)
        let model = try Model.load(path: folder, name: nil, backend: backend, dtype: dtype, quantization: quantization)
        let loaded = allocator.statistics
        model.unload()
        let freed = allocator.statistics
        print(
            #"{"dtype": "\#(name)", "estimated": \#(estimate.weights), "allocated": \#(loaded.allocated), "#
                + #""peak": \#(loaded.peakAllocated), "reserved": \#(loaded.reserved), "freed": \#(freed.allocated)}"#)
    }
}

/// config.json and model.safetensors (bfloat16) of TinyLlama-1.1B-Chat-v1.0's shape.
private func writeTinyLlama(_ folder: String) throws {
    let layers = 22, hidden = 2048, inner = 5632, keyValue = 256, vocabulary = 32000
    var tensors: [(String, [Int])] = [
        ("model.embed_tokens.weight", [vocabulary, hidden]), ("lm_head.weight", [vocabulary, hidden]), ("model.norm.weight", [hidden]),
    ]
    for layer in 0..<layers {
        let parts: [(String, [Int])] = [
            ("self_attn.q_proj", [hidden, hidden]), ("self_attn.k_proj", [keyValue, hidden]), ("self_attn.v_proj", [keyValue, hidden]),
            ("self_attn.o_proj", [hidden, hidden]), ("mlp.gate_proj", [inner, hidden]), ("mlp.up_proj", [inner, hidden]),
            ("mlp.down_proj", [hidden, inner]), ("input_layernorm", [hidden]), ("post_attention_layernorm", [hidden]),
        ]
        tensors += parts.map { ("model.layers.\(layer).\($0.0).weight", $0.1) }
    }
    var entries: [String] = [], end = 0
    for (name, shape) in tensors {
        let start = end
        end += 2 * shape.reduce(1, *)
        entries.append(#""\#(name)":{"dtype":"BF16","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}"#)
    }
    var header = Array(("{" + entries.joined(separator: ",") + "}").utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    let config = """
        {"model_type": "llama", "vocab_size": \(vocabulary), "hidden_size": \(hidden), "intermediate_size": \(inner),
         "num_hidden_layers": \(layers), "num_attention_heads": 32, "num_key_value_heads": 4, "rms_norm_eps": 1e-5,
         "max_position_embeddings": 2048, "rope_theta": 10000.0, "tie_word_embeddings": false, "torch_dtype": "bfloat16"}
        """
    mkdir(folder, 0o755)
    try create(folder + "/config.json", Array(config.utf8), length: config.utf8.count)
    try create(folder + "/model.safetensors", length + header, length: 8 + header.count + end)
}

private func create(_ path: String, _ bytes: [UInt8], length: Int) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else { throw Complaint(text: "cannot write \(path)") }
    defer { close(file) }
    guard write(file, bytes, bytes.count) == bytes.count, ftruncate(file, off_t(length)) == 0 else {
        throw Complaint(text: "cannot write \(path)")
    }
}
