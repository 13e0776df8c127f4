extension Tokenizer {
    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - addSpecialTokens: puts before and after the text what the model expects there (often a begin-of-text token).
    ///   - parseSpecial: control tokens written in the text, such as `<|im_end|>`, become those tokens. Off, they are
    ///     ordinary text, as text from users should be.
    public func encode(_ text: String, addSpecialTokens: Bool = true, parseSpecial: Bool = false) -> [Int] {
        var ids = addSpecialTokens ? special.prefix : []
        let bytes = Array(text.utf8)
        var scratch = Scratch()
        split(bytes, 0..<bytes.count, at: addedTokens, special: parseSpecial, into: &ids) { outer, ids in
            let normalized =
                normalizer.steps.isEmpty && outer.count == bytes.count
                ? bytes : normalizer.apply(bytes[outer], isStart: outer.lowerBound == 0)
            split(normalized, 0..<normalized.count, at: normalizedAddedTokens, special: parseSpecial, into: &ids) { inner, ids in
                if preparation.steps.isEmpty { return encodeWords(normalized, inner, into: &ids, &scratch) }
                let isStart = outer.lowerBound == 0 && inner.lowerBound == 0
                let prepared = preparation.apply(normalized[inner], isStart: isStart)
                encodeWords(prepared, 0..<prepared.count, into: &ids, &scratch)
            }
        }
        if addSpecialTokens { ids += special.suffix }
        return ids
    }

    /// What one call keeps from word to word: the memory of the symbols being merged.
    private struct Scratch {
        var symbols: [Int32] = []
    }

    private func split(
        _ text: [UInt8], _ range: Range<Int>, at tokens: AddedTokens, special: Bool, into ids: inout [Int],
        between: (Range<Int>, inout [Int]) -> Void
    ) {
        var position = range.lowerBound
        while let match = tokens.firstMatch(in: text, from: position, special: special) {
            if match.range.lowerBound > position { between(position..<match.range.lowerBound, &ids) }
            ids.append(match.token.id)
            position = match.range.upperBound
        }
        if position < range.upperBound { between(position..<range.upperBound, &ids) }
    }

    private func encodeWords(_ text: [UInt8], _ range: Range<Int>, into ids: inout [Int], _ scratch: inout Scratch) {
        switch model {
        case .scored(let merging):
            var cache = WordCache(byteCount: range.count)
            var start = range.lowerBound
            while start < range.upperBound {
                let end = merging.wordEnd(text, from: start, limit: range.upperBound)
                cache.append(start..<end, of: text, to: &ids) { ids in
                    merging.encode(text, start..<end, into: &ids) { appendUnknown(text[$0], to: &$1) }
                }
                start = end
            }
        case .ranked(let merging, let wholeWordsFirst):
            var cache = WordCache(byteCount: range.count)
            var start = range.lowerBound
            for end in preTokenizer.ends(in: text, range) {
                cache.append(start..<end, of: text, to: &ids) { ids in
                    if wholeWordsFirst, let id = vocabulary.find(text, start..<end), vocabulary.kind(of: id) == .normal { return ids.append(id) }
                    scratch.symbols.removeAll(keepingCapacity: true)
                    appendSymbols(of: text[start..<end], in: text, to: &scratch.symbols)
                    merging.merge(&scratch.symbols)
                    for symbol in scratch.symbols { ids.append(Int(symbol)) }
                }
                start = end
            }
        }
    }

    /// The tokens that merging starts from: bytes, or characters.
    ///
    /// As in Hugging Face's tokenizers the unknown token is put where the next token of the vocabulary comes: bytes that a character fell
    /// back to do not call for it.
    private func appendSymbols(of word: ArraySlice<UInt8>, in text: [UInt8], to symbols: inout [Int32]) {
        var owesUnknown = false
        func append(_ token: Int32) {
            if owesUnknown { appendUnknown() }
            symbols.append(token)
        }
        func appendUnknown() {
            owesUnknown = false
            if let unknownSymbol { symbols.append(Int32(truncatingIfNeeded: unknownSymbol)) }
        }
        func owe() {
            if owesUnknown, !fusesUnknown { appendUnknown() }
            owesUnknown = unknownSymbol != nil
        }
        if vocabulary.spelling == .byteLevel {
            for byte in word {
                let token = vocabulary.byteTokens[Int(byte)]
                if token >= 0 { append(token) } else { owe() }
            }
        } else {
            var position = word.startIndex
            while position < word.endIndex {
                let end = min(word.endIndex, position + (UTF8Text.scalar(in: text, at: position)?.width ?? 1))
                let character = text[position..<end]
                if let id = vocabulary.find(character), vocabulary.isOfModel(id) {
                    append(Int32(truncatingIfNeeded: id))
                } else if fallsBackToBytes, character.allSatisfy({ vocabulary.byteTokens[Int($0)] >= 0 }) {
                    for byte in character { symbols.append(vocabulary.byteTokens[Int(byte)]) }
                } else {
                    owe()
                }
                position = end
            }
        }
        if owesUnknown { appendUnknown() }
    }

    /// A character that is no token: its bytes, or the unknown token.
    private func appendUnknown(_ character: ArraySlice<UInt8>, to ids: inout [Int]) {
        if fallsBackToBytes, character.allSatisfy({ vocabulary.byteTokens[Int($0)] >= 0 }) {
            for byte in character { ids.append(Int(vocabulary.byteTokens[Int(byte)])) }
        } else if let unknownSymbol {
            ids.append(unknownSymbol)
        }
    }
}
