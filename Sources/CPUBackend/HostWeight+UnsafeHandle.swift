private import CKernels
import TensorMemory
import Tensors

/// Where the parts of a weight lie in its one block.
///
/// Matrices in GGUF's blocks are repacked where the kernels have a layout of their own for the type.
struct WeightLayout {
    /// The kernels' number of the elements' type.
    let type: Int32
    /// Whether rows are interleaved as the kernels like it.
    let isPacked: Bool
    let rows: Int
    let columns: Int
    let dataByteCount: Int
    /// Elements that share a scale; 0 where there are none but a row's.
    let blockSize: Int
    /// float32 scales: one a row (int8), one a block (4 bits), or none.
    let scales: Range<Int>
    /// Doubly quantised scales: a byte each, and a float32 for each 256.
    let scaleCodes: Range<Int>
    let scaleScales: Range<Int>
    let byteCount: Int

    /// `nil` where the kernels lack the format or the shape is impossible in it.
    init?(shape: [Int], format: WeightFormat) {
        guard let type = format.kernelType, shape.count == 1 || shape.count == 2 else { return nil }
        self.type = type
        rows = shape.count == 2 ? shape[0] : 1
        columns = shape[shape.count - 1]
        let (elements, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard rows > 0, columns > 0, !overflow, elements < Int.max / 16 else { return nil }
        var end = 0
        func part(_ count: Int) -> Range<Int> {
            let start = (end + 63) & ~63
            if count > 0 { end = start + count }
            return start..<start + count
        }
        if case .fourBit(let fourBit) = format {
            guard FourBitType.blockSizes.contains(fourBit.blockSize) else { return nil }
            isPacked = false
            blockSize = fourBit.blockSize
            dataByteCount = part((elements + 1) / 2).count
            let blocks = (elements + blockSize - 1) / blockSize
            scales = part(fourBit.isDoubleQuantized ? 0 : blocks * 4)
            scaleCodes = part(fourBit.isDoubleQuantized ? blocks : 0)
            scaleScales = part(fourBit.isDoubleQuantized ? (blocks + 255) / 256 * 4 : 0)
        } else {
            var packed: Int64 = -1
            if case .blocks = format, shape.count == 2 { packed = gk_packed_bytes(gk_type(type), Int64(rows), Int64(columns)) }
            isPacked = packed >= 0
            let bytes = packed >= 0 ? packed : gk_rows_bytes(gk_type(type), Int64(rows), Int64(columns))
            guard bytes >= 0 else { return nil }
            blockSize = 0
            dataByteCount = part(Int(bytes)).count
            scales = part(format == .int8 ? rows * 4 : 0)
            scaleCodes = 0..<0
            scaleScales = 0..<0
        }
        byteCount = end
    }
}

/// A weight in the CPU's memory.
final class HostWeight: WeightStorage, @unchecked Sendable {
    // Everything is written before the weight is handed out, and only read from then on.

    let block: MemoryBlock
    let layout: WeightLayout
    private let description: UnsafeMutablePointer<gk_weight>

    /// `nil` where the block is not the CPU's.
    init?(block: MemoryBlock, layout: WeightLayout) {
        guard let base = block.hostBytes?.baseAddress else { return nil }
        func floats(_ range: Range<Int>) -> UnsafePointer<Float>? {
            range.isEmpty ? nil : UnsafePointer((base + range.lowerBound).assumingMemoryBound(to: Float.self))
        }
        self.block = block
        self.layout = layout
        description = .allocate(capacity: 1)
        description.initialize(
            to: gk_weight(
                type: gk_type(layout.type), layout: layout.isPacked ? GK_LAYOUT_PACKED : GK_LAYOUT_ROWS,
                rows: Int64(layout.rows), cols: Int64(layout.columns), data: base, block_size: Int64(layout.blockSize),
                absmax: floats(layout.scales),
                absmax_codes: layout.scaleCodes.isEmpty
                    ? nil : UnsafePointer((base + layout.scaleCodes.lowerBound).assumingMemoryBound(to: UInt8.self)),
                absmax_map: layout.scaleCodes.isEmpty ? nil : gk_dynamic_map(),
                absmax_state2: floats(layout.scaleScales), absmax_offset: 0))
    }

    deinit { description.deallocate() }

    var byteCount: Int { block.byteCount }

    /// The `gk_weight` for the kernels, for as long as `self` lives.
    var kernelWeight: UnsafeRawPointer { UnsafeRawPointer(description) }

    /// Sets what is added to doubly quantised scales, before the weight is handed out.
    func setScaleOffset(_ offset: Float) { description.pointee.absmax_offset = offset }

    var base: UnsafeMutableRawPointer { UnsafeMutableRawPointer(mutating: description.pointee.data) }

    /// The elements of a tensor that is stored in float32.
    var floats: UnsafePointer<Float>? {
        layout.type == GK_F32.rawValue ? UnsafePointer(base.assumingMemoryBound(to: Float.self)) : nil
    }

    func floats(_ range: Range<Int>) -> UnsafeMutablePointer<Float>? {
        range.isEmpty ? nil : (base + range.lowerBound).assumingMemoryBound(to: Float.self)
    }

    func bytes(_ range: Range<Int>) -> UnsafeMutablePointer<UInt8>? {
        range.isEmpty ? nil : (base + range.lowerBound).assumingMemoryBound(to: UInt8.self)
    }

    /// Writes the elements in float32.
    func expand(_ weight: Weight, into destination: UnsafeMutablePointer<Float>) throws(BackendError) {
        for row in 0..<layout.rows {
            let status = gk_weight_row(description, Int64(row), destination + row * layout.columns)
            guard status == GK_OK else {
                throw .badWeight(name: weight.name, reason: String(cString: gk_status_text(status)))
            }
        }
    }
}
