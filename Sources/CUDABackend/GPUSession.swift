internal import CCUDAShim
import TensorMemory
import Tensors

/// A decoder on a GPU: prompts as kernels one after another, generation as the persistent decode loop where the plan
/// allows it.
final class GPUSession: DecoderSession, LoopReporting {
    let backend: GPUBackend
    let program: GPUProgram
    var position = 0
    var capacity = 0
    var caches: [MemoryBlock] = []
    private var activations: MemoryBlock?
    var loop: DecodeLoop?
    /// A step as a graph, by whether it chooses the next token itself.
    var graphs: [Bool: GPUGraph] = [:]
    /// Which way generation takes, for measurements; by what the plan and the device tell where `nil`.
    package var forcesLoop: Bool?
    var hasLogits = false
    var run: Run?
    /// Never the same twice: the decode loop counts the rounds of its words from it.
    var epoch: UInt32 = 1

    struct Run {
        let request: GenerationRequest
        /// Where tokens are chosen on the host, since the device does not know this kind of sampling.
        var sampler: TokenSampler?
        /// Made by the device and not handed out yet.
        var ready: ArraySlice<GeneratedToken> = []
        var handedOut = 0
        /// The token handed out last; it is not in the cache, or has not been counted yet.
        var pending: Int32?
        /// Positions that the device has filled beyond `position`.
        var ahead = 0
        var steps = 1
    }

    var shape: DecoderShape { program.shape }

    init(backend: GPUBackend, plan: DecoderPlan, capacity: Int) throws(BackendError) {
        try plan.validate()
        self.backend = backend
        let layout = GPUSessionLayout(shape: plan.shape, rows: 1, capacity: 1, multiprocessors: backend.context.multiprocessors)
        program = try GPUProgram(plan: plan, backend: backend, layout: layout)
        loop = try DecodeLoop(program)
        try reserve(capacity: max(1, capacity))
    }

    package var usesDecodeLoop: Bool { loop != nil && forcesLoop != false }

    /// Whether the next tokens come from the persistent kernel, where the plan allows it.
    func prefersLoop(_ loop: DecodeLoop) -> Bool {
        forcesLoop ?? (loop.cost.loop(position: position) <= loop.cost.graph(position: position))
    }

    // MARK: - Cache

    var rowByteCount: Int { shape.keyValueWidth * shape.cacheType.byteCount }
    var cacheByteCount: Int { caches.reduce(0) { $0 + $1.byteCount } }

    func reserve(capacity wanted: Int) throws(BackendError) {
        guard wanted > capacity else { return }
        stopGenerating()
        guard wanted <= Int(Int32.max) / max(1, shape.keyValueWidth) else { throw .memory(.invalidByteCount(wanted, owner: "KV cache")) }
        var grown: [MemoryBlock] = []
        for layer in 0..<shape.layerCount {
            let block = try backend.allocate(2 * wanted * rowByteCount, owner: "KV cache")
            if position > 0 {
                let old = UInt64(caches[layer].address)
                try backend.run { () throws(CUDAFailure) in
                    try backend.context.copyOnDevice(from: old, to: UInt64(block.address), byteCount: position * rowByteCount)
                    try backend.context.copyOnDevice(
                        from: old + UInt64(capacity * rowByteCount), to: UInt64(block.address) + UInt64(wanted * rowByteCount),
                        byteCount: position * rowByteCount)
                }
            }
            grown.append(block)
        }
        let layout = GPUSessionLayout(
            shape: shape, rows: GPUSessionLayout.rows(capacity: wanted), capacity: wanted, multiprocessors: backend.context.multiprocessors)
        activations = nil
        graphs = [:]
        let block = try backend.allocate(layout.byteCount, owner: "activations")
        activations = block
        caches = grown
        capacity = wanted
        hasLogits = false
        program.layout = layout
        program.base = UInt64(block.address)
        for (index, rotary) in program.plan.rotaryEmbeddings.enumerated() {
            try backend.run { () throws(CUDAFailure) in try backend.context.write(rotary.inverseFrequencies, to: program.frequencies(index)) }
        }
        try backend.run { () throws(CUDAFailure) in
            try backend.context.fill(program.at(layout.arrived), with: 0, byteCount: (layout.split.groups + 1) * 4)
        }
        try loop?.bind(program, caches: caches, capacity: capacity)
        epoch = 1
    }

    func truncate(to newPosition: Int) {
        stopGenerating()
        guard newPosition >= 0, newPosition < position else { return }
        position = newPosition
        hasLogits = false
    }

    // MARK: - Evaluating

    func evaluate(_ tokens: [Int32], wanting outputs: DecoderOutputs) throws(BackendError) -> DecoderResult {
        stopGenerating()
        guard !tokens.isEmpty else { return DecoderResult() }
        guard tokens.count <= capacity - position else { throw .cacheFull(capacity: capacity, needed: position + tokens.count) }
        if let bad = tokens.first(where: { $0 < 0 || Int($0) >= shape.vocabularySize }) {
            throw .tokenOutOfRange(bad, vocabularySize: shape.vocabularySize)
        }
        hasLogits = false
        var result = DecoderResult()
        if outputs.hiddenStates != .none { result.hiddenStates = outputs.hiddenLayers.map { _ in [] } }
        let rows = program.layout.rows
        let start = position
        for first in stride(from: 0, to: tokens.count, by: rows) {
            let chunk = Array(tokens[first..<min(first + rows, tokens.count)])
            try forward(chunk, first: start + first, isLast: first + chunk.count == tokens.count, outputs, &result)
        }
        position = start + tokens.count
        hasLogits = true
        return result
    }

    private func forward(_ tokens: [Int32], first: Int, isLast: Bool, _ outputs: DecoderOutputs, _ result: inout DecoderResult) throws(BackendError) {
        let rows = tokens.count
        let chunk = program.at(program.layout.chunkTokens)
        try backend.run { () throws(CUDAFailure) in try backend.context.write(tokens, to: chunk) }
        try program.embed(rows, tokens: chunk)
        try collectHidden(0, rows: rows, isLast: isLast, outputs, &result)
        for layer in 0..<shape.layerCount {
            try program.block(layer, rows: rows, first: first, cache: caches[layer], capacity: capacity)
            try collectHidden(layer + 1, rows: rows, isLast: isLast, outputs, &result)
        }
        let residual = program.at(program.layout.residual)
        let rowBytes = UInt64(shape.hiddenSize * 4)
        let last = residual + UInt64(rows - 1) * rowBytes
        if outputs.logits == .all || outputs.bestTokens == .all {
            // A few rows at a time, in memory that is given back.
            let atOnce = min(rows, 32)
            let scratch = try backend.allocate(atOnce * (shape.vocabularySize * 4 + 16), owner: "activations")
            let choices = UInt64(scratch.address) + UInt64(atOnce * shape.vocabularySize * 4)
            for row in stride(from: 0, to: rows, by: atOnce) {
                let count = min(atOnce, rows - row)
                try program.logits(of: residual + UInt64(row) * rowBytes, rows: count, to: UInt64(scratch.address))
                try backend.run { () throws(CUDAFailure) in
                    if outputs.logits == .all {
                        result.logits += try backend.context.read(count * shape.vocabularySize, of: Float.self, from: UInt64(scratch.address))
                    }
                    if outputs.bestTokens == .all {
                        try program.choose(UInt64(scratch.address), rows: count, choices: choices, feedback: 0, temperature: 0, seed: 0, counter: 0)
                        result.bestTokens += try backend.context.read(count, of: KernelChoice.self, from: choices).map(\.token)
                    }
                }
            }
        }
        guard isLast else { return }
        let logits = program.at(program.layout.logits)
        try program.logits(of: last, rows: 1, to: logits)
        try backend.run { () throws(CUDAFailure) in
            if outputs.logits == .last { result.logits = try backend.context.read(shape.vocabularySize, of: Float.self, from: logits) }
            if outputs.bestTokens == .last {
                let choice = program.at(program.layout.choice)
                try program.choose(logits, rows: 1, choices: choice, feedback: 0, temperature: 0, seed: 0, counter: 0)
                result.bestTokens = try backend.context.read(1, of: KernelChoice.self, from: choice).map(\.token)
            }
        }
    }

    private func collectHidden(_ layer: Int, rows: Int, isLast: Bool, _ outputs: DecoderOutputs, _ result: inout DecoderResult) throws(BackendError) {
        guard outputs.hiddenStates != .none, outputs.hiddenStates == .all || isLast else { return }
        let first = outputs.hiddenStates == .all ? 0 : rows - 1
        let from = program.at(program.layout.residual) + UInt64(first * shape.hiddenSize * 4)
        for (index, wanted) in outputs.hiddenLayers.enumerated() {
            let isNormed = wanted == shape.layerCount + 1 && layer == shape.layerCount
            guard wanted == layer || isNormed else { continue }
            try backend.run { () throws(CUDAFailure) in
                var source = from
                if isNormed {
                    source = program.at(program.layout.branch)
                    try program.norm(from, program.vector(program.plan.finalNorm), to: source, .f32, rows: rows - first, width: shape.hiddenSize)
                }
                result.hiddenStates[index] += try backend.context.read((rows - first) * shape.hiddenSize, of: Float.self, from: source)
            }
        }
    }

    func logits(ofHiddenStates hiddenStates: [Float]) throws(BackendError) -> [Float] {
        guard hiddenStates.count % shape.hiddenSize == 0 else {
            throw .unsupported("hidden states whose number of elements is no multiple of \(shape.hiddenSize)")
        }
        let rows = hiddenStates.count / shape.hiddenSize
        var result: [Float] = []
        let atOnce = min(max(1, rows), 32, program.layout.rows)
        let scratch = try backend.allocate(atOnce * shape.vocabularySize * 4, owner: "activations")
        for first in stride(from: 0, to: rows, by: atOnce) {
            let count = min(atOnce, rows - first)
            let branch = program.at(program.layout.branch)
            try backend.run { () throws(CUDAFailure) in
                try backend.context.write(Array(hiddenStates[(first * shape.hiddenSize)..<((first + count) * shape.hiddenSize)]), to: branch)
            }
            try program.logits(of: branch, rows: count, to: UInt64(scratch.address))
            result += try backend.run { () throws(CUDAFailure) in
                try backend.context.read(count * shape.vocabularySize, of: Float.self, from: UInt64(scratch.address))
            }
        }
        return result
    }
}
