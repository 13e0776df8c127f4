extension FourBitWeights {
    /// Quantises elements in row-major order.
    ///
    /// The codes are those of bitsandbytes on a GPU, whose reciprocal is an approximate one and counts subnormal numbers as zero.
    /// - Returns: `nil` where the counts differ or the block size is none of ``FourBitType/blockSizes``.
    public init?(
        quantizing values: [Float], shape: TensorShape, type: FourBitType, blockSize: Int = 64, isDoubleQuantized: Bool = false
    ) {
        guard values.count == shape.elementCount,
            let layout = FourBitLayout(type, elementCount: values.count, blockSize: blockSize, isDoubleQuantized: isDoubleQuantized)
        else { return nil }
        var absmax: [Float] = []
        var packed = [UInt8](repeating: 0, count: layout.packedByteCount)
        for start in stride(from: 0, to: values.count, by: blockSize) {
            let end = min(start + blockSize, values.count)
            let largest = values[start..<end].reduce(0) { max($0, $1.flushed.magnitude) }
            let reciprocal = approximateReciprocal(largest)
            absmax.append(largest)
            for index in start..<end {
                let code = type.code(of: (values[index].flushed * reciprocal).flushed)
                packed[index / 2] |= index % 2 == 0 ? code << 4 : code
            }
            // The spare nibble of an odd count is the code of a zero.
            if end % 2 == 1 { packed[end / 2] |= type.code(of: 0 * reciprocal) }
        }
        let scales: Scales = isDoubleQuantized ? Self.quantized(absmax, offset: Self.mean(absmax)) : .plain(absmax)
        self.init(layout: layout, shape: shape, packed: packed, scales: scales)
    }

    /// Quantises scales: their distance from `offset`, divided by the largest of each 256.
    package static func quantized(_ absmax: [Float], offset: Float) -> Scales {
        var codes: [UInt8] = []
        var nested: [Float] = []
        for start in stride(from: 0, to: absmax.count, by: DynamicMap.blockSize) {
            let distances = absmax[start..<min(start + DynamicMap.blockSize, absmax.count)].map { ($0 - offset).flushed }
            let largest = distances.reduce(0) { max($0, $1.magnitude) }
            let reciprocal = approximateReciprocal(largest)
            nested.append(largest)
            codes += distances.map { DynamicMap.code(of: $0 * reciprocal) }
        }
        return .doubleQuantized(codes: codes, absmax: nested, offset: offset)
    }

    /// The mean, summed in double precision; bitsandbytes' own sum in float32 may differ in the last bits.
    private static func mean(_ absmax: [Float]) -> Float {
        absmax.isEmpty ? 0 : Float(absmax.reduce(0) { $0 + Double($1) } / Double(absmax.count))
    }
}

extension Float {
    /// Zero of the same sign in place of a subnormal number, as bitsandbytes' kernels are compiled to compute.
    fileprivate var flushed: Float { isSubnormal ? (sign == .minus ? -0.0 : 0) : self }
}
