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
        "Unloading a model, or letting go of it, frees its weights while caches of it are still held",
        .enabled(if: ReferenceData.golden("models") != nil, "the reference data is not here"), arguments: [true, false])
    func heldCaches(unloads: Bool) async throws {
        let folder = try #require(ReferenceData.golden("models/llama_bias"))
        let allocator = CachingAllocator(SystemMemory())
        func load() throws -> Model {
            try Model.load(
                path: folder, name: nil, backend: HostBackend(threads: 1, allocator: allocator), dtype: .float32, quantization: nil)
        }
        let caches = [PromptCache(), PromptCache()]
        func complete(_ model: Model, _ cache: PromptCache) async throws -> [Int] {
            try await model.complete(
                tokens: [3, 4, 5], options: GenerationOptions(maximumTokens: 4, stopsAtEndOfText: false, cache: cache)
            ).tokens
        }
        var model: Model? = try load()
        let tokens = try await complete(#require(model), caches[0])
        #expect(try await complete(#require(model), caches[1]) == tokens)
        if unloads { model?.unload() } else { model = nil }
        #expect(allocator.statistics.allocated == 0)
        #expect(caches.allSatisfy { $0.byteCount == 0 })
        // A cache that outlived its model serves another.
        #expect(try await complete(load(), caches[0]) == tokens)
    }

    @Test(
        "A model that is unloaded while a generation begins leaves no weights in the generation's cache",
        .enabled(if: ReferenceData.golden("models") != nil, "the reference data is not here"))
    func unloadedAtTheStart() async throws {
        let folder = try #require(ReferenceData.golden("models/llama_bias"))
        let allocator = CachingAllocator(SystemMemory())
        for delay in 0..<400 {
            let model = try Model.load(
                path: folder, name: nil, backend: HostBackend(threads: 1, allocator: allocator), dtype: .float32, quantization: nil)
            let cache = PromptCache()
            let run = Task.detached {
                try? await model.complete(tokens: [3], options: GenerationOptions(maximumTokens: 1, stopsAtEndOfText: false, cache: cache))
            }
            // Now before it, now in it, now after it.
            for _ in 0..<delay % 40 * 8 { await Task.yield() }
            model.unload()
            _ = await run.value
            #expect(allocator.statistics.allocated == 0)
            withExtendedLifetime(cache) {}
        }
    }

    /// Ways of loading SmolLM2, each with the lengths of a prompt.
    static let heights: [(Loading, [Int])] = [
        (Loading(tag: "as stored", reference: "", dtype: .asStored, quantization: nil, tolerance: 0), [6, 126, 510, 1500]),
        (Loading(tag: "fp32", reference: "", dtype: .float32, quantization: nil, tolerance: 0), [30, 254]),
        (Loading(tag: "bf16", reference: "", dtype: .bfloat16, quantization: nil, tolerance: 0), [126, 1022]),
        (Loading(tag: "int8", reference: "", dtype: .int8, quantization: nil, tolerance: 0), [62]),
        (
            Loading(tag: "nf4 dq", reference: "", dtype: .bfloat16, quantization: .fourBit(type: .nf4, doubleQuantization: true), tolerance: 0),
            [62, 300]
        ),
    ]

    @Test(
        "Loading takes what was estimated and no more, and reading a prompt takes, at its height, what was estimated",
        .enabled(if: ReferenceData.smolLM2 != nil, "the model is not here"), arguments: heights)
    func height(loading: Loading, lengths: [Int]) async throws {
        let allocator = CachingAllocator(SystemMemory())
        let model = try Model.load(
            path: ReferenceData.smolLM2 ?? "", name: nil, backend: HostBackend(threads: 2, allocator: allocator),
            dtype: loading.dtype, quantization: loading.quantization)
        let loaded = allocator.statistics
        #expect(Double(loaded.peakAllocated) <= 1.02 * Double(loaded.allocated))
        for length in lengths {
            allocator.resetPeak()
            _ = try await model.complete(
                tokens: Array(1000..<1000 + length), options: GenerationOptions(maximumTokens: 1, stopsAtEndOfText: false))
            let estimate = try model.estimateMemory(contextLength: length)
            let measured = allocator.statistics.peakAllocated
            #expect(
                abs(Double(estimate.total) / Double(measured) - 1) < 0.02,
                "\(length) tokens: estimated \(estimate.total), measured \(measured)")
            // What is not the weights, by itself: weights would hide a wrong figure.
            let rest = Double(estimate.total - estimate.weights) / Double(measured - loaded.allocated)
            #expect(abs(rest - 1) < 0.02, "\(length) tokens: \(estimate), measured \(measured - loaded.allocated) beside the weights")
        }
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
