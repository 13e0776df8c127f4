/// GGUF's quantised types: elements in blocks that share scales
/// (https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h).
// ggml's own names, underscores included.
// swift-format-ignore: AlwaysUseLowerCamelCase
public enum BlockFormat: String, Sendable, Hashable, CaseIterable {
    case q4_0 = "Q4_0"
    case q4_1 = "Q4_1"
    case q5_0 = "Q5_0"
    case q5_1 = "Q5_1"
    case q8_0 = "Q8_0"
    case q2K = "Q2_K"
    case q3K = "Q3_K"
    case q4K = "Q4_K"
    case q5K = "Q5_K"
    case q6K = "Q6_K"
    case iq4NL = "IQ4_NL"
    case iq4XS = "IQ4_XS"

    /// Elements a block. A tensor's innermost dimension is a multiple of it.
    public var elementCount: Int {
        switch self {
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4NL: 32
        case .q2K, .q3K, .q4K, .q5K, .q6K, .iq4XS: 256
        }
    }

    /// Bytes a block.
    public var byteCount: Int {
        switch self {
        case .q4_0: 2 + 16
        case .q4_1: 2 + 2 + 16
        case .q5_0: 2 + 4 + 16
        case .q5_1: 2 + 2 + 4 + 16
        case .q8_0: 2 + 32
        case .q2K: 16 + 64 + 2 + 2
        case .q3K: 32 + 64 + 12 + 2
        case .q4K: 2 + 2 + 12 + 128
        case .q5K: 2 + 2 + 12 + 32 + 128
        case .q6K: 128 + 64 + 16 + 2
        case .iq4NL: 2 + 16
        case .iq4XS: 2 + 2 + 4 + 128
        }
    }
}

extension BlockFormat: CustomStringConvertible {
    public var description: String { rawValue }
}
