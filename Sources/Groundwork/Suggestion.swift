/// The candidate nearest to a misspelt word, for "did you mean".
///
/// Nearness is the Damerau–Levenshtein distance (optimal string alignment); a candidate further away
/// than a third of the word's length, or two, whichever is more, is no suggestion.
public func nearestName(to word: String, among candidates: some Sequence<String>) -> String? {
    nearestName(to: word, among: candidates, within: max(2, word.count / 3))
}

/// The candidate nearest to a word, if it is no further away than `limit` slips. Words of more than 100 characters have none.
public func nearestName(to word: String, among candidates: some Sequence<String>, within limit: Int) -> String? {
    if word.utf8.count > 400 || word.count > 100 { return nil }
    let length = word.count
    // Every slip makes a word one character longer or shorter at most.
    return
        candidates
        .filter { abs($0.count - length) <= limit }
        .map { (name: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= limit && $0.distance < max(word.count, 2) }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?
        .name
}

private func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.unicodeScalars)
    let b = Array(right.unicodeScalars)
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 1...a.count {
        var current = [i] + [Int](repeating: 0, count: b.count)
        for j in 1...b.count {
            let cost = a[i - 1] == b[j - 1] ? 0 : 1
            current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                current[j] = min(current[j], beforePrevious[j - 2] + 1)
            }
        }
        beforePrevious = previous
        previous = current
    }
    return previous[b.count]
}
