/// How a tensor's elements stand in memory or in a file.
public enum TensorEncoding: Sendable, Hashable {
    /// One element after the other.
    case dense(DType)
    /// GGUF's quantised blocks along the innermost dimension.
    case blocks(BlockFormat)

    /// Bytes of a tensor of this shape.
    ///
    /// - Returns: `nil` where the innermost dimension is not a whole number of blocks, or the product overflows.
    public func byteCount(of shape: TensorShape) -> Int? {
        let (units, size): (Int, Int)
        switch self {
        case .dense(let type): (units, size) = (shape.elementCount, type.byteCount)
        case .blocks(let format):
            guard let innermost = shape.dimensions.last, innermost % format.elementCount == 0 else { return nil }
            (units, size) = (shape.elementCount / format.elementCount, format.byteCount)
        }
        let (bytes, overflow) = units.multipliedReportingOverflow(by: size)
        return overflow ? nil : bytes
    }

    /// Bits an element, scales included.
    public var bitsPerElement: Double {
        switch self {
        case .dense(let type): Double(8 * type.byteCount)
        case .blocks(let format): Double(8 * format.byteCount) / Double(format.elementCount)
        }
    }
}

extension TensorEncoding: CustomStringConvertible {
    public var description: String {
        switch self {
        case .dense(let type): type.description
        case .blocks(let format): format.description
        }
    }
}
