import TensorMemory
package import Tensors

/// The persistent kernel for one plan: which variant, its launch shape, its parameters.
package struct DecodeLoop: Sendable {
    package let function: GPUFunction
    package let launch: LaunchShape
    var arguments: DecodeArguments

    static let warps = 16
    static let threads = 512
    private static let mostHeadSize = 256

    /// The variant for a plan's formats: all matrices alike, a dense head and embedding.
    package static func variant(weights: KernelFormat, head: KernelFormat, embedding: KernelFormat, cache: DType) -> (name: String, stages: Int)? {
        switch (weights, head, embedding, cache) {
        case (.f32, .f32, .f32, .float32): ("f32", 10)
        case (.f16, .f16, .f16, .float16): ("f16", 9)
        case (.bf16, .bf16, .bf16, .bfloat16): ("bf16", 9)
        case (.n4, .bf16, .bf16, .bfloat16): ("n4", 6)
        case (.n4dq, .bf16, .bf16, .bfloat16): ("n4dq", 5)
        case (.int8, .bf16, .bf16, .bfloat16): ("int8", 6)
        default: nil
        }
    }

    /// Dynamic shared memory, in the order in which `DecodeLoop.run` lays it out.
    package static func sharedBytes(shape: DecoderShape, weights: KernelFormat, head: KernelFormat, stages: Int, blocks: Int) -> Int {
        func rounded(_ byteCount: Int) -> Int { (byteCount + 15) & ~15 }
        let groups = max((shape.queryWidth + 2 * shape.keyValueWidth) / 16, shape.intermediateSize / 8, shape.hiddenSize / 16)
        let widest = max(shape.hiddenSize, shape.intermediateSize, shape.queryWidth)
        return rounded(shape.layerCount * MemoryLayout<DecodeLayerArguments>.stride) + rounded(shape.hiddenSize * 4) + warps * 4 + mostHeadSize * 4
            + (3 * mostHeadSize + warps * shape.headSize + 2 * warps) * 4 + (groups + blocks - 1) / blocks * warps * 16 * 4
            + max(weights.partsByteCount(columns: widest), head.partsByteCount(columns: shape.hiddenSize))
            + warps * stages * max(weights.slotByteCount, head.slotByteCount)
    }

    /// `nil` where the plan has something that the loop does not do; then kernels run one by one.
    init?(_ program: GPUProgram) throws(BackendError) {
        let (plan, shape, context) = (program.plan, program.shape, program.context)
        guard context.canLaunchCooperatively, shape.activation == .silu, shape.logitSoftCap == nil, shape.embeddingScale == 1,
            plan.rotaryEmbeddings.count == 1, plan.rotaryEmbeddings[0].inverseFrequencies.count * 2 == shape.headSize,
            shape.hiddenSize % 16 == 0, shape.queryWidth % 16 == 0, shape.keyValueWidth % 16 == 0, shape.intermediateSize % 8 == 0
        else { return nil }
        let elements = 16 / shape.cacheType.byteCount
        guard shape.headSize % elements == 0, [1, 2, 4, 8, 16, 32].contains(shape.headSize / elements) else { return nil }
        let embedding = try program.storage(plan.embedding)
        let head = try program.storage(plan.outputHead.weight)
        let first = try program.storage(plan.layers[0].query.weight)
        for layer in plan.layers {
            guard layer.queryNorm == nil, layer.keyNorm == nil, layer.postAttentionNorm == nil, layer.postFeedForwardNorm == nil,
                layer.slidingWindow == nil
            else { return nil }
            for linear in [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down] {
                let weight = try program.storage(linear.weight)
                guard weight.layout.format == first.layout.format, weight.layout.blockShift == first.layout.blockShift, weight.code == first.code,
                    weight.layout.isAligned
                else { return nil }
            }
        }
        guard head.layout.isAligned,
            let variant = Self.variant(
                weights: first.layout.format, head: head.layout.format, embedding: embedding.layout.format, cache: shape.cacheType)
        else { return nil }
        let blocks = context.multiprocessors
        let shared = Self.sharedBytes(shape: shape, weights: first.layout.format, head: head.layout.format, stages: variant.stages, blocks: blocks)
        let fixed = first.layout.format.usesTable ? 33 << 10 + 1024 : 0
        guard shared + fixed + 1024 <= context.sharedBytes else { return nil }
        launch = LaunchShape(grid: (blocks, 1), threads: Self.threads, sharedBytes: shared, isCooperative: true)
        do throws(CUDAFailure) {
            function = try context.function("decode_\(variant.name)", in: "DecodeLoop.\(variant.name)")
            try context.setSharedBytes(shared, of: function)
            guard try context.residentBlocks(of: function, threads: Self.threads, sharedBytes: shared) >= 1 else { return nil }
        } catch { throw .device(program.backend.device, operation: error.operation, message: error.description) }

        var arguments = DecodeArguments()
        arguments.head = head.segment(bias: program.vector(plan.outputHead.bias))
        arguments.embedding = embedding.address
        arguments.finalNorm = program.vector(plan.finalNorm)
        arguments.table = program.backend.table(first)
        arguments.map = program.backend.map
        arguments.epsilon = shape.normEpsilon
        arguments.attentionScale = shape.attentionScale
        arguments.ropeFactor = plan.rotaryEmbeddings[0].amplitude
        arguments.layerCount = Int32(shape.layerCount)
        arguments.hidden = Int32(shape.hiddenSize)
        arguments.intermediate = Int32(shape.intermediateSize)
        arguments.headCount = Int32(shape.headCount)
        arguments.keyValueHeadCount = Int32(shape.keyValueHeadCount)
        arguments.headSize = Int32(shape.headSize)
        arguments.vocabulary = Int32(shape.vocabularySize)
        arguments.blockShift = Int32(first.layout.blockShift)
        arguments.interleavedRope = plan.rotaryEmbeddings[0].pairing == .neighbours ? 1 : 0
        arguments.positionStride = Int32(shape.keyValueWidth)
        arguments.headStride = Int32(shape.headSize)
        self.arguments = arguments
    }

    /// Tells the kernel where the session's buffers are, and writes the layers' descriptions into them.
    mutating func bind(_ program: GPUProgram, caches: [MemoryBlock], capacity: Int) throws(BackendError) {
        let layout = program.layout
        arguments.layers = program.at(layout.layers)
        arguments.inverseFrequencies = program.frequencies(0)
        arguments.words = program.at(layout.words)
        arguments.tokens = program.at(layout.tokens)
        arguments.chosen = program.at(layout.chosen)
        var layers: [DecodeLayerArguments] = []
        for (layer, cache) in zip(program.plan.layers, caches) {
            var described = DecodeLayerArguments()
            func segment(_ linear: LinearLayer) throws(BackendError) -> KernelSegment {
                try program.storage(linear.weight).segment(bias: program.vector(linear.bias))
            }
            described.weights = (
                try segment(layer.query), try segment(layer.key), try segment(layer.value), try segment(layer.output), try segment(layer.gate),
                try segment(layer.up), try segment(layer.down)
            )
            described.attentionNorm = program.vector(layer.attentionNorm)
            described.feedForwardNorm = program.vector(layer.feedForwardNorm)
            described.keys = UInt64(cache.address)
            described.values = UInt64(cache.address) + UInt64(capacity * program.shape.keyValueWidth * program.shape.cacheType.byteCount)
            layers.append(described)
        }
        try program.backend.run { () throws(CUDAFailure) in
            try program.context.write(layers, to: arguments.layers)
            try program.context.fill(arguments.words, with: 0, byteCount: layout.wordCount * 8)
        }
    }
}

/// Tells whether a session generates through the persistent kernel.
package protocol LoopReporting {
    var usesDecodeLoop: Bool { get }
    /// The first block's clock in each layer's four phases, when their input had come and when their product was sent,
    /// over one more step of the loop.
    func loopClocks() throws(BackendError) -> [UInt64]
}
