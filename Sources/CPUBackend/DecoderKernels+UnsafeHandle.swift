private import CKernels
import TensorMemory
import Tensors

/// A plan's operations as calls of the kernels.
///
/// Unsafe since kernels take pointers: into the weights' blocks, which the plan's handles keep alive, and
/// into the session's own blocks, which are passed in by each call. Every size comes from the plan's shape,
/// against which `DecoderPlan.validate()` held all weights.
final class DecoderKernels {
    let plan: DecoderPlan
    private let pool: KernelPool
    /// Norms and biases in float32.
    private let vectors: FloatVectors
    private let layers: [Layer]
    private let embedding: UnsafePointer<gk_weight>
    private let finalNorm: UnsafePointer<Float>
    private let head: Linear
    private let compute: gk_compute

    private struct Linear {
        var weight: UnsafePointer<gk_weight>
        var bias: UnsafePointer<Float>?
    }

    private struct Layer {
        var attentionNorm, feedForwardNorm: UnsafePointer<Float>
        var queryNorm, keyNorm, postAttentionNorm, postFeedForwardNorm: UnsafePointer<Float>?
        var query, key, value, output, gate, up, down: Linear
        var window: Int
        var rotary: Int
    }

    init(plan: DecoderPlan, backend: HostBackend) throws(BackendError) {
        self.plan = plan
        pool = backend.pool
        compute =
            switch plan.computeType {
            case .float32, .float16: GK_COMPUTE_F32
            case .bfloat16: GK_COMPUTE_BF16
            case .int8: GK_COMPUTE_INT8
            }
        let vectors = try FloatVectors(plan.vectors, backend: backend)
        func linear(_ layer: LinearLayer) throws(BackendError) -> Linear {
            Linear(weight: try Self.matrix(layer.weight), bias: try vectors.pointer(layer.bias))
        }
        var layers: [Layer] = []
        for layer in plan.layers {
            layers.append(
                Layer(
                    attentionNorm: try vectors.pointer(layer.attentionNorm),
                    feedForwardNorm: try vectors.pointer(layer.feedForwardNorm),
                    queryNorm: try vectors.pointer(layer.queryNorm), keyNorm: try vectors.pointer(layer.keyNorm),
                    postAttentionNorm: try vectors.pointer(layer.postAttentionNorm),
                    postFeedForwardNorm: try vectors.pointer(layer.postFeedForwardNorm),
                    query: try linear(layer.query), key: try linear(layer.key), value: try linear(layer.value),
                    output: try linear(layer.output), gate: try linear(layer.gate), up: try linear(layer.up),
                    down: try linear(layer.down), window: layer.slidingWindow ?? 0, rotary: layer.rotary))
        }
        self.layers = layers
        self.vectors = vectors
        embedding = try Self.matrix(plan.embedding)
        finalNorm = try vectors.pointer(plan.finalNorm)
        head = try linear(plan.outputHead)
    }

    private static func matrix(_ weight: Weight) throws(BackendError) -> UnsafePointer<gk_weight> {
        guard let storage = weight.storage as? HostWeight else {
            throw .badWeight(name: weight.name, reason: "it was not made by the CPU's backend")
        }
        return storage.kernelWeight.assumingMemoryBound(to: gk_weight.self)
    }

    /// Bytes of scratch memory for `rows` rows with `positions` keys in view.
    static func scratchByteCount(shape: DecoderShape, rows: Int, positions: Int, pool: KernelPool) -> Int? {
        var needed = gk_attention_scratch_bytes(
            pool.handle, Int64(rows), Int64(positions), Int64(shape.headCount), Int64(shape.headSize))
        guard needed >= 0 else { return nil }
        for columns in [shape.hiddenSize, shape.queryWidth, shape.intermediateSize] {
            let bytes = gk_matmul_scratch_bytes(pool.handle, Int64(rows), Int64(columns))
            guard bytes >= 0 else { return nil }
            needed = max(needed, bytes)
        }
        return Int(needed)
    }
}

// MARK: - Operations

extension DecoderKernels {
    /// Looks tokens up into the residual stream, and sets up the angles of their positions.
    func embed(_ tokens: some Collection<Int32>, first: Int, in state: ActivationBuffers) throws(BackendError) {
        let width = plan.shape.hiddenSize
        for (row, token) in tokens.enumerated() {
            try check(gk_weight_row(embedding, Int64(token), state.residual + row * width), "embedding")
        }
        if plan.shape.embeddingScale != 1 {
            gk_scale(state.residual, state.residual, plan.shape.embeddingScale, Int64(tokens.count * width))
        }
        for (index, rotary) in plan.rotaryEmbeddings.enumerated() {
            let pairs = rotary.inverseFrequencies.count
            let offset = index * state.layout.rows * (plan.shape.headSize / 2)
            var cosines = MutableSpan(_unsafeStart: state.cosines + offset, count: tokens.count * pairs)
            var sines = MutableSpan(_unsafeStart: state.sines + offset, count: tokens.count * pairs)
            rotary.fill(cosines: &cosines, sines: &sines, first: first, count: tokens.count)
        }
    }

    /// Runs block `index` over `rows` rows of the residual stream, whose first has the position `first`.
    func block(_ index: Int, rows: Int, first: Int, cache: MemoryBlock, capacity: Int, in state: ActivationBuffers) throws(BackendError) {
        try attend(layers[index], rows: rows, first: first, cache: cache, capacity: capacity, in: state)
        try feedForward(layers[index], rows: rows, in: state)
    }

    private func attend(
        _ layer: Layer, rows: Int, first: Int, cache: MemoryBlock, capacity: Int, in state: ActivationBuffers
    ) throws(BackendError) {
        let shape = plan.shape
        let m = Int64(rows), head = Int64(shape.headSize)
        let queryWidth = Int64(shape.queryWidth), keyWidth = Int64(shape.keyValueWidth)
        var input = normed(state.residual, by: layer.attentionNorm, rows: rows)
        try multiply(
            &input,
            product(layer.query, state.query, queryWidth), product(layer.key, state.key, keyWidth),
            product(layer.value, state.value, keyWidth), in: state)
        if let norm = layer.queryNorm {
            gk_rms_norm(state.query, state.query, norm, m * Int64(shape.headCount), head, shape.normEpsilon)
        }
        if let norm = layer.keyNorm {
            gk_rms_norm(state.key, state.key, norm, m * Int64(shape.keyValueHeadCount), head, shape.normEpsilon)
        }
        let rotary = plan.rotaryEmbeddings[layer.rotary]
        let offset = layer.rotary * state.layout.rows * (shape.headSize / 2)
        let pairing = rotary.pairing == .halves ? GK_ROPE_HALVES : GK_ROPE_INTERLEAVED
        let rotated = Int64(2 * rotary.inverseFrequencies.count)
        try check(
            gk_rope(
                state.query, m, queryWidth, Int64(shape.headCount), head, rotated,
                state.cosines + offset, state.sines + offset, pairing), "rope")
        try check(
            gk_rope(
                state.key, m, keyWidth, Int64(shape.keyValueHeadCount), head, rotated,
                state.cosines + offset, state.sines + offset, pairing), "rope")

        guard let bytes = cache.hostBytes?.baseAddress else { throw .unsupported("a cache that is not in the CPU's memory") }
        let type: gk_type =
            switch shape.cacheType {
            case .float16: GK_F16
            case .bfloat16: GK_BF16
            default: GK_F32
            }
        var keys = gk_kv(type: type, data: bytes, position_stride: keyWidth, head_stride: head)
        var values = keys
        values.data = bytes + CacheLayout(shape).valueOffset(capacity: capacity)
        let kvHeads = Int64(shape.keyValueHeadCount)
        try check(gk_kv_store(&keys, Int64(first), state.key, m, keyWidth, kvHeads, head), "key store")
        try check(gk_kv_store(&values, Int64(first), state.value, m, keyWidth, kvHeads, head), "value store")
        var attention = gk_attention(
            q: state.query, q_stride: queryWidth, y: state.query, y_stride: queryWidth, m: m,
            heads: Int64(shape.headCount), kv_heads: kvHeads, head_dim: head, first: Int64(first),
            window: Int64(layer.window), scale: shape.attentionScale, softcap: 0, keys: keys, values: values)
        try check(
            gk_attention_run(pool.handle, &attention, state.scratch, Int64(state.layout.scratchByteCount)), "attention")

        var result = plain(state.query, width: shape.queryWidth, rows: rows)
        try add(&result, layer.output, norm: layer.postAttentionNorm, rows: rows, in: state)
    }

    private func feedForward(_ layer: Layer, rows: Int, in state: ActivationBuffers) throws(BackendError) {
        let width = Int64(plan.shape.intermediateSize)
        var input = normed(state.residual, by: layer.feedForwardNorm, rows: rows)
        try multiply(
            &input, product(layer.gate, state.gate, width), product(layer.up, state.up, width), nil, in: state)
        var gated = plain(state.gate, width: plan.shape.intermediateSize, rows: rows)
        gated.kind =
            switch plan.shape.activation {
            case .silu: GK_INPUT_SILU_MUL
            case .geluTanh: GK_INPUT_GELU_MUL
            case .gelu: GK_INPUT_ERF_GELU_MUL
            case .quickGELU: GK_INPUT_QUICK_GELU_MUL
            case .relu: GK_INPUT_RELU_MUL
            case .squaredReLU: GK_INPUT_SQUARED_RELU_MUL
            }
        gated.x2 = UnsafePointer(state.up)
        gated.x2_stride = width
        try add(&gated, layer.down, norm: layer.postFeedForwardNorm, rows: rows, in: state)
    }

    /// Adds a layer's result to the residual stream, normed first where there is a norm.
    private func add(
        _ input: inout gk_input, _ layer: Linear, norm: UnsafePointer<Float>?, rows: Int, in state: ActivationBuffers
    ) throws(BackendError) {
        let width = plan.shape.hiddenSize
        guard let norm else {
            var output = product(layer, state.residual, Int64(width))
            output.residual = UnsafePointer(state.residual)
            output.residual_stride = Int64(width)
            return try multiply(&input, output, nil, nil, in: state)
        }
        try multiply(&input, product(layer, state.branch, Int64(width)), nil, nil, in: state)
        gk_rms_norm(state.branch, state.branch, norm, Int64(rows), Int64(width), plan.shape.normEpsilon)
        gk_add(state.residual, state.residual, state.branch, Int64(rows * width))
    }

    /// Computes the logits of rows of hidden states, (rows, hiddenSize), to (rows, vocabularySize).
    func logits(
        of hidden: UnsafePointer<Float>, rows: Int, into logits: UnsafeMutablePointer<Float>, in state: ActivationBuffers
    ) throws(BackendError) {
        var input = normed(hidden, by: finalNorm, rows: rows)
        try multiply(&input, product(head, logits, Int64(plan.shape.vocabularySize)), nil, nil, in: state)
        if let cap = plan.shape.logitSoftCap {
            gk_softcap(logits, logits, cap, Int64(rows * plan.shape.vocabularySize))
        }
    }

    /// The final norm of rows of hidden states.
    func finalNorm(of hidden: UnsafePointer<Float>, rows: Int, into result: UnsafeMutablePointer<Float>) {
        gk_rms_norm(result, hidden, finalNorm, Int64(rows), Int64(plan.shape.hiddenSize), plan.shape.normEpsilon)
    }

    /// What sampling needs to know of a row of logits.
    func statistics(of logits: UnsafePointer<Float>) -> LogitStatistics {
        let count = Int64(plan.shape.vocabularySize)
        var largest: Float = 0
        var sum = 0.0
        gk_sum_exp(logits, count, &largest, &sum)
        return LogitStatistics(best: Int32(clamping: max(0, gk_argmax(logits, count))), largest: largest, sum: sum)
    }
}

// MARK: - Descriptions

extension DecoderKernels {
    private func plain(_ x: UnsafePointer<Float>, width: Int, rows: Int) -> gk_input {
        gk_input(
            kind: GK_INPUT_PLAIN, compute: compute, m: Int64(rows), cols: Int64(width), x: x, x_stride: Int64(width),
            x2: nil, x2_stride: 0, norm_weight: nil, eps: 0)
    }

    private func normed(_ x: UnsafePointer<Float>, by norm: UnsafePointer<Float>, rows: Int) -> gk_input {
        var input = plain(x, width: plan.shape.hiddenSize, rows: rows)
        input.kind = GK_INPUT_RMS_NORM
        input.norm_weight = norm
        input.eps = plan.shape.normEpsilon
        return input
    }

    private func product(_ layer: Linear, _ y: UnsafeMutablePointer<Float>, _ stride: Int64) -> gk_product {
        gk_product(weight: layer.weight, y: y, y_stride: stride, bias: layer.bias, residual: nil, residual_stride: 0)
    }

    private func multiply(
        _ input: inout gk_input, _ first: gk_product, _ second: gk_product?, _ third: gk_product?, in state: ActivationBuffers
    ) throws(BackendError) {
        // A tuple and not an array: nothing is allocated while tokens are generated.
        var products = (first, second ?? first, third ?? first)
        let count: Int32 = third != nil ? 3 : second != nil ? 2 : 1
        let status = withUnsafePointer(to: &products) { tuple in
            tuple.withMemoryRebound(to: gk_product.self, capacity: 3) { products in
                gk_matmul(pool.handle, &input, products, count, state.scratch, Int64(state.layout.scratchByteCount))
            }
        }
        try check(status, "matrix product")
    }

    private func check(_ status: gk_status, _ operation: String) throws(BackendError) {
        if status != GK_OK {
            throw .device(.cpu, operation: operation, message: String(cString: gk_status_text(status)))
        }
    }
}
