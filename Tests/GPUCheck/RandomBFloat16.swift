import Tensors

/// Random matrices in bfloat16, and norms of ones, as a safetensors file.
enum RandomBFloat16 {
    static func writeFile(_ tensors: [(name: String, shape: [Int])], path: String) -> Bool {
        var header = "{"
        var offset = 0
        for (index, (name, dimensions)) in tensors.enumerated() {
            let count = 2 * dimensions.reduce(1, *)
            header +=
                (index == 0 ? "" : ",")
                + "\"\(name)\":{\"dtype\":\"BF16\",\"shape\":[\(dimensions.map(String.init).joined(separator: ","))],\"data_offsets\":[\(offset),\(offset + count)]}"
            offset += count
        }
        header += "}"
        while header.utf8.count % 8 != 0 { header += " " }
        var random = RandomCheckpoint(state: 1)
        // Blocks of random values are repeated with another start for each tensor: fast to make, and nothing in it is zero.
        let pool = (0..<1 << 20).map { _ in random.uniform() }
        return write(path) { append in
            var length: [UInt8] = []
            for i in 0..<8 { length.append(UInt8(truncatingIfNeeded: header.utf8.count >> (8 * i))) }
            guard append(length + Array(header.utf8)) else { return false }
            for (name, dimensions) in tensors {
                let isNorm = dimensions.count == 1
                let scale: Float = isNorm ? 0 : (name == "embedding" ? 1 : (3 / Float(dimensions[1])).squareRoot())
                var piece: [UInt8] = []
                piece.reserveCapacity(2 << 20)
                for index in 0..<1 << 20 {
                    let bits = (isNorm ? 1 : pool[index] * scale).bfloat16Bits
                    piece.append(UInt8(bits & 255))
                    piece.append(UInt8(bits >> 8))
                    if isNorm && index == dimensions[0] - 1 { break }
                }
                var left = 2 * dimensions.reduce(1, *)
                while left > 0 {
                    let start = isNorm ? 0 : Int(random.next() % 2048) * 2
                    let count = min(left, piece.count - start)
                    guard append(start == 0 && count == piece.count ? piece : Array(piece[start..<start + count])) else { return false }
                    left -= count
                }
            }
            return true
        }
    }
}
