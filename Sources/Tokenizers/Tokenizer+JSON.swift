public import JSON

extension Tokenizer {
    /// The tokenizer of a Hugging Face `tokenizer.json`.
    ///
    /// Implemented are models of type `BPE`: byte-level (GPT-2, Llama 3, Qwen, SmolLM2) and SentencePiece-like with byte
    /// fallback (Llama 2, TinyLlama, Gemma).
    ///
    /// - Parameter configuration: `tokenizer_config.json`, which names the begin and end tokens.
    /// - Throws: ``TokenizerError`` naming the member concerned, for wrong types and for parts that are not implemented.
    public init(tokenizerJSON file: JSONValue, configuration: JSONValue? = nil) throws(TokenizerError) {
        let model = try Self.member("model", of: file)
        if let type = model["type"]?.stringValue, type != "BPE" {
            throw TokenizerError("a tokenizer of type '\(type)' (model.type) is not implemented", solution: "implemented is BPE")
        }
        for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let text = model[name]?.stringValue, !text.isEmpty { throw TokenizerError("model.\(name) is not implemented") }
        }
        if let dropout = model["dropout"]?.doubleValue, dropout != 0 {
            throw TokenizerError("model.dropout (\(dropout)) is not implemented: it leaves merges out at random", solution: "set it to null")
        }
        let added = try Self.addedTokens(file["added_tokens"] ?? .null)
        let steps = try TokenizerSteps(file)
        let spelling: Vocabulary.Spelling = steps.isByteLevel ? .byteLevel : .sentencePiece
        let vocabulary = try Self.vocabulary(model, added, spelling, steps.decoding)
        self.vocabulary = vocabulary

        let merges = try Self.merges(model["merges"] ?? .array([]), vocabulary)
        self.model = .ranked(RankedMerging(merges: merges), wholeWordsFirst: model["ignore_merges"]?.boolValue ?? false)
        let normalizer = Normalizer(steps: steps.normalizing)
        self.normalizer = normalizer
        preparation = Normalizer(steps: steps.preparing)
        preTokenizer = PreTokenizer(rules: steps.splitting)
        decoding = steps.decoding
        unknownSymbol = try Self.unknownSymbol(model, spelling)
        fusesUnknown = model["fuse_unk"]?.boolValue ?? false
        fallsBackToBytes = model["byte_fallback"]?.boolValue ?? false
        addedTokens = AddedTokens(added.filter { !$0.isNormalized })
        normalizedAddedTokens = AddedTokens(
            added.filter(\.isNormalized).map { token in
                var token = token
                token.text = normalizer.apply(token.text[...], isStart: false)
                return token
            })

        var special = SpecialTokens()
        func id(_ name: String) -> Int? {
            let value = configuration?[name]
            return (value?.stringValue ?? value?["content"]?.stringValue).flatMap(vocabulary.id(of:))
        }
        special.bos = id("bos_token")
        special.eos = id("eos_token")
        special.padding = id("pad_token")
        special.unknown = id("unk_token") ?? unknownSymbol
        (special.prefix, special.suffix) = try Self.template(file["post_processor"] ?? .null, vocabulary)
        special.endOfGeneration = Set([special.eos].compactMap { $0 })
        for text in SpecialTokens.endTexts {
            if let id = vocabulary.id(of: text), vocabulary.kind(of: id) == .control { special.endOfGeneration.insert(id) }
        }
        self.special = special
    }

    // MARK: Members

    private static func member(_ name: String, of value: JSONValue) throws(TokenizerError) -> JSONValue {
        guard let member = value[name] else { throw TokenizerError("tokenizer.json has no '\(name)'") }
        return member
    }

    private static func addedTokens(_ value: JSONValue) throws(TokenizerError) -> [AddedToken] {
        if value.isNull { return [] }
        guard let elements = value.arrayValue else { throw TokenizerError("added_tokens is not a list") }
        var tokens: [AddedToken] = []
        for (index, element) in elements.enumerated() {
            guard let id = element["id"]?.integerValue, let content = element["content"]?.stringValue else {
                throw TokenizerError("added_tokens[\(index)] has no integer 'id' or no text 'content'")
            }
            tokens.append(
                AddedToken(
                    id: id, text: Array(content.utf8), isSpecial: element["special"]?.boolValue ?? false,
                    stripsLeft: element["lstrip"]?.boolValue ?? false, stripsRight: element["rstrip"]?.boolValue ?? false,
                    isWholeWord: element["single_word"]?.boolValue ?? false, isNormalized: element["normalized"]?.boolValue ?? false))
        }
        return tokens
    }

    private static func vocabulary(
        _ model: JSONValue, _ added: [AddedToken], _ spelling: Vocabulary.Spelling, _ decoding: Decoding
    ) throws(TokenizerError) -> Vocabulary {
        guard let entries = model["vocab"]?.objectValue else { throw TokenizerError("model.vocab is not an object") }
        // Ids may leave holes, yet no more than a small file explains.
        let limit = (entries.count + added.count) * 2 + 65536
        var highest = -1
        for (token, value) in entries {
            guard let id = value.integerValue, (0..<limit).contains(id) else {
                throw TokenizerError("the id of the token '\(token)' in model.vocab is not an integer from 0 to \(limit - 1)")
            }
            highest = max(highest, id)
        }
        for token in added {
            guard (0..<limit).contains(token.id) else { throw TokenizerError("the id \(token.id) in added_tokens lies outside 0 to \(limit - 1)") }
            highest = max(highest, token.id)
        }
        guard highest >= 0 else { throw TokenizerError("the tokenizer has no tokens") }
        let outside = try checkIDs(of: added, entries)
        var texts = [String](repeating: "", count: highest + 1)
        var kinds = [TokenKind](repeating: .unused, count: highest + 1)
        for (token, value) in entries {
            guard let id = value.integerValue else { continue }
            guard kinds[id] == .unused else { throw TokenizerError("the tokens '\(texts[id])' and '\(token)' have the same id \(id)") }
            texts[id] = token
            let isByte = spelling == .sentencePiece && Vocabulary.byteValue(Array(token.utf8)[...]) != nil
            kinds[id] = isByte ? .byte : .normal
        }
        for token in added {
            texts[token.id] = String(decoding: token.text, as: UTF8.self)
            kinds[token.id] = token.isSpecial ? .control : .userDefined
        }
        return Vocabulary(spelling: spelling, tokens: PackedTexts(texts), kinds: kinds, decoding: decoding, outsideModel: outside)
    }

    /// Refuses added tokens whose ids are not those that Hugging Face's tokenizers give them, whatever the file says: a text of the model's
    /// vocabulary keeps its id there, others are counted on.
    ///
    /// - Returns: the ids of those that the model's vocabulary does not have.
    private static func checkIDs(of added: [AddedToken], _ entries: JSONObject) throws(TokenizerError) -> Set<Int> {
        var outside: Set<Int> = []
        var known: [[UInt8]: Int] = [:]
        var next = entries.count
        for (index, token) in added.enumerated() where !token.text.isEmpty {
            let text = String(decoding: token.text, as: UTF8.self)
            let ofModel = entries[text]?.integerValue
            let id = ofModel ?? known[token.text] ?? next
            guard id == token.id else {
                throw TokenizerError(
                    "added_tokens[\(index)] gives '\(text)' the id \(token.id), where Hugging Face's tokenizers give it \(id)",
                    solution: "save the tokenizer again with them")
            }
            known[token.text] = id
            if ofModel == nil { outside.insert(id) }
            next = max(next, id + 1)
        }
        return outside
    }

    /// What the model puts for characters that are no tokens; byte-level ones rarely have any.
    private static func unknownSymbol(_ model: JSONValue, _ spelling: Vocabulary.Spelling) throws(TokenizerError) -> Int? {
        guard let text = model["unk_token"]?.stringValue else { return nil }
        let id = model["vocab"]?[text]?.integerValue
        guard id != nil || spelling == .byteLevel else { throw TokenizerError("model.vocab does not have model.unk_token, '\(text)'") }
        return id
    }

    /// Merges as `"a b"` or `["a", "b"]`.
    private static func merges(_ value: JSONValue, _ vocabulary: Vocabulary) throws(TokenizerError) -> MergeTable {
        guard let elements = value.arrayValue else { throw TokenizerError("model.merges is not a list") }
        var table = MergeTable(capacity: elements.count)
        for (rank, element) in elements.enumerated() {
            let left: ArraySlice<UInt8>
            let right: ArraySlice<UInt8>
            if let text = element.stringValue {
                let bytes = Array(text.utf8)
                guard let space = bytes.firstIndex(of: 0x20) else { throw TokenizerError("model.merges[\(rank)] has no space between its parts") }
                (left, right) = (bytes[..<space], bytes[(space + 1)...])
            } else if let pair = element.arrayValue, pair.count == 2, let first = pair[0].stringValue, let second = pair[1].stringValue {
                (left, right) = (Array(first.utf8)[...], Array(second.utf8)[...])
            } else {
                throw TokenizerError("model.merges[\(rank)] is neither a text nor a pair of texts")
            }
            func id(_ token: ArraySlice<UInt8>) -> Int? {
                vocabulary.spelling == .byteLevel ? ByteAlphabet.decode(token).flatMap { vocabulary.find($0[...]) } : vocabulary.find(token)
            }
            guard let leftID = id(left), let rightID = id(right), let result = id((left + right)[...]) else {
                let shown = String(decoding: left, as: UTF8.self) + " " + String(decoding: right, as: UTF8.self)
                throw TokenizerError("model.merges[\(rank)] ('\(shown)') names a token that model.vocab does not have")
            }
            table.insert(left: leftID, right: rightID, rank: rank, result: result, lastCounts: true)
        }
        return table
    }

    /// What `post_processor` puts before and after one text.
    private static func template(_ value: JSONValue, _ vocabulary: Vocabulary) throws(TokenizerError) -> ([Int], [Int]) {
        switch value["type"]?.stringValue {
        case nil, "ByteLevel": return ([], [])
        case "Sequence":
            let processors = (value["processors"]?.arrayValue ?? []).filter { $0["type"]?.stringValue != "ByteLevel" }
            guard processors.count <= 1 else { throw TokenizerError("a post_processor that adds tokens twice is not implemented") }
            return try template(processors.first ?? .null, vocabulary)
        case "BertProcessing", "RobertaProcessing":
            guard let first = value["cls"]?[1]?.integerValue, let last = value["sep"]?[1]?.integerValue else {
                throw TokenizerError("post_processor has no ids in 'cls' and 'sep'")
            }
            return ([first], [last])
        case "TemplateProcessing":
            var (prefix, suffix): ([Int], [Int]) = ([], [])
            var isAfter = false
            for piece in value["single"]?.arrayValue ?? [] {
                if piece["Sequence"] != nil {
                    isAfter = true
                } else if let name = piece["SpecialToken"]?["id"]?.stringValue {
                    let ids =
                        value["special_tokens"]?[name]?["ids"]?.arrayValue?.compactMap(\.integerValue) ?? [vocabulary.id(of: name)].compactMap { $0 }
                    guard !ids.isEmpty, ids.allSatisfy({ (0..<vocabulary.count).contains($0) }) else {
                        throw TokenizerError("post_processor names the token '\(name)', which does not exist")
                    }
                    if isAfter { suffix += ids } else { prefix += ids }
                }
            }
            return (prefix, suffix)
        case let type?: throw TokenizerError("the post_processor '\(type)' is not implemented")
        }
    }
}
