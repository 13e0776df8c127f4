/// Byte-pair encoding by ranked merges: of all neighbouring pairs that have a merge the one of least rank is merged,
/// the leftmost of equals, until none is left (Sennrich et al., 2016).
struct RankedMerging: Sendable {
    let merges: MergeTable

    /// Merges `symbols` in place.
    ///
    /// - Complexity: O(*n* log *n*); short words are scanned instead, which is faster for them.
    func merge(_ symbols: inout [Int32]) {
        if symbols.count <= 24 { mergeByScanning(&symbols) } else { mergeByHeap(&symbols) }
    }

    private func mergeByScanning(_ symbols: inout [Int32]) {
        guard symbols.count > 1 else { return }
        let none = MergeTable.Merge(rank: .max, result: 0)
        // candidates[i] is the merge of symbols i and i + 1.
        var candidates: [MergeTable.Merge] = []
        candidates.reserveCapacity(symbols.count)
        for i in 1..<symbols.count { candidates.append(merges.find(symbols[i - 1], symbols[i]) ?? none) }
        while !candidates.isEmpty {
            var best = 0
            for i in 1..<max(1, candidates.count) where candidates[i].rank < candidates[best].rank { best = i }
            guard candidates[best].rank != .max else { return }
            symbols[best] = candidates[best].result
            symbols.remove(at: best + 1)
            candidates.remove(at: best)
            if best > 0 { candidates[best - 1] = merges.find(symbols[best - 1], symbols[best]) ?? none }
            if best < candidates.count { candidates[best] = merges.find(symbols[best], symbols[best + 1]) ?? none }
        }
    }

    private struct Candidate: Comparable {
        var rank: UInt32
        var position: Int32
        var left: Int32
        var right: Int32
        var result: Int32

        static func < (a: Candidate, b: Candidate) -> Bool { a.rank != b.rank ? a.rank < b.rank : a.position < b.position }
    }

    private func mergeByHeap(_ symbols: inout [Int32]) {
        let count = symbols.count
        var previous = (0..<count).map { $0 - 1 }
        var next = (0..<count).map { $0 + 1 < count ? $0 + 1 : -1 }
        var heap = BinaryHeap<Candidate>()
        func push(_ position: Int, _ symbols: [Int32], _ next: [Int], _ heap: inout BinaryHeap<Candidate>) {
            guard position >= 0, next[position] >= 0, let merge = merges.find(symbols[position], symbols[next[position]]) else { return }
            heap.insert(Candidate(
                rank: merge.rank, position: Int32(truncatingIfNeeded: position), left: symbols[position],
                right: symbols[next[position]], result: merge.result))
        }
        for position in 0..<count { push(position, symbols, next, &heap) }
        while let candidate = heap.popFirst() {
            let position = Int(candidate.position)
            let neighbour = next[position]
            // The entry is stale when either side was merged since; merged symbols are marked -1.
            guard neighbour >= 0, symbols[position] == candidate.left, symbols[neighbour] == candidate.right else { continue }
            symbols[position] = candidate.result
            symbols[neighbour] = -1
            next[position] = next[neighbour]
            if next[neighbour] >= 0 { previous[next[neighbour]] = position }
            next[neighbour] = -1
            push(previous[position], symbols, next, &heap)
            push(position, symbols, next, &heap)
        }
        symbols.removeAll { $0 == -1 }
    }
}

/// Byte-pair encoding by token scores, as SentencePiece does it: of all neighbouring pairs whose joined text is a token the
/// one of highest score is merged, the leftmost of equals (llama.cpp, `llm_tokenizer_spm_session`).
struct ScoredMerging: Sendable {
    let vocabulary: Vocabulary
    let scores: [Float]

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
            guard let id = vocabulary.find(text[starts[left]..<starts[left] + length]), id < scores.count else { return }
            heap.insert(Candidate(
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
            } else if let id = vocabulary.find(text[range]) {
                ids.append(id)
            } else {
                unknown(range, &ids)
            }
        }
    }
}
