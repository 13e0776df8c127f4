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
            slots.withUnsafeMutableBufferPointer { slots in
                for id in 0..<texts.count where include(id) {
                    let text = UnsafeRawBufferPointer(rebasing: bytes[texts.starts[id]..<texts.starts[id + 1]])
                    let hash = Self.hash(text)
                    var slot = Int(truncatingIfNeeded: hash) & mask
                    while slots[slot] != 0, !Self.matches(slots[slot], hash, text, texts.starts, bytes) {
                        slot = (slot + 1) & mask
                    }
                    if slots[slot] == 0 { slots[slot] = (hash & ~0xFFFF_FFFF) | UInt64(UInt32(truncatingIfNeeded: id + 1)) }
                }
            }
        }
    }

    /// The id of a text, if it was entered from `texts`.
    func find(_ text: ArraySlice<UInt8>, in texts: PackedTexts) -> Int? {
        text.withUnsafeBytes { text in
            texts.bytes.withUnsafeBytes { bytes in
                slots.withUnsafeBufferPointer { slots in
                    let hash = Self.hash(text)
                    var slot = Int(truncatingIfNeeded: hash) & mask
                    while slots[slot] != 0 {
                        if Self.matches(slots[slot], hash, text, texts.starts, bytes) {
                            return Int(UInt32(truncatingIfNeeded: slots[slot])) - 1
                        }
                        slot = (slot + 1) & mask
                    }
                    return nil
                }
            }
        }
    }

    private static func matches(
        _ entry: UInt64, _ hash: UInt64, _ text: UnsafeRawBufferPointer, _ starts: [Int], _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        guard (entry ^ hash) >> 32 == 0 else { return false }
        let id = Int(UInt32(truncatingIfNeeded: entry)) - 1
        let start = starts[id]
        guard starts[id + 1] - start == text.count else { return false }
        for i in 0..<text.count where text[i] != bytes[start + i] { return false }
        return true
    }

    /// Multiply and fold (the mixing step of wyhash), eight bytes at a time.
    private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
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
