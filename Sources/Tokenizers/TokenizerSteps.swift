import JSON

/// What `normalizer`, `pre_tokenizer` and `decoder` of a `tokenizer.json` ask for.
struct TokenizerSteps {
    /// Done to the text between added tokens, before those that match normalised text are sought.
    var normalizing: [Normalizer.Step] = []
    /// Done to what is left between those.
    var preparing: [Normalizer.Step] = []
    var splitting: [PreTokenizer.Rule] = []
    /// Text is turned into bytes by the last of the steps that split it, and tokens back by the decoder: one does not go without the other.
    var isByteLevel = false
    var decoding = Decoding()

    init(_ file: JSONValue) throws(TokenizerError) {
        try normalizer(file["normalizer"] ?? .null)
        try preTokenizer(file["pre_tokenizer"] ?? .null)
        try decoder(file["decoder"] ?? .null)
    }

    private mutating func normalizer(_ value: JSONValue) throws(TokenizerError) {
        switch value["type"]?.stringValue {
        case nil: break
        case "Sequence": for part in value["normalizers"]?.arrayValue ?? [] { try normalizer(part) }
        case "NFC": normalizing.append(.nfc)
        case "Prepend": normalizing.append(.prepend(try text("prepend", of: value, "normalizer")))
        case "Replace":
            guard let pattern = value["pattern"]?["String"]?.stringValue else {
                throw TokenizerError("a normalizer that replaces a regular expression is not implemented")
            }
            normalizing.append(.replace(Array(pattern.utf8), with: try text("content", of: value, "normalizer")))
        case let type?:
            throw TokenizerError("the normalizer '\(type)' is not implemented", solution: "implemented are Sequence, NFC, Prepend and Replace")
        }
    }

    private mutating func preTokenizer(_ value: JSONValue) throws(TokenizerError) {
        if isByteLevel {
            throw TokenizerError("a pre_tokenizer after 'ByteLevel', which leaves bytes and no text, is not implemented")
        }
        switch value["type"]?.stringValue {
        case nil: break
        case "Sequence": for part in value["pretokenizers"]?.arrayValue ?? [] { try preTokenizer(part) }
        case "ByteLevel":
            isByteLevel = true
            if value["add_prefix_space"]?.boolValue ?? false {
                try prependsOnce("ByteLevel")
                preparing.append(.prependUnlessThere([0x20], onlyAtStart: false))
            }
            if value["use_regex"]?.boolValue ?? true { splitting.append(.gpt2) }
        case "Digits":
            splitting.append(value["individual_digits"]?.boolValue ?? false ? .singleDigits : .digitRuns)
        case "Metaspace":
            let replacement = try text("replacement", of: value, "pre_tokenizer")
            guard replacement == Normalizer.metaspace else { throw TokenizerError("a Metaspace other than '▁' is not implemented") }
            preparing.append(.replace([0x20], with: replacement))
            switch try Self.prependScheme(of: value, "pre_tokenizer") {
            case .never: break
            case .always:
                try prependsOnce("Metaspace")
                preparing.append(.prependUnlessThere(replacement, onlyAtStart: false))
            case .first:
                try prependsOnce("Metaspace")
                preparing.append(.prependUnlessThere(replacement, onlyAtStart: true))
            }
            if value["split"]?.boolValue ?? true { splitting.append(.beforeMetaspace) }
        case "Split": try split(value)
        case let type?:
            throw TokenizerError(
                "the pre_tokenizer '\(type)' is not implemented", solution: "implemented are Sequence, ByteLevel, Digits, Metaspace and Split")
        }
    }

    private mutating func split(_ value: JSONValue) throws(TokenizerError) {
        let behavior = value["behavior"]?.stringValue ?? ""
        if let pattern = value["pattern"]?["String"]?.stringValue {
            // Gemma splits after spaces once its normalizer has replaced every one of them: nothing is left to split.
            let isReplaced = normalizing.contains { if case .replace(let old, _) = $0 { old == Array(pattern.utf8) } else { false } }
            guard isReplaced else { throw TokenizerError("a pre_tokenizer that splits at the text '\(pattern)' is not implemented") }
            return
        }
        guard let pattern = value["pattern"]?["Regex"]?.stringValue else { throw TokenizerError("the pre_tokenizer 'Split' has no pattern") }
        guard let rule = PreTokenizer.rule(ofPattern: pattern) else {
            throw TokenizerError(
                "the text splitting pattern \(pattern) is not implemented",
                solution: "implemented are those of GPT-2, Llama 3, Qwen 2 and of single digits")
        }
        // The patterns match every character, so what is removed or kept between matches is nothing.
        let isIsolated = behavior == "Isolated" || (behavior == "Removed" && value["invert"]?.boolValue ?? false)
        guard isIsolated else { throw TokenizerError("the behavior '\(behavior)' of the pre_tokenizer 'Split' is not implemented") }
        splitting.append(rule)
    }

    /// Refuses a step that would put something before every piece that the steps before it made.
    private func prependsOnce(_ type: String) throws(TokenizerError) {
        guard splitting.isEmpty else {
            throw TokenizerError("the pre_tokenizer '\(type)' that puts a space before each piece of another one's is not implemented")
        }
    }

    private enum PrependScheme: String { case always, first, never }

    private static func prependScheme(of value: JSONValue, _ owner: String) throws(TokenizerError) -> PrependScheme {
        guard let name = value["prepend_scheme"], !name.isNull else { return value["add_prefix_space"]?.boolValue == false ? .never : .always }
        guard let scheme = name.stringValue.flatMap(PrependScheme.init(rawValue:)) else {
            throw TokenizerError("the \(owner) 'Metaspace' has the prepend_scheme \(name.text())", solution: "always, first and never are known")
        }
        return scheme
    }

    /// Reads the decoder, of which those are implemented that the models here have: `ByteLevel`, `Metaspace`, none, or of `Replace`,
    /// `ByteFallback`, `Fuse` and `Strip` some in this order.
    private mutating func decoder(_ value: JSONValue) throws(TokenizerError) {
        let parts = Self.flattened(value)
        let types = parts.map { $0["type"]?.stringValue ?? "" }
        guard (types == ["ByteLevel"]) == isByteLevel else {
            let decoder = types.isEmpty ? "none" : types.joined(separator: ", ")
            throw TokenizerError(
                "the pre_tokenizer \(isByteLevel ? "makes bytes" : "makes no bytes"), and the decoder (\(decoder)) does not fit it",
                solution: "ByteLevel is for both or for neither")
        }
        decoding = Decoding(replacesMetaspace: false, readsBytes: false, spellsAddedTokens: true)
        decoding.joinsWithSpaces = types.isEmpty
        var isFused = false
        let order = ["Replace", "ByteFallback", "Fuse", "Strip"]
        let places = types.compactMap(order.firstIndex(of:))
        for (part, type) in zip(parts, types) {
            switch type {
            case "ByteLevel": break
            case "Replace" where part["pattern"]?["String"]?.stringValue == "▁" && part["content"]?.stringValue == " ":
                decoding.replacesMetaspace = true
            case "ByteFallback": decoding.readsBytes = true
            case "Fuse": isFused = true
            case "Strip" where isFused && part["content"]?.stringValue == " " && part["start"] == 1 && part["stop"] == 0:
                decoding.leadingSpace = .dropped
            case "Metaspace" where types.count == 1 && part["replacement"]?.stringValue == "▁":
                decoding.replacesMetaspace = true
                decoding.leadingSpace = try Self.prependScheme(of: part, "decoder") == .never ? .kept : .droppedOfFirstToken
            default:
                throw TokenizerError(
                    "the decoder '\(type)' as it stands in tokenizer.json is not implemented",
                    solution: "implemented are ByteLevel, Metaspace, and in this order \(order.joined(separator: ", ")) with '▁' and ' '")
            }
        }
        guard zip(places, places.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw TokenizerError("the decoder's parts (\(types.joined(separator: ", "))) in this order are not implemented")
        }
    }

    /// The parts of a decoder, those of sequences in their place.
    private static func flattened(_ decoder: JSONValue) -> [JSONValue] {
        if decoder.isNull { return [] }
        guard decoder["type"]?.stringValue == "Sequence" else { return [decoder] }
        return (decoder["decoders"]?.arrayValue ?? []).flatMap(flattened)
    }

    private func text(_ name: String, of value: JSONValue, _ owner: String) throws(TokenizerError) -> [UInt8] {
        guard let text = value[name]?.stringValue else { throw TokenizerError("'\(name)' of the \(owner) is not a text") }
        return Array(text.utf8)
    }
}
