/// What a token is for, numbered as GGUF's `tokenizer.ggml.token_type`.
public enum TokenKind: UInt8, Sendable, Hashable {
    case normal = 1
    case unknown = 2
    /// Steers the model, such as an end-of-text mark; stands for no text of the user's.
    case control = 3
    /// Text that is always one token.
    case userDefined = 4
    case unused = 5
    /// One byte, for text that no other token holds.
    case byte = 6
}

/// The tokens of a model, by id and by text.
public struct Vocabulary: Sendable {
    /// How tokens spell their bytes.
    public enum Spelling: Sendable, Hashable {
        /// Each byte is a character of GPT-2's byte alphabet.
        case byteLevel
        /// UTF-8 with `▁` (U+2581) for a space, and `<0xHH>` for a byte.
        case sentencePiece
    }

    public let spelling: Spelling
    /// The bytes a token stands for (byte-level) or its text as it stands in the file (SentencePiece).
    let texts: PackedTexts
    let kinds: [TokenKind]
    private let index: TextIndex
    /// The token of each byte that has one.
    let byteTokens: [Int32]
    let decoding: Decoding
    /// Added tokens that the model's own vocabulary does not have: text becomes them only where they are matched as a whole.
    private let outsideModel: Set<Int>

    init(
        spelling: Spelling, tokens: PackedTexts, kinds: [TokenKind], decoding: Decoding = Decoding(), outsideModel: Set<Int> = []
    ) {
        self.spelling = spelling
        self.decoding = decoding
        self.outsideModel = outsideModel
        self.kinds = kinds
        let texts = spelling == .byteLevel ? ByteAlphabet.decoded(tokens, kinds: kinds) : tokens
        self.texts = texts
        var index = TextIndex(capacity: tokens.count)
        // Ordinary tokens first: an added token may be spelt like the bytes of an ordinary one.
        index.insert(texts) { kinds[$0] == .normal }
        index.insert(texts) { kinds[$0] != .normal }
        self.index = index
        byteTokens = (0..<256).map { byte in
            let text: [UInt8]
            switch spelling {
            case .byteLevel: text = [UInt8(byte)]
            case .sentencePiece:
                let digits = String(byte, radix: 16, uppercase: true)
                text = Array("<0x\(digits.count == 1 ? "0" : "")\(digits)>".utf8)
            }
            return index.find(text[...], in: texts).map(Int32.init(truncatingIfNeeded:)) ?? -1
        }
    }

    /// The number of tokens, ids from 0.
    public var count: Int { texts.count }

    /// The kind of a token; `nil` outside the vocabulary.
    public func kind(of id: Int) -> TokenKind? { kinds.indices.contains(id) ? kinds[id] : nil }

    func find(_ text: ArraySlice<UInt8>) -> Int? { index.find(text, in: texts) }

    /// The token that is `text[range]`.
    func find(_ text: [UInt8], _ range: Range<Int>) -> Int? { index.find(text, range, in: texts) }

    /// The token spelt so in the model's file, such as `Ġthe`, `▁the` or `<|im_end|>`.
    public func id(of token: String) -> Int? {
        let literal = Array(token.utf8)
        if let id = find(literal[...]), kinds[id] != .normal || spelling == .sentencePiece { return id }
        guard spelling == .byteLevel, let bytes = ByteAlphabet.decode(literal[...]) else { return find(literal[...]) }
        return find(bytes[...])
    }

    /// Whether a model's own vocabulary has the token, beside which a file may add others.
    func isOfModel(_ id: Int) -> Bool { kinds[id] == .normal || kinds[id] == .byte || !outsideModel.contains(id) }

    /// The bytes that a token stands for in decoded text; empty outside the vocabulary.
    public func bytes(of id: Int) -> [UInt8] {
        var output: [UInt8] = []
        appendBytes(of: id, to: &output)
        return output
    }

    /// - Parameter droppingMetaspace: leaves every `▁` out.
    func appendBytes(of id: Int, to output: inout [UInt8], droppingMetaspace: Bool = false) {
        guard kinds.indices.contains(id) else { return }
        let isAdded = kinds[id] != .normal && kinds[id] != .byte
        if spelling == .byteLevel {
            if isAdded, decoding.spellsAddedTokens, let bytes = ByteAlphabet.decode(texts[id]) { return output.append(contentsOf: bytes) }
            return texts.append(id, to: &output)
        }
        let text = texts[id]
        if decoding.readsBytes, kinds[id] == .byte || isAdded && decoding.spellsAddedTokens, let byte = Self.byteValue(text) {
            return output.append(byte)
        }
        guard decoding.replacesMetaspace else { return output.append(contentsOf: text) }
        // ▁ is E2 96 81.
        var i = text.startIndex
        while i < text.endIndex {
            if text[i] == 0xE2, i + 2 < text.endIndex, text[i + 1] == 0x96, text[i + 2] == 0x81 {
                if !droppingMetaspace { output.append(0x20) }
                i += 3
            } else {
                output.append(text[i])
                i += 1
            }
        }
    }

    /// The value of `<0xHH>`.
    static func byteValue(_ text: ArraySlice<UInt8>) -> UInt8? {
        guard text.count == 6, text.starts(with: Array("<0x".utf8)), text.last == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: text.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
    }
}
