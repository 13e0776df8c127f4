extension PackedTexts {
    /// Appends the bytes of text `index`, which is in the list.
    func append(_ index: Int, to output: inout [UInt8]) {
        let range = starts[index]..<starts[index + 1]
        bytes.withUnsafeBufferPointer { output.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// Reads GGUF's array of strings where it lies: `count` texts, each a little-endian 64-bit length and its bytes.
    ///
    /// `nil` when a length runs past the end of `memory`.
    package init?(lengthPrefixed memory: UnsafeRawBufferPointer, count: Int) {
        // A text takes eight bytes at least, so a count that the memory cannot hold allocates nothing.
        guard count >= 0, count <= memory.count / 8 else { return nil }
        reserve(count: count, byteCount: memory.count - 8 * count)
        var offset = 0
        for _ in 0..<count {
            guard memory.count - offset >= 8 else { return nil }
            let length = UInt64(littleEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
            guard length <= UInt64(memory.count - offset) else { return nil }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: memory[offset..<offset + Int(length)]))
            starts.append(bytes.count)
            offset += Int(length)
        }
    }
}
