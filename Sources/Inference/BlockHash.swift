/// A checksum over blocks of 64 bytes, big-endian, padded with a one bit, zeros and the length (FIPS 180-4).
protocol BlockHash {
    var state: [UInt32] { get set }
    var pending: [UInt8] { get set }
    var length: UInt64 { get set }
    /// Mixes one block, as sixteen words, into the state.
    mutating func compress(_ words: [UInt32])
}

extension BlockHash {
    mutating func update(_ bytes: ArraySlice<UInt8>) {
        length &+= UInt64(bytes.count)
        var rest = bytes
        if !pending.isEmpty {
            let taken = min(64 - pending.count, rest.count)
            pending += rest.prefix(taken)
            rest = rest.dropFirst(taken)
            guard pending.count == 64 else { return }
            compress(words(pending[...]))
            pending.removeAll(keepingCapacity: true)
        }
        while rest.count >= 64 {
            compress(words(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        pending += rest
    }

    /// The checksum as hexadecimal digits.
    mutating func finalize() -> String {
        let bits = length &* 8
        var padding: [UInt8] = [0x80] + [UInt8](repeating: 0, count: (119 - pending.count) % 64)
        for shift in stride(from: 56, through: 0, by: -8) { padding.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
        update(padding[...])
        return state.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    private func words(_ block: ArraySlice<UInt8>) -> [UInt32] {
        (0..<16).map { word in
            (0..<4).reduce(0) { $0 << 8 | UInt32(block[block.startIndex + 4 * word + $1]) }
        }
    }
}

struct SHA1: BlockHash {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    var pending: [UInt8] = []
    var length: UInt64 = 0

    mutating func compress(_ words: [UInt32]) {
        var schedule = words
        for i in 16..<80 {
            let mixed = schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16]
            schedule.append(mixed << 1 | mixed >> 31)
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for i in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch i {
                case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = (a << 5 | a >> 27) &+ f &+ e &+ k &+ schedule[i]
            (a, b, c, d, e) = (next, a, b << 30 | b >> 2, c, d)
        }
        for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
    }
}

struct SHA2: BlockHash {
    var state: [UInt32] = SHA2.roots(8, exponent: 2)
    var pending: [UInt8] = []
    var length: UInt64 = 0

    private static let constants = roots(64, exponent: 3)

    /// The first 32 bits of the fractional parts of roots of the first primes, which SHA-256 is built on: square
    /// roots for its state, cube roots for its rounds. In integers, since a double has too few bits.
    private static func roots(_ count: Int, exponent: Int) -> [UInt32] {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < count {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The largest r with r^exponent <= prime * 2^(32 exponent).
            var low: UInt64 = 0, high: UInt64 = 1 << 37
            while high - low > 1 {
                let middle = (low + high) / 2
                if isPower(middle, exponent, atMost: prime) { low = middle } else { high = middle }
            }
            return UInt32(truncatingIfNeeded: low)
        }
    }

    private static func isPower(_ root: UInt64, _ exponent: Int, atMost prime: UInt64) -> Bool {
        var power: UInt128 = 1
        for _ in 0..<exponent { power *= UInt128(root) }
        return power <= UInt128(prime) << (32 * UInt128(exponent))
    }

    mutating func compress(_ words: [UInt32]) {
        var schedule = words
        schedule.reserveCapacity(64)
        for i in 16..<64 {
            let w15 = schedule[i - 15], w2 = schedule[i - 2]
            let s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >> 3)
            let s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >> 10)
            schedule.append(schedule[i - 16] &+ s0 &+ schedule[i - 7] &+ s1)
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for i in 0..<64 {
            let s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
            let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ Self.constants[i] &+ schedule[i]
            let s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
            let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
        }
        for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
    }

    private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
}
