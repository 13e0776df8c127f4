import Tensors

extension ModelConfiguration {
    /// Reads the metadata of a GGUF file
    /// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#standardized-key-value-pairs).
    ///
    /// - Throws: ``ModelError`` where a size is missing or impossible, or the architecture is unknown.
    init(_ file: GGUFFile) throws(ModelError) {
        let reader = MetadataReader(file: file)
        let name: String = try reader.required("general.architecture") { $0.stringValue }
        guard let features = Architecture.named(name) else {
            throw .unknownArchitecture(name: name, known: Architecture.allNames)
        }
        architecture = name
        dtype = Self.commonEncoding(file)
        hiddenSize = try reader.size("\(name).embedding_length")
        layerCount = try reader.size("\(name).block_count")
        intermediateSize = try reader.size("\(name).feed_forward_length")
        headCount = try reader.size("\(name).attention.head_count")
        keyValueHeadCount = try reader.optionalSize("\(name).attention.head_count_kv") ?? headCount
        headSize = try reader.optionalSize("\(name).attention.key_length") ?? hiddenSize / headCount
        contextLength = try reader.optionalSize("\(name).context_length") ?? 2048
        let embedding = file["token_embd.weight"]?.shape.dimensions ?? []
        guard embedding.count == 2, embedding[0] > 0 else {
            throw reader.error("there is no matrix \"token_embd.weight\"")
        }
        vocabularySize = embedding[0]
        normEpsilon = Float(file.metadata["\(name).attention.layer_norm_rms_epsilon"]?.doubleValue ?? 1e-6)
        ropeBase = Float(file.metadata["\(name).rope.freq_base"]?.doubleValue ?? 10_000)
        ropeScaling = try Self.scaling(file, name, reader)
        tiesEmbeddings = file["output.weight"] == nil
        hasAttentionBias = file["blk.0.attn_q.bias"] != nil
        hasAttentionOutputBias = file["blk.0.attn_output.bias"] != nil
        hasFeedForwardBias = file["blk.0.ffn_down.bias"] != nil
        logitSoftCap = file.metadata["\(name).final_logit_softcapping"]?.doubleValue.map { Float($0) }
        bosToken = file.metadata["tokenizer.ggml.bos_token_id"]?.integerValue
        eosTokens = ["eos", "eot", "eom"].compactMap { file.metadata["tokenizer.ggml.\($0)_token_id"]?.integerValue }
        if features.fullAttentionPeriod != nil || features.usesSlidingWindow {
            slidingWindow = try reader.optionalSize("\(name).attention.sliding_window")
        }
        if slidingWindow != nil {
            layersWithWindow = (1...layerCount).map { layer in features.fullAttentionPeriod.map { layer % $0 != 0 } ?? true }
            localRopeBase = features.defaultLocalRopeBase
        }
    }

    /// The encoding that most bytes of the file's matrices have.
    private static func commonEncoding(_ file: GGUFFile) -> TensorEncoding? {
        var bytes: [TensorEncoding: Int] = [:]
        for tensor in file.tensors where tensor.shape.rank > 1 { bytes[tensor.encoding, default: 0] += tensor.data.byteCount }
        return bytes.max { $0.value < $1.value }?.key
    }

    private static func scaling(_ file: GGUFFile, _ name: String, _ reader: MetadataReader) throws(ModelError) -> RopeScaling? {
        switch file.metadata["\(name).rope.scaling.type"]?.stringValue {
        case nil, "none": return nil
        case "linear":
            let factor = Float(file.metadata["\(name).rope.scaling.factor"]?.doubleValue ?? 1)
            guard factor.isFinite, factor > 0 else { throw reader.error("the rope scaling's factor is \(factor)") }
            return .linear(factor: factor)
        case .some(let type): throw reader.error("the rope scaling \"\(type)\" is not implemented", help: "linear is")
        }
    }
}

/// Reads metadata with errors that name file and key.
private struct MetadataReader {
    let file: GGUFFile

    func error(_ message: String, help: String = "convert the model to GGUF again with a current converter") -> ModelError {
        .configuration(path: file.path, message: message, help: help)
    }

    func required<Value>(_ key: String, _ convert: (GGUFValue) -> Value?) throws(ModelError) -> Value {
        guard let value = file.metadata[key].flatMap(convert) else { throw error("the metadata lacks \"\(key)\"") }
        return value
    }

    func size(_ key: String) throws(ModelError) -> Int {
        guard let size = try optionalSize(key) else { throw error("the metadata lacks \"\(key)\"") }
        return size
    }

    func optionalSize(_ key: String) throws(ModelError) -> Int? {
        guard let value = file.metadata[key] else { return nil }
        guard let size = value.integerValue, (1...1 << 30).contains(size) else {
            throw error("the metadata's \"\(key)\" is no size")
        }
        return size
    }
}
