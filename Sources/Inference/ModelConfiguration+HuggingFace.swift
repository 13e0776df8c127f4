import JSON
import Tensors

extension ModelConfiguration {
    /// Reads a config.json as transformers writes it: version 5's `rope_parameters` and `dtype`, or the earlier
    /// `rope_theta`, `rope_scaling` and `torch_dtype` that most published checkpoints have.
    ///
    /// - Throws: ``ModelError`` where a size is missing or impossible, or the architecture is unknown.
    init(json: JSONValue, path: String) throws(ModelError) {
        let reader = ConfigurationReader(json: json, path: path)
        guard let type = json["model_type"]?.stringValue else {
            throw reader.error("it has no \"model_type\"", help: "give the folder of a transformers checkpoint")
        }
        guard let features = Architecture.named(type) else {
            throw .unknownArchitecture(name: type, known: Architecture.allNames)
        }
        architecture = type
        dtype = (json["dtype"] ?? json["torch_dtype"])?.stringValue.flatMap { DType(rawValue: $0) }.map { .dense($0) }
        vocabularySize = try reader.size("vocab_size")
        hiddenSize = try reader.size("hidden_size")
        intermediateSize = try reader.size("intermediate_size")
        layerCount = try reader.size("num_hidden_layers")
        headCount = try reader.size("num_attention_heads")
        keyValueHeadCount = try reader.optionalSize("num_key_value_heads") ?? headCount
        headSize = try reader.optionalSize("head_dim") ?? hiddenSize / headCount
        contextLength = try reader.optionalSize("max_position_embeddings") ?? 2048
        normEpsilon = Float(json["rms_norm_eps"]?.doubleValue ?? 1e-6)
        tiesEmbeddings = json["tie_word_embeddings"]?.boolValue ?? features.tiesEmbeddingsByDefault
        hasAttentionBias = json["attention_bias"]?.boolValue ?? features.hasAttentionBias
        hasAttentionOutputBias = hasAttentionBias && features.biasCoversOutput
        hasFeedForwardBias = json["mlp_bias"]?.boolValue ?? false
        queryScalar = json["query_pre_attn_scalar"]?.doubleValue.map { Float($0) }
        logitSoftCap = json["final_logit_softcapping"]?.doubleValue.map { Float($0) }
        bosToken = json["bos_token_id"]?.integerValue
        eosTokens = Self.tokens(json["eos_token_id"])
        quantizationMethod = json["quantization_config"]?["quant_method"]?.stringValue

        let parameters = json["rope_parameters"]
        let full = parameters?["full_attention"] ?? parameters
        ropeBase = Float(full?["rope_theta"]?.doubleValue ?? json["rope_theta"]?.doubleValue ?? 10_000)
        let scaling = full.flatMap { $0["rope_type"] == nil ? nil : $0 } ?? json["rope_scaling"]
        ropeScaling = try reader.scaling(scaling, contextLength: contextLength)

        let hasLayerTypes = json["layer_types"]?.arrayValue != nil || features.fullAttentionPeriod != nil
        if hasLayerTypes || features.usesSlidingWindow { slidingWindow = try reader.optionalSize("sliding_window") }
        if slidingWindow != nil {
            layersWithWindow = try reader.layersWithWindow(features, layerCount: layerCount)
            let local = parameters?["sliding_attention"]?["rope_theta"] ?? json["rope_local_base_freq"]
            localRopeBase = local?.doubleValue.map { Float($0) } ?? features.defaultLocalRopeBase
        }
    }

    /// One token id or several.
    static func tokens(_ value: JSONValue?) -> [Int] {
        if let id = value?.integerValue { return [id] }
        return value?.arrayValue?.compactMap(\.integerValue) ?? []
    }
}

/// Reads members of a config.json, with errors that name file and member.
private struct ConfigurationReader {
    let json: JSONValue
    let path: String

    func error(_ message: String, help: String = "fetch config.json again from where the weights came from") -> ModelError {
        .configuration(path: path, message: message, help: help)
    }

    func size(_ key: String) throws(ModelError) -> Int {
        guard let size = try optionalSize(key) else { throw error("it has no \"\(key)\"") }
        return size
    }

    func optionalSize(_ key: String) throws(ModelError) -> Int? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let size = value.integerValue, (1...1 << 30).contains(size) else {
            throw error("\"\(key)\" is \(value.text()), which is no size")
        }
        return size
    }

    func scaling(_ value: JSONValue?, contextLength: Int) throws(ModelError) -> ModelConfiguration.RopeScaling? {
        guard let value, !value.isNull else { return nil }
        let type = (value["rope_type"] ?? value["type"])?.stringValue ?? "default"
        let factor = Float(value["factor"]?.doubleValue ?? 1)
        guard factor.isFinite, factor > 0 else { throw error("the rope scaling's factor is \(factor)") }
        switch type {
        case "default": return nil
        case "linear": return .linear(factor: factor)
        case "llama3":
            let low = Float(value["low_freq_factor"]?.doubleValue ?? 1)
            let high = Float(value["high_freq_factor"]?.doubleValue ?? 4)
            let original = value["original_max_position_embeddings"]?.integerValue ?? contextLength
            guard low > 0, high > low, original > 0 else { throw error("the rope scaling's factors contradict each other") }
            return .llama3(factor: factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength: original)
        default:
            throw error("the rope scaling \"\(type)\" is not implemented", help: "default, linear and llama3 are")
        }
    }

    func layersWithWindow(_ features: Architecture, layerCount: Int) throws(ModelError) -> [Bool] {
        if let types = json["layer_types"]?.arrayValue {
            guard types.count == layerCount else {
                throw error("\"layer_types\" has \(types.count) elements for \(layerCount) layers")
            }
            return types.map { $0.stringValue == "sliding_attention" }
        }
        let period = json["sliding_window_pattern"]?.integerValue ?? features.fullAttentionPeriod
        guard let period, period > 0 else { return [Bool](repeating: true, count: layerCount) }
        return (1...layerCount).map { $0 % period != 0 }
    }
}

extension ModelConfiguration {
    /// Reads a config.json.
    ///
    /// - Throws: ``ModelError`` where it cannot be read or describes no model that is implemented.
    public init(path: String) throws(ModelError) { try self.init(json: Checkpoint.json(path), path: path) }

    /// Reads the text of a config.json.
    public init(json text: String) throws(ModelError) {
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch {
            throw .configuration(path: "config.json", message: "it is not JSON: \(error)", help: "check its braces and commas")
        }
        try self.init(json: json, path: "config.json")
    }
}
