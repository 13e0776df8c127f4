package import CCUDAShim
import TensorMemory
package import Tensors

/// The persistent kernel for one plan: which variant, its launch shape, its parameters.
package struct DecodeLoop: Sendable {
    package let function: GPUFunction
    package let launch: LaunchShape
    var arguments: DecodeArguments
    let cost: DecodeCost

    /// Whether the loop is compiled for a plan's formats: all matrices alike; the head, the embedding and the cache as models with such
    /// weights have them.
    package static func isCompiled(weights: KernelFormat, head: KernelFormat, embedding: KernelFormat, cache: DType) -> Bool {
        let traits = weights.traits
        return head == traits.headFormat && embedding == traits.headFormat && KernelFormat(cache) == traits.productType
    }

    /// A block's shared memory: as many slots of the ring as fit beside everything else.
    package struct SharedMemory {
        package private(set) var byteCount = 0
        package let slots: Int
        package let partialRows: Int
        package private(set) var layout = DecodeSharedLayout()

        /// `nil` where too little is left for the ring.
        package init?(shape: DecoderShape, weights: KernelFormat, head: KernelFormat, blocks: Int, limit: Int) {
            func rounded(_ byteCount: Int, to unit: Int = 16) -> Int { (byteCount + unit - 1) & ~(unit - 1) }
            func units(_ total: Int) -> Int { (total + blocks - 1) / blocks }
            let width = shape.queryWidth + 2 * shape.keyValueWidth
            let rows = max(units(width), 2 * units(shape.intermediateSize), units(shape.hiddenSize), 64)
            partialRows = (rows + SLOT_ROWS - 1) / SLOT_ROWS * SLOT_ROWS
            let widest = max(shape.hiddenSize, shape.intermediateSize, shape.queryWidth)
            // Where two values share a word, inputs have one part, and the down-projection's has a place of its own.
            let traits = weights.traits
            let isInPairs = traits.sendsPairs
            let gated = isInPairs ? weights.partStride(columns: shape.intermediateSize) : 0
            let inputs = isInPairs ? weights.partStride(columns: max(shape.hiddenSize, shape.queryWidth)) : weights.partsByteCount(columns: widest)
            // The head's may reach into what only layers need.
            let parts = rounded(max(inputs, head.partsByteCount(columns: shape.hiddenSize) - gated))
            // The layers' descriptions, and the head's behind them.
            let layers = shape.layerCount * MemoryLayout<DecodeLayerArguments>.stride + MemoryLayout<KernelSegment>.stride
            let pieces: [(WritableKeyPath<DecodeSharedLayout, Int32>, Int)] = [
                (\.map, traits.scales == .nested ? 256 * 4 : 0), (\.layers, layers), (\.hidden, shape.hiddenSize * 4), (\.shares, 128),
                (\.squares, DECODE_CONSUMERS * 4), (\.cosines, MOST_HEAD_SIZE * 4),
                (\.scratch, (3 * MOST_HEAD_SIZE + DECODE_WARPS * shape.headSize + 2 * DECODE_WARPS) * 4), (\.partial, DECODE_WARPS * partialRows * 4),
                (\.blockSums, [traits, head.traits].contains { $0.scales == .float16Minimum } ? widest / 32 * 4 : 0), (\.planes, parts + gated),
                (\.summed, (4 * partialRows / SLOT_ROWS + (shape.intermediateSize + GATED_COLUMNS - 1) / GATED_COLUMNS + 1) * 8),
            ]
            // The table of pairs of codes takes 64 KiB from shared address 65536 on. A kernel's own shared memory begins after
            // what the driver keeps for itself, 1 KiB: what fits goes before the table, the rest behind it. The ring begins where
            // whole lines of 128 bytes do (bfloat16 took 11 % longer where it did not); its first slots may fit before the table, too.
            let start = traits.usesTable ? Self.tableEnd : 0
            var front = 0
            var behind: [(WritableKeyPath<DecodeSharedLayout, Int32>, Int)] = []
            for (member, count) in pieces.reversed() {
                if traits.usesTable, front + rounded(count) <= Self.tableStart {
                    layout[keyPath: member] = Int32(front)
                    front += rounded(count)
                } else {
                    behind.append((member, count))
                }
            }
            let slot = max(traits.ringSlotBytes, head.traits.ringSlotBytes)
            front = rounded(front, to: 128)
            let frontSlots = traits.usesTable ? (Self.tableStart - front) / slot : 0
            let room = limit - start - behind.reduce(0) { $0 + rounded($1.1) } - frontSlots * Self.barriers
            slots = min(32, frontSlots + room / (slot + Self.barriers))
            guard slots >= 4 else { return nil }
            layout.front = Int32(front)
            layout.frontSlots = Int32(frontSlots)
            layout.ring = Int32(start - frontSlots * slot)
            layout.barriers = Int32(start + (slots - frontSlots) * slot)
            var end = Int(layout.barriers) + slots * Self.barriers
            for (member, count) in behind {
                layout[keyPath: member] = Int32(end)
                end += rounded(count)
            }
            layout.gated = layout.planes + Int32(parts)
            byteCount = end
        }

        /// Bytes of a slot's two barriers.
        private static let barriers = 16
        /// Bytes from the start of a kernel's shared memory that surely lie before, and behind, the table.
        private static let tableStart = 65536 - 2048
        private static let tableEnd = 2 * 65536
    }

    /// `nil` where the plan has something that the loop does not do; then kernels run one by one.
    init?(_ program: GPUProgram) throws(BackendError) {
        let (plan, shape, context) = (program.plan, program.shape, program.context)
        guard context.canLaunchCooperatively, context.computeCapability >= (9, 0), shape.activation == .silu, shape.logitSoftCap == nil,
            shape.embeddingScale == 1,
            plan.rotaryEmbeddings.count == 1, plan.rotaryEmbeddings[0].inverseFrequencies.count * 2 == shape.headSize,
            shape.hiddenSize % 16 == 0, shape.queryWidth % 16 == 0, shape.keyValueWidth % 16 == 0, shape.intermediateSize % 8 == 0
        else { return nil }
        guard shape.headSize == 64 || shape.headSize == 128 else { return nil }
        let embedding = try program.storage(plan.embedding)
        let head = try program.storage(plan.outputHead.weight)
        let first = try program.storage(plan.layers[0].query.weight)
        for layer in plan.layers {
            guard (layer.queryNorm == nil) == (layer.keyNorm == nil), layer.postAttentionNorm == nil, layer.postFeedForwardNorm == nil,
                layer.slidingWindow == nil
            else { return nil }
            for linear in [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down] {
                let weight = try program.storage(linear.weight)
                guard weight.layout.format == first.layout.format, weight.layout.blockShift == first.layout.blockShift, weight.code == first.code,
                    weight.layout.isAligned
                else { return nil }
            }
        }
        guard head.layout.isAligned, Self.hasWholeBlocks(first, shape),
            Self.isCompiled(weights: first.layout.format, head: head.layout.format, embedding: embedding.layout.format, cache: shape.cacheType)
        else { return nil }
        let blocks = context.multiprocessors
        // Every block has a row of every matrix; with 4 bits a pair of those whose results go two a word.
        let fewest = min(shape.queryWidth + 2 * shape.keyValueWidth, shape.hiddenSize, shape.intermediateSize, shape.vocabularySize)
        guard fewest >= blocks, !first.layout.format.traits.sendsPairs || min(shape.hiddenSize, shape.intermediateSize) >= 2 * blocks,
            let shared = SharedMemory(
                shape: shape, weights: first.layout.format, head: head.layout.format, blocks: blocks, limit: context.sharedBytes - 1024)
        else { return nil }
        launch = LaunchShape(grid: (blocks, 1), threads: DECODE_THREADS, sharedBytes: shared.byteCount, isCooperative: true)
        do throws(CUDAFailure) {
            function = try context.function("decode_\(first.layout.format.name)", in: "DecodeLoop.\(first.layout.format.name)")
            try context.setSharedBytes(shared.byteCount, of: function)
            guard try context.residentBlocks(of: function, threads: DECODE_THREADS, sharedBytes: shared.byteCount) >= 1 else { return nil }
        } catch { throw .device(program.backend.device, operation: error.operation, message: error.description) }

        cost = try DecodeCost(program, slots: shared.slots)
        var arguments = DecodeArguments()
        arguments.head = head.segment(bias: program.vector(plan.outputHead.bias))
        arguments.embedding = embedding.segment()
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
        arguments.slots = Int32(shared.slots)
        arguments.partialRows = Int32(shared.partialRows)
        arguments.shared = shared.layout
        self.arguments = arguments
    }

    /// Whether blocks of scales end where rows do, and are as large as slots are made for.
    private static func hasWholeBlocks(_ weight: GPUWeight, _ shape: DecoderShape) -> Bool {
        let traits = weight.layout.format.traits
        guard traits.isFlat else { return true }
        let size = 1 << weight.layout.blockShift
        return size >= traits.block && [shape.hiddenSize, shape.queryWidth, shape.intermediateSize].allSatisfy { $0 % size == 0 }
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
            described.queryNorm = program.vector(layer.queryNorm)
            described.keyNorm = program.vector(layer.keyNorm)
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
package protocol LoopReporting: AnyObject {
    var usesDecodeLoop: Bool { get }
    /// Holds generation to one way: the persistent kernel, or the graph of a step.
    var forcesLoop: Bool? { get set }
    /// The first block's clock in each layer's four phases, when their input had come and when their product was sent,
    /// over one more step of the loop.
    func loopClocks() throws(BackendError) -> [UInt64]
}
