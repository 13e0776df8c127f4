/// Words met before in one call of `encode`, with where their ids stand in the output: text repeats itself, and copying a
/// few ids costs less than merging again.
///
/// Direct-mapped; an entry is compared byte by byte, so a wrong hit is impossible.
struct WordCache {
    private struct Entry {
        var start: Int32 = 0
        var length: Int32 = 0
        var firstID: Int32 = 0
        var idCount: Int32 = 0
    }

    private var entries: [Entry]
    private let mask: Int

    /// - Parameter byteCount: the length of the text; short texts get no entries at all.
    init(byteCount: Int) {
        let isWorthwhile = byteCount >= 1024 && byteCount < Int(Int32.max)
        entries = isWorthwhile ? [Entry](repeating: Entry(), count: 4096) : []
        mask = entries.count - 1
    }

    /// Appends the ids of `text[range]`, from the cache or from `make`.
    mutating func append(_ range: Range<Int>, of text: [UInt8], to ids: inout [Int], make: (inout [Int]) -> Void) {
        guard !entries.isEmpty, range.count <= 64 else { return make(&ids) }
        let slot = text.withUnsafeBytes { text in
            Int(truncatingIfNeeded: TextIndex.hash(UnsafeRawBufferPointer(rebasing: text[range]))) & mask
        }
        let entry = entries[slot]
        if Int(entry.length) == range.count, Self.matches(text, Int(entry.start), range) {
            let first = Int(entry.firstID)
            for id in first..<first + Int(entry.idCount) { ids.append(ids[id]) }
            return
        }
        let first = ids.count
        make(&ids)
        entries[slot] = Entry(
            start: Int32(truncatingIfNeeded: range.lowerBound), length: Int32(truncatingIfNeeded: range.count),
            firstID: Int32(truncatingIfNeeded: first), idCount: Int32(truncatingIfNeeded: ids.count - first))
    }

    private static func matches(_ text: [UInt8], _ start: Int, _ range: Range<Int>) -> Bool {
        text.withUnsafeBufferPointer { text in
            for offset in 0..<range.count where text[start + offset] != text[range.lowerBound + offset] { return false }
            return true
        }
    }
}
