/// GPT-2's printable stand-ins for the 256 bytes (`bytes_to_unicode` in its `encoder.py`): printable Latin-1 stands for
/// itself, the other bytes for U+0100 onwards, in order.
enum ByteAlphabet {
    /// The byte of a scalar below U+0144, or -1.
    static let byteOfScalar: [Int16] = {
        var table = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for byte in 0..<256 {
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
                table[byte] = Int16(byte)
            } else {
                table[next] = Int16(byte)
                next += 1
            }
        }
        return table
    }()

    /// The bytes that a token spells; `nil` when it has a character outside the alphabet.
    static func decode(_ token: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        return token.withUnsafeBufferPointer { decode($0, byteOfScalar, into: &bytes) } ? bytes : nil
    }
}
