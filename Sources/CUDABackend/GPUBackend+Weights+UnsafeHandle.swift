internal import CCUDAShim
import TensorMemory
public import Tensors

extension GPUBackend {
    public func makeWeight(_ source: WeightSource, in format: WeightFormat) throws(BackendError) -> Weight {
        guard let layout = GPUWeightLayout(shape: source.shape.dimensions, format: format) else {
            throw .badWeight(name: source.name, reason: "a tensor of the shape \(source.shape) cannot be stored as \(format) on an NVIDIA GPU")
        }
        var code: FourBitType?
        if case .fourBit(let fourBit) = format { code = fourBit.type }
        let weight = GPUWeight(block: try allocate(layout.byteCount, owner: "weights"), layout: layout, code: code, backend: self)
        switch source.content {
        case .fourBit(let saved): try copy(saved, of: source, in: format, to: weight)
        case .tensor(let tensor): try convert(tensor, of: source, in: format, to: weight)
        }
        return Weight(name: source.name, shape: source.shape.dimensions, format: format, storage: weight)
    }

    private func convert(_ tensor: StoredTensor, of source: WeightSource, in format: WeightFormat, to weight: GPUWeight) throws(BackendError) {
        if case .blocks(let blocks) = format {
            guard tensor.encoding == .blocks(blocks), source.addend == 0 else {
                throw .unsupported("quantising \(source.name) from \(tensor.encoding) to \(format)")
            }
            return try repack(tensor, to: weight)
        }
        // Float16, bfloat16 and float32 go to the device as they are, many tensors at a time; all else is made float32 here.
        if case .dense(let type) = tensor.encoding, let known = KernelFormat(type) {
            let isCopy = format == .dense(type) && source.addend == 0 && (source.rounding == nil || source.rounding == type)
            let conversion = isCopy ? nil : WeightConversion(from: known, rounding: try rounding(source, known), addend: source.addend)
            if format == .int8, conversion != nil, weight.layout.columns * known.codeByteCount(1) > WeightFilling.pieceByteCount {
                throw .unsupported("rows of \(weight.layout.columns) elements as int8")
            }
            return weight.setContent(.waiting(bytes: tensor.data, conversion: conversion))
        }
        let conversion = WeightConversion(from: .f32, rounding: try rounding(source, .f32), addend: source.addend)
        try convertPieces(tensor, of: source, to: weight, format, conversion)
    }

    /// Makes float32 of pieces of the tensor, and converts or quantises them on the device.
    private func convertPieces(
        _ tensor: StoredTensor, of source: WeightSource, to weight: GPUWeight, _ format: WeightFormat, _ conversion: WeightConversion
    ) throws(BackendError) {
        let layout = weight.layout
        let count = layout.elementCount
        // A whole piece of the ring at a time, which is a multiple of every block's size.
        var piece = UploadRing.pieceByteCount / 4
        if format == .int8 {
            guard layout.columns <= piece else { throw .unsupported("rows of \(layout.columns) elements as int8") }
            piece = piece / layout.columns * layout.columns
        }
        let staging = try allocate(min(piece, count) * 4, owner: "loading")
        let from = UInt64(staging.address)
        let absmax = layout.absmaxByteCount > 0 ? try allocate(layout.absmaxByteCount, owner: "loading") : nil
        let absmaxAddress = absmax.map { UInt64($0.address) }
        var first = 0
        while first < count {
            let length = min(piece, count - first)
            let values: [Float]
            do { values = try tensor.floats(in: first..<first + length) } catch { throw .badWeight(name: source.name, reason: error.description) }
            try run { () throws(CUDAFailure) in
                try ring.send(length * 4, to: from) { target in
                    values.withUnsafeBytes { target.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(target), byteCount: length * 4) }
                }
                try conversion.convert(from, first: first, count: length, weight, absmax: absmaxAddress, context)
            }
            first += length
        }
        try run { () throws(CUDAFailure) in try conversion.finish(weight, absmax: absmaxAddress, map: map, context) }
    }

    /// What elements of `type` are rounded to first.
    private func rounding(_ source: WeightSource, _ type: KernelFormat) throws(BackendError) -> KernelRounding {
        switch source.rounding {
        case nil, .float32: return .none
        case .float16: return type == .f16 && source.addend == 0 ? .none : .float16
        case .bfloat16: return type == .bf16 && source.addend == 0 ? .none : .bfloat16
        case .some(let other): throw .unsupported("rounding \(source.name) to \(other)")
        }
    }

    // MARK: - GGUF's blocks

    /// Separates a block's scales from its codes, so that rows of codes begin on 16-byte boundaries. Nibbles are put into
    /// the order that bitsandbytes has, so that one kernel reads both.
    private func repack(_ tensor: StoredTensor, to weight: GPUWeight) throws(BackendError) {
        let layout = weight.layout
        guard let base = tensor.data.bytes.baseAddress, case .blocks(let format) = tensor.encoding else { return }
        let blocks = layout.elementCount >> layout.blockShift
        let traits = layout.format.traits
        let (scaleBytes, codeBytes) = (traits.scaleBytes, layout.format.codeByteCount(traits.block))
        let piece = UploadRing.pieceByteCount / codeBytes
        for first in stride(from: 0, to: blocks, by: piece) {
            let count = min(piece, blocks - first)
            let source = base + first * format.byteCount
            try run { () throws(CUDAFailure) in
                try ring.send(count * codeBytes, to: weight.address + UInt64(first * codeBytes)) { target in
                    for block in 0..<count {
                        let from = source + block * format.byteCount + scaleBytes
                        let to = target + block * codeBytes
                        if traits.usesTable { Self.reorder(from, to) } else { to.copyMemory(from: from, byteCount: codeBytes) }
                    }
                }
                try ring.send(count * scaleBytes, to: weight.address + UInt64(layout.scales.lowerBound + first * scaleBytes)) { target in
                    for block in 0..<count {
                        (target + block * scaleBytes).copyMemory(from: source + block * format.byteCount, byteCount: scaleBytes)
                    }
                }
            }
        }
        [tensor.data].letGo()
    }

    /// GGUF has element i in the low half of byte i and element i + 16 in its high half.
    private static func reorder(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer) {
        for i in 0..<8 {
            let a = from.load(fromByteOffset: 2 * i, as: UInt8.self)
            let b = from.load(fromByteOffset: 2 * i + 1, as: UInt8.self)
            to.storeBytes(of: a << 4 | b & 15, toByteOffset: i, as: UInt8.self)
            to.storeBytes(of: a & 0xF0 | b >> 4, toByteOffset: 8 + i, as: UInt8.self)
        }
    }

    // MARK: - Saved 4 bits

    /// Takes a tensor that was quantised when it was saved.
    private func copy(_ saved: FourBitWeights, of source: WeightSource, in format: WeightFormat, to weight: GPUWeight) throws(BackendError) {
        let own = saved.layout.format
        guard format == .fourBit(own) else {
            throw .unsupported("loading \(source.name), which was saved as \(own.type), as \(format)")
        }
        let layout = weight.layout
        try run { () throws(CUDAFailure) in
            try context.write(saved.packed, to: weight.address)
            switch saved.scales {
            case .plain(let absmax): try context.write(absmax, to: weight.address + UInt64(layout.scales.lowerBound))
            case .doubleQuantized(let codes, let absmax, let offset):
                try context.write(codes, to: weight.address + UInt64(layout.scales.lowerBound))
                try context.write(absmax, to: weight.address + UInt64(layout.nested.lowerBound))
                weight.setScaleOffset(.known(offset))
            }
        }
    }
}
