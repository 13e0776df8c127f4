/// A token that is found in the text before anything else is split.
struct AddedToken: Sendable, Hashable {
    var id: Int
    var text: [UInt8]
    /// Steers the model: matched only where the caller allows it.
    var isSpecial: Bool
    /// Swallows white space to its left.
    var stripsLeft = false
    /// Swallows white space to its right.
    var stripsRight = false
    /// Matches only between characters that are no letters, digits or underscores.
    var isWholeWord = false
    /// Matched in the normalised text rather than in the text as given.
    var isNormalized = false
}

/// Finds added tokens: the leftmost, and of those that start there the longest.
///
/// A table by first byte gives the lengths to try, longest first, so a text without any such first byte costs one
/// look per byte however many tokens there are.
struct AddedTokens: Sendable {
    private let tokens: [AddedToken]
    private let texts: PackedTexts
    private let index: TextIndex
    private let lengthsByFirstByte: [[Int]]

    init(_ tokens: [AddedToken]) {
        let tokens = tokens.filter { !$0.text.isEmpty }
        self.tokens = tokens
        var texts = PackedTexts()
        var lengths = [Set<Int>](repeating: [], count: 256)
        for token in tokens {
            texts.append(token.text)
            if let first = token.text.first { lengths[Int(first)].insert(token.text.count) }
        }
        self.texts = texts
        var index = TextIndex(capacity: tokens.count)
        index.insert(texts) { _ in true }
        self.index = index
        lengthsByFirstByte = lengths.map { $0.sorted(by: >) }
    }

    var isEmpty: Bool { tokens.isEmpty }

    struct Match {
        var token: AddedToken
        var range: Range<Int>
    }

    /// The first match at or after `start`, its range widened by the white space that it swallows (never before `start`).
    func firstMatch(in text: [UInt8], from start: Int, special: Bool) -> Match? {
        guard !tokens.isEmpty else { return nil }
        for position in start..<max(start, text.count) {
            for length in lengthsByFirstByte[Int(text[position])] where length <= text.count - position {
                guard let found = index.find(text[position..<position + length], in: texts) else { continue }
                let token = tokens[found]
                if token.isSpecial, !special { continue }
                if token.isWholeWord, !isWholeWord(position..<position + length, in: text) { continue }
                return Match(token: token, range: widened(position..<position + length, of: token, in: text, from: start))
            }
        }
        return nil
    }

    private func isWholeWord(_ range: Range<Int>, in text: [UInt8]) -> Bool {
        // `\w` of the peer's regular expressions (Unicode Technical Standard 18, annex C).
        func isWord(_ scalar: Unicode.Scalar?) -> Bool {
            guard let scalar else { return false }
            switch scalar.properties.generalCategory {
            case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: return true
            default: return scalar.properties.isAlphabetic || scalar.properties.isJoinControl
            }
        }
        return !isWord(UTF8Text.scalar(in: text, before: range.lowerBound)) && !isWord(UTF8Text.scalar(in: text, at: range.upperBound)?.scalar)
    }

    private func widened(_ range: Range<Int>, of token: AddedToken, in text: [UInt8], from start: Int) -> Range<Int> {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        if token.stripsLeft {
            while lower > start, let scalar = UTF8Text.scalar(in: text, before: lower), scalar.properties.isWhitespace {
                lower -= UTF8.width(scalar)
            }
        }
        if token.stripsRight {
            while let next = UTF8Text.scalar(in: text, at: upper), next.scalar.properties.isWhitespace { upper += next.width }
        }
        return max(lower, start)..<upper
    }
}
