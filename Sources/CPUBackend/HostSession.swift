import TensorMemory
import Tensors

/// A decoder on the CPU: the plan's operations one after another, in memory that is set up beforehand,
/// so that a decode step allocates nothing.
final class HostSession: DecoderSession {
    /// Rows of a long prompt that are computed at a time: enough for matrix products to run at the
    /// processor's speed, few enough for their intermediate results to stay in its cache.
    static let chunkRows = 256
    /// Rows whose logits are held at a time where only the best tokens are wanted.
    static let logitRows = 8

    let backend: HostBackend
    let kernels: DecoderKernels
    private(set) var position = 0
    private(set) var capacity = 0
    private let cacheLayout: CacheLayout
    private var caches: [MemoryBlock] = []
    private var activations: MemoryBlock?
    private var buffers: ActivationBuffers?
    /// Whether the logits held are those of the last position.
    private var hasLogits = false
    private var run: Run?

    private struct Run {
        let request: GenerationRequest
        var sampler: TokenSampler
        /// The token handed out last, which is not in the cache yet.
        var pending: Int32?
    }

    init(backend: HostBackend, plan: DecoderPlan, capacity: Int) throws(BackendError) {
        try plan.validate()
        self.backend = backend
        kernels = try DecoderKernels(plan: plan, backend: backend)
        cacheLayout = CacheLayout(plan.shape)
        try reserve(capacity: capacity)
    }

    var shape: DecoderShape { kernels.plan.shape }

    // MARK: - Cache

    var cacheByteCount: Int { caches.reduce(0) { $0 + $1.byteCount } }

    func reserve(capacity wanted: Int) throws(BackendError) {
        guard wanted > capacity else { return }
        let (bytes, overflow) = wanted.multipliedReportingOverflow(by: 2 * cacheLayout.rowByteCount)
        if overflow { throw .memory(.invalidByteCount(wanted, owner: "KV cache")) }
        let kept = position * cacheLayout.rowByteCount
        var grown: [MemoryBlock] = []
        for layer in 0..<shape.layerCount {
            let block = try backend.allocate(bytes, owner: "KV cache")
            if kept > 0 {
                let old = caches[layer]
                block.copy(from: old, sourceOffset: 0, to: 0, count: kept)
                block.copy(
                    from: old, sourceOffset: cacheLayout.valueOffset(capacity: capacity),
                    to: cacheLayout.valueOffset(capacity: wanted), count: kept)
            }
            grown.append(block)
        }
        caches = grown
        capacity = wanted
        // Scratch memory for attention depends on the positions in view.
        buffers = nil
        activations = nil
        hasLogits = false
    }

    func truncate(to newPosition: Int) {
        stopGenerating()
        guard newPosition >= 0, newPosition < position else { return }
        position = newPosition
        hasLogits = false
    }

    /// Makes room for `rows` rows at a time, keeping the logits.
    private func prepared(rows: Int, logitRows: Int = 1) throws(BackendError) -> ActivationBuffers {
        if let buffers, buffers.layout.rows >= rows, buffers.layout.logitRows >= logitRows { return buffers }
        let layout = ActivationLayout(
            shape: shape, rotaryCount: kernels.plan.rotaryEmbeddings.count, rows: max(rows, buffers?.layout.rows ?? 0),
            logitRows: max(logitRows, buffers?.layout.logitRows ?? 0), capacity: capacity, pool: backend.pool)
        guard let layout else { throw .unsupported("a decoder of this size") }
        buffers = nil
        activations = nil
        hasLogits = false
        let block = try backend.allocate(layout.byteCount, owner: "activations")
        guard let made = ActivationBuffers(block, layout: layout) else {
            throw .unsupported("an allocator whose memory is not the CPU's")
        }
        activations = block
        buffers = made
        return made
    }

    // MARK: - Evaluating

    func evaluate(_ tokens: [Int32], wanting outputs: DecoderOutputs) throws(BackendError) -> DecoderResult {
        stopGenerating()
        guard !tokens.isEmpty else { return DecoderResult() }
        let start = position
        guard tokens.count <= capacity - start else { throw .cacheFull(capacity: capacity, needed: start + tokens.count) }
        if let bad = tokens.first(where: { $0 < 0 || Int($0) >= shape.vocabularySize }) {
            throw .tokenOutOfRange(bad, vocabularySize: shape.vocabularySize)
        }
        let needsSeveral = outputs.bestTokens == .all && outputs.logits != .all
        let buffers = try prepared(
            rows: min(tokens.count, Self.chunkRows), logitRows: needsSeveral ? min(tokens.count, Self.logitRows) : 1)
        var collector = ResultCollector(outputs, tokenCount: tokens.count, shape: shape)
        do {
            var done = 0
            while done < tokens.count {
                let count = min(Self.chunkRows, tokens.count - done)
                try forward(tokens[done..<done + count], first: start + done, buffers, &collector)
                done += count
            }
            try collector.addLastLogits(buffers, kernels)
        } catch {
            hasLogits = false
            throw error
        }
        position = start + tokens.count
        hasLogits = true
        return collector.result
    }

    private func forward(
        _ tokens: ArraySlice<Int32>, first: Int, _ buffers: ActivationBuffers, _ collector: inout ResultCollector
    ) throws(BackendError) {
        collector.beginChunk(rows: tokens.count)
        try kernels.embed(tokens, first: first, in: buffers)
        collector.addHidden(layer: 0, buffers, kernels)
        for layer in 0..<shape.layerCount {
            try kernels.block(
                layer, rows: tokens.count, first: first, cache: caches[layer], capacity: capacity, in: buffers)
            collector.addHidden(layer: layer + 1, buffers, kernels)
        }
        try collector.addLogits(buffers, kernels)
    }

    func logits(ofHiddenStates hiddenStates: [Float]) throws(BackendError) -> [Float] {
        guard hiddenStates.count % shape.hiddenSize == 0 else {
            throw .unsupported("hidden states whose number of elements is no multiple of \(shape.hiddenSize)")
        }
        let rows = hiddenStates.count / shape.hiddenSize
        guard rows > 0 else { return [] }
        let buffers = try prepared(rows: min(rows, Self.chunkRows))
        return try kernels.logits(ofHiddenStates: hiddenStates, chunk: buffers.layout.rows, in: buffers)
    }

    // MARK: - Generating

    func startGenerating(_ request: GenerationRequest) throws(BackendError) {
        guard hasLogits else { throw .unsupported("generating before the prompt was evaluated") }
        run = Run(request: request, sampler: TokenSampler(request), pending: nil)
    }

    func nextToken() throws(BackendError) -> GeneratedToken {
        // Taken out while it is changed, so that the sampler's own arrays are not copied.
        guard var run else { throw .unsupported("a next token before generating was started") }
        self.run = nil
        if let pending = run.pending {
            guard position < capacity else { throw .cacheFull(capacity: capacity, needed: position + 1) }
            try step(pending)
        }
        guard let buffers else { throw .unsupported("a next token before generating was started") }
        let statistics = kernels.statistics(of: buffers.logits)
        let request = run.request
        let token =
            if request.sampling.isPlainGreedy && request.alternatives == 0 {
                GeneratedToken(id: statistics.best, logProbability: statistics.bestLogProbability)
            } else {
                buffers.sample(
                    &run.sampler, count: shape.vocabularySize, statistics: statistics, alternatives: request.alternatives)
            }
        run.pending = token.id
        self.run = run
        return token
    }

    private func step(_ token: Int32) throws(BackendError) {
        let buffers = try prepared(rows: 1)
        hasLogits = false
        try kernels.embed(CollectionOfOne(token), first: position, in: buffers)
        for layer in 0..<shape.layerCount {
            try kernels.block(layer, rows: 1, first: position, cache: caches[layer], capacity: capacity, in: buffers)
        }
        try kernels.logits(of: buffers.residual, rows: 1, into: buffers.logits, in: buffers)
        position += 1
        hasLogits = true
    }

    func stopGenerating() { run = nil }

    // MARK: - Saving

    /// The signature, then the sizes that must agree, in little-endian words of 64 bits.
    private func header(position: Int) -> [UInt8] {
        let words = [position, shape.layerCount, cacheLayout.rowByteCount, shape.keyValueHeadCount, shape.cacheType.byteCount]
        return Array("GalleyKV".utf8)
            + words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }

    func exportCache() throws(BackendError) -> [UInt8] {
        var bytes = header(position: position)
        let count = position * cacheLayout.rowByteCount
        bytes.reserveCapacity(bytes.count + 2 * count * caches.count)
        for block in caches {
            block.append(to: &bytes, offset: 0, count: count)
            block.append(to: &bytes, offset: cacheLayout.valueOffset(capacity: capacity), count: count)
        }
        return bytes
    }

    func importCache(_ bytes: [UInt8]) throws(BackendError) {
        stopGenerating()
        let length = header(position: 0).count
        guard bytes.count >= length else { throw .badCache("it has \(bytes.count) bytes, fewer than its header") }
        let rows = (0..<8).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        guard rows >= 0, rows <= (bytes.count - length) / max(1, 2 * cacheLayout.rowByteCount * shape.layerCount),
            Array(bytes[..<length]) == header(position: rows)
        else { throw .badCache("it was saved from another model, or in another type") }
        let count = rows * cacheLayout.rowByteCount
        guard bytes.count == length + 2 * count * shape.layerCount else { throw .badCache("it is incomplete") }
        try reserve(capacity: rows)
        for (layer, block) in caches.enumerated() {
            let start = length + 2 * count * layer
            block.write(bytes[start..<start + count], at: 0)
            block.write(bytes[start + count..<start + 2 * count], at: cacheLayout.valueOffset(capacity: capacity))
        }
        position = rows
        hasLogits = false
    }
}
