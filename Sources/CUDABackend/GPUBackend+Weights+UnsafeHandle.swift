import TensorMemory
public import Tensors

extension GPUBackend {
    /// Elements that are converted at a time: a multiple of every block's size, and at most a piece of the ring in float32.
    private static let pieceElements = UploadRing.pieceByteCount / 4

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
        if case .dense(let type) = format, tensor.encoding == .dense(type), source.addend == 0, source.rounding == nil || source.rounding == type {
            try run { () throws(CUDAFailure) in try ring.send(tensor.data.bytes, to: weight.address) }
            letGo(tensor.data)
            return
        }
        try convertPieces(tensor, of: source, to: weight, format)
    }

    /// Lets the pages of bytes that were sent go, while the next tensor is copied: for a whole checkpoint it takes a third as
    /// long as that.
    private func letGo(_ bytes: FileSlice) {
        Task.detached(priority: .utility) { bytes.advise(.dontNeed) }
    }

    /// Sends pieces of the tensor as they are, and converts or quantises them on the device.
    private func convertPieces(_ tensor: StoredTensor, of source: WeightSource, to weight: GPUWeight, _ format: WeightFormat) throws(BackendError) {
        let layout = weight.layout
        let count = layout.elementCount
        // Float16, bfloat16 and float32 are converted by the device, all else by the host first.
        var sourceType = KernelFormat.f32
        var isRaw = false
        if case .dense(let type) = tensor.encoding, let known = KernelFormat(type) {
            sourceType = known
            isRaw = true
        }
        var piece = Self.pieceElements
        if format == .int8 {
            guard layout.columns <= piece else { throw .unsupported("rows of \(layout.columns) elements as int8") }
            piece = piece / layout.columns * layout.columns
        }
        let staging = try allocate(min(piece, count) * sourceType.denseByteCount, owner: "loading")
        let from = UInt64(staging.address)
        let rounding = try roundingNumber(source, sourceType)
        var absmax: MemoryBlock?
        let blocks = (count + (1 << layout.blockShift) - 1) >> layout.blockShift
        if layout.format == .n4dq { absmax = try allocate(blocks * 4, owner: "loading") }
        var first = 0
        while first < count {
            let length = min(piece, count - first)
            let byteCount = length * sourceType.denseByteCount
            if isRaw {
                let bytes = UnsafeRawBufferPointer(
                    rebasing: tensor.data.bytes[(first * sourceType.denseByteCount)..<(first * sourceType.denseByteCount + byteCount)])
                try run { () throws(CUDAFailure) in try ring.send(bytes, to: from) }
            } else {
                let values: [Float]
                do { values = try tensor.floats(in: first..<first + length) } catch { throw .badWeight(name: source.name, reason: error.description) }
                try run { () throws(CUDAFailure) in
                    try ring.send(byteCount, to: from) { target in
                        values.withUnsafeBytes { target.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(target), byteCount: byteCount) }
                    }
                }
            }
            try run { () throws(CUDAFailure) in
                try convertPiece(
                    from, sourceType, first: first, count: length, weight, rounding: rounding, addend: source.addend,
                    absmax: absmax.map { UInt64($0.address) })
            }
            first += length
        }
        if let absmax { try run { () throws(CUDAFailure) in try quantizeScales(UInt64(absmax.address), blocks, weight) } }
        if isRaw { letGo(tensor.data) }
    }

    /// 0: the elements are used as they come; 1, 2: they are rounded to float16 or bfloat16 first.
    private func roundingNumber(_ source: WeightSource, _ type: KernelFormat) throws(BackendError) -> Int32 {
        switch source.rounding {
        case nil, .float32: return 0
        case .float16: return type == .f16 && source.addend == 0 ? 0 : 1
        case .bfloat16: return type == .bf16 && source.addend == 0 ? 0 : 2
        case .some(let other): throw .unsupported("rounding \(source.name) to \(other)")
        }
    }

    private func convertPiece(
        _ from: UInt64, _ type: KernelFormat, first: Int, count: Int, _ weight: GPUWeight, rounding: Int32, addend: Float, absmax: UInt64?
    ) throws(CUDAFailure) {
        let layout = weight.layout
        let to = weight.address
        var parameters = KernelParameters()
        parameters.add(from)
        let blocksOf256 = min(4096, (count + 255) / 256)
        switch layout.format {
        case .f32, .f16, .bf16:
            parameters.add(to + UInt64(first * layout.format.denseByteCount))
            parameters.add(UInt64(count))
            parameters.add(rounding)
            parameters.add(addend)
            try context.launch(
                try context.function("convert_\(type.rawValue)_\(layout.format.rawValue)", in: "Rows"),
                LaunchShape(grid: (blocksOf256, 1), threads: 256), parameters)
        case .int8:
            parameters.add(to + UInt64(first))
            parameters.add(to + UInt64(layout.scales.lowerBound + first / layout.columns * 4))
            parameters.add(Int32(layout.columns))
            parameters.add(rounding)
            parameters.add(addend)
            try context.launch(
                try context.function("quantise8_\(type.rawValue)", in: "Quantise"), LaunchShape(grid: (count / layout.columns, 1), threads: 256),
                parameters)
        case .n4, .n4dq:
            let scales = absmax ?? to + UInt64(layout.scales.lowerBound)
            parameters.add(to + UInt64(first / 2))
            parameters.add(scales + UInt64(first >> layout.blockShift) * 4)
            parameters.add(UInt64(count))
            parameters.add(Int32(1 << layout.blockShift))
            parameters.add(Int32(weight.code == .nf4 ? 1 : 0))
            parameters.add(rounding)
            parameters.add(addend)
            let blocks = (count >> layout.blockShift) / 8 + 1
            try context.launch(
                try context.function("quantise4_\(type.rawValue)", in: "Quantise"), LaunchShape(grid: (min(8192, blocks), 1), threads: 256),
                parameters)
        case .q4_0, .q4_1, .q8_0:
            throw CUDAFailure(kind: .failed, operation: "convert", description: "GGUF's blocks are not made from other types")
        }
    }

    private func quantizeScales(_ absmax: UInt64, _ blocks: Int, _ weight: GPUWeight) throws(CUDAFailure) {
        let mean = weight.address + UInt64(weight.layout.nested.upperBound - 4)
        var parameters = KernelParameters()
        parameters.add(absmax)
        parameters.add(mean)
        parameters.add(UInt64(blocks))
        try context.launch(try context.function("scale_mean", in: "Quantise"), LaunchShape(grid: (1, 1), threads: 1024), parameters)
        parameters = KernelParameters()
        parameters.add(absmax)
        parameters.add(mean)
        parameters.add(map)
        parameters.add(weight.address + UInt64(weight.layout.scales.lowerBound))
        parameters.add(weight.address + UInt64(weight.layout.nested.lowerBound))
        parameters.add(UInt64(blocks))
        try context.launch(
            try context.function("quantise_scales", in: "Quantise"), LaunchShape(grid: ((blocks + 255) / 256, 1), threads: 256), parameters)
        weight.setScaleOffset(.onDevice(mean))
    }

    // MARK: - GGUF's blocks

    /// Separates a block's scales from its codes, so that rows of codes begin on 16-byte boundaries. Nibbles are put into
    /// the order that bitsandbytes has, so that one kernel reads both.
    private func repack(_ tensor: StoredTensor, to weight: GPUWeight) throws(BackendError) {
        let layout = weight.layout
        guard let base = tensor.data.bytes.baseAddress, case .blocks(let format) = tensor.encoding else { return }
        let blocks = layout.elementCount / 32
        let scaleBytes = layout.format == .q4_1 ? 4 : 2
        let codeBytes = layout.format == .q8_0 ? 32 : 16
        let piece = UploadRing.pieceByteCount / codeBytes
        for first in stride(from: 0, to: blocks, by: piece) {
            let count = min(piece, blocks - first)
            let source = base + first * format.byteCount
            try run { () throws(CUDAFailure) in
                try ring.send(count * codeBytes, to: weight.address + UInt64(first * codeBytes)) { target in
                    for block in 0..<count {
                        let from = source + block * format.byteCount + scaleBytes
                        let to = target + block * codeBytes
                        if codeBytes == 32 { to.copyMemory(from: from, byteCount: 32) } else { Self.reorder(from, to) }
                    }
                }
                try ring.send(count * scaleBytes, to: weight.address + UInt64(layout.scales.lowerBound + first * scaleBytes)) { target in
                    for block in 0..<count {
                        (target + block * scaleBytes).copyMemory(from: source + block * format.byteCount, byteCount: scaleBytes)
                    }
                }
            }
        }
        letGo(tensor.data)
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
