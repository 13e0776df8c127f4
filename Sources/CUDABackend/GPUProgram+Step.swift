internal import CCUDAShim
import TensorMemory
import Tensors

/// One token at a time: what a graph records, and attention that is split over the sequence.
extension GPUProgram {
    /// Positions from which on a few rows are attended to one by one, each by the whole device.
    static let fewestSplit = 256
    /// Positions that a block takes at least.
    private static let fewestOfBlock: Int32 = 64

    /// A step for the token at `layout.tokens` + position, where the position is in `layout.place`. What it launches depends on
    /// nothing that changes from token to token.
    ///
    /// - Parameter chooses: whether the most probable token is written behind it; the position moves on in any case.
    func step(caches: [MemoryBlock], capacity: Int, chooses: Bool) throws(BackendError) {
        let weight = try storage(plan.embedding)
        var arguments = embedding(weight, tokens: at(layout.tokens))
        arguments.place = at(layout.place)
        arguments.rotations.frequencies = at(layout.frequencies)
        arguments.rotations.turns = at(layout.turns)
        arguments.rotations.count = Int32(plan.rotaryEmbeddings.count)
        arguments.rotations.each = Int32(shape.headSize / 2)
        let amplitudes = plan.rotaryEmbeddings.map(\.amplitude) + [1, 1, 1, 1]
        arguments.rotations.amplitudes = (amplitudes[0], amplitudes[1], amplitudes[2], amplitudes[3])
        try backend.run { () throws(CUDAFailure) in
            try launch(
                "embed_next_\(weight.layout.format.name)", in: "DecodeStep", grid: ((shape.hiddenSize + 255) / 256, 1), follows: false, arguments)
        }
        for layer in 0..<shape.layerCount { try block(layer, rows: 1, first: nil, cache: caches[layer], capacity: capacity) }
        try logits(of: at(layout.residual), rows: 1, to: at(layout.logits))
        try backend.run { () throws(CUDAFailure) in
            let blocks = chooses ? min(context.multiprocessors, (shape.vocabularySize + 255) / 256) : 1
            var arguments = NextChoiceArguments()
            arguments.logits = at(layout.logits)
            arguments.parts = at(layout.choiceParts)
            arguments.arrived = at(layout.arrived) + UInt64(layout.split.groups * 4)
            arguments.tokens = chooses ? at(layout.tokens) : 0
            arguments.chosen = at(layout.chosen)
            arguments.place = at(layout.place)
            arguments.count = Int32(shape.vocabularySize)
            try launch("choose_next", in: "DecodeStep", grid: (blocks, 1), arguments)
        }
    }

    /// Norms and rotates the row's queries and keys, stores its keys and values, and attends.
    func attendNext(_ layer: DecoderLayer, cache: MemoryBlock, capacity: Int) throws(CUDAFailure) {
        var arguments = splitArguments(layer, cache: cache, capacity: capacity)
        arguments.place = at(layout.place)
        arguments.queryNorm = vector(layer.queryNorm)
        arguments.keyNorm = vector(layer.keyNorm)
        try launchSplit(arguments)
    }

    /// Attends for one of a few rows that are rotated and stored.
    func attendRow(_ row: Int, _ layer: DecoderLayer, first: Int, cache: MemoryBlock, capacity: Int) throws(CUDAFailure) {
        var arguments = splitArguments(layer, cache: cache, capacity: capacity)
        arguments.first = Int32(first + row)
        arguments.queryKeyValue += UInt64(row * (shape.queryWidth + 2 * shape.keyValueWidth) * 4)
        arguments.out += UInt64(row * shape.queryWidth * 4)
        try launchSplit(arguments)
    }

    private func splitArguments(_ layer: DecoderLayer, cache: MemoryBlock, capacity: Int) -> SplitAttentionArguments {
        let rotary = plan.rotaryEmbeddings[layer.rotary]
        var arguments = SplitAttentionArguments()
        arguments.queryKeyValue = at(layout.queryKeyValue)
        arguments.keys = UInt64(cache.address)
        arguments.values = values(cache, capacity: capacity)
        arguments.out = at(layout.attention)
        arguments.partials = at(layout.partials)
        arguments.arrived = at(layout.arrived)
        arguments.turns = at(layout.turns) + UInt64(layer.rotary * (shape.headSize / 2) * 8)
        arguments.heads = Int32(shape.headCount)
        arguments.keyValueHeads = Int32(shape.keyValueHeadCount)
        arguments.size = Int32(shape.headSize)
        arguments.pairs = Int32(rotary.inverseFrequencies.count)
        arguments.window = Int32(layer.slidingWindow ?? 0)
        arguments.positionStride = Int32(shape.keyValueWidth)
        arguments.headStride = Int32(shape.headSize)
        arguments.interleaved = rotary.pairing == .neighbours ? 1 : 0
        arguments.fewest = Self.fewestOfBlock
        arguments.scale = shape.attentionScale
        arguments.epsilon = shape.normEpsilon
        return arguments
    }

    private func launchSplit(_ arguments: SplitAttentionArguments) throws(CUDAFailure) {
        let split = layout.split
        let lanes = shape.headSize <= 64 ? 8 : shape.headSize <= 128 ? 16 : 32
        try launch(
            "attend_split_\(cacheSuffix)_\(lanes)", in: "DecodeStep", grid: (split.groups, split.count), threads: SPLIT_THREADS, arguments)
    }
}
