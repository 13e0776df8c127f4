internal import CCUDAShim
import Tensors

/// Products of weights and activations: which kernel, which tile.
extension GPUProgram {
    /// One product of a group that shares its input.
    struct Output {
        var weight: GPUWeight
        var bias: UInt64
        var to: UInt64
        /// Elements from one row of the output to the next.
        var stride: Int
    }

    func output(_ layer: LinearLayer, to: UInt64, stride: Int) throws(BackendError) -> Output {
        Output(weight: try storage(layer.weight), bias: vector(layer.bias), to: to, stride: stride)
    }

    /// to = W norm?(from) + bias (+ residual, which has the first output's stride).
    func multiply(_ from: UInt64, width: Int, rows: Int, norm: UInt64 = 0, _ outputs: [Output], residual: UInt64 = 0) throws(CUDAFailure) {
        if rows == 1, outputs.allSatisfy({ $0.weight.layout.isAligned }),
            vectorSharedBytes(outputs[0].weight.layout) <= context.sharedBytes - 40 << 10
        {
            var rest = outputs[...]
            while let first = rest.first {
                let group = rest.prefix(3).prefix { isAlike($0.weight, first.weight) }
                try matrixVector(from, norm: norm, Array(group), residual: residual)
                rest = rest.dropFirst(group.count)
            }
            return
        }
        // Outputs that want the same type of input go together, three matrices at most.
        var rest = outputs[...]
        while let first = rest.first {
            let type = inputType(first.weight, width)
            let group = rest.prefix(3).prefix { inputType($0.weight, width) == type && isAlike($0.weight, first.weight) && $0.stride == first.stride }
            let input = type == .f32 ? (norm == 0 ? from : at(layout.normed)) : at(layout.half)
            if norm != 0 {
                try self.norm(from, norm, to: input, type, rows: rows, width: width)
            } else if type != .f32 {
                try convert(from, .f32, to: input, type, count: rows * width)
            }
            try product(Array(group), input, rows: rows, residual: residual)
            rest = rest.dropFirst(group.count)
        }
    }

    /// What a product's input is rounded to: 16 bits for tensor cores, float32 for all else.
    func inputType(_ weight: GPUWeight, _ width: Int) -> KernelFormat {
        let type = weight.layout.format.traits.productType
        return weight.layout.isAligned && width % type.traits.elementsPerLane == 0 ? type : .f32
    }

    func isAlike(_ a: GPUWeight, _ b: GPUWeight) -> Bool {
        a.layout.format == b.layout.format && a.layout.blockShift == b.layout.blockShift && a.code == b.code && a.layout.columns == b.layout.columns
    }

    /// Shared memory of the kernel that multiplies one row.
    private func vectorSharedBytes(_ layout: GPUWeightLayout) -> Int {
        // The input in float32, in as many planes as a lane has groups of four columns.
        let traits = layout.format.traits
        let lane = traits.elementsPerLane
        if traits.multipliesRows { return (layout.columns / lane + 1) * lane * 4 }
        let sums = traits.scales == .float16Minimum ? (layout.columns / 32 * 4 + 15) & ~15 : 0
        return layout.format.partsByteCount(columns: layout.columns) + sums + VECTOR_WARPS * VECTOR_STAGES * traits.slotBytes
    }

    /// - Parameter activation: for a pair of gate and up whose gated product goes to the first.
    func matrixVector(_ from: UInt64, norm: UInt64, _ outputs: [Output], residual: UInt64, activation: KernelActivation = .none) throws(CUDAFailure) {
        let first = outputs[0].weight
        var arguments = MatrixVectorArguments()
        arguments.segments = segments(outputs)
        arguments.input = from
        arguments.norm = norm
        arguments.residual = residual
        arguments.table = backend.table(first)
        arguments.map = backend.map
        arguments.epsilon = shape.normEpsilon
        arguments.segmentCount = Int32(outputs.count)
        arguments.columns = Int32(first.layout.columns)
        arguments.blockShift = Int32(first.layout.blockShift)
        arguments.activation = Int32(activation.rawValue)
        arguments.team = 1
        let format = first.layout.format
        let (name, module) = ("matvec_\(format.name)", "MatrixVector.\(format.name)")
        let shared = vectorSharedBytes(first.layout)
        let multipliesRows = format.traits.multipliesRows
        let together = multipliesRows ? 2 : 16
        // Two segments of a gated product are one.
        let perGroup = activation == .none ? together : together / 2
        let groups = (activation == .none ? outputs : Array(outputs.prefix(1))).reduce(0) { $0 + ($1.weight.layout.rows + perGroup - 1) / perGroup }
        let blocks = min(groups, try residentBlocks(name, in: module, threads: VECTOR_WARPS * 32, shared: shared))
        if multipliesRows {
            arguments.team = Int32(team(groups: groups, blocks: blocks, pieces: (first.layout.columns / format.traits.elementsPerLane + 31) / 32))
        }
        try launch(name, in: module, grid: (blocks, 1), threads: VECTOR_WARPS * 32, shared: shared, arguments)
    }

    /// How many of a block's warps should have two rows together: the fewer, the less is summed up over warps; the more, the
    /// more evenly few rows are shared.
    private func team(groups: Int, blocks: Int, pieces: Int) -> Int {
        let each = (groups + blocks - 1) / max(1, blocks)
        /// What the busiest warp takes, in pieces of 512 bytes; to finish a pair of rows takes as long as some more.
        func cost(_ team: Int) -> Int { (each * team + VECTOR_WARPS - 1) / VECTOR_WARPS * ((pieces + team - 1) / team + (team == 1 ? 2 : 4)) }
        return [1, 2, 4, 8, VECTOR_WARPS].min { cost($0) < cost($1) } ?? 1
    }

    func product(_ outputs: [Output], _ input: UInt64, rows: Int, residual: UInt64) throws(CUDAFailure) {
        let first = outputs[0]
        let weight = first.weight.layout
        let name = weight.format.name
        if !weight.isAligned || weight.columns % weight.format.traits.productType.traits.elementsPerLane != 0 {
            for output in outputs { try anyProduct(output, input, rows: rows, residual: residual) }
            return
        }
        var arguments = matrixArguments(first, input, rows: rows)
        arguments.segments = segments(outputs)
        arguments.segmentCount = Int32(outputs.count)
        arguments.residual = residual
        func across(_ tile: Int) -> Int { outputs.reduce(0) { $0 + ($1.weight.layout.rows + tile - 1) / tile } }
        if weight.format == .f32 {
            return try launch("product_f32", in: "MatrixProduct.f32", grid: (across(64), (rows + 63) / 64), arguments)
        }
        if isForWarpgroups(outputs, rows: rows) {
            let tile = bestTile(across: across, rows: rows)
            return try launch(
                "tensor_product_\(tile.isHalved ? "halves" : "\(tile.width)")_\(name)", in: "TensorProduct.\(name)",
                grid: (across(tile.width), (rows + TENSOR_ROWS - 1) / TENSOR_ROWS * (tile.isHalved ? 2 : 1)),
                shared: sharedBytes(stages: tile.stages, rows: TENSOR_ROWS + tile.width), arguments)
        }
        // Large tiles read less, small ones fill more multiprocessors.
        var tile = (rows: 64, outputs: 64)
        if rows > 64, across(128) * ((rows + 127) / 128) >= 2 * context.multiprocessors {
            tile = (128, 128)
        } else if across(128) * ((rows + 63) / 64) * 2 >= 3 * context.multiprocessors {
            tile = (64, 128)
        }
        try launch(
            "product_\(tile.rows)_\(tile.outputs)_\(name)", in: "MatrixProduct.\(name)",
            grid: (across(tile.outputs), (rows + tile.rows - 1) / tile.rows),
            shared: PRODUCT_STAGES * (tile.rows + tile.outputs) * PRODUCT_ROW_BYTES, arguments)
    }

    /// Of a product by warpgroups: rows of input and weights in each stage, from a multiple of 1024 bytes on.
    private func sharedBytes(stages: Int, rows: Int) -> Int { stages * rows * PRODUCT_ROW_BYTES + 1024 }

    /// One to three matrices that share an input.
    private func segments(_ outputs: [Output]) -> (KernelSegment, KernelSegment, KernelSegment) {
        func segment(_ index: Int) -> KernelSegment {
            guard index < outputs.count else { return KernelSegment() }
            return outputs[index].weight.segment(out: outputs[index].to, bias: outputs[index].bias)
        }
        return (segment(0), segment(1), segment(2))
    }

    /// What products of many rows are told of an output, the first of those that are made together, and of their input.
    private func matrixArguments(_ output: Output, _ input: UInt64, rows: Int) -> MatrixProductArguments {
        let weight = output.weight.layout
        var arguments = MatrixProductArguments()
        arguments.input = input
        arguments.table = backend.table(output.weight)
        arguments.map = backend.map
        arguments.columns = Int32(weight.columns)
        arguments.blockShift = Int32(weight.blockShift)
        arguments.rows = Int32(rows)
        arguments.outStride = Int32(output.stride)
        return arguments
    }

    /// A tile of 128 rows: wide ones read less, narrow ones or halves of the columns give more multiprocessors work.
    private struct Tile {
        let width: Int
        let stages: Int
        /// Whether two blocks of a cluster have half of the columns each.
        let isHalved: Bool
    }

    private static let tiles = [
        Tile(width: TENSOR_NARROW, stages: TENSOR_NARROW_STAGES, isHalved: false),
        Tile(width: TENSOR_WIDE, stages: TENSOR_WIDE_STAGES, isHalved: false),
        Tile(width: TENSOR_WIDE, stages: TENSOR_WIDE_STAGES, isHalved: true),
    ]

    /// The tile with which the blocks of the busiest multiprocessor read the least.
    private func bestTile(across: (Int) -> Int, rows: Int) -> Tile {
        func cost(_ tile: Tile) -> Int {
            let blocks = across(tile.width) * ((rows + TENSOR_ROWS - 1) / TENSOR_ROWS) * (tile.isHalved ? 2 : 1)
            // Halves are joined at the end.
            return (blocks + context.multiprocessors - 1) / context.multiprocessors * (TENSOR_ROWS + tile.width) * (tile.isHalved ? 5 : 8)
        }
        return Self.tiles.min { cost($0) < cost($1) } ?? Self.tiles[0]
    }

    /// Whether Hopper's warpgroup products can be used, which write two outputs at a time.
    func isForWarpgroups(_ outputs: [Output], rows: Int) -> Bool {
        rows > 64 && context.computeCapability == (9, 0) && outputs.allSatisfy { $0.weight.layout.rows % 2 == 0 && $0.stride % 2 == 0 }
    }

    /// act(gate) × up of many rows in one launch, rounded for the next product; `false` where that cannot be done.
    func gatedProduct(_ gates: [Output], _ input: UInt64, to: UInt64, rows: Int, activation: KernelActivation) throws(CUDAFailure) -> Bool {
        let weight = gates[0].weight.layout
        let shared = sharedBytes(stages: TENSOR_GATE_STAGES, rows: TENSOR_GATE_ROWS + TENSOR_GATE_OUTPUTS)
        guard isForWarpgroups(gates, rows: rows), weight.format != .f32, weight.isAligned, isAlike(gates[0].weight, gates[1].weight),
            shared <= context.sharedBytes - 1024
        else { return false }
        var arguments = matrixArguments(gates[0], input, rows: rows)
        arguments.segments.0 = gates[0].weight.segment(out: to, bias: gates[0].bias)
        arguments.segments.1 = gates[1].weight.segment(bias: gates[1].bias)
        arguments.segmentCount = 2
        arguments.activation = Int32(activation.rawValue)
        let name = weight.format.name
        let share = TENSOR_GATE_OUTPUTS / 2
        try launch(
            "tensor_gate_\(name)", in: "TensorProduct.\(name)",
            grid: ((weight.rows + share - 1) / share, (rows + TENSOR_GATE_ROWS - 1) / TENSOR_GATE_ROWS), shared: shared, arguments)
        return true
    }

    private func anyProduct(_ output: Output, _ input: UInt64, rows: Int, residual: UInt64) throws(CUDAFailure) {
        let weight = output.weight.layout
        var arguments = AnyProductArguments()
        arguments.weight = output.weight.segment(out: output.to, bias: output.bias)
        arguments.input = input
        arguments.residual = residual
        arguments.table = backend.table(output.weight)
        arguments.map = backend.map
        arguments.columns = Int32(weight.columns)
        arguments.blockShift = Int32(weight.blockShift)
        arguments.rows = Int32(rows)
        arguments.outStride = Int32(output.stride)
        try launch("any_product_\(weight.format.name)", in: "AnyProduct", grid: ((weight.rows + 7) / 8, min(rows, 65535)), arguments)
    }
}
