import JSON

/// Rotary embeddings and sliding windows of a config.json.
extension ModelConfiguration {
    /// Sets the bases and the scaling of the rotary embeddings.
    mutating func readRope(_ reader: inout ConfigurationReader, _ features: Architecture) throws(ModelError) {
        let parameters = reader.value("rope_parameters")
        let scaling = reader.value("rope_scaling")
        if let parameters, let scaling, parameters != scaling {
            throw reader.error("\"rope_parameters\" and \"rope_scaling\" contradict each other", help: "remove the one that is not meant")
        }
        let base = try reader.number("rope_theta")
        let partial = reader.value("partial_rotary_factor")
        let original = try reader.optionalSize("original_max_position_embeddings")
        let isByLayer = parameters?["full_attention"] != nil || parameters?["sliding_attention"] != nil
        if isByLayer, features.defaultLocalRopeBase == nil {
            throw reader.refusal("rope_parameters", parameters ?? .null, "gives layers of two kinds, which this architecture does not have")
        }
        if !isByLayer, features.defaultLocalRopeBase != nil, let parameters, parameters != scaling {
            throw reader.refusal("rope_parameters", parameters, "does not say which layers it is for")
        }
        // Of Gemma 3 transformers 4 took a scaling's older "type", and 5 passes over it.
        if features.defaultLocalRopeBase != nil, let scaling, scaling["rope_type"] == nil, let type = scaling["type"], type != "default" {
            throw reader.refusal("rope_scaling", scaling, "has a \"type\" and no \"rope_type\", which transformers 4 and 5 read differently")
        }
        let full = isByLayer ? parameters?["full_attention"] : parameters ?? scaling
        // Of scalings by kind of layer transformers reads no length beside them.
        if features.defaultLocalRopeBase != nil, let original, let full, full["original_max_position_embeddings"] == nil {
            throw reader.refusal("original_max_position_embeddings", .integer(Int64(original)), "stands outside the rope scaling")
        }
        let given = try full?["rope_theta"].map { (value) throws(ModelError) in try reader.positive(value, "rope_theta") }
        ropeBase = given ?? base ?? features.defaultRopeBase
        ropeScaling = try Self.scaling(full, partial: partial, original: original, contextLength: contextLength, reader)
        guard let local = features.defaultLocalRopeBase else { return }
        let sliding = isByLayer ? parameters?["sliding_attention"] : nil
        let slidingBase = try sliding?["rope_theta"].map { (value) throws(ModelError) in try reader.positive(value, "rope_theta") }
        let oldBase = try reader.number("rope_local_base_freq")
        localRopeBase = slidingBase ?? oldBase ?? local
        guard try Self.scaling(sliding, partial: partial, original: original, contextLength: contextLength, reader) == nil else {
            throw reader.refusal("rope_parameters", sliding ?? .null, "scales the layers with a window, which is not implemented")
        }
    }

    /// The scaling that a dictionary of RoPE's parameters asks for.
    private static func scaling(
        _ value: JSONValue?, partial: JSONValue?, original: Int?, contextLength: Int, _ reader: ConfigurationReader
    ) throws(ModelError) -> RopeScaling? {
        guard let value, !value.isNull else { return nil }
        guard let members = value.objectValue else { throw reader.refusal("rope_scaling", value, "is no object") }
        func number(_ key: String) throws(ModelError) -> Float {
            guard let number = members[key], !number.isNull else { throw reader.error("the rope scaling has no \"\(key)\"") }
            return try reader.positive(number, key)
        }
        let type = members["rope_type"] ?? members["type"]
        guard let name = type.map({ $0.stringValue ?? "" }) ?? (members["factor"] == nil ? "default" : nil) else {
            throw reader.error("the rope scaling has a factor and no \"rope_type\"")
        }
        var known: Set<String> = ["rope_type", "type", "rope_theta", "partial_rotary_factor"]
        let result: RopeScaling?
        switch name {
        case "default":
            // transformers turns whole heads whatever this factor says, and leaves others alone.
            known.formUnion(["factor", "original_max_position_embeddings"])
            result = nil
        case "linear":
            known.formUnion(["factor", "original_max_position_embeddings"])
            result = .linear(factor: try number("factor"))
        case "llama3":
            known.formUnion(["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"])
            let (low, high) = (try number("low_freq_factor"), try number("high_freq_factor"))
            var length = original ?? contextLength
            if original == nil, members["original_max_position_embeddings"] != nil { length = Int(try number("original_max_position_embeddings")) }
            guard high > low, length > 0 else { throw reader.error("the rope scaling's factors contradict each other") }
            result = .llama3(factor: try number("factor"), lowFrequencyFactor: low, highFrequencyFactor: high, originalContextLength: length)
        default:
            throw reader.error("the rope scaling \"\(name)\" is not implemented", help: "default, linear and llama3 are")
        }
        if name != "default", let factor = members["partial_rotary_factor"] ?? partial, factor.doubleValue != 1 {
            throw reader.refusal("partial_rotary_factor", factor, "together with the rope scaling \"\(name)\" is not implemented")
        }
        for (key, value) in members where !known.contains(key) && !value.isNull && value != false {
            throw reader.refusal(key, value, "of the rope scaling \"\(name)\" is not implemented")
        }
        return result
    }

    /// Sets the window, and which layers have it.
    mutating func readWindows(_ reader: inout ConfigurationReader, _ features: Architecture) throws(ModelError) {
        let window = try reader.optionalSize("sliding_window")
        let isOff = reader.written("sliding_window")?.isNull ?? false
        let types = try layerTypes(&reader)
        switch features.windows {
        case .none:
            let isUsed = try reader.flag("use_sliding_window") ?? true
            _ = reader.value("max_window_layers")
            if isUsed, let window, window < contextLength {
                throw reader.refusal("sliding_window", .integer(Int64(window)), "is nothing that this architecture has")
            }
            if let types, types.contains(true) { throw reader.refusal("layer_types", "sliding_attention", "is nothing that this architecture has") }
        case .all:
            slidingWindow = isOff ? nil : window
            if let types, types.contains(slidingWindow == nil) {
                throw reader.refusal("layer_types", .array([]), "and \"sliding_window\" contradict each other")
            }
            if slidingWindow != nil { layersWithWindow = [Bool](repeating: true, count: layerCount) }
        case .fromLayer:
            let isUsed = try reader.flag("use_sliding_window") ?? false
            let first = try reader.optionalCount("max_window_layers") ?? 0
            let used = isUsed && !isOff ? window : nil
            let layers = types ?? (0..<layerCount).map { used != nil && $0 >= first }
            guard layers.contains(true) else { return }
            guard let used else {
                throw reader.error("\"layer_types\" has layers with a sliding window, which \"use_sliding_window\" or \"sliding_window\" turn off")
            }
            (slidingWindow, layersWithWindow) = (used, layers)
        case .alternating(let usual):
            let written = try reader.optionalSize("sliding_window_pattern")
            let saved = try reader.optionalSize("_sliding_window_pattern")
            let period = written ?? usual
            // A period that transformers saved for itself and does not read again.
            if types == nil, let saved, saved != period {
                throw reader.refusal("_sliding_window_pattern", .integer(Int64(saved)), "contradicts the period of \(period) that transformers takes")
            }
            let layers = types ?? (1...layerCount).map { $0 % period != 0 }
            guard layers.contains(true) else { return }
            guard !isOff, let window else { throw reader.error("it has layers with a sliding window, and no \"sliding_window\"") }
            (slidingWindow, layersWithWindow) = (window, layers)
        }
    }

    /// Whether each layer has a window, where `layer_types` says so.
    private func layerTypes(_ reader: inout ConfigurationReader) throws(ModelError) -> [Bool]? {
        guard let value = reader.value("layer_types") else { return nil }
        guard let types = value.arrayValue else { throw reader.error("\"layer_types\" is no list") }
        guard types.count == layerCount else { throw reader.error("\"layer_types\" has \(types.count) elements for \(layerCount) layers") }
        var result: [Bool] = []
        for type in types {
            switch type.stringValue {
            case "sliding_attention": result.append(true)
            case "full_attention": result.append(false)
            default: throw reader.refusal("layer_types", type)
            }
        }
        return result
    }
}
