private import Synchronization
public import TensorMemory
public import Tensors

/// A language model in a device's memory, ready to run.
///
///     let model = try await Model.load("SmolLM2-135M-Instruct", dtype: .bfloat16)
///     print(model.memoryFootprint, model.parameterDTypes, model.config.dtype)
///     print(try await model.answer("How many bytes are in one gigabyte?"))
///     model.unload()
///
/// Its memory goes back with the last reference to it, or at once by ``unload()``.
public final class Model: Sendable {
    public let name: String
    /// The file or folder that it was loaded from.
    public let path: String
    public let device: Device
    /// The hyper-parameters that its checkpoint declares.
    public let config: ModelConfiguration
    private let loaded: Mutex<Loaded?>
    private let caches = Mutex<[WeakCache]>([])
    let text: TextResources

    struct Loaded: Sendable {
        let backend: any Backend
        let plan: DecoderPlan
        let parameters: [Weight]
    }

    private struct WeakCache {
        weak var cache: PromptCache?
    }

    init(checkpoint: Checkpoint, text: TextResources, loaded: Loaded) {
        name = checkpoint.name
        path = checkpoint.path
        device = loaded.backend.device
        config = checkpoint.configuration
        self.loaded = Mutex(loaded)
        self.text = text
    }

    deinit { letGoOfCaches() }

    /// Gives the model's memory back, and that of its prompt caches, though references to them may remain. Using it afterwards is an
    /// error; generation that is under way finishes.
    public func unload() {
        loaded.withLock { $0 = nil }
        letGoOfCaches()
    }

    /// Takes a note of a cache whose keys and values are this model's.
    func note(_ cache: PromptCache) {
        caches.withLock { caches in
            caches.removeAll { $0.cache == nil || $0.cache === cache }
            caches.append(WeakCache(cache: cache))
        }
    }

    private func letGoOfCaches() {
        // Outside of the lock: what a cache lets go of may be the last reference to something that asks for it.
        let caches = caches.withLock { caches in
            defer { caches = [] }
            return caches.compactMap(\.cache)
        }
        for cache in caches { cache.letGo() }
    }

    public var isLoaded: Bool { loaded.withLock { $0 != nil } }

    func loadedState() throws(ModelError) -> Loaded {
        guard let state = loaded.withLock({ $0 }) else { throw .unloaded(name: name) }
        return state
    }
}

/// One of a model's weights.
public struct ModelParameter: Sendable, Hashable, CustomStringConvertible {
    /// As in the checkpoint, such as `model.layers.0.mlp.up_proj.weight`.
    public let name: String
    /// (rows, columns) or (elements).
    public let shape: [Int]
    /// How its elements are stored.
    public let dtype: WeightFormat
    /// Bytes in the device's memory, scales and padding included.
    public let byteCount: Int

    public var elementCount: Int { shape.reduce(1, *) }

    public var description: String {
        "\(name) \(shape) \(dtype), \(formatted(byteCount: byteCount))"
    }
}

extension Model {
    /// The weights in the model's order, tied ones once; empty after ``unload()``.
    public var parameters: [ModelParameter] {
        (try? loadedState())?.parameters.map {
            ModelParameter(name: $0.name, shape: $0.shape, dtype: $0.format, byteCount: $0.byteCount)
        } ?? []
    }

    /// The formats that occur among the weights.
    public var parameterDTypes: Set<WeightFormat> { Set((try? loadedState())?.parameters.map(\.format) ?? []) }

    /// The number of weights.
    public var parameterCount: Int { (try? loadedState())?.parameters.reduce(0) { $0 + $1.elementCount } ?? 0 }

    /// Bytes of all weights in the device's memory.
    public var memoryFootprint: Int { (try? loadedState())?.parameters.reduce(0) { $0 + $1.byteCount } ?? 0 }
}

extension Model: CustomStringConvertible {
    public var description: String {
        guard isLoaded else { return "\(name), unloaded" }
        let types = Set(parameterDTypes.map(\.description)).sorted().joined(separator: ", ")
        return "\(name): \(parameterCount) parameters in \(types), \(formatted(byteCount: memoryFootprint)) on \(device)"
    }
}
