/// A checksum over blocks of 64 bytes, big-endian, padded with a one bit, zeros and the length (FIPS 180-4, section 5.1.1).
protocol BlockHash {
    var state: [UInt32] { get set }
    var pending: [UInt8] { get set }
    /// Of all bytes so far.
    var length: UInt64 { get set }
    /// Mixes one block of 64 bytes into the state.
    mutating func compress(_ block: Slice<UnsafeRawBufferPointer>)
}

extension BlockHash {
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let taken = min(64 - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(taken))
            rest = rest.dropFirst(taken)
            guard pending.count == 64 else { return }
            let block = pending
            block.withUnsafeBytes { compress($0[...]) }
            pending.removeAll(keepingCapacity: true)
        }
        while rest.count >= 64 {
            compress(rest.prefix(64))
            rest = rest.dropFirst(64)
        }
        pending.append(contentsOf: rest)
    }

    mutating func digits() -> String {
        let bits = length &* 8
        var padding: [UInt8] = [0x80] + [UInt8](repeating: 0, count: (119 - pending.count) % 64)
        for shift in stride(from: 56, through: 0, by: -8) { padding.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
        padding.withUnsafeBytes { take($0) }
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// The block as sixteen words.
    func words(_ block: Slice<UnsafeRawBufferPointer>) -> [UInt32] {
        var words: [UInt32] = []
        for index in stride(from: block.startIndex, to: block.endIndex, by: 4) {
            var word = UInt32(block[index])
            for offset in 1..<4 { word = word << 8 | UInt32(block[index + offset]) }
            words.append(word)
        }
        return words
    }
}
