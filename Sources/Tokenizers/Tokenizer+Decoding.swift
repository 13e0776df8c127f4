extension Tokenizer {
    /// The text of tokens. Ids outside the vocabulary give nothing; bytes that are not UTF-8 become U+FFFD.
    ///
    /// - Parameter skipSpecialTokens: leaves control tokens out, such as `<|im_end|>`.
    public func decode(_ ids: some Sequence<Int>, skipSpecialTokens: Bool = false) -> String {
        var bytes: [UInt8] = []
        var isFirst = true
        for id in ids { appendBytes(of: id, skipSpecialTokens: skipSpecialTokens, isFirst: &isFirst, to: &bytes) }
        return String(decoding: decoding.leadingSpace == .dropped && bytes.first == 0x20 ? bytes.dropFirst() : bytes[...], as: UTF8.self)
    }

    /// A decoder for tokens that come one at a time.
    public func streamingDecoder(skipSpecialTokens: Bool = false) -> StreamingDecoder {
        StreamingDecoder(tokenizer: self, skipSpecialTokens: skipSpecialTokens)
    }

    /// - Parameter isFirst: whether no token came before; `false` once one did.
    func appendBytes(of id: Int, skipSpecialTokens: Bool, isFirst: inout Bool, to bytes: inout [UInt8]) {
        guard let kind = vocabulary.kind(of: id) else { return }
        if skipSpecialTokens, kind == .control || kind == .unknown { return }
        if decoding.joinsWithSpaces, kind == .unused { return }
        if decoding.joinsWithSpaces, !isFirst { bytes.append(0x20) }
        vocabulary.appendBytes(of: id, to: &bytes, droppingMetaspace: isFirst && decoding.leadingSpace == .droppedOfFirstToken)
        isFirst = false
    }
}

/// Turns tokens into text as they come, holding back the bytes of a character until it is whole.
///
/// All that it returns, joined, is what ``Tokenizer/decode(_:skipSpecialTokens:)`` gives for the same tokens.
public struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecialTokens: Bool
    /// The bytes of a character begun: three at most between calls.
    private var pending: [UInt8] = []
    private var isAtStart = true
    private var isFirst = true

    init(tokenizer: Tokenizer, skipSpecialTokens: Bool) {
        self.tokenizer = tokenizer
        self.skipSpecialTokens = skipSpecialTokens
    }

    /// The text that the token completes; empty while a character is still open.
    public mutating func append(_ id: Int) -> String {
        tokenizer.appendBytes(of: id, skipSpecialTokens: skipSpecialTokens, isFirst: &isFirst, to: &pending)
        if isAtStart, let first = pending.first {
            isAtStart = false
            if tokenizer.decoding.leadingSpace == .dropped, first == 0x20 { pending.removeFirst() }
        }
        let whole = pending.count - Self.openLength(pending)
        guard whole > 0 else { return "" }
        defer { pending.removeFirst(whole) }
        return String(decoding: pending[..<whole], as: UTF8.self)
    }

    /// What is left when no token follows: U+FFFD for a character that was never completed.
    public mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    /// The number of bytes at the end that begin a character and do not complete it.
    private static func openLength(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let width = byte >= 0xF8 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return width > back ? back : 0
        }
        return 0
    }
}
