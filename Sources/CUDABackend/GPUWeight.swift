package import CCUDAShim
private import Synchronization
package import TensorMemory
package import Tensors

/// Where the parts of a weight lie in its one block: codes, then scales, then the scales of scales.
package struct GPUWeightLayout: Sendable, Hashable {
    package let format: KernelFormat
    package let rows: Int
    package let columns: Int
    /// log₂ of the elements that share a scale.
    package let blockShift: Int
    package let codes: Range<Int>
    package let scales: Range<Int>
    package let nested: Range<Int>
    package let byteCount: Int

    /// `nil` where there are no kernels for the format or the shape is impossible in it.
    package init?(shape: [Int], format: WeightFormat) {
        guard let kernelFormat = KernelFormat(format), shape.count == 1 || shape.count == 2 else { return nil }
        let (rows, columns) = (shape.count == 2 ? shape[0] : 1, shape[shape.count - 1])
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard rows > 0, columns > 0, !overflow, rows <= Int(Int32.max), columns <= Int(Int32.max), count < 1 << 40 else { return nil }
        self.rows = rows
        self.columns = columns
        self.format = kernelFormat
        var end = 0
        func part(_ count: Int) -> Range<Int> {
            guard count > 0 else { return end..<end }
            let start = (end + 15) & ~15
            end = start + count
            return start..<end
        }
        let traits = kernelFormat.traits
        var shift = traits.isBlockScaled ? traits.block.trailingZeroBitCount : 5
        if traits.isFlat {
            guard case .fourBit(let fourBit) = format else { return nil }
            shift = fourBit.blockSize.trailingZeroBitCount
        } else if traits.isBlockScaled {
            guard columns % traits.block == 0 else { return nil }
        }
        codes = part(kernelFormat.codeByteCount(count))
        let blocks = traits.isBlockScaled ? (count + (1 << shift) - 1) >> shift : traits.isScaled ? rows : 0
        // Kernels read scales a word of four bytes at a time.
        scales = part((blocks * traits.scaleBytes + 3) & ~3)
        // The mean of the scales comes last.
        nested = part(traits.scales == .nested ? (blocks + 255) / 256 * 4 + 4 : 0)
        blockShift = shift
        // The decode loop copies whole 16 bytes, two of them for the scales of scales.
        byteCount = nested.isEmpty ? (end + 15) & ~15 : ((end + 15) & ~15) + 16
    }

    package var elementCount: Int { rows * columns }

    /// Bytes of the scales in float32 that are needed while scales are quantised, too.
    var absmaxByteCount: Int { format.traits.scales == .nested ? ((elementCount + (1 << blockShift) - 1) >> blockShift) * 4 : 0 }

    /// Whether the kernels that read 16 bytes a lane can be used: every row must begin on such a boundary.
    package var isAligned: Bool {
        // The kernels reckon with 32 bits within a matrix.
        guard elementCount < 1 << 32, codes.count < 1 << 32 else { return false }
        let traits = format.traits
        return columns % traits.elementsPerLane == 0 && (!traits.isBlockScaled || columns % 32 == 0)
    }
}

/// A weight in a GPU's memory.
package final class GPUWeight: WeightStorage, @unchecked Sendable {
    // Its block is written while its content is not there yet, by one thread that holds the backend's lock, and only read from then on.

    /// Whether the block holds what it is to hold.
    enum Content: Sendable {
        case there
        /// It lies in a file; `conversion` is `nil` where it is copied as it is.
        case waiting(bytes: FileSlice, conversion: WeightConversion?)
        case failed(BackendError)
    }

    package let block: MemoryBlock
    package let layout: GPUWeightLayout
    package let code: FourBitType?
    private let offset = Mutex(ScaleOffset.known(0))
    private let content = Mutex(Content.there)
    /// Keeps the context for as long as its memory is in use.
    private let backend: GPUBackend

    init(block: MemoryBlock, layout: GPUWeightLayout, code: FourBitType?, backend: GPUBackend) {
        self.block = block
        self.layout = layout
        self.code = code
        self.backend = backend
    }

    package var byteCount: Int { block.byteCount }

    func currentContent() -> Content { content.withLock { $0 } }
    func setContent(_ value: Content) { content.withLock { $0 = value } }
    package var address: UInt64 { UInt64(block.address) }

    /// What is added to doubly quantised scales.
    enum ScaleOffset {
        case known(Float)
        /// Computed on the device, at this address of the weight's own block: fetched when first needed, so that loading
        /// does not wait for every tensor.
        case onDevice(UInt64)
    }

    func setScaleOffset(_ value: ScaleOffset) { offset.withLock { $0 = value } }

    package func scaleOffset() -> Float {
        offset.withLock { offset in
            switch offset {
            case .known(let value): return value
            case .onDevice(let address):
                let value = (try? backend.context.read(1, of: Float.self, from: address))?.first ?? .nan
                offset = .known(value)
                return value
            }
        }
    }

    package func segment(out: UInt64 = 0, bias: UInt64 = 0) -> KernelSegment {
        var segment = KernelSegment()
        segment.codes = address + UInt64(layout.codes.lowerBound)
        segment.scales = address + UInt64(layout.scales.lowerBound)
        segment.nested = address + UInt64(layout.nested.lowerBound)
        segment.bias = bias
        segment.out = out
        segment.offset = scaleOffset()
        segment.rows = Int32(layout.rows)
        return segment
    }
}
