internal import CCUDAShim
import TensorMemory
import Tensors

/// The decoder as launches one after another.
extension GPUProgram {
    func embed(_ rows: Int, tokens: UInt64) throws(BackendError) {
        let weight = try storage(plan.embedding)
        try backend.run { () throws(CUDAFailure) in
            // The first: what comes after it may read weights before it has ended, so whatever made those must be done.
            try launch(
                "embed_\(weight.layout.format.name)", in: "Rows", grid: (rows, 1), follows: false, embedding(weight, tokens: tokens))
        }
    }

    /// What both kernels of embeddings are told; the result goes to the residual stream.
    func embedding(_ weight: GPUWeight, tokens: UInt64) -> EmbeddingArguments {
        var arguments = EmbeddingArguments()
        arguments.weight = weight.segment()
        arguments.tokens = tokens
        arguments.out = at(layout.residual)
        arguments.columns = Int32(shape.hiddenSize)
        arguments.blockShift = Int32(weight.layout.blockShift)
        arguments.table = backend.table(weight)
        arguments.map = backend.map
        arguments.scale = shape.embeddingScale
        return arguments
    }

    /// Runs block `index` over `rows` rows of the residual stream, whose first has the position `first`; the one row that
    /// `layout.place` tells of where that is `nil`.
    func block(_ index: Int, rows: Int, first: Int?, cache: MemoryBlock, capacity: Int) throws(BackendError) {
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
            guard let first else {
                try attendNext(layer, cache: cache, capacity: capacity)
                return try feedForward(from: out, gates, down, layer, rows: rows)
            }
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
                try feedForward(from: nil, gates, down, layer, rows: rows)
            } else {
                try feedForward(from: out, gates, down, layer, rows: rows)
            }
        }
    }

    /// The rest of a block: attention's output projection, unless that was done, and the feed-forward network.
    private func feedForward(from out: Output?, _ gates: [Output], _ down: Output, _ layer: DecoderLayer, rows: Int) throws(CUDAFailure) {
        if let out { try add(out, from: at(layout.attention), width: shape.queryWidth, rows: rows, norm: layer.postAttentionNorm) }
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
        let activation: KernelActivation = shape.activation == .silu ? .silu : .gelu
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
        var arguments = GateArguments()
        arguments.gates = at(layout.gate)
        arguments.ups = at(layout.up)
        arguments.out = to
        arguments.count = UInt64(count)
        arguments.activation = Int32(activation.rawValue)
        try launch("gate_\(type.name)", in: "Rows", grid: (min(4096, (count + 255) / 256), 1), arguments)
        return to
    }

    func values(_ cache: MemoryBlock, capacity: Int) -> UInt64 {
        UInt64(cache.address) + UInt64(capacity * shape.keyValueWidth * shape.cacheType.byteCount)
    }

    private func rotateAndStore(_ layer: DecoderLayer, rows: Int, first: Int, cache: MemoryBlock, capacity: Int) throws(CUDAFailure) {
        let rotary = plan.rotaryEmbeddings[layer.rotary]
        var arguments = RotationArguments()
        arguments.queryKeyValue = at(layout.queryKeyValue)
        arguments.keys = UInt64(cache.address)
        arguments.values = values(cache, capacity: capacity)
        arguments.frequencies = frequencies(layer.rotary)
        arguments.pairs = Int32(rotary.inverseFrequencies.count)
        arguments.heads = Int32(shape.headCount)
        arguments.keyValueHeads = Int32(shape.keyValueHeadCount)
        arguments.size = Int32(shape.headSize)
        arguments.first = Int32(first)
        arguments.positionStride = Int32(shape.keyValueWidth)
        arguments.headStride = Int32(shape.headSize)
        arguments.interleaved = rotary.pairing == .neighbours ? 1 : 0
        arguments.amplitude = rotary.amplitude
        try launch("rotate_store_\(cacheSuffix)", in: "Rows", grid: (rows, 1), arguments)
    }

    func frequencies(_ rotary: Int) -> UInt64 { at(layout.frequencies) + UInt64(rotary * shape.headSize / 2 * 4) }

    private func attendsInTiles(rows: Int) -> Bool {
        rows >= 16 && shape.cacheType != .float32 && (shape.headSize == 64 || shape.headSize == 128)
    }

    /// - Parameter rounds: whether the result is rounded to the cache's type and goes to where products read.
    private func attend(_ layer: DecoderLayer, rows: Int, first: Int, cache: MemoryBlock, capacity: Int, rounds: Bool) throws(CUDAFailure) {
        if rows < 16, first + rows > Self.fewestSplit {
            for row in 0..<rows { try attendRow(row, layer, first: first, cache: cache, capacity: capacity) }
            return
        }
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
            try launch(
                "attend_tiles_\(cacheSuffix)_\(shape.headSize)", in: "Attention", grid: (shape.headCount, (rows + 63) / 64), threads: 128, arguments)
        } else {
            try launch("attend_\(cacheSuffix)", in: "Attention", grid: (shape.headCount, rows), arguments)
        }
    }

    /// Logits of `rows` rows of hidden states at `hidden`.
    func logits(of hidden: UInt64, rows: Int, to: UInt64) throws(BackendError) {
        let head = try output(plan.outputHead, to: to, stride: shape.vocabularySize)
        try backend.run { () throws(CUDAFailure) in
            try multiply(hidden, width: shape.hiddenSize, rows: rows, norm: vector(plan.finalNorm), [head])
            if let cap = shape.logitSoftCap {
                let count = rows * shape.vocabularySize
                var arguments = SoftCapArguments()
                arguments.x = to
                arguments.count = UInt64(count)
                arguments.cap = cap
                try launch("soft_cap", in: "Rows", grid: (min(4096, (count + 255) / 256), 1), arguments)
            }
        }
    }

    /// Chooses a token for each of `rows` rows of logits; each choice goes to `choices`, the token also to `feedback`.
    func choose(_ logits: UInt64, rows: Int, choices: UInt64, feedback: UInt64, temperature: Float, seed: UInt32, counter: UInt32) throws(CUDAFailure)
    {
        var arguments = ChoiceArguments()
        arguments.logits = logits
        arguments.choices = choices
        arguments.feedback = feedback
        arguments.count = Int32(shape.vocabularySize)
        arguments.temperature = max(0, temperature)
        arguments.seed = seed
        arguments.counter = counter
        try launch("choose", in: "Rows", grid: (rows, 1), threads: 1024, arguments)
    }
}
