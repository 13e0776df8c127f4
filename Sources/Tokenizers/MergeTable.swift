/// From a pair of neighbouring tokens to the rank of their merge and the token it makes: open addressing, linear probing.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        var rank: UInt32
        var result: Int32
    }

    private struct Slot: Sendable {
        var pair: UInt64 = .max
        var rank: UInt32 = 0
        var result: Int32 = 0
    }

    private var slots: [Slot]
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [Slot](repeating: Slot(), count: size)
        mask = size - 1
    }

    /// Enters a merge. Of a pair that comes twice the first rank counts, as for llama.cpp, or the last, as for Hugging Face's tokenizers.
    mutating func insert(left: Int, right: Int, rank: Int, result: Int, lastCounts: Bool = false) {
        let pair = Self.key(Int32(truncatingIfNeeded: left), Int32(truncatingIfNeeded: right))
        var slot = Self.hash(pair) & mask
        while slots[slot].pair != .max {
            if slots[slot].pair == pair {
                if lastCounts { break }
                return
            }
            slot = (slot + 1) & mask
        }
        slots[slot] = Slot(pair: pair, rank: UInt32(truncatingIfNeeded: rank), result: Int32(truncatingIfNeeded: result))
    }

    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> Merge? {
        let pair = Self.key(left, right)
        var slot = Self.hash(pair) & mask
        while slots[slot].pair != .max {
            if slots[slot].pair == pair { return Merge(rank: slots[slot].rank, result: slots[slot].result) }
            slot = (slot + 1) & mask
        }
        return nil
    }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private static func hash(_ pair: UInt64) -> Int {
        let product = pair &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: product >> 32 ^ product >> 15)
    }
}
