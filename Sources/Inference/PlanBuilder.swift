import JSON
import Tensors

/// Makes a decoder's plan of a checkpoint: which tensor plays which part, and in which format.
struct PlanBuilder {
    let checkpoint: Checkpoint
    let policy: WeightPolicy
    let backend: any Backend
    /// Makes a weight, or only measures it.
    let make: (WeightSource, WeightFormat) throws(BackendError) -> Weight
    private(set) var parameters: [Weight] = []
    /// Names of the tensors that play a part.
    private var used: Set<ExactText> = []

    init(
        checkpoint: Checkpoint, policy: WeightPolicy, backend: any Backend,
        make: @escaping (WeightSource, WeightFormat) throws(BackendError) -> Weight
    ) {
        self.checkpoint = checkpoint
        self.policy = policy
        self.backend = backend
        self.make = make
    }

    mutating func plan() throws(ModelError) -> DecoderPlan {
        let configuration = checkpoint.configuration
        let features = checkpoint.features
        guard backend.supports(configuration.activation) else {
            throw .invalidRequest(
                message: "the activation \(configuration.activation) of \(checkpoint.path) has no kernels on \(backend.device)",
                help: "load the model with device: .cpu")
        }
        let embedding = try weight(.embedding, layer: nil)
        var layers: [DecoderLayer] = []
        for index in 0..<configuration.layerCount { layers.append(try layer(index)) }
        let finalNorm = try weight(.finalNorm, layer: nil)
        let head = try outputHead(embedding)
        try refuseUnused()
        let shape = features.shape(configuration, cacheType: policy.cacheType ?? storedCacheType)
        return DecoderPlan(
            shape: shape, computeType: policy.compute ?? storedComputeType, embedding: embedding, layers: layers,
            finalNorm: finalNorm, outputHead: head, rotaryEmbeddings: try checkpoint.rotaryEmbeddings())
    }

    private mutating func outputHead(_ embedding: Weight) throws(ModelError) -> LinearLayer {
        let name = checkpoint.names.name(.outputHead, layer: nil) + ".weight"
        if checkpoint.configuration.tiesEmbeddings {
            used.insert(ExactText(name))
            return LinearLayer(embedding)
        }
        guard checkpoint.tensors[name] != nil else {
            throw .configuration(
                path: checkpoint.path,
                message: "there is no \"\(name)\", and \"tie_word_embeddings\" is false: the model has no head for the next token",
                help:
                    "load the causal language model of that name, or set \"tie_word_embeddings\" to true in config.json if the embedding is its head")
        }
        return try linear(.outputHead, layer: nil, hasBias: false)
    }

    /// Whether a tensor plays a part, or says how one that does was quantised.
    func isUsed(_ name: String) -> Bool {
        if used.contains(ExactText(name)) { return true }
        guard let range = name.firstRange(of: ".weight.") else { return false }
        let owner = String(name[..<range.upperBound].dropLast())
        return used.contains(ExactText(owner)) && FourBitWeights.type(of: owner, in: checkpoint.tensors) != nil
    }

    private mutating func layer(_ index: Int) throws(ModelError) -> DecoderLayer {
        let features = checkpoint.features
        let configuration = checkpoint.configuration
        let hasWindow = configuration.layersWithWindow.indices.contains(index) && configuration.layersWithWindow[index]
        return DecoderLayer(
            attentionNorm: try weight(.attentionNorm, layer: index),
            query: try linear(.query, layer: index, hasBias: configuration.hasAttentionBias),
            key: try linear(.key, layer: index, hasBias: configuration.hasAttentionBias),
            value: try linear(.value, layer: index, hasBias: configuration.hasAttentionBias),
            queryNorm: features.hasHeadNorms ? try weight(.queryNorm, layer: index) : nil,
            keyNorm: features.hasHeadNorms ? try weight(.keyNorm, layer: index) : nil,
            output: try linear(.attentionOutput, layer: index, hasBias: configuration.hasAttentionOutputBias),
            postAttentionNorm: features.hasBranchNorms ? try weight(.postAttentionNorm, layer: index) : nil,
            feedForwardNorm: try weight(.feedForwardNorm, layer: index),
            gate: try linear(.gate, layer: index, hasBias: configuration.hasFeedForwardBias),
            up: try linear(.up, layer: index, hasBias: configuration.hasFeedForwardBias),
            down: try linear(.down, layer: index, hasBias: configuration.hasFeedForwardBias),
            postFeedForwardNorm: features.hasBranchNorms ? try weight(.postFeedForwardNorm, layer: index) : nil,
            slidingWindow: hasWindow ? configuration.slidingWindow : nil,
            rotary: hasWindow && configuration.localRopeBase != nil ? 1 : 0)
    }

    private mutating func linear(_ role: TensorRole, layer: Int?, hasBias: Bool) throws(ModelError) -> LinearLayer {
        let weight = try weight(role, layer: layer)
        guard hasBias else { return LinearLayer(weight) }
        let name = checkpoint.names.name(role, layer: layer) + ".bias"
        used.insert(ExactText(name))
        do {
            let bias = try checkpoint.tensors.tensor(named: name)
            return LinearLayer(weight, bias: try add(WeightSource(bias), format(of: bias, isLinear: false)))
        } catch let error as FileFormatError {
            throw .file(error)
        } catch let error as ModelError {
            throw error
        } catch {
            throw .configuration(path: checkpoint.path, message: "\(error)", help: "fetch the model again")
        }
    }

    private mutating func weight(_ role: TensorRole, layer: Int?) throws(ModelError) -> Weight {
        let name = checkpoint.names.name(role, layer: layer) + ".weight"
        used.insert(ExactText(name))
        do {
            if let type = FourBitWeights.type(of: name, in: checkpoint.tensors) {
                return try savedFourBit(name, type)
            }
            try refuseQuantized(name)
            let tensor = try checkpoint.tensors.tensor(named: name)
            let isLinear = layer != nil && tensor.shape.rank == 2
            var source = WeightSource(tensor, rounding: isLinear ? policy.rounding : nil)
            var format = format(of: tensor, isLinear: isLinear)
            if case .huggingFace = checkpoint.format, tensor.shape.rank == 1, checkpoint.features.normAddend != 0 {
                source.addend = checkpoint.features.normAddend
                // The sum with 1 would lose its last bits in a shorter type.
                format = .dense(.float32)
            }
            return try add(source, format)
        } catch let error as FileFormatError {
            throw .file(error)
        } catch let error as ModelError {
            throw error
        } catch {
            throw .configuration(path: checkpoint.path, message: "\(error)", help: "fetch the model again")
        }
    }

    private mutating func savedFourBit(_ name: String, _ type: FourBitType) throws -> Weight {
        if let wanted = policy.linear {
            guard case .fourBit(let format) = wanted, format.type == type else {
                throw ModelError.invalidRequest(
                    message: "\(checkpoint.path) was saved in \(type) and cannot be loaded as \(wanted)",
                    help: "load it with dtype .asStored")
            }
        }
        let saved = try FourBitWeights(named: name, in: checkpoint.tensors)
        return try add(WeightSource(saved, name: name), .fourBit(saved.layout.format))
    }

    private func format(of tensor: StoredTensor, isLinear: Bool) -> WeightFormat {
        if let chosen = isLinear ? policy.linear : policy.other {
            // Rows of a quantised matrix are what a vector has none of.
            return chosen
        }
        switch tensor.encoding {
        case .dense(let type): return .dense(type == .float64 ? .float32 : type)
        case .blocks(let format): return backend.supports(.blocks(format)) ? .blocks(format) : .dense(.float16)
        }
    }

    private mutating func add(_ source: WeightSource, _ format: WeightFormat) throws(ModelError) -> Weight {
        do {
            let weight = try make(source, format)
            parameters.append(weight)
            return weight
        } catch {
            throw .backend(error)
        }
    }

    /// Products as the stored types suggest: int8 for GGUF's blocks, bfloat16 for bfloat16.
    private var storedComputeType: ComputeType {
        guard let query = parameters.first(where: { $0.shape.count == 2 && $0.name != parameters[0].name }) else { return .float32 }
        switch query.format {
        case .blocks: return .int8
        case .dense(.bfloat16), .fourBit: return .bfloat16
        case .dense(.float16): return .float16
        case .dense, .int8: return .float32
        }
    }

    private var storedCacheType: DType {
        switch storedComputeType {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16, .int8: .float16
        }
    }
}
