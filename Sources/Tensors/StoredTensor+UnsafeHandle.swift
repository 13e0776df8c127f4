extension StoredTensor {
    /// The elements as binary32, decoded by the reference. Readable rather than fast; backends have their own.
    ///
    /// - Parameter range: which elements, in row-major order, all inside the shape; `nil` for all. Only the blocks
    ///   they lie in are read.
    /// - Throws: ``FileFormatError`` where the elements are no numbers or the range is not inside.
    public func floats(in range: Range<Int>? = nil) throws(FileFormatError) -> [Float] {
        let range = range ?? 0..<shape.elementCount
        guard range.lowerBound >= 0, range.upperBound <= shape.elementCount else {
            throw FileFormatError(
                path: data.file.path, message: "\"\(name)\" has \(shape.elementCount) elements, not \(range)",
                help: "ask for elements inside the tensor's shape")
        }
        switch encoding {
        case .dense(let type):
            guard let convert = type.converter else {
                throw FileFormatError(
                    path: data.file.path, byteOffset: data.byteOffset,
                    message: "\"\(name)\" has elements of \(type), which are not converted to float32",
                    help: "store the model with weights of float32, float16 or bfloat16")
            }
            let bytes = data.bytes
            return range.map { convert(bytes, $0) }
        case .blocks(let format): return decoded(range, format)
        }
    }

    private func decoded(_ range: Range<Int>, _ format: BlockFormat) -> [Float] {
        guard !range.isEmpty else { return [] }
        let bytes = data.bytes.assumingMemoryBound(to: UInt8.self)
        let size = format.elementCount
        let blocks = range.lowerBound / size..<(range.upperBound + size - 1) / size
        let values = [Float](unsafeUninitializedCapacity: blocks.count * size) { buffer, initialized in
            buffer.initialize(repeating: 0)
            for (number, block) in blocks.enumerated() {
                let source = UnsafeBufferPointer(rebasing: bytes[(block * format.byteCount)..<((block + 1) * format.byteCount)])
                let target = UnsafeMutableBufferPointer(rebasing: buffer[(number * size)..<((number + 1) * size)])
                var span = target.mutableSpan
                format.decode(source.span, into: &span)
            }
            initialized = buffer.count
        }
        let first = blocks.lowerBound * size
        if first == range.lowerBound, values.count == range.count { return values }
        return Array(values[(range.lowerBound - first)..<(range.upperBound - first)])
    }
}

extension DType {
    /// Reads the element `index` of little-endian bytes as binary32; `nil` for a type without such a value.
    fileprivate var converter: ((UnsafeRawBufferPointer, Int) -> Float)? {
        switch self {
        case .float32: { Float(bitPattern: UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4 * $1, as: UInt32.self))) }
        case .float16: { Float(float16Bits: UInt16(littleEndian: $0.loadUnaligned(fromByteOffset: 2 * $1, as: UInt16.self))) }
        case .bfloat16: { Float(bfloat16Bits: UInt16(littleEndian: $0.loadUnaligned(fromByteOffset: 2 * $1, as: UInt16.self))) }
        case .float64: { Float(Double(bitPattern: UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 * $1, as: UInt64.self)))) }
        default: nil
        }
    }
}
