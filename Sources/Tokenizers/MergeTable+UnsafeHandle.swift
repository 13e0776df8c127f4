extension MergeTable {
    /// The merges of a GGUF file (`left right`, in the byte alphabet, best first).
    ///
    /// Merges whose parts or result are no tokens can never apply and are left out, as llama.cpp does.
    init(_ source: PackedTexts, _ vocabulary: Vocabulary) {
        self.init(capacity: source.count)
        let table = ByteAlphabet.byteOfScalar
        var decoded: [UInt8] = []
        source.bytes.withUnsafeBufferPointer { bytes in
            for rank in 0..<source.count {
                let merge = source.starts[rank]..<source.starts[rank + 1]
                // A part may itself begin with a space, so the separator is sought from the second byte.
                guard merge.count > 2, let space = ((merge.lowerBound + 1)..<merge.upperBound).first(where: { bytes[$0] == 0x20 }) else { continue }
                decoded.removeAll(keepingCapacity: true)
                guard ByteAlphabet.decode(UnsafeBufferPointer(rebasing: bytes[merge.lowerBound..<space]), table, into: &decoded) else { continue }
                let middle = decoded.count
                guard ByteAlphabet.decode(UnsafeBufferPointer(rebasing: bytes[(space + 1)..<merge.upperBound]), table, into: &decoded) else {
                    continue
                }
                guard let left = vocabulary.find(decoded, 0..<middle), let right = vocabulary.find(decoded, middle..<decoded.count),
                    let result = vocabulary.find(decoded, 0..<decoded.count)
                else { continue }
                insert(left: left, right: right, rank: rank, result: result)
            }
        }
    }
}
