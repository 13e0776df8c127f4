import Inference
import TensorMemory
import Tensors
import TestSupport
import Testing

/// A way of loading, with the errors that the reference itself has (see the reference data's README).
struct Loading: Sendable, CustomTestStringConvertible {
    let tag: String
    let reference: String
    let dtype: LoadingType
    let quantization: Quantization?
    /// Of ‖logits - reference‖ / ‖reference‖.
    let tolerance: Double

    var testDescription: String { tag }

    static let all = [
        Loading(tag: "fp32", reference: "fp64_cpu_eager.logits", dtype: .float32, quantization: nil, tolerance: 5e-7),
        Loading(tag: "bf16", reference: "fp64_cpu_eager.logits", dtype: .bfloat16, quantization: nil, tolerance: 1.3e-2),
        Loading(
            tag: "bnb_fp4", reference: "bnb_fp4.logits_ref64", dtype: .bfloat16, quantization: .fourBit(type: .fp4),
            tolerance: 1.4e-2),
        Loading(
            tag: "bnb_nf4_dq", reference: "bnb_nf4_dq.logits_ref64", dtype: .bfloat16,
            quantization: .fourBit(type: .nf4, doubleQuantization: true), tolerance: 1.4e-2),
    ]
}

@Suite("Tiny Llama models", .enabled(if: ReferenceData.golden("models") != nil, "the reference data is not here"))
struct TinyModelTests {
    @Test("Logits are as near to the exact ones as the reference's", arguments: GoldenModel.names, Loading.all)
    func logits(name: String, loading: Loading) throws {
        let golden = try GoldenModel(name)
        let model = try Model.load(path: golden.folder, device: .cpu, dtype: loading.dtype, quantization: loading.quantization)
        let error = relativeError(try model.logits(tokens: golden.tokens("input_ids")), try golden.floats(loading.reference))
        #expect(error <= loading.tolerance, "\(name) \(loading.tag): \(error)")
    }

    @Test("Logits at the end of a long prompt agree too", arguments: GoldenModel.names, Loading.all)
    func longPrompt(name: String, loading: Loading) throws {
        let golden = try GoldenModel(name)
        let model = try Model.load(path: golden.folder, device: .cpu, dtype: loading.dtype, quantization: loading.quantization)
        let logits = try model.logits(tokens: golden.tokens("long_input_ids"))
        let expected = try golden.floats("\(loading.tag).long_logits_last8")
        // Both stray from the exact ones, each by its own rounding.
        let error = relativeError(Array(logits.suffix(expected.count)), expected)
        #expect(error <= 2 * loading.tolerance, "\(name) \(loading.tag): \(error)")
    }

    @Test("Greedy tokens are the reference's up to the first near tie", arguments: GoldenModel.names, Loading.all)
    func greedy(name: String, loading: Loading) async throws {
        let golden = try GoldenModel(name)
        let model = try Model.load(path: golden.folder, device: .cpu, dtype: loading.dtype, quantization: loading.quantization)
        let result = try await model.complete(
            tokens: golden.tokens("input_ids"), options: GenerationOptions(maximumTokens: 32, stopsAtEndOfText: false))
        let nearTie = loading.tag == "fp32" ? 1e-4 : 0.13
        let margins = golden.margins(loading.tag)
        let comparable = margins.firstIndex { $0 < nearTie } ?? margins.count
        #expect(result.tokens.count == 32)
        #expect(Array(result.tokens.prefix(comparable)) == Array(golden.greedyTokens(loading.tag).prefix(comparable)))
        if loading.tag == "fp32" { #expect(comparable == 32) }
    }

    @Test("Hidden states agree with the reference's", arguments: GoldenModel.names)
    func hiddenStates(name: String) throws {
        let golden = try GoldenModel(name)
        let model = try Model.load(path: golden.folder, device: .cpu, dtype: .float32)
        let stream = try model.residualStream(tokens: golden.tokens("input_ids"))
        #expect(stream.layerCount == 2)
        #expect(stream.states[0] == (try golden.floats("fp32.hidden.0")))
        #expect(relativeError(stream.states[1], try golden.floats("fp32.hidden.1")) < 1e-6)
    }

    @Test("An embedding is the mean of the reference's last states", arguments: GoldenModel.names)
    func embedding(name: String) throws {
        let golden = try GoldenModel(name)
        let model = try Model.load(path: golden.folder, device: .cpu, dtype: .float32)
        let tokens = try golden.tokens("input_ids")
        let width = model.config.hiddenSize
        let states = try golden.floats("fp32.hidden.2")
        let mean = (0..<width).map { element in tokens.indices.reduce(0) { $0 + states[$1 * width + element] } / Float(tokens.count) }
        #expect(relativeError(try model.embedding(tokens: tokens), mean) < 1e-5)
    }

    @Test("Both spellings of config.json mean the same", arguments: GoldenModel.names)
    func spellings(name: String) throws {
        let golden = try GoldenModel(name)
        #expect(
            try ModelConfiguration(path: golden.folder + "/config.json")
                == ModelConfiguration(path: golden.folder + "/config.legacy.json"))
    }

    @Test("Models that bitsandbytes saved give what it gave", arguments: [("saved_fp4", "bnb_fp4"), ("saved_nf4_dq", "bnb_nf4_dq")])
    func saved(folder: String, tag: String) throws {
        let golden = try GoldenModel("llama_plain")
        let model = try Model.load(path: "\(golden.folder)/\(folder)", device: .cpu)
        #expect(model.parameterDTypes.contains { $0.description == (tag == "bnb_fp4" ? "fp4" : "nf4") })
        let error = relativeError(try model.logits(tokens: golden.tokens("input_ids")), try golden.floats("\(tag).logits_ref64"))
        #expect(error <= 1.4e-2, "\(error)")
    }
}
