import Tensors

/// What is done on the device with elements of a file on their way into a weight.
struct WeightConversion: Sendable {
    let from: KernelFormat
    /// 0: the elements are used as they come; 1, 2: they are rounded to float16 or bfloat16 first.
    let rounding: Int32
    let addend: Float

    /// Converts or quantises `count` elements at the device's address `source` into the weight's, from element `first` on.
    ///
    /// - Parameter absmax: where scales in float32 go that are quantised themselves.
    func convert(_ source: UInt64, first: Int, count: Int, _ weight: GPUWeight, absmax: UInt64?, _ context: GPUContext) throws(CUDAFailure) {
        let layout = weight.layout
        let to = weight.address
        var parameters = KernelParameters()
        parameters.add(source)
        let blocksOf256 = min(4096, (count + 255) / 256)
        switch layout.format {
        case .f32, .f16, .bf16:
            parameters.add(to + UInt64(first * layout.format.denseByteCount))
            parameters.add(UInt64(count))
            parameters.add(rounding)
            parameters.add(addend)
            try context.launch(
                try context.function("convert_\(from.rawValue)_\(layout.format.rawValue)", in: "Rows"),
                LaunchShape(grid: (blocksOf256, 1), threads: 256), parameters)
        case .int8:
            parameters.add(to + UInt64(first))
            parameters.add(to + UInt64(layout.scales.lowerBound + first / layout.columns * 4))
            parameters.add(Int32(layout.columns))
            parameters.add(rounding)
            parameters.add(addend)
            try context.launch(
                try context.function("quantise8_\(from.rawValue)", in: "Quantise"), LaunchShape(grid: (count / layout.columns, 1), threads: 256),
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
                try context.function("quantise4_\(from.rawValue)", in: "Quantise"), LaunchShape(grid: (min(8192, blocks), 1), threads: 256),
                parameters)
        case .q4_0, .q4_1, .q8_0:
            throw CUDAFailure(kind: .failed, operation: "convert", description: "GGUF's blocks are not made from other types")
        }
    }

    /// Quantises the scales of a weight whose elements are all converted, where its format wants that.
    func finish(_ weight: GPUWeight, absmax: UInt64?, map: UInt64, _ context: GPUContext) throws(CUDAFailure) {
        guard let absmax else { return }
        let blocks = weight.layout.absmaxByteCount / 4
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
}
