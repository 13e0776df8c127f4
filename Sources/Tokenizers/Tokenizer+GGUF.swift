/// The keys of a GGUF file that make its tokenizer, as plain values (`tokenizer.ggml.…`).
public struct GGUFVocabulary: Sendable {
    /// `model`: `gpt2` (byte-level) or `llama` (SentencePiece).
    public var model: String
    /// `pre`: the name of the rules that split text into words.
    public var pre: String?
    public var tokens: PackedTexts
    /// One a token, or none.
    public var scores: [Float]
    /// `token_type`: one a token, or none.
    public var types: [Int32]
    /// `left right`, best first.
    public var merges: PackedTexts
    public var bos: Int?
    public var eos: Int?
    /// `eot_token_id` and `eom_token_id`
    public var endOfTurn: Int?
    public var endOfMessage: Int?
    public var unknown: Int?
    public var padding: Int?
    public var addBOS: Bool?
    public var addEOS: Bool?
    public var addSpacePrefix: Bool?

    public init(
        model: String, pre: String? = nil, tokens: PackedTexts, scores: [Float] = [], types: [Int32] = [],
        merges: PackedTexts = PackedTexts(), bos: Int? = nil, eos: Int? = nil, endOfTurn: Int? = nil, endOfMessage: Int? = nil,
        unknown: Int? = nil, padding: Int? = nil, addBOS: Bool? = nil, addEOS: Bool? = nil, addSpacePrefix: Bool? = nil
    ) {
        self.model = model
        self.pre = pre
        self.tokens = tokens
        self.scores = scores
        self.types = types
        self.merges = merges
        self.bos = bos
        self.eos = eos
        self.endOfTurn = endOfTurn
        self.endOfMessage = endOfMessage
        self.unknown = unknown
        self.padding = padding
        self.addBOS = addBOS
        self.addEOS = addEOS
        self.addSpacePrefix = addSpacePrefix
    }
}

extension Tokenizer {
    /// The tokenizer that a GGUF file describes.
    ///
    /// - Throws: ``TokenizerError`` when arrays disagree in length, an id lies outside the vocabulary, or the kind of
    ///   tokenizer is not one of those implemented.
    public init(_ source: GGUFVocabulary) throws(TokenizerError) {
        let count = source.tokens.count
        guard count > 0 else { throw TokenizerError("the file has no tokens (tokenizer.ggml.tokens is empty)") }
        guard source.types.isEmpty || source.types.count == count else {
            throw TokenizerError("tokenizer.ggml.token_type has \(source.types.count) elements for \(count) tokens")
        }
        for (name, id) in [
            ("bos", source.bos), ("eos", source.eos), ("eot", source.endOfTurn), ("eom", source.endOfMessage),
            ("unknown", source.unknown), ("padding", source.padding),
        ] {
            guard let id, !(0..<count).contains(id) else { continue }
            throw TokenizerError("tokenizer.ggml.\(name)_token_id is \(id), outside the \(count) tokens")
        }
        var kinds = [TokenKind](repeating: .normal, count: count)
        for (id, type) in source.types.enumerated() where type != 1 {
            kinds[id] = UInt8(exactly: type).flatMap(TokenKind.init(rawValue:)) ?? .normal
        }
        let added = kinds.indices.compactMap { id -> AddedToken? in
            switch kinds[id] {
            case .control, .unknown: AddedToken(id: id, text: Array(source.tokens[id]), isSpecial: true)
            case .userDefined: AddedToken(id: id, text: Array(source.tokens[id]), isSpecial: false)
            default: nil
            }
        }
        addedTokens = AddedTokens(added)
        normalizedAddedTokens = AddedTokens([])
        unknownSymbol = source.unknown
        fusesUnknown = false
        fallsBackToBytes = true
        preparation = Normalizer()

        let addsBOS: Bool
        switch source.model {
        case "gpt2":
            let pre = source.pre ?? "default"
            guard let rules = PreTokenizer.named(pre) else {
                throw TokenizerError(
                    "the text splitting rules '\(pre)' (tokenizer.ggml.pre) are not implemented",
                    solution: "implemented are \(PreTokenizer.supportedNames.joined(separator: ", ")) and their aliases")
            }
            let vocabulary = Vocabulary(spelling: .byteLevel, tokens: source.tokens, kinds: kinds)
            self.vocabulary = vocabulary
            model = .ranked(
                RankedMerging(merges: MergeTable(source.merges, vocabulary)), wholeWordsFirst: rules.wholeWordsFirst)
            preTokenizer = rules.rules
            normalizer = Normalizer(steps: source.addSpacePrefix == true ? [.prependUnlessThere([0x20], onlyAtStart: false)] : [])
            decoding = Decoding()
            addsBOS = source.addBOS ?? rules.addsBOS
        case "llama":
            guard source.scores.count == count else {
                throw TokenizerError("tokenizer.ggml.scores has \(source.scores.count) elements for \(count) tokens")
            }
            let vocabulary = Vocabulary(spelling: .sentencePiece, tokens: source.tokens, kinds: kinds)
            self.vocabulary = vocabulary
            model = .scored(ScoredMerging(vocabulary: vocabulary, scores: source.scores))
            preTokenizer = PreTokenizer(rules: [])
            let prefixed = source.addSpacePrefix ?? true
            let space: [Normalizer.Step] = prefixed ? [.prepend(Normalizer.metaspace)] : []
            normalizer = Normalizer(steps: space + [.replace([0x20], with: Normalizer.metaspace)])
            decoding = Decoding(leadingSpace: prefixed ? .dropped : .kept)
            addsBOS = source.addBOS ?? true
        default:
            throw TokenizerError(
                "the tokenizer '\(source.model)' (tokenizer.ggml.model) is not implemented",
                solution: "implemented are gpt2 (byte-level BPE) and llama (SentencePiece BPE)")
        }

        var special = SpecialTokens(bos: source.bos, eos: source.eos, unknown: source.unknown, padding: source.padding)
        if addsBOS, let bos = source.bos { special.prefix = [bos] }
        if source.addEOS == true, let eos = source.eos { special.suffix = [eos] }
        special.endOfGeneration = Set([source.eos, source.endOfTurn, source.endOfMessage].compactMap { $0 })
        for text in SpecialTokens.endTexts {
            if let id = vocabulary.id(of: text), vocabulary.kind(of: id) == .control { special.endOfGeneration.insert(id) }
        }
        self.special = special
    }
}
