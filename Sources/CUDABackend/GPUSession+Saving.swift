import TensorMemory
import Tensors

extension GPUSession {
    /// The signature, then the sizes that must agree, in little-endian words of 64 bits.
    private func header(position: Int) -> [UInt8] {
        let words = [position, shape.layerCount, rowByteCount, shape.keyValueHeadCount, shape.cacheType.byteCount]
        return Array("GalleyKV".utf8) + words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    func exportCache() throws(BackendError) -> [UInt8] {
        var bytes = header(position: position)
        let count = position * rowByteCount
        for block in caches {
            for offset in [0, capacity * rowByteCount] {
                bytes += try backend.run { () throws(CUDAFailure) in
                    try backend.context.read(count, of: UInt8.self, from: UInt64(block.address) + UInt64(offset))
                }
            }
        }
        return bytes
    }

    func importCache(_ bytes: [UInt8]) throws(BackendError) {
        stopGenerating()
        let length = header(position: 0).count
        guard bytes.count >= length else { throw .badCache("it has \(bytes.count) bytes, fewer than its header") }
        let rows = (0..<8).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        guard rows >= 0, rows <= (bytes.count - length) / max(1, 2 * rowByteCount * shape.layerCount),
            Array(bytes[..<length]) == header(position: rows)
        else { throw .badCache("it was saved from another model, or in another type") }
        let count = rows * rowByteCount
        guard bytes.count == length + 2 * count * shape.layerCount else { throw .badCache("it is incomplete") }
        try reserve(capacity: rows)
        for (layer, block) in caches.enumerated() {
            let start = length + 2 * count * layer
            try backend.run { () throws(CUDAFailure) in
                try backend.context.write(Array(bytes[start..<start + count]), to: UInt64(block.address))
                try backend.context.write(
                    Array(bytes[start + count..<start + 2 * count]), to: UInt64(block.address) + UInt64(capacity * rowByteCount))
            }
        }
        position = rows
        hasLogits = false
    }
}
