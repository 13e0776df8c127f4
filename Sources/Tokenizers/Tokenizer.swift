/// Text to token ids and back, as the model was trained with.
///
/// Made from a GGUF file's metadata (``init(_:)``) or from a `tokenizer.json` (``init(tokenizerJSON:configuration:)``).
public struct Tokenizer: Sendable {
    /// How words become tokens.
    enum Model: Sendable {
        /// Ranked merges. `wholeWordsFirst` takes a word that is a token as it is (`ignore_merges`).
        case ranked(RankedMerging, wholeWordsFirst: Bool)
        /// Scores, as SentencePiece has them.
        case scored(ScoredMerging)
    }

    public let vocabulary: Vocabulary
    let model: Model
    let normalizer: Normalizer
    /// What is done to text once all added tokens are taken out.
    let preparation: Normalizer
    let preTokenizer: PreTokenizer
    /// Added tokens matched in the text as given, and those matched once it is normalised.
    let addedTokens: AddedTokens
    let normalizedAddedTokens: AddedTokens
    let special: SpecialTokens
    /// What stands for characters that are no tokens.
    let unknownSymbol: Int?
    /// A run of characters that are no tokens is one unknown token.
    let fusesUnknown: Bool
    /// A character that is no token becomes its bytes, where all of them are tokens.
    let fallsBackToBytes: Bool
    let decoding: Decoding

    public var vocabularySize: Int { vocabulary.count }
    public var bosToken: Int? { special.bos }
    public var eosToken: Int? { special.eos }
    public var unknownToken: Int? { special.unknown }
    public var paddingToken: Int? { special.padding }
    /// The tokens that end an answer: end of text, end of turn, end of message.
    public var endOfGeneration: Set<Int> { special.endOfGeneration }
    /// Whether the token ends an answer.
    public func endsGeneration(_ id: Int) -> Bool { special.endOfGeneration.contains(id) }

    /// The token as text on its own, such as ` the`; bytes that are no whole character become U+FFFD. `nil` outside
    /// the vocabulary.
    public func text(of id: Int) -> String? {
        guard id >= 0, id < vocabulary.count else { return nil }
        return String(decoding: vocabulary.bytes(of: id), as: UTF8.self)
    }

    /// The token spelt so in the model's file, such as `Ġthe` or `<|im_end|>`.
    public func id(of token: String) -> Int? { vocabulary.id(of: token) }
}

/// The tokens with a part to play, by id.
struct SpecialTokens: Sendable, Hashable {
    var bos: Int?
    var eos: Int?
    var unknown: Int?
    var padding: Int?
    /// What goes before and after every text that is encoded with special tokens.
    var prefix: [Int] = []
    var suffix: [Int] = []
    var endOfGeneration: Set<Int> = []

    /// Texts that end an answer in the models at large; files often name but one of them.
    static let endTexts = [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<EOT>", "_<EOT>",
        "<|end_of_text|>", "<end_of_utterance>",
    ]
}
