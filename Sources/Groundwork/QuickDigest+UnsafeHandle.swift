/// A digest that tells whether bytes are those of before: fast, and no protection against anyone who means to deceive.
///
/// Two folded 64-by-64-bit multiplications for each 16 bytes, as in wyhash (Wang Yi, https://github.com/wangyi-fudan/wyhash,
/// public domain), kept apart for 128 bits. Where keys name what is run or trusted, ``ContentKey`` is to be used.
public struct QuickDigest: Sendable, Hashable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { QuickDigest($0) }
    }

    public init(_ text: String) {
        var text = text
        self = text.withUTF8 { QuickDigest(UnsafeRawBufferPointer($0)) }
    }

    /// The digest of several, in order.
    public init(_ digests: [QuickDigest]) {
        var words: [UInt64] = []
        words.reserveCapacity(digests.count * 2)
        for digest in digests { words += [digest.high.littleEndian, digest.low.littleEndian] }
        self = words.withUnsafeBytes { QuickDigest($0) }
    }

    private init(_ bytes: UnsafeRawBufferPointer) {
        var first: UInt64 = 0xA076_1D64_78BD_642F
        var second: UInt64 = 0xE703_7ED1_A0B4_28DB
        var offset = 0
        while offset + 16 <= bytes.count {
            let a = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let b = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            first = Self.folded(first ^ a, b ^ 0x8EBC_6AF0_9C88_C6E3)
            second = Self.folded(second ^ b, a ^ 0x5899_65CC_7537_4CC3)
            offset += 16
        }
        var a: UInt64 = 0
        var b: UInt64 = 0
        for index in offset..<bytes.count {
            if index - offset < 8 {
                a |= UInt64(bytes[index]) << UInt64((index - offset) * 8)
            } else {
                b |= UInt64(bytes[index]) << UInt64((index - offset - 8) * 8)
            }
        }
        let length = UInt64(bytes.count)
        first = Self.folded(first ^ a, b ^ 0x8EBC_6AF0_9C88_C6E3)
        second = Self.folded(second ^ b, a ^ 0x5899_65CC_7537_4CC3)
        high = Self.folded(first ^ length, second ^ 0x1D8E_4E27_C47D_124F)
        low = Self.folded(second ^ 0x9E37_79B9_7F4A_7C15, first ^ length ^ 0xD6E8_FEB8_6659_FD93)
    }

    @inline(__always)
    private static func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        // The factors come back in, so that a zero does not swallow what was before.
        return product.high ^ product.low ^ a ^ (b << 32 | b >> 32)
    }

    /// 32 hexadecimal digits.
    public var description: String { Self.digits(high) + Self.digits(low) }

    private static func digits(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
