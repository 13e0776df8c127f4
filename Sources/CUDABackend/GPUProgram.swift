import TensorMemory
import Tensors

/// A plan's operations as launches of kernels, in buffers that the session provides.
final class GPUProgram {
    let plan: DecoderPlan
    let backend: GPUBackend
    let context: GPUContext
    let shape: DecoderShape
    /// Norms and biases that are not stored in float32, as float32.
    private var vectors: [UInt64: MemoryBlock] = [:]
    /// Where the session's buffers are; set by it before anything is launched.
    var base: UInt64 = 0
    var layout: GPUSessionLayout
    private let cacheSuffix: String
    private var functions: [String: GPUFunction] = [:]

    init(plan: DecoderPlan, backend: GPUBackend, layout: GPUSessionLayout) throws(BackendError) {
        self.plan = plan
        self.backend = backend
        context = backend.context
        shape = plan.shape
        self.layout = layout
        cacheSuffix = shape.cacheType == .float32 ? "f32" : shape.cacheType == .float16 ? "f16" : "bf16"
        guard shape.headSize <= 256 else { throw .unsupported("heads of \(shape.headSize) elements on an NVIDIA GPU: 256 is the most") }
        guard plan.rotaryEmbeddings.count <= GPUSessionLayout.mostRotaryEmbeddings else {
            throw .unsupported("\(plan.rotaryEmbeddings.count) rotary embeddings")
        }
        for vector in plan.vectors { try prepare(vector) }
        for layer in plan.layers {
            for linear in [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down] { _ = try storage(linear.weight) }
        }
        _ = try storage(plan.embedding)
        _ = try storage(plan.outputHead.weight)
    }

    func storage(_ weight: Weight) throws(BackendError) -> GPUWeight {
        guard let storage = weight.storage as? GPUWeight else { throw .badWeight(name: weight.name, reason: "it was not made by the GPU's backend") }
        return storage
    }

    private func prepare(_ weight: Weight) throws(BackendError) {
        let stored = try storage(weight)
        switch stored.layout.format {
        case .f32: return
        case .f16, .bf16:
            let copy = try backend.allocate(weight.elementCount * 4, owner: "activations")
            vectors[stored.address] = copy
            try backend.run { () throws(CUDAFailure) in
                try convert(stored.address, stored.layout.format, to: UInt64(copy.address), .f32, count: weight.elementCount)
            }
        default: throw .badWeight(name: weight.name, reason: "norms and biases are float32, float16 or bfloat16")
        }
    }

    /// The address of a norm or bias in float32; 0 for none.
    func vector(_ weight: Weight?) -> UInt64 {
        guard let stored = weight?.storage as? GPUWeight else { return 0 }
        return vectors[stored.address].map { UInt64($0.address) } ?? stored.address
    }

    func at(_ offset: Int) -> UInt64 { base + UInt64(offset) }

    /// - Parameter follows: whether the kernel may begin while the one ahead of it ends, where devices can do that.
    private func launch(
        _ name: String, in module: String, grid: (Int, Int), threads: Int = 256, shared: Int = 0, follows: Bool = true,
        _ build: (inout KernelParameters) -> Void
    ) throws(CUDAFailure) {
        var parameters = KernelParameters()
        build(&parameters)
        let function: GPUFunction
        if let known = functions[name] {
            function = known
        } else {
            function = try context.function(name, in: module)
            functions[name] = function
        }
        // Fixed and dynamic shared memory together may not pass 48 KiB unasked.
        if shared > 40 << 10 { try context.setSharedBytes(shared, of: function) }
        let shape = LaunchShape(
            grid: (grid.0, grid.1), threads: threads, sharedBytes: shared, overlaps: follows && context.overlapsLaunches)
        try context.launch(function, shape, parameters)
    }

    func convert(_ from: UInt64, _ type: KernelFormat, to: UInt64, _ target: KernelFormat, count: Int) throws(CUDAFailure) {
        try launch("convert_\(type.rawValue)_\(target.rawValue)", in: "Rows", grid: (min(4096, (count + 255) / 256), 1)) {
            $0.add(from)
            $0.add(to)
            $0.add(UInt64(count))
            $0.add(Int32(0))
            $0.add(Float(0))
        }
    }

    /// `each` norms of `width` elements in every row of `stride`.
    func norm(
        _ from: UInt64, _ weight: UInt64, to: UInt64, _ type: KernelFormat, rows: Int, width: Int, each: Int = 1, stride: Int? = nil,
        adds: Bool = false
    ) throws(CUDAFailure) {
        try launch("rms_norm_\(type.rawValue)", in: "Rows", grid: (rows * each, 1)) {
            $0.add(from)
            $0.add(weight)
            $0.add(to)
            $0.add(Int32(width))
            $0.add(shape.normEpsilon)
            $0.add(Int32(adds ? 1 : 0))
            $0.add(Int32(each))
            $0.add(Int32(stride ?? width))
        }
    }

    // MARK: - Products

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
    private func inputType(_ weight: GPUWeight, _ width: Int) -> KernelFormat {
        let type = weight.layout.format.productType
        return weight.layout.isAligned && width % type.elementsPerLane == 0 ? type : .f32
    }

    private func isAlike(_ a: GPUWeight, _ b: GPUWeight) -> Bool {
        a.layout.format == b.layout.format && a.layout.blockShift == b.layout.blockShift && a.code == b.code && a.layout.columns == b.layout.columns
    }

    private func vectorSharedBytes(_ layout: GPUWeightLayout) -> Int {
        let sums = layout.format == .q4_1 ? (layout.columns / 32 * 4 + 15) & ~15 : 0
        return layout.format.partsByteCount(columns: layout.columns) + sums + 8 * 6 * layout.format.slotByteCount
    }

    /// - Parameter activation: 0, or 1 (SiLU) and 2 (GELU) for a pair of gate and up whose gated product goes to the first.
    func matrixVector(_ from: UInt64, norm: UInt64, _ outputs: [Output], residual: UInt64, activation: Int = 0) throws(CUDAFailure) {
        let first = outputs[0].weight
        var arguments = MatrixVectorArguments()
        let segments = outputs.map { $0.weight.segment(out: $0.to, bias: $0.bias) }
        arguments.segments.0 = segments[0]
        if segments.count > 1 { arguments.segments.1 = segments[1] }
        if segments.count > 2 { arguments.segments.2 = segments[2] }
        arguments.input = from
        arguments.norm = norm
        arguments.residual = residual
        arguments.table = backend.table(first)
        arguments.map = backend.map
        arguments.epsilon = shape.normEpsilon
        arguments.segmentCount = Int32(segments.count)
        arguments.columns = Int32(first.layout.columns)
        arguments.blockShift = Int32(first.layout.blockShift)
        arguments.activation = Int32(activation)
        let perGroup = activation == 0 ? 16 : 8
        let groups = (activation == 0 ? outputs : Array(outputs.prefix(1))).reduce(0) { $0 + ($1.weight.layout.rows + perGroup - 1) / perGroup }
        let resident = first.layout.format.usesTable ? 2 : 3
        try launch(
            "matvec_\(first.layout.format.rawValue)", in: "MatrixVector.\(first.layout.format.rawValue)",
            grid: (min(groups, context.multiprocessors * resident), 1), shared: vectorSharedBytes(first.layout)
        ) { $0.add(arguments) }
    }

    private func product(_ outputs: [Output], _ input: UInt64, rows: Int, residual: UInt64) throws(CUDAFailure) {
        let first = outputs[0]
        let weight = first.weight.layout
        let name = weight.format.rawValue
        if !weight.isAligned || weight.columns % weight.format.productType.elementsPerLane != 0 {
            for output in outputs { try anyProduct(output, input, rows: rows, residual: residual) }
            return
        }
        var arguments = MatrixProductArguments()
        let segments = outputs.map { $0.weight.segment(out: $0.to, bias: $0.bias) }
        arguments.segments.0 = segments[0]
        if segments.count > 1 { arguments.segments.1 = segments[1] }
        if segments.count > 2 { arguments.segments.2 = segments[2] }
        arguments.segmentCount = Int32(segments.count)
        arguments.input = input
        arguments.residual = residual
        arguments.table = backend.table(first.weight)
        arguments.map = backend.map
        arguments.columns = Int32(weight.columns)
        arguments.blockShift = Int32(weight.blockShift)
        arguments.rows = Int32(rows)
        arguments.outStride = Int32(first.stride)
        func across(_ tile: Int) -> Int { outputs.reduce(0) { $0 + ($1.weight.layout.rows + tile - 1) / tile } }
        if weight.format == .f32 {
            return try launch("product_f32", in: "MatrixProduct.f32", grid: (across(64), (rows + 63) / 64)) { $0.add(arguments) }
        }
        if isForWarpgroups(outputs, rows: rows) {
            let tile = bestTile(across: across, rows: rows)
            return try launch(
                "tensor_product_\(tile.isHalved ? "halves" : "\(tile.width)")_\(name)", in: "TensorProduct.\(name)",
                grid: (across(tile.width), (rows + 127) / 128 * (tile.isHalved ? 2 : 1)), shared: tile.stages * (128 + tile.width) * 128 + 1024
            ) { $0.add(arguments) }
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
            shared: 3 * (tile.rows + tile.outputs) * 128
        ) { $0.add(arguments) }
    }

    /// A tile of 128 rows: wide ones read less, narrow ones or halves of the columns give more multiprocessors work.
    private struct Tile {
        let width: Int
        let stages: Int
        /// Whether two blocks of a cluster have half of the columns each.
        let isHalved: Bool
    }

    private static let tiles = [
        Tile(width: 64, stages: 8, isHalved: false), Tile(width: 128, stages: 6, isHalved: false), Tile(width: 128, stages: 6, isHalved: true),
    ]

    /// The tile with which the blocks of the busiest multiprocessor read the least.
    private func bestTile(across: (Int) -> Int, rows: Int) -> Tile {
        func cost(_ tile: Tile) -> Int {
            let blocks = across(tile.width) * ((rows + 127) / 128) * (tile.isHalved ? 2 : 1)
            // Halves are joined at the end.
            return (blocks + context.multiprocessors - 1) / context.multiprocessors * (128 + tile.width) * (tile.isHalved ? 5 : 8)
        }
        return Self.tiles.min { cost($0) < cost($1) } ?? Self.tiles[0]
    }

    /// Whether Hopper's warpgroup products can be used, which write two outputs at a time.
    private func isForWarpgroups(_ outputs: [Output], rows: Int) -> Bool {
        rows > 64 && context.computeCapability == (9, 0) && outputs.allSatisfy { $0.weight.layout.rows % 2 == 0 && $0.stride % 2 == 0 }
    }

    /// act(gate) × up of many rows in one launch, rounded for the next product; `false` where that cannot be done.
    private func gatedProduct(_ gates: [Output], _ input: UInt64, to: UInt64, rows: Int, activation: Int) throws(CUDAFailure) -> Bool {
        let weight = gates[0].weight.layout
        let shared = 4 * (256 + 192) * 128 + 1024
        guard isForWarpgroups(gates, rows: rows), weight.format != .f32, weight.isAligned, isAlike(gates[0].weight, gates[1].weight),
            shared <= context.sharedBytes - 1024
        else { return false }
        var arguments = MatrixProductArguments()
        arguments.segments.0 = gates[0].weight.segment(out: to, bias: gates[0].bias)
        arguments.segments.1 = gates[1].weight.segment(bias: gates[1].bias)
        arguments.segmentCount = 2
        arguments.input = input
        arguments.table = backend.table(gates[0].weight)
        arguments.map = backend.map
        arguments.columns = Int32(weight.columns)
        arguments.blockShift = Int32(weight.blockShift)
        arguments.rows = Int32(rows)
        arguments.outStride = Int32(gates[0].stride)
        arguments.activation = Int32(activation)
        let name = weight.format.rawValue
        try launch("tensor_gate_\(name)", in: "TensorProduct.\(name)", grid: ((weight.rows + 95) / 96, (rows + 255) / 256), shared: shared) {
            $0.add(arguments)
        }
        return true
    }

    private func anyProduct(_ output: Output, _ input: UInt64, rows: Int, residual: UInt64) throws(CUDAFailure) {
        let weight = output.weight.layout
        var arguments = ProductArguments()
        arguments.weight = output.weight.segment(out: output.to, bias: output.bias)
        arguments.input = input
        arguments.residual = residual
        arguments.table = backend.table(output.weight)
        arguments.map = backend.map
        arguments.columns = Int32(weight.columns)
        arguments.blockShift = Int32(weight.blockShift)
        arguments.rows = Int32(rows)
        arguments.outStride = Int32(output.stride)
        try launch("any_product_\(weight.format.rawValue)", in: "AnyProduct", grid: ((weight.rows + 7) / 8, min(rows, 65535))) { $0.add(arguments) }
    }

    // MARK: - The decoder

    func embed(_ rows: Int, tokens: UInt64) throws(BackendError) {
        let weight = try storage(plan.embedding)
        try backend.run { () throws(CUDAFailure) in
            // The first: what comes after it may read weights before it has ended, so whatever made those must be done.
            try launch("embed_\(weight.layout.format.rawValue)", in: "Rows", grid: (rows, 1), follows: false) {
                $0.add(weight.segment())
                $0.add(tokens)
                $0.add(at(layout.residual))
                $0.add(Int32(shape.hiddenSize))
                $0.add(Int32(weight.layout.blockShift))
                $0.add(backend.table(weight))
                $0.add(backend.map)
                $0.add(shape.embeddingScale)
            }
        }
    }

    /// Runs block `index` over `rows` rows of the residual stream, whose first has the position `first`.
    func block(_ index: Int, rows: Int, first: Int, cache: MemoryBlock, capacity: Int) throws(BackendError) {
        let layer = plan.layers[index]
        let width = shape.queryWidth + 2 * shape.keyValueWidth
        let qkv = at(layout.queryKeyValue)
        let projections = [
            try output(layer.query, to: qkv, stride: width), try output(layer.key, to: qkv + UInt64(shape.queryWidth * 4), stride: width),
            try output(layer.value, to: qkv + UInt64((shape.queryWidth + shape.keyValueWidth) * 4), stride: width),
        ]
        let out = try output(layer.output, to: at(layer.postAttentionNorm == nil ? layout.residual : layout.branch), stride: shape.hiddenSize)
        let gates = [
            try output(layer.gate, to: at(layout.gate), stride: shape.intermediateSize),
            try output(layer.up, to: at(layout.up), stride: shape.intermediateSize),
        ]
        let down = try output(layer.down, to: at(layer.postFeedForwardNorm == nil ? layout.residual : layout.branch), stride: shape.hiddenSize)
        try backend.run { () throws(CUDAFailure) in
            try multiply(at(layout.residual), width: shape.hiddenSize, rows: rows, norm: vector(layer.attentionNorm), projections)
            if let norm = layer.queryNorm {
                try self.norm(qkv, vector(norm), to: qkv, .f32, rows: rows, width: shape.headSize, each: shape.headCount, stride: width)
            }
            if let norm = layer.keyNorm {
                let keys = qkv + UInt64(shape.queryWidth * 4)
                try self.norm(keys, vector(norm), to: keys, .f32, rows: rows, width: shape.headSize, each: shape.keyValueHeadCount, stride: width)
            }
            try rotateAndStore(layer, rows: rows, first: first, cache: cache, capacity: capacity)
            // Attention in tiles can write what the product after it reads.
            let rounds = attendsInTiles(rows: rows) && inputType(out.weight, shape.queryWidth) == KernelFormat(shape.cacheType)
            try attend(layer, rows: rows, first: first, cache: cache, capacity: capacity, rounds: rounds)
            if rounds {
                try product([out], at(layout.half), rows: rows, residual: layer.postAttentionNorm == nil ? at(layout.residual) : 0)
                try addNormed(layer.postAttentionNorm, rows: rows)
            } else {
                try add(out, from: at(layout.attention), width: shape.queryWidth, rows: rows, norm: layer.postAttentionNorm)
            }
            // A single row's products take float32; of many rows they take what tensor cores read.
            let type = rows == 1 ? .f32 : inputType(down.weight, shape.intermediateSize)
            let gated = try gate(gates, layer, rows: rows, as: type)
            if type == .f32 {
                try add(down, from: gated, width: shape.intermediateSize, rows: rows, norm: layer.postFeedForwardNorm)
            } else {
                try product([down], gated, rows: rows, residual: layer.postFeedForwardNorm == nil ? at(layout.residual) : 0)
                try addNormed(layer.postFeedForwardNorm, rows: rows)
            }
        }
    }

    /// Adds a product to the residual stream, normed first where there is a norm.
    private func add(_ output: Output, from: UInt64, width: Int, rows: Int, norm: Weight?) throws(CUDAFailure) {
        try multiply(from, width: width, rows: rows, [output], residual: norm == nil ? at(layout.residual) : 0)
        try addNormed(norm, rows: rows)
    }

    private func addNormed(_ norm: Weight?, rows: Int) throws(CUDAFailure) {
        guard let norm else { return }
        try self.norm(at(layout.branch), vector(norm), to: at(layout.residual), .f32, rows: rows, width: shape.hiddenSize, adds: true)
    }

    /// The gated product, as `type`; returns where it is.
    private func gate(_ gates: [Output], _ layer: DecoderLayer, rows: Int, as type: KernelFormat) throws(CUDAFailure) -> UInt64 {
        let activation = shape.activation == .silu ? 1 : 2
        let weights = gates.map(\.weight)
        let norm = vector(layer.feedForwardNorm)
        if rows == 1, weights.allSatisfy({ $0.layout.isAligned }), isAlike(weights[0], weights[1]) {
            try matrixVector(at(layout.residual), norm: norm, gates, residual: 0, activation: activation)
            return at(layout.gate)
        }
        if isForWarpgroups(gates, rows: rows), type != .f32, inputType(weights[0], shape.hiddenSize) == type {
            try self.norm(at(layout.residual), norm, to: at(layout.half), type, rows: rows, width: shape.hiddenSize)
            if try gatedProduct(gates, at(layout.half), to: at(layout.gate), rows: rows, activation: activation) { return at(layout.gate) }
        }
        try multiply(at(layout.residual), width: shape.hiddenSize, rows: rows, norm: norm, gates)
        let count = rows * shape.intermediateSize
        let to = type == .f32 ? at(layout.gate) : at(layout.half)
        try launch("gate_\(type.rawValue)", in: "Rows", grid: (min(4096, (count + 255) / 256), 1)) {
            $0.add(at(layout.gate))
            $0.add(at(layout.up))
            $0.add(to)
            $0.add(UInt64(count))
            $0.add(Int32(activation))
        }
        return to
    }

    private func values(_ cache: MemoryBlock, capacity: Int) -> UInt64 {
        UInt64(cache.address) + UInt64(capacity * shape.keyValueWidth * shape.cacheType.byteCount)
    }

    private func rotateAndStore(_ layer: DecoderLayer, rows: Int, first: Int, cache: MemoryBlock, capacity: Int) throws(CUDAFailure) {
        let rotary = plan.rotaryEmbeddings[layer.rotary]
        try launch("rotate_store_\(cacheSuffix)", in: "Rows", grid: (rows, 1)) {
            $0.add(at(layout.queryKeyValue))
            $0.add(UInt64(cache.address))
            $0.add(values(cache, capacity: capacity))
            $0.add(frequencies(layer.rotary))
            $0.add(Int32(rotary.inverseFrequencies.count))
            $0.add(Int32(shape.headCount))
            $0.add(Int32(shape.keyValueHeadCount))
            $0.add(Int32(shape.headSize))
            $0.add(Int32(first))
            $0.add(Int32(shape.keyValueWidth))
            $0.add(Int32(shape.headSize))
            $0.add(Int32(rotary.pairing == .neighbours ? 1 : 0))
            $0.add(rotary.amplitude)
        }
    }

    func frequencies(_ rotary: Int) -> UInt64 { at(layout.frequencies) + UInt64(rotary * shape.headSize / 2 * 4) }

    private func attendsInTiles(rows: Int) -> Bool {
        rows >= 16 && shape.cacheType != .float32 && (shape.headSize == 64 || shape.headSize == 128)
    }

    /// - Parameter rounds: whether the result is rounded to the cache's type and goes to where products read.
    private func attend(_ layer: DecoderLayer, rows: Int, first: Int, cache: MemoryBlock, capacity: Int, rounds: Bool) throws(CUDAFailure) {
        var arguments = AttentionArguments()
        arguments.queries = at(layout.queryKeyValue)
        arguments.keys = UInt64(cache.address)
        arguments.values = values(cache, capacity: capacity)
        arguments.out = rounds ? at(layout.half) : at(layout.attention)
        arguments.rounds = rounds ? 1 : 0
        arguments.rows = Int32(rows)
        arguments.stride = Int32(shape.queryWidth + 2 * shape.keyValueWidth)
        arguments.heads = Int32(shape.headCount)
        arguments.keyValueHeads = Int32(shape.keyValueHeadCount)
        arguments.size = Int32(shape.headSize)
        arguments.first = Int32(first)
        arguments.window = Int32(layer.slidingWindow ?? 0)
        arguments.positionStride = Int32(shape.keyValueWidth)
        arguments.headStride = Int32(shape.headSize)
        arguments.scale = shape.attentionScale
        if attendsInTiles(rows: rows) {
            try launch("attend_tiles_\(cacheSuffix)_\(shape.headSize)", in: "Attention", grid: (shape.headCount, (rows + 63) / 64), threads: 128) {
                $0.add(arguments)
            }
        } else {
            try launch("attend_\(cacheSuffix)", in: "Attention", grid: (shape.headCount, rows)) { $0.add(arguments) }
        }
    }

    /// Logits of `rows` rows of hidden states at `hidden`.
    func logits(of hidden: UInt64, rows: Int, to: UInt64) throws(BackendError) {
        let head = try output(plan.outputHead, to: to, stride: shape.vocabularySize)
        try backend.run { () throws(CUDAFailure) in
            try multiply(hidden, width: shape.hiddenSize, rows: rows, norm: vector(plan.finalNorm), [head])
            if let cap = shape.logitSoftCap {
                let count = rows * shape.vocabularySize
                try launch("soft_cap", in: "Rows", grid: (min(4096, (count + 255) / 256), 1)) {
                    $0.add(to)
                    $0.add(UInt64(count))
                    $0.add(cap)
                }
            }
        }
    }

    /// Chooses a token for each of `rows` rows of logits; each choice goes to `choices`, the token also to `feedback`.
    func choose(_ logits: UInt64, rows: Int, choices: UInt64, feedback: UInt64, temperature: Float, seed: UInt32, counter: UInt32) throws(CUDAFailure)
    {
        try launch("choose", in: "Rows", grid: (rows, 1), threads: 1024) {
            $0.add(logits)
            $0.add(choices)
            $0.add(feedback)
            $0.add(Int32(shape.vocabularySize))
            $0.add(max(0, temperature))
            $0.add(seed)
            $0.add(counter)
        }
    }
}
