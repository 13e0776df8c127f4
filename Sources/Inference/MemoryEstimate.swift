public import TensorMemory
import Tensors

/// What a model will take of a device's memory, told without loading it.
public struct MemoryEstimate: Sendable, Hashable {
    /// Bytes of all weights.
    public let weights: Int
    /// Bytes of keys and values at ``contextLength`` tokens.
    public let cache: Int
    /// Bytes of intermediate results while a prompt is read.
    public let activations: Int
    /// Tokens of prompt and answer.
    public let contextLength: Int
    public let parameterCount: Int

    public var total: Int { weights + cache + activations }
}

extension MemoryEstimate: CustomStringConvertible {
    public var description: String {
        "\(formatted(byteCount: total)): weights \(formatted(byteCount: weights)), KV cache of \(contextLength) tokens "
            + "\(formatted(byteCount: cache)), activations \(formatted(byteCount: activations))"
    }
}

extension Model {
    /// Tells what ``load(_:device:dtype:quantization:progress:)`` and generating would take, from the headers of
    /// the model's files alone.
    ///
    /// - Parameter contextLength: tokens of prompt and answer.
    public static func estimateMemory(
        _ name: String, device: Device = .best, dtype: LoadingType = .asStored, quantization: Quantization? = nil,
        contextLength: Int = 512
    ) throws(ModelError) -> MemoryEstimate {
        let backend = try Backends.open(device)
        let checkpoint = try Checkpoint(path: ModelLocation.find(name, progress: nil), name: name)
        let measured = MeasuredWeights(backend: backend)
        var builder = PlanBuilder(
            checkpoint: checkpoint, policy: try WeightPolicy(dtype, quantization), backend: backend, make: measured.make)
        let plan = try builder.plan()
        return estimate(plan, builder.parameters, backend: backend, contextLength: contextLength)
    }

    /// Tells the same of a configuration alone, before there are any files.
    public static func estimateMemory(
        _ configuration: ModelConfiguration, device: Device = .best, dtype: LoadingType, quantization: Quantization? = nil,
        contextLength: Int = 512
    ) throws(ModelError) -> MemoryEstimate {
        let backend = try Backends.open(device)
        let policy = try WeightPolicy(dtype, quantization)
        guard let features = Architecture.named(configuration.architecture) else {
            throw .unknownArchitecture(name: configuration.architecture, known: Architecture.allNames)
        }
        var weights = 0
        var count = 0
        var vectors: [(count: Int, format: WeightFormat)] = []
        for (shape, isLinear) in features.tensorShapes(configuration) {
            let format = (isLinear ? policy.linear : policy.other) ?? configuration.dtype.map(WeightFormat.init) ?? .dense(.float32)
            guard let bytes = backend.weightByteCount(shape: shape, in: format) else {
                throw .backend(.unsupported("a tensor of the shape \(shape) as \(format)"))
            }
            weights += blockSize(bytes)
            count += shape.reduce(1, *)
            if shape.count == 1 { vectors.append((shape[0], format)) }
        }
        let shape = features.shape(configuration, cacheType: policy.cacheType ?? .float16)
        let session = backend.sessionByteCount(for: shape, capacity: contextLength)
        return MemoryEstimate(
            weights: weights, cache: session.cache, activations: session.activations + backend.expandedByteCount(of: vectors),
            contextLength: contextLength, parameterCount: count)
    }

    /// What generating takes of memory with this model, loaded as it is.
    ///
    /// - Parameter contextLength: tokens of prompt and answer.
    public func estimateMemory(contextLength: Int) throws(ModelError) -> MemoryEstimate {
        let state = try loadedState()
        return Self.estimate(state.plan, state.parameters, backend: state.backend, contextLength: contextLength)
    }

    private static func estimate(
        _ plan: DecoderPlan, _ parameters: [Weight], backend: any Backend, contextLength: Int
    ) -> MemoryEstimate {
        let session = backend.sessionByteCount(for: plan.shape, capacity: contextLength)
        let expanded = backend.expandedByteCount(of: plan.vectors.map { ($0.elementCount, $0.format) })
        return MemoryEstimate(
            weights: parameters.reduce(0) { $0 + blockSize($1.byteCount) }, cache: session.cache,
            activations: session.activations + expanded, contextLength: contextLength,
            parameterCount: parameters.reduce(0) { $0 + $1.elementCount })
    }

    /// Allocators hand out whole blocks of 512 bytes.
    private static func blockSize(_ byteCount: Int) -> Int { (byteCount + 511) / 512 * 512 }
}

extension WeightFormat {
    init(_ encoding: TensorEncoding) {
        switch encoding {
        case .dense(let type): self = .dense(type)
        case .blocks(let format): self = .blocks(format)
        }
    }
}

extension Architecture {
    /// The shapes of all tensors of a configuration, and which of them are linear layers' matrices.
    func tensorShapes(_ configuration: ModelConfiguration) -> [(shape: [Int], isLinear: Bool)] {
        let hidden = configuration.hiddenSize, inner = configuration.intermediateSize
        let query = configuration.headCount * configuration.headSize
        let keyValue = configuration.keyValueHeadCount * configuration.headSize
        var layer: [(shape: [Int], isLinear: Bool)] = [
            ([hidden], false), ([hidden], false), ([query, hidden], true), ([keyValue, hidden], true),
            ([keyValue, hidden], true), ([hidden, query], true), ([inner, hidden], true), ([inner, hidden], true),
            ([hidden, inner], true),
        ]
        if hasHeadNorms { layer += [([configuration.headSize], false), ([configuration.headSize], false)] }
        if hasBranchNorms { layer += [([hidden], false), ([hidden], false)] }
        if configuration.hasAttentionBias { layer += [([query], false), ([keyValue], false), ([keyValue], false)] }
        if configuration.hasAttentionOutputBias { layer.append(([hidden], false)) }
        if configuration.hasFeedForwardBias { layer += [([inner], false), ([inner], false), ([hidden], false)] }
        var all: [(shape: [Int], isLinear: Bool)] = [([configuration.vocabularySize, hidden], false), ([hidden], false)]
        if !configuration.tiesEmbeddings { all.append(([configuration.vocabularySize, hidden], false)) }
        for _ in 0..<configuration.layerCount { all += layer }
        return all
    }
}

/// Stands in for a backend where only sizes matter.
struct MeasuredWeights {
    let backend: any Backend

    final class Storage: WeightStorage {
        let byteCount: Int

        init(byteCount: Int) {
            self.byteCount = byteCount
        }
    }

    func make(_ source: WeightSource, in format: WeightFormat) throws(BackendError) -> Weight {
        guard let bytes = backend.weightByteCount(shape: source.shape.dimensions, in: format) else {
            throw .badWeight(name: source.name, reason: "a tensor of the shape \(source.shape) cannot be stored as \(format)")
        }
        return Weight(name: source.name, shape: source.shape.dimensions, format: format, storage: Storage(byteCount: bytes))
    }
}
