package import CCUDAShim
package import Tensors

/// The weight formats that the kernels know have a row each in KernelFormats.h.
extension KernelFormat {
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

    /// The end of the names of its kernels and modules.
    package var name: String { String(cString: kernelFormatName(self)) }

    package var traits: KernelFormatTraits { kernelFormatTraits(self) }

    /// Bytes of `count` elements' codes.
    package func codeByteCount(_ count: Int) -> Int { (count * traits.bits + 7) / 8 }

    /// Bytes from one part of an activation of `columns` elements to the next, and of all parts together.
    package func partStride(columns: Int) -> Int { kernelPartStride(columns, traits.partBytes) }
    package func partsByteCount(columns: Int) -> Int { partStride(columns: columns) * traits.partCount }
}
