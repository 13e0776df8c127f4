package import Tensors

/// The weight formats that the kernels know; raw values are the suffixes of the kernels' names.
package enum KernelFormat: String, Sendable, CaseIterable {
    case f32, f16, bf16, int8, n4, n4dq
    // GGUF's own names.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q4_0, q4_1, q8_0

    /// `nil` where there are no kernels for it.
    package init?(_ format: WeightFormat) {
        switch format {
        case .dense(.float32): self = .f32
        case .dense(.float16): self = .f16
        case .dense(.bfloat16): self = .bf16
        case .dense: return nil
        case .int8: self = .int8
        case .fourBit(let fourBit):
            guard FourBitType.blockSizes.contains(fourBit.blockSize) else { return nil }
            self = fourBit.isDoubleQuantized ? .n4dq : .n4
        case .blocks(.q4_0): self = .q4_0
        case .blocks(.q4_1): self = .q4_1
        case .blocks(.q8_0): self = .q8_0
        case .blocks: return nil
        }
    }

    package init?(_ type: DType) { self.init(WeightFormat.dense(type)) }

    /// Elements in 16 bytes, which is what one lane reads at a time.
    package var elementsPerLane: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 8
        case .int8, .q8_0: 16
        case .n4, .n4dq, .q4_0, .q4_1: 32
        }
    }

    /// The 16-bit parts that an activation is split into, and bytes of each element of a part.
    package var parts: (count: Int, byteCount: Int) {
        switch self {
        case .f32: (1, 4)
        case .bf16: (3, 2)
        default: (2, 2)
        }
    }

    /// Bytes of a warp's tile of 16 rows in the ring: codes, scales, scales of scales.
    package var slotByteCount: Int {
        switch self {
        case .f32, .f16, .bf16: 1024
        case .n4dq: 1024 + 512
        default: 1024 + 256
        }
    }

    /// Bytes of a slot in the decode loop's ring: 16 rows of 1024 bytes of codes and of their scales, padded, and 16
    /// bytes that say where those begin.
    package var ringSlotByteCount: Int {
        let scales =
            switch self {
            case .f32, .f16, .bf16, .int8: 0
            case .n4, .q4_0: 144 + 16
            case .n4dq, .q8_0: 80 + 16
            case .q4_1: 272 + 16
            }
        return 16 * (1088 + scales)
    }

    /// Whether blocks of the decode loop send each other two values a word.
    package var sendsPairs: Bool { self == .n4 || self == .n4dq }

    /// Whether one row of activations is multiplied in float32 by warps that have whole rows (`RowVector.cuh`).
    package var multipliesRows: Bool {
        switch self {
        case .f32, .f16, .bf16, .int8: true
        default: false
        }
    }

    package var usesTable: Bool {
        switch self {
        case .n4, .n4dq, .q4_0, .q4_1: true
        default: false
        }
    }

    /// What activations are rounded to where many rows meet this weight on tensor cores.
    package var productType: KernelFormat {
        switch self {
        case .f32: .f32
        case .f16, .q4_0, .q4_1, .q8_0: .f16
        default: .bf16
        }
    }

    /// Bytes of an element of a dense format.
    package var denseByteCount: Int { self == .f32 ? 4 : 2 }

    /// Bytes from one part of an activation of `columns` elements to the next, and of all parts together.
    package func partStride(columns: Int) -> Int { (columns + 127) / 128 * 128 * parts.byteCount + 64 }
    package func partsByteCount(columns: Int) -> Int { partStride(columns: columns) * parts.count }
}
