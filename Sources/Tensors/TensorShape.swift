/// The dimensions of a tensor, the outermost first; elements are in row-major order.
public struct TensorShape: Sendable, Hashable {
    public let dimensions: [Int]
    /// The product of the dimensions; 1 for a scalar.
    public let elementCount: Int

    /// - Returns: `nil` for a negative dimension or where the product overflows.
    public init?(validating dimensions: [Int]) {
        var product = 1
        for dimension in dimensions {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            if dimension < 0 || overflow { return nil }
            product = next
        }
        self.dimensions = dimensions
        elementCount = product
    }

    /// Dimensions of the program's own making: none negative, and a product that fits an `Int`.
    public init(_ dimensions: Int...) {
        guard let shape = TensorShape(validating: dimensions) else {
            preconditionFailure("\(dimensions) is no shape")
        }
        self = shape
    }

    public var rank: Int { dimensions.count }

    /// The elements between neighbours of each dimension.
    public var strides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for index in dimensions.indices.dropLast().reversed() { strides[index] = strides[index + 1] * dimensions[index + 1] }
        return strides
    }

    /// The size of the dimension `index` from the outermost, or from the innermost where negative.
    public subscript(index: Int) -> Int { dimensions[index < 0 ? rank + index : index] }
}

extension TensorShape: CustomStringConvertible {
    /// `[49152, 576]`
    public var description: String { "\(dimensions)" }
}
