import JSON

/// A value of a GGUF file's metadata.
public enum GGUFValue: Sendable, Hashable {
    case uint8(UInt8)
    case int8(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case uint64(UInt64)
    case int64(Int64)
    case float32(Float)
    case float64(Double)
    case bool(Bool)
    case string(String)
    case array(GGUFArray)

    /// Any of the integer types, where it fits.
    public var integerValue: Int? {
        switch self {
        case .uint8(let value): Int(value)
        case .int8(let value): Int(value)
        case .uint16(let value): Int(value)
        case .int16(let value): Int(value)
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        case .int64(let value): Int(value)
        default: nil
        }
    }

    /// Either of the floating-point types.
    public var doubleValue: Double? {
        switch self {
        case .float32(let value): Double(value)
        case .float64(let value): value
        default: nil
        }
    }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number, of whatever type: converters write a base of 500000 as an integer, too.
    package var number: Double? {
        if case .uint64(let value) = self { return Double(value) }
        return doubleValue ?? integerValue.map(Double.init)
    }

    /// The whole number, of whatever type.
    package var wholeNumber: Int? { integerValue ?? doubleValue.flatMap(Int.init(exactly:)) }

    /// A Boolean, or 0 or 1 of an integer type.
    package var truth: Bool? { boolValue ?? integerValue.flatMap { $0 == 0 ? false : $0 == 1 ? true : nil } }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var arrayValue: GGUFArray? {
        if case .array(let value) = self { value } else { nil }
    }
}

/// An array of a GGUF file's metadata: all elements are of one type.
public enum GGUFArray: Sendable, Hashable {
    case uint8([UInt8])
    case int8([Int8])
    case uint16([UInt16])
    case int16([Int16])
    case uint32([UInt32])
    case int32([Int32])
    case uint64([UInt64])
    case int64([Int64])
    case float32([Float])
    case float64([Double])
    case bool([Bool])
    case string(GGUFStrings)
    case array([GGUFArray])

    public var count: Int {
        switch self {
        case .uint8(let values): values.count
        case .int8(let values): values.count
        case .uint16(let values): values.count
        case .int16(let values): values.count
        case .uint32(let values): values.count
        case .int32(let values): values.count
        case .uint64(let values): values.count
        case .int64(let values): values.count
        case .float32(let values): values.count
        case .float64(let values): values.count
        case .bool(let values): values.count
        case .string(let values): values.count
        case .array(let values): values.count
        }
    }

    /// The strings, made anew each time.
    public var strings: [String]? { packedStrings?.texts }

    /// The strings where they lie in the file.
    public var packedStrings: GGUFStrings? {
        if case .string(let values) = self { values } else { nil }
    }

    public var floats: [Float]? {
        if case .float32(let values) = self { values } else { nil }
    }

    /// The elements of any number type.
    package var numbers: [Float]? {
        if case .float64(let values) = self { return values.map { Float($0) } }
        return floats ?? integers?.map { Float($0) }
    }

    package var bools: [Bool]? {
        if case .bool(let values) = self { values } else { nil }
    }

    /// The elements of any integer type, where all fit.
    public var integers: [Int]? {
        switch self {
        case .uint8(let values): return values.map(Int.init)
        case .int8(let values): return values.map(Int.init)
        case .uint16(let values): return values.map(Int.init)
        case .int16(let values): return values.map(Int.init)
        case .uint32(let values): return values.map(Int.init)
        case .int32(let values): return values.map(Int.init)
        case .uint64(let values):
            let fitting = values.compactMap(Int.init(exactly:))
            return fitting.count == values.count ? fitting : nil
        case .int64(let values): return values.map(Int.init)
        default: return nil
        }
    }
}

/// The metadata of a GGUF file, in the file's order.
public struct GGUFMetadata: Sendable {
    public private(set) var keys: [String] = []
    private var values: [ExactText: GGUFValue] = [:]

    init() {}

    public subscript(key: String) -> GGUFValue? { values[ExactText(key)] }

    /// - Returns: whether the key is new.
    mutating func append(_ key: String, _ value: GGUFValue) -> Bool {
        guard values.updateValue(value, forKey: ExactText(key)) == nil else { return false }
        keys.append(key)
        return true
    }
}
