/// Byte-pair encoding by token scores, as SentencePiece does it: of all neighbouring pairs whose joined text is a token the
/// one of highest score is merged, the leftmost of equals (llama.cpp, `llm_tokenizer_spm_session`).
struct ScoredMerging: Sendable {
    let vocabulary: Vocabulary
    let scores: [Float]
    /// The last bytes of characters that some token has before a `▁`. Elsewhere no token reaches across the start of a
    /// `▁`, so text can be cut there and the words merged one by one.
    private let precedesMetaspace: [Bool]

    init(vocabulary: Vocabulary, scores: [Float]) {
        self.vocabulary = vocabulary
        self.scores = scores
        var table = [Bool](repeating: false, count: 256)
        let texts = vocabulary.texts
        texts.bytes.withUnsafeBufferPointer { bytes in
            for id in 0..<texts.count {
                var i = texts.starts[id] + 1
                let end = texts.starts[id + 1] - 2
                while i < end {
                    if Self.isMetaspace(bytes, i) { table[Int(bytes[i - 1])] = true }
                    i += 1
                }
            }
        }
        precedesMetaspace = table
    }

    @inline(__always)
    private static func isMetaspace(_ text: UnsafeBufferPointer<UInt8>, _ i: Int) -> Bool {
        text[i] == 0xE2 && text[i + 1] == 0x96 && text[i + 2] == 0x81
    }

    /// The end of the word that starts at `start`.
    func wordEnd(_ text: [UInt8], from start: Int, limit: Int) -> Int {
        text.withUnsafeBufferPointer { text in
            var i = start + 1
            while i + 2 < limit {
                if text[i] == 0xE2, Self.isMetaspace(text, i), !precedesMetaspace[Int(text[i - 1])] { return i }
                i += 1
            }
            return limit
        }
    }

    private struct Candidate: Comparable {
        var score: Float
        var left: Int32
        var right: Int32
        var length: Int32
        var id: Int32

        static func < (a: Candidate, b: Candidate) -> Bool { a.score != b.score ? a.score > b.score : a.left < b.left }
    }

    /// Appends the tokens of `text[range]`, which begins and ends with whole characters; calls `unknown` with the range of
    /// each character that is no token.
    ///
    /// - Complexity: O(*n* log *n*).
    func encode(_ text: [UInt8], _ range: Range<Int>, into ids: inout [Int], unknown: (Range<Int>, inout [Int]) -> Void) {
        var starts: [Int] = []
        starts.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            starts.append(position)
            position = min(range.upperBound, position + (UTF8Text.scalar(in: text, at: position)?.width ?? 1))
        }
        let count = starts.count
        var lengths = (0..<count).map { ($0 + 1 < count ? starts[$0 + 1] : range.upperBound) - starts[$0] }
        var tokens = [Int32](repeating: -1, count: count)
        var previous = (0..<count).map { $0 - 1 }
        var next = (0..<count).map { $0 + 1 < count ? $0 + 1 : -1 }
        var heap = BinaryHeap<Candidate>()
        func push(_ left: Int, _ lengths: [Int], _ next: [Int], _ heap: inout BinaryHeap<Candidate>) {
            guard left >= 0, next[left] >= 0 else { return }
            let length = lengths[left] + lengths[next[left]]
            guard let id = vocabulary.find(text, starts[left]..<starts[left] + length), id < scores.count else { return }
            heap.insert(
                Candidate(
                    score: scores[id], left: Int32(truncatingIfNeeded: left), right: Int32(truncatingIfNeeded: next[left]),
                    length: Int32(truncatingIfNeeded: length), id: Int32(truncatingIfNeeded: id)))
        }
        for left in 0..<count { push(left, lengths, next, &heap) }
        while let candidate = heap.popFirst() {
            let (left, right) = (Int(candidate.left), Int(candidate.right))
            guard lengths[left] > 0, lengths[right] > 0, lengths[left] + lengths[right] == Int(candidate.length) else { continue }
            lengths[left] += lengths[right]
            lengths[right] = 0
            tokens[left] = candidate.id
            next[left] = next[right]
            if next[right] >= 0 { previous[next[right]] = left }
            push(previous[left], lengths, next, &heap)
            push(left, lengths, next, &heap)
        }
        for symbol in 0..<count where lengths[symbol] > 0 {
            let range = starts[symbol]..<starts[symbol] + lengths[symbol]
            if tokens[symbol] >= 0 {
                ids.append(Int(tokens[symbol]))
            } else if let id = vocabulary.find(text, range) {
                ids.append(id)
            } else {
                unknown(range, &ids)
            }
        }
    }
}
