/// A set of cells by their places: unions of sets that grow along a notebook cost a word for 64 cells.
struct CellSet: Sendable, Hashable {
    private var words: [UInt64] = []

    init() {}

    init(_ places: some Sequence<Int>) {
        for place in places { insert(place) }
    }

    mutating func insert(_ place: Int) {
        let word = place / 64
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(place % 64)
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    func contains(_ place: Int) -> Bool {
        let word = place / 64
        return word < words.count && words[word] & (1 << UInt64(place % 64)) != 0
    }

    mutating func formUnion(_ other: CellSet) {
        while words.count < other.words.count { words.append(0) }
        for index in other.words.indices { words[index] |= other.words[index] }
    }

    func subtracting(_ other: CellSet) -> CellSet {
        var result = self
        for index in result.words.indices where index < other.words.count { result.words[index] &= ~other.words[index] }
        return result
    }

    func intersection(_ other: CellSet) -> CellSet {
        var result = self
        for index in result.words.indices { result.words[index] &= index < other.words.count ? other.words[index] : 0 }
        return result
    }

    /// In order.
    var places: [Int] {
        var places: [Int] = []
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                places.append(index * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return places
    }
}
