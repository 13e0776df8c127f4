import JSON
import Tensors

extension ModelConfiguration {
    /// Reads a config.json as transformers writes it: version 5's `rope_parameters` and `dtype`, or the earlier
    /// `rope_theta`, `rope_scaling` and `torch_dtype` that most published checkpoints have. Of a multimodal model, the text's part.
    ///
    /// What a member says is done as transformers does it, or refused with its name.
    /// - Throws: ``ModelError`` where a size is missing or impossible, something is not implemented, or the architecture is unknown.
    init(json: JSONValue, path: String) throws(ModelError) {
        var outer = ConfigurationReader(json: json, path: path)
        guard let type = try outer.text("model_type") else {
            throw outer.error("it has no \"model_type\"", help: "give the folder of a transformers checkpoint")
        }
        guard let features = Architecture.named(type) else {
            throw .unknownArchitecture(name: type, known: Architecture.allNames)
        }
        try Self.checkArchitectures(&outer)
        quantizationMethod = try Self.quantizationMethod(&outer)
        let inner = json["text_config"].flatMap { $0.objectValue == nil ? nil : $0 }
        var reader = ConfigurationReader(json: inner ?? json, path: path, defaults: features.defaults, read: inner == nil ? outer.read : [])
        architecture = type
        isPartOfLarger = inner != nil
        let savedType = json["dtype"] ?? json["torch_dtype"] ?? inner?["dtype"] ?? inner?["torch_dtype"]
        dtype = savedType?.stringValue.flatMap { DType(rawValue: $0) }.map { .dense($0) }
        vocabularySize = try reader.size("vocab_size")
        hiddenSize = try reader.size("hidden_size")
        intermediateSize = try reader.size("intermediate_size")
        layerCount = try reader.size("num_hidden_layers")
        guard layerCount <= Self.mostLayers else { throw reader.error("\"num_hidden_layers\" is \(layerCount), more than any model has") }
        headCount = try reader.size("num_attention_heads")
        // Left out it is the architecture's default, and null as many as there are heads.
        let keyValueHeads = try reader.optionalSize("num_key_value_heads")
        keyValueHeadCount = reader.written("num_key_value_heads")?.isNull == true ? headCount : keyValueHeads ?? headCount
        headSize = try Self.headSize(&reader, hiddenSize: hiddenSize, headCount: headCount)
        contextLength = try reader.size("max_position_embeddings")
        // transformers' own default, of all these architectures.
        normEpsilon = try reader.number("rms_norm_eps") ?? 1e-6
        activation = try Self.activation(&reader, features)

        var isTied = try reader.flag("tie_word_embeddings") ?? false
        if inner != nil, let whole = try outer.flag("tie_word_embeddings") { isTied = whole }
        tiesEmbeddings = isTied
        switch features.attentionBias {
        case .never: (hasAttentionBias, hasAttentionOutputBias) = (false, false)
        case .inputsAlways: (hasAttentionBias, hasAttentionOutputBias) = (true, false)
        case .configured:
            hasAttentionBias = try reader.flag("attention_bias") ?? false
            hasAttentionOutputBias = hasAttentionBias
        }
        hasFeedForwardBias = try features.readsFeedForwardBias ? reader.flag("mlp_bias") ?? false : false
        if features.readsScoreScale {
            queryScalar = try reader.number("query_pre_attn_scalar")
            logitSoftCap = try reader.number("final_logit_softcapping")
        }
        bosToken = (json["bos_token_id"] ?? inner?["bos_token_id"])?.integerValue
        let ends = json["eos_token_id"] ?? inner?["eos_token_id"] ?? .null
        eosTokens = Self.tokens(ends)
        guard ends.isNull || eosTokens.count == ends.arrayValue?.count ?? 1 else {
            throw outer.error("\"eos_token_id\" is \(ends.text()), which is neither a token's number nor a list of them")
        }

        ropeBase = features.defaultRopeBase
        try readRope(&reader, features)
        try readWindows(&reader, features)

        var passedOver: Set<String> = []
        if case .inputsAlways = features.attentionBias { passedOver.insert("attention_bias") }
        if features.activationKey != "hidden_act" { passedOver.insert("hidden_act") }
        try ConfigurationKeys.check(reader, passedOver: passedOver)
        if inner != nil { try ConfigurationKeys.check(outer, passedOver: []) }
    }

    /// One token id or several.
    static func tokens(_ value: JSONValue?) -> [Int] {
        if let id = value?.integerValue { return [id] }
        return value?.arrayValue?.compactMap(\.integerValue) ?? []
    }

    /// Refuses checkpoints whose head is for something else than the next token.
    private static func checkArchitectures(_ reader: inout ConfigurationReader) throws(ModelError) {
        for name in reader.value("architectures")?.arrayValue?.compactMap(\.stringValue) ?? [] {
            for other in ["Classification", "QuestionAnswering", "RewardModel", "MultipleChoice", "MaskedLM"] where name.contains(other) {
                throw reader.error("it is a \(name), which has no head for the next token", help: "load the causal language model of that name")
            }
        }
    }

    private static func headSize(_ reader: inout ConfigurationReader, hiddenSize: Int, headCount: Int) throws(ModelError) -> Int {
        if let size = try reader.optionalSize("head_dim") { return size }
        guard hiddenSize % headCount == 0 else {
            throw reader.error(
                "\"hidden_size\" (\(hiddenSize)) is no multiple of \"num_attention_heads\" (\(headCount)), and there is no \"head_dim\"")
        }
        return hiddenSize / headCount
    }

    /// The function by the names that transformers has for it (`activations.py`).
    private static func activation(_ reader: inout ConfigurationReader, _ features: Architecture) throws(ModelError) -> GatedActivation {
        guard let name = try reader.text(features.activationKey) else {
            if let null = reader.written(features.activationKey) { throw reader.refusal(features.activationKey, null, "names no function") }
            return features.activation
        }
        switch name {
        case "silu", "swish": return .silu
        case "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_new", "gelu_fast", "gelu_accurate": return .geluTanh
        case "gelu", "gelu_python": return .gelu
        case "quick_gelu": return .quickGELU
        case "relu": return .relu
        case "relu2": return .squaredReLU
        default: throw reader.refusal(features.activationKey, .string(name))
        }
    }

    /// How the linear layers were quantised; only bitsandbytes' 4 bits are read.
    private static func quantizationMethod(_ reader: inout ConfigurationReader) throws(ModelError) -> String? {
        let help = "take the model in bfloat16 or float16, one saved with bitsandbytes in 4 bits, or a GGUF file"
        for key in ["quantization", "compression_config"] {
            guard let value = reader.value(key) else { continue }
            throw reader.error("it is quantised as \"\(key)\": \(value.text()) says, which is not implemented", help: help)
        }
        guard let quantization = reader.value("quantization_config") else { return nil }
        let isFourBit = ["load_in_4bit", "_load_in_4bit"].contains { quantization[$0]?.boolValue == true }
        let method = quantization["quant_method"]?.stringValue ?? (isFourBit ? "bitsandbytes" : "unknown")
        guard method == "bitsandbytes" else {
            let bits = (quantization["bits"]?.integerValue).map { " in \($0) bits" } ?? ""
            throw reader.error("its weights are quantised by \"\(method)\"\(bits) (\"quantization_config\"), which is not implemented", help: help)
        }
        guard isFourBit else {
            throw reader.error("its weights are quantised by bitsandbytes in 8 bits (\"quantization_config\"), which is not implemented", help: help)
        }
        return method
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
