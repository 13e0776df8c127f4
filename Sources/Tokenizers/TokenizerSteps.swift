import JSON

/// What `normalizer`, `pre_tokenizer` and `decoder` of a `tokenizer.json` ask for.
struct TokenizerSteps {
    /// Done to the text between added tokens, before those that match normalised text are sought.
    var normalizing: [Normalizer.Step] = []
    /// Done to what is left between those.
    var preparing: [Normalizer.Step] = []
    var splitting: [PreTokenizer.Rule] = []
    var isByteLevel = false
    var stripsLeadingSpace = false

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
        switch value["type"]?.stringValue {
        case nil: break
        case "Sequence": for part in value["pretokenizers"]?.arrayValue ?? [] { try preTokenizer(part) }
        case "ByteLevel":
            isByteLevel = true
            if value["add_prefix_space"]?.boolValue ?? false { preparing.append(.prependUnlessThere([0x20], onlyAtStart: false)) }
            if value["use_regex"]?.boolValue ?? true { splitting.append(.gpt2) }
        case "Digits":
            splitting.append(value["individual_digits"]?.boolValue ?? false ? .singleDigits : .digitRuns)
        case "Metaspace":
            let replacement = try text("replacement", of: value, "pre_tokenizer")
            guard replacement == Normalizer.metaspace else { throw TokenizerError("a Metaspace other than '▁' is not implemented") }
            preparing.append(.replace([0x20], with: replacement))
            switch value["prepend_scheme"]?.stringValue ?? (value["add_prefix_space"]?.boolValue == false ? "never" : "always") {
            case "always": preparing.append(.prependUnlessThere(replacement, onlyAtStart: false))
            case "first": preparing.append(.prependUnlessThere(replacement, onlyAtStart: true))
            default: break
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

    private mutating func decoder(_ value: JSONValue) throws(TokenizerError) {
        switch value["type"]?.stringValue {
        case nil, "Fuse", "ByteFallback", "Replace": break
        case "ByteLevel": isByteLevel = true
        case "Sequence": for part in value["decoders"]?.arrayValue ?? [] { try decoder(part) }
        case "Strip":
            if value["content"]?.stringValue == " ", value["start"]?.integerValue == 1 { stripsLeadingSpace = true }
        case "Metaspace":
            stripsLeadingSpace =
                (value["prepend_scheme"]?.stringValue ?? (value["add_prefix_space"]?.boolValue == false ? "never" : "always")) != "never"
        case let type?: throw TokenizerError("the decoder '\(type)' is not implemented")
        }
    }

    private func text(_ name: String, of value: JSONValue, _ owner: String) throws(TokenizerError) -> [UInt8] {
        guard let text = value[name]?.stringValue else { throw TokenizerError("'\(name)' of the \(owner) is not a text") }
        return Array(text.utf8)
    }
}
