/// The type of one element of a tensor that is stored element by element.
public enum DType: String, Sendable, Hashable, CaseIterable {
    case bool
    case uint8, int8, uint16, int16, uint32, int32, uint64, int64
    /// Eight bits with 4 or 5 of exponent (OCP 8-bit floating point specification).
    case float8e4m3, float8e5m2
    /// IEEE 754 binary16.
    case float16
    /// The upper half of a binary32.
    case bfloat16
    case float32, float64

    /// Bytes an element.
    public var byteCount: Int {
        switch self {
        case .bool, .uint8, .int8, .float8e4m3, .float8e5m2: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    public var isFloatingPoint: Bool {
        switch self {
        case .float8e4m3, .float8e5m2, .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}

extension DType: CustomStringConvertible {
    public var description: String { rawValue }
}
