import JSON
import Tensors

extension ModelConfiguration {
    /// Reads the metadata of a GGUF file
    /// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#standardized-key-value-pairs).
    ///
    /// What a key of the architecture says is done as llama.cpp does it, or refused with its name.
    /// - Throws: ``ModelError`` where a size is missing or impossible, something is not implemented, or the architecture is unknown.
    init(_ file: GGUFFile) throws(ModelError) {
        var reader = MetadataReader(file)
        guard let name = try reader.text("general.architecture") else { throw reader.error("the metadata lacks \"general.architecture\"") }
        guard let features = Architecture.named(name) else {
            throw .unknownArchitecture(name: name, known: Architecture.allNames)
        }
        try Self.checkKind(&reader)
        architecture = name
        dtype = Self.commonEncoding(file)
        layerCount = try reader.size("\(name).block_count")
        reader.layerCount = layerCount
        hiddenSize = try reader.size("\(name).embedding_length")
        guard layerCount <= Self.mostLayers else { throw reader.error("\"\(name).block_count\" is \(layerCount), more than any model has") }
        intermediateSize = try reader.size("\(name).feed_forward_length")
        headCount = try reader.size("\(name).attention.head_count")
        keyValueHeadCount = try reader.optionalSize("\(name).attention.head_count_kv") ?? headCount
        headSize = try Self.headSize(name, &reader, hiddenSize: hiddenSize, headCount: headCount)
        contextLength = try reader.optionalSize("\(name).context_length") ?? 2048
        let embedding = file["token_embd.weight"]?.shape.dimensions ?? []
        guard embedding.count == 2, embedding[0] > 0 else {
            throw reader.error("there is no matrix \"token_embd.weight\"")
        }
        vocabularySize = embedding[0]
        if let size = try reader.optionalSize("\(name).vocab_size"), size != vocabularySize {
            throw reader.error("\"\(name).vocab_size\" is \(size), and \"token_embd.weight\" has \(vocabularySize) rows")
        }
        guard let epsilon = try reader.positive("\(name).attention.layer_norm_rms_epsilon") else {
            throw reader.error("the metadata lacks \"\(name).attention.layer_norm_rms_epsilon\"")
        }
        normEpsilon = epsilon
        activation = features.activation
        tiesEmbeddings = file["output.weight"] == nil
        hasAttentionBias = ["q", "k", "v"].contains { file["blk.0.attn_\($0).bias"] != nil }
        hasAttentionOutputBias = file["blk.0.attn_output.bias"] != nil
        hasFeedForwardBias = ["gate", "up", "down"].contains { file["blk.0.ffn_\($0).bias"] != nil }
        if features.readsScoreScale {
            // 0 stands for none.
            logitSoftCap = try reader.number("\(name).final_logit_softcapping").flatMap { $0 > 0 ? $0 : nil }
            // Gemma 3's largest is known by its layers; llama.cpp divides the same two integers.
            if layerCount == 62 { queryScalar = Float(hiddenSize / headCount) }
        }
        bosToken = try reader.integer("tokenizer.ggml.bos_token_id")
        eosTokens = []
        for end in ["eos", "eot", "eom"] {
            if let token = try reader.integer("tokenizer.ggml.\(end)_token_id") { eosTokens.append(token) }
        }
        ropeBase = try reader.positive("\(name).rope.freq_base") ?? 10_000
        try readRope(&reader, features)
        try readWindows(&reader, features)
        try Self.checkOthers(name, reader)
    }

    private static func headSize(
        _ name: String, _ reader: inout MetadataReader, hiddenSize: Int, headCount: Int
    ) throws(ModelError) -> Int {
        let key = try reader.optionalSize("\(name).attention.key_length")
        guard key != nil || hiddenSize % headCount == 0 else {
            throw reader.error("\(hiddenSize) elements cannot be shared by \(headCount) heads, and \"\(name).attention.key_length\" is missing")
        }
        let size = key ?? hiddenSize / headCount
        // Values have heads of their own size, which is the keys' in all that is implemented.
        let value = try reader.optionalSize("\(name).attention.value_length") ?? hiddenSize / headCount
        guard value == size else {
            throw reader.error(
                "heads have \(size) elements in keys and \(value) in values (\"\(name).attention.value_length\"), which is not implemented")
        }
        return size
    }

    /// Refuses files that are something else than a whole model.
    private static func checkKind(_ reader: inout MetadataReader) throws(ModelError) {
        if let type = try reader.text("general.type"), type != "model" {
            throw reader.error("this GGUF file is no model: its \"general.type\" is \"\(type)\"", help: "give the model's own file")
        }
        if let parts = try reader.integer("split.count"), parts > 1 {
            throw reader.error(
                "this is one of the \(parts) parts (\"split.count\") of a GGUF model, which are not read as one",
                help: "join them with 'llama-gguf-split --merge'")
        }
    }

    /// The encoding that most bytes of the file's matrices have.
    private static func commonEncoding(_ file: GGUFFile) -> TensorEncoding? {
        var bytes: [TensorEncoding: Int] = [:]
        for tensor in file.tensors where tensor.shape.rank > 1 { bytes[tensor.encoding, default: 0] += tensor.data.byteCount }
        return bytes.max { $0.value < $1.value }?.key
    }

    /// Sets the scaling. A factor is linear where no type is named; the older key says the same.
    private mutating func readRope(_ reader: inout MetadataReader, _ features: Architecture) throws(ModelError) {
        let name = architecture
        if let count = try reader.integer("\(name).rope.dimension_count"), count != headSize {
            throw reader.error(
                "\"\(name).rope.dimension_count\" is \(count) in heads of \(headSize) elements: to rotate a part of them is not implemented")
        }
        let type = try reader.text("\(name).rope.scaling.type") ?? "linear"
        let old = try reader.number("\(name).rope.scale_linear")
        let factor = try reader.number("\(name).rope.scaling.factor") ?? old ?? 0
        guard factor >= 0 else { throw reader.error("\"\(name).rope.scaling.factor\" is \(factor)") }
        // These speak of what the factor is for.
        for key in ["original_context_length", "finetuned"] { _ = reader.value("\(name).rope.scaling.\(key)") }
        switch type {
        case "none": break
        case "linear":
            if factor != 0, factor != 1 { ropeScaling = .linear(factor: factor) }
        default: throw reader.error("the rope scaling \"\(type)\" (\"\(name).rope.scaling.type\") is not implemented", help: "linear is")
        }
    }

    /// Sets the window, and which layers have it.
    private mutating func readWindows(_ reader: inout MetadataReader, _ features: Architecture) throws(ModelError) {
        let name = architecture
        let window = try reader.integer("\(name).attention.sliding_window") ?? 0
        guard window >= 0 else { throw reader.error("\"\(name).attention.sliding_window\" is \(window), which is no count of tokens") }
        guard window > 0 else { return }
        guard case .alternating(let usual) = features.windows else {
            if window < contextLength {
                throw reader.refusal("\(name).attention.sliding_window", .int64(Int64(window)), "is nothing that this architecture has in GGUF files")
            }
            return
        }
        slidingWindow = window
        let key = "\(name).attention.sliding_window_pattern"
        if let layers = reader.value(key)?.arrayValue?.bools {
            guard layers.count == layerCount else { throw reader.error("\"\(key)\" has \(layers.count) elements for \(layerCount) layers") }
            layersWithWindow = layers
        } else {
            let period = try reader.optionalSize(key) ?? usual
            layersWithWindow = (1...layerCount).map { $0 % period != 0 }
        }
        localRopeBase = try reader.positive("\(name).rope.freq_base_swa") ?? features.defaultLocalRopeBase
    }

    /// Refuses keys of the architecture that were not read, since each changes what is computed, unless their value says that they do not.
    private static func checkOthers(_ name: String, _ reader: MetadataReader) throws(ModelError) {
        // How the file came about, what is asked of embeddings only, the epsilon of norms that these architectures do not have, and what
        // the first converters wrote of Qwen 2, which has no parallel branches.
        var harmless: Set<String> = ["tensor_data_layout", "pooling_type", "source_hf_repo", "name", "attention.layer_norm_epsilon"]
        if name == "qwen2" { harmless.insert("use_parallel_residual") }
        for key in reader.file.metadata.keys where key.hasPrefix(name + ".") && !reader.read.contains(ExactText(key)) {
            guard let value = reader.file.metadata[key], !harmless.contains(String(key.dropFirst(name.count + 1))) else { continue }
            if key == "\(name).attention.causal", value.truth == true { continue }
            let isFactor = key.hasSuffix("_scale") || key.hasSuffix("attn_factor")
            if value.isNeutral && key != "\(name).attention.causal" || isFactor && value.number == 1 { continue }
            throw reader.refusal(key, value)
        }
    }
}
