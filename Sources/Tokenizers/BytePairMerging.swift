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
            heap.insert(
                Candidate(
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
