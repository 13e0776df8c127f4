/// How tokens become text: what a `decoder` of Hugging Face's tokenizers asks for, or llama.cpp's way.
struct Decoding: Sendable, Hashable {
    /// What becomes of the space that encoding put before the text.
    enum LeadingSpace: Sendable, Hashable {
        case kept
        /// One space at the start of the text is dropped.
        case dropped
        /// Every `▁` of the first token is dropped (Metaspace).
        case droppedOfFirstToken
    }

    /// `▁` stands for a space.
    var replacesMetaspace = true
    /// `<0xHH>` stands for a byte.
    var readsBytes = true
    /// Added tokens are spelt as all others are; for llama.cpp they are text.
    var spellsAddedTokens = false
    /// Tokens are put side by side with a space between.
    var joinsWithSpaces = false
    var leadingSpace = LeadingSpace.kept
}
