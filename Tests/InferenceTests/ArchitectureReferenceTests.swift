import Inference
import JSON
import Tensors
import TestSupport
import Testing

/// Tiny models of many architectures with what transformers computed in float64; see the reference data's README.
@Suite(
    "Checkpoints as transformers computes them, or refused",
    .enabled(if: ReferenceData.golden("architectures/models") != nil, "the reference data is not here"))
struct ArchitectureReferenceTests {
    private static let folder = ReferenceData.golden("architectures/models") ?? ""

    @Test(
        "Logits are the reference's, from either spelling of config.json",
        arguments: [
            "llama_biases", "llama_gelu", "llama_gelu_tanh", "llama_head_dim", "llama_linear", "llama_partial_rotary", "llama_relu", "llama_rope3",
            "llama_tied", "llama_tied_other_head", "mistral_sliding", "qwen2_window_layers", "gemma3_multimodal",
        ])
    func logits(name: String) throws {
        let folder = "\(Self.folder)/\(name)"
        let golden = try openTensorFile(folder + "/golden.safetensors")
        let config = try MappedFile(path: folder + "/config.legacy.json").contents.copy
        let weights = try MappedFile(path: folder + "/model.safetensors").contents.copy
        try withTemporaryFiles(["config.json": config, "model.safetensors": weights]) { legacy in
            for path in [folder, legacy] {
                let model = try Model.load(path: path, device: .cpu, dtype: .float32)
                for (tokens, logits) in [("input_ids", "logits"), ("long_input_ids", "long_logits")] {
                    let ids = try golden.tensor(named: tokens).integers
                    let expected = try golden.tensor(named: logits).floats()
                    let actual = try model.logits(tokens: ids)
                    try #require(actual.count == expected.count)
                    let worst = zip(actual, expected).map { abs($0 - $1) }.max() ?? .infinity
                    #expect(worst < 2e-4, "\(name) \(path == folder ? "" : "legacy ")\(logits): \(worst)")
                }
            }
        }
    }

    @Test(
        "What is not implemented is refused by name",
        arguments: [
            ("llama_yarn", "yarn"), ("llama_dynamic_ntk", "dynamic"), ("llama_longrope", "longrope"), ("llama_yarn_mscale", "yarn"),
            ("mixtral", "mixtral"), ("gpt_oss", "gpt_oss"), ("mistral3_multimodal", "mistral3"), ("gemma2", "gemma2"),
        ])
    func refused(name: String, word: String) throws {
        let error = #expect(throws: ModelError.self) { try Model.load(path: "\(Self.folder)/\(name)", device: .cpu) }
        #expect(error.map { "\($0)".contains("\"\(word)\"") } == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(
        "Weights quantised in ways that are not implemented are refused by name, with a way out",
        arguments: [
            ("gptq_w4_g32", "gptq"), ("awq_w4_g32", "awq"), ("fp8_tensor", "fp8"), ("fp8_block128", "fp8"), ("ct_w4a16_g32", "compressed-tensors"),
            ("ct_int8", "compressed-tensors"),
        ])
    func quantized(name: String, word: String) throws {
        let folder = try #require(ReferenceData.golden("architectures/formats/\(name)"))
        let text = "\(try #require(#expect(throws: ModelError.self) { try Model.load(path: folder, device: .cpu) }))"
        #expect(text.contains("\"\(word)\"") && text.contains("bfloat16") && !text.contains("fetch"), "\(text)")
        // Without the configuration's word for it, the tensors tell.
        let config = try JSONValue(parsing: MappedFile(path: folder + "/config.json").contents.copy)
        var members = try #require(config.objectValue)
        members["quantization_config"] = nil
        let files = [
            "config.json": Array(JSONValue.object(members).text().utf8),
            "model.safetensors": try MappedFile(path: folder + "/model.safetensors").contents.copy,
        ]
        try withTemporaryFiles(files) { folder in
            let text = "\(try #require(#expect(throws: ModelError.self) { try Model.load(path: folder, device: .cpu) }))"
            #expect(text.contains("is quantised") && !text.contains("fetch"), "\(text)")
        }
    }
}

extension StoredTensor {
    /// The elements of a tensor of 64-bit integers.
    fileprivate var integers: [Int] {
        let bytes = data.copy
        return stride(from: 0, to: bytes.count, by: 8).map { start in (0..<8).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) } }
    }
}
