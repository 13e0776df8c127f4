internal import CCUDAShim
import Tensors

/// What is done on the device with elements of a file on their way into a weight.
struct WeightConversion: Sendable {
    let from: KernelFormat
    /// What elements are rounded to first.
    let rounding: KernelRounding
    let addend: Float

    /// Converts or quantises `count` elements at the device's address `source` into the weight's, from element `first` on.
    ///
    /// - Parameter absmax: where scales in float32 go that are quantised themselves.
    func convert(_ source: UInt64, first: Int, count: Int, _ weight: GPUWeight, absmax: UInt64?, _ context: GPUContext) throws(CUDAFailure) {
        let layout = weight.layout
        let to = weight.address
        let traits = layout.format.traits
        guard !traits.isBlockScaled || traits.isFlat else {
            throw CUDAFailure(kind: .failed, operation: "convert", description: "GGUF's blocks are not made from other types")
        }
        guard traits.isScaled else {
            var arguments = ConversionArguments()
            arguments.in = source
            arguments.out = to + UInt64(layout.format.codeByteCount(first))
            arguments.count = UInt64(count)
            arguments.rounding = Int32(rounding.rawValue)
            arguments.addend = addend
            return try context.launch(
                try context.function("convert_\(from.name)_\(layout.format.name)", in: "Rows"),
                LaunchShape(grid: (min(4096, (count + 255) / 256), 1), threads: 256), arguments)
        }
        var arguments = QuantisationArguments()
        arguments.in = source
        arguments.codes = to + UInt64(layout.format.codeByteCount(first))
        arguments.count = UInt64(count)
        arguments.rounding = Int32(rounding.rawValue)
        arguments.addend = addend
        let scales = absmax ?? to + UInt64(layout.scales.lowerBound)
        let kernel: String
        let blocks: Int
        if !traits.isBlockScaled {
            kernel = "quantise8"
            blocks = count / layout.columns
            arguments.scales = scales + UInt64(first / layout.columns * 4)
            arguments.blockSize = Int32(layout.columns)
        } else {
            kernel = "quantise4"
            blocks = min(8192, (count >> layout.blockShift) / 8 + 1)
            arguments.scales = scales + UInt64(first >> layout.blockShift) * 4
            arguments.blockSize = Int32(1 << layout.blockShift)
            arguments.normal = weight.code == .nf4 ? 1 : 0
        }
        try context.launch(
            try context.function("\(kernel)_\(from.name)", in: "Quantise"), LaunchShape(grid: (blocks, 1), threads: 256), arguments)
    }

    /// Quantises the scales of a weight whose elements are all converted, where its format wants that.
    func finish(_ weight: GPUWeight, absmax: UInt64?, map: UInt64, _ context: GPUContext) throws(CUDAFailure) {
        guard let absmax else { return }
        let blocks = weight.layout.absmaxByteCount / 4
        let mean = weight.address + UInt64(weight.layout.nested.upperBound - 4)
        var arguments = ScaleQuantisationArguments()
        arguments.absmax = absmax
        arguments.mean = mean
        arguments.map = map
        arguments.codes = weight.address + UInt64(weight.layout.scales.lowerBound)
        arguments.nested = weight.address + UInt64(weight.layout.nested.lowerBound)
        arguments.count = UInt64(blocks)
        try context.launch(try context.function("scale_mean", in: "Quantise"), LaunchShape(grid: (1, 1), threads: 1024), arguments)
        try context.launch(
            try context.function("quantise_scales", in: "Quantise"), LaunchShape(grid: ((blocks + 255) / 256, 1), threads: 256), arguments)
        weight.setScaleOffset(.onDevice(mean))
    }
}
