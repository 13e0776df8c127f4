private import CKernels
private import TensorMemory
public import Tensors

extension HostBackend {
    /// Elements that are converted at a time where a conversion takes two steps.
    private static let pieceElements = 1 << 17

    public func weightByteCount(shape: [Int], in format: WeightFormat) -> Int? {
        WeightLayout(shape: shape, format: format)?.byteCount
    }

    public func makeWeight(_ source: WeightSource, in format: WeightFormat) throws(BackendError) -> Weight {
        guard let layout = WeightLayout(shape: source.shape.dimensions, format: format) else {
            throw .badWeight(name: source.name, reason: "a tensor of the shape \(source.shape) cannot be stored as \(format) on the CPU")
        }
        let block = try allocate(layout.byteCount, owner: "weights")
        guard let weight = HostWeight(block: block, layout: layout) else {
            throw .badWeight(name: source.name, reason: "its memory is not the CPU's")
        }
        let base = weight.base
        switch source.content {
        case .fourBit(let saved): try copy(saved, of: source, in: format, to: weight, base: base)
        case .tensor(let tensor): try convert(tensor, of: source, in: format, to: weight, base: base)
        }
        return Weight(name: source.name, shape: source.shape.dimensions, format: format, storage: weight)
    }

    private func convert(
        _ tensor: StoredTensor, of source: WeightSource, in format: WeightFormat, to weight: HostWeight, base: UnsafeMutableRawPointer
    ) throws(BackendError) {
        let layout = weight.layout
        guard let type = tensor.encoding.kernelType.map({ gk_type($0) }) else {
            throw .badWeight(name: source.name, reason: "its elements are stored as \(tensor.encoding), which cannot be converted")
        }
        guard let bytes = tensor.data.bytes.baseAddress else { throw .badWeight(name: source.name, reason: "it is empty") }
        defer { tensor.data.advise(.dontNeed) }
        let count = layout.rows * layout.columns
        var isFinite: Int32 = 0
        try check(gk_check_finite(pool.handle, type, bytes, Int64(count), &isFinite), source)
        guard isFinite != 0 else {
            throw .badWeight(
                name: source.name,
                reason: "element \(tensor.firstNonFiniteElement ?? 0) is infinite or not a number; fetch the model again, or ask who made it")
        }
        let elements = Elements(bytes: bytes, type: type, source: source)
        switch format {
        case .blocks:
            guard type.rawValue == layout.type, source.addend == 0 else {
                throw .unsupported("quantising \(source.name) from \(tensor.encoding) to \(format)")
            }
            if layout.isPacked {
                try check(gk_pack(pool.handle, type, Int64(layout.rows), Int64(layout.columns), bytes, base), source)
            } else {
                base.copyMemory(from: bytes, byteCount: layout.dataByteCount)
            }
        case .dense(let target):
            if source.addend == 0, source.rounding == nil || source.rounding == target {
                try check(gk_dequantize(pool.handle, type, bytes, gk_type(layout.type), base, Int64(count)), source)
            } else {
                try elements.forEachPiece(count, of: Self.pieceElements, pool) { (piece, first, length) throws(BackendError) in
                    let place = base + first * target.byteCount
                    try check(gk_convert(pool.handle, GK_F32, piece, gk_type(layout.type), place, Int64(length)), source)
                }
            }
        case .int8:
            guard let absmax = weight.floats(layout.scales) else { return }
            let codes = base.assumingMemoryBound(to: Int8.self)
            let columns = layout.columns
            try elements.forEachPiece(count, of: max(1, Self.pieceElements / columns) * columns, pool) {
                (piece, first, length) throws(BackendError) in
                try check(
                    gk_quantize_int8(
                        pool.handle, piece, Int64(length / columns), Int64(columns), codes + first, absmax + first / columns), source)
            }
        case .fourBit(let fourBit):
            try quantize(elements, count: count, fourBit, to: weight, base: base)
        }
    }

    private func quantize(
        _ elements: Elements, count: Int, _ format: WeightFormat.FourBit, to weight: HostWeight, base: UnsafeMutableRawPointer
    ) throws(BackendError) {
        let layout = weight.layout
        let blocks = (count + format.blockSize - 1) / format.blockSize
        // Scales that are quantised themselves are all needed first, for their mean.
        let temporary: UnsafeMutablePointer<Float>? = format.isDoubleQuantized ? .allocate(capacity: blocks) : nil
        defer { temporary?.deallocate() }
        guard let absmax = temporary ?? weight.floats(layout.scales) else { return }
        let codes = base.assumingMemoryBound(to: UInt8.self)
        try elements.forEachPiece(count, of: Self.pieceElements, pool) { (piece, first, length) throws(BackendError) in
            try check(
                gk_quantize_4bit(
                    pool.handle, gk_type(layout.type), piece, Int64(length), Int64(format.blockSize), codes + first / 2,
                    absmax + first / format.blockSize), elements.source)
        }
        if let scaleCodes = weight.bytes(layout.scaleCodes), let scaleScales = weight.floats(layout.scaleScales) {
            var offset: Float = 0
            gk_quantize_absmax(absmax, Int64(blocks), gk_dynamic_map(), scaleCodes, scaleScales, &offset)
            weight.setScaleOffset(offset)
        }
    }

    /// Takes a tensor that was quantised when it was saved.
    private func copy(
        _ saved: FourBitWeights, of source: WeightSource, in format: WeightFormat, to weight: HostWeight, base: UnsafeMutableRawPointer
    ) throws(BackendError) {
        let layout = weight.layout
        let own = saved.layout.format
        guard format == .fourBit(own) else {
            throw .unsupported("loading \(source.name), which was saved as \(own.type), as \(format)")
        }
        guard saved.scales.areFinite else {
            throw .badWeight(name: source.name, reason: "one of its scales is infinite or not a number; fetch the model again")
        }
        func take<Element: BitwiseCopyable>(_ values: [Element], _ range: Range<Int>) throws(BackendError) {
            let isFitting = values.withUnsafeBytes { bytes in
                guard bytes.count == range.count else { return false }
                UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count).copyMemory(from: bytes)
                return true
            }
            guard isFitting else { throw .badWeight(name: source.name, reason: "its codes or scales do not fit its shape") }
        }
        try take(saved.packed, 0..<layout.dataByteCount)
        switch saved.scales {
        case .plain(let absmax): try take(absmax, layout.scales)
        case .doubleQuantized(let codes, let absmax, let offset):
            try take(codes, layout.scaleCodes)
            try take(absmax, layout.scaleScales)
            weight.setScaleOffset(offset)
        }
    }
}

/// The elements of a stored tensor on their way to float32.
private struct Elements {
    let bytes: UnsafeRawPointer
    let type: gk_type
    let source: WeightSource

    /// Calls `body` with the elements in float32, rounded and added to as the source demands: at most
    /// `length` at a time, a multiple of every block's size.
    func forEachPiece(
        _ count: Int, of length: Int, _ pool: KernelPool,
        _ body: (UnsafeMutablePointer<Float>, _ first: Int, _ count: Int) throws(BackendError) -> Void
    ) throws(BackendError) {
        let piece = UnsafeMutablePointer<Float>.allocate(capacity: min(length, count))
        defer { piece.deallocate() }
        let rounding = source.rounding.flatMap { TensorEncoding.dense($0).kernelType }.map { gk_type($0) }
        let rounded: UnsafeMutablePointer<UInt32>? = rounding == nil ? nil : .allocate(capacity: min(length, count))
        defer { rounded?.deallocate() }
        for first in stride(from: 0, to: count, by: length) {
            let part = min(length, count - first)
            let start = bytes + first / Int(gk_block_elements(type)) * Int(gk_block_bytes(type))
            if let rounding, let rounded {
                try check(gk_dequantize(pool.handle, type, start, rounding, rounded, Int64(part)), source)
                try check(gk_convert(pool.handle, rounding, rounded, GK_F32, piece, Int64(part)), source)
            } else {
                try check(gk_dequantize(pool.handle, type, start, GK_F32, piece, Int64(part)), source)
            }
            if source.addend != 0 {
                for index in 0..<part { piece[index] += source.addend }
            }
            try body(piece, first, part)
        }
    }
}

private func check(_ status: gk_status, _ source: WeightSource) throws(BackendError) {
    if status != GK_OK { throw .badWeight(name: source.name, reason: String(cString: gk_status_text(status))) }
}
