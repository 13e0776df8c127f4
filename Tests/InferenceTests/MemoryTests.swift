import CPUBackend
import Inference
import TensorMemory
import Tensors
import TestSupport
import Testing

@Suite("Memory of models")
struct MemoryTests {
    /// TinyLlama-1.1B-Chat-v1.0's config.json.
    static let tinyLlama = """
        {"model_type": "llama", "vocab_size": 32000, "hidden_size": 2048, "intermediate_size": 5632,
         "num_hidden_layers": 22, "num_attention_heads": 32, "num_key_value_heads": 4, "rms_norm_eps": 1e-5,
         "max_position_embeddings": 2048, "rope_theta": 10000.0, "tie_word_embeddings": false, "torch_dtype": "bfloat16"}
        """

    @Test("TinyLlama's weights take no more than PyTorch and bitsandbytes measured")
    func tinyLlamaSizes() throws {
        let configuration = try ModelConfiguration(json: Self.tinyLlama)
        func gigabytes(_ dtype: LoadingType, _ quantization: Quantization? = nil) throws -> Double {
            let estimate = try Model.estimateMemory(configuration, device: .cpu, dtype: dtype, quantization: quantization)
            #expect(estimate.parameterCount == 1_100_048_384)
            return Double(estimate.weights) / 1e9
        }
        #expect(configuration.parameterCount == 1_100_048_384)
        // As printed there, to two decimals.
        #expect(try gigabytes(.float32) < 4.405)
        #expect(try gigabytes(.bfloat16) < 2.215)
        #expect(try gigabytes(.bfloat16, .fourBit(type: .fp4)) < 0.845)
        #expect(try gigabytes(.bfloat16, .fourBit(type: .nf4, doubleQuantization: true)) < 0.805)
    }

    @Test(
        "Loading allocates what was estimated, at no moment more, and unloading frees all of it",
        .enabled(if: ReferenceData.golden("models") != nil, "the reference data is not here"), arguments: Loading.all)
    func lifecycle(loading: Loading) async throws {
        let folder = try #require(ReferenceData.golden("models/llama_bias"))
        let allocator = CachingAllocator(SystemMemory())
        let backend = HostBackend(threads: 1, allocator: allocator)
        let estimate = try Model.estimateMemory(
            folder, device: .cpu, dtype: loading.dtype, quantization: loading.quantization, contextLength: 64)
        let model = try Model.load(path: folder, name: nil, backend: backend, dtype: loading.dtype, quantization: loading.quantization)
        let loaded = allocator.statistics
        #expect(loaded.allocated == estimate.weights)
        #expect(loaded.peakAllocated == loaded.allocated)
        #expect(model.memoryFootprint == loaded.requested)

        var cache: PromptCache? = PromptCache()
        _ = try await model.complete(
            tokens: Array(3..<35), options: GenerationOptions(maximumTokens: 33, stopsAtEndOfText: false, cache: cache))
        #expect(cache?.byteCount == estimate.cache)
        cache = nil

        model.unload()
        #expect(throws: ModelError.self) { try model.logits(tokens: [1]) }
        #expect(model.parameters.isEmpty)
        #expect(allocator.statistics.allocated == 0)
        allocator.emptyCache()
        #expect(allocator.statistics.reserved == 0)
    }

    @Test(
        "Reading a prompt and answering takes, at its height, what was estimated",
        .enabled(if: ReferenceData.smolLM2 != nil, "the model is not here"), arguments: [LoadingType.asStored, .bfloat16])
    func height(dtype: LoadingType) async throws {
        let allocator = CachingAllocator(SystemMemory())
        let model = try Model.load(
            path: ReferenceData.smolLM2 ?? "", name: nil, backend: HostBackend(threads: 2, allocator: allocator), dtype: dtype,
            quantization: nil)
        _ = try await model.complete(
            tokens: Array(1000..<1126), options: GenerationOptions(maximumTokens: 3, stopsAtEndOfText: false))
        let estimate = try model.estimateMemory(contextLength: 128).total
        let measured = allocator.statistics.peakAllocated
        #expect(abs(Double(estimate) / Double(measured) - 1) < 0.02, "estimated \(estimate), measured \(measured)")
    }

    @Test(
        "Memory goes back with the last reference",
        .enabled(if: ReferenceData.golden("models") != nil, "the reference data is not here"))
    func release() async throws {
        let folder = try #require(ReferenceData.golden("models/llama_plain"))
        let allocator = CachingAllocator(SystemMemory())
        var model: Model? = try Model.load(
            path: folder, name: nil, backend: HostBackend(threads: 1, allocator: allocator), dtype: .float32, quantization: nil)
        _ = try await model?.complete(tokens: [1, 2, 3], options: GenerationOptions(maximumTokens: 4, stopsAtEndOfText: false))
        // Without a prompt cache nothing but the weights stays.
        #expect(allocator.statistics.requested == model?.memoryFootprint)
        model = nil
        #expect(allocator.statistics.allocated == 0)
        allocator.emptyCache()
        #expect(allocator.statistics.reserved == 0)
    }
}
