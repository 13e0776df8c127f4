/// From the bytes of a token to its id: open addressing with linear probing, half full at most.
///
/// A slot holds 32 bits of the hash above the id plus one; zero is an empty slot. The texts themselves stay in
/// ``PackedTexts``, so an entry costs eight bytes.
struct TextIndex: Sendable {
    private var slots: [UInt64]
    private var mask: Int

    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
    }

    /// Enters texts, in order; a text that is there already keeps its first id.
    mutating func insert(_ texts: PackedTexts, where include: (Int) -> Bool) {
        let mask = mask
        texts.bytes.withUnsafeBytes { bytes in
            texts.starts.withUnsafeBufferPointer { starts in
                slots.withUnsafeMutableBufferPointer { slots in
                    for id in 0..<texts.count where include(id) {
                        let text = UnsafeRawBufferPointer(rebasing: bytes[starts[id]..<starts[id + 1]])
                        let hash = Self.hash(text)
                        var slot = Int(truncatingIfNeeded: hash) & mask
                        while slots[slot] != 0, !Self.matches(slots[slot], hash, text, starts, bytes) {
                            slot = (slot + 1) & mask
                        }
                        if slots[slot] == 0 { slots[slot] = (hash & ~0xFFFF_FFFF) | UInt64(UInt32(truncatingIfNeeded: id + 1)) }
                    }
                }
            }
        }
    }

    /// The id of a text, if it was entered from `texts`.
    func find(_ text: ArraySlice<UInt8>, in texts: PackedTexts) -> Int? {
        text.withUnsafeBytes { find($0, in: texts) }
    }

    /// The id of `text[range]`, without a slice's reference counting.
    func find(_ text: [UInt8], _ range: Range<Int>, in texts: PackedTexts) -> Int? {
        text.withUnsafeBytes { find(UnsafeRawBufferPointer(rebasing: $0[range]), in: texts) }
    }

    @inline(__always)
    func find(_ text: UnsafeRawBufferPointer, in texts: PackedTexts) -> Int? {
        texts.bytes.withUnsafeBytes { bytes in
            texts.starts.withUnsafeBufferPointer { starts in
                slots.withUnsafeBufferPointer { slots in
                    let hash = Self.hash(text)
                    var slot = Int(truncatingIfNeeded: hash) & mask
                    while slots[slot] != 0 {
                        if Self.matches(slots[slot], hash, text, starts, bytes) {
                            return Int(UInt32(truncatingIfNeeded: slots[slot])) - 1
                        }
                        slot = (slot + 1) & mask
                    }
                    return nil
                }
            }
        }
    }

    @inline(__always)
    private static func matches(
        _ entry: UInt64, _ hash: UInt64, _ text: UnsafeRawBufferPointer, _ starts: UnsafeBufferPointer<Int>, _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        guard (entry ^ hash) >> 32 == 0 else { return false }
        let id = Int(UInt32(truncatingIfNeeded: entry)) - 1
        let start = starts[id]
        guard starts[id + 1] - start == text.count else { return false }
        for i in 0..<text.count where text[i] != bytes[start + i] { return false }
        return true
    }

    /// Multiply and fold (the mixing step of wyhash), eight bytes at a time.
    @inline(__always)
    static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: text.count)
        var offset = 0
        while text.count - offset >= 8 {
            hash = fold(hash ^ text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        if offset < text.count {
            var rest: UInt64 = 0
            for i in offset..<text.count { rest = rest << 8 | UInt64(text[i]) }
            hash = fold(hash ^ rest)
        }
        return hash
    }

    @inline(__always) private static func fold(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}
