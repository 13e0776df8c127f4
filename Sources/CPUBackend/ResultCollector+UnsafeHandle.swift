import Tensors

/// Gathers what was wanted of an evaluation, chunk by chunk.
///
/// Unsafe since it copies from the session's buffers; each copy is as long as the chunk's rows.
struct ResultCollector {
    private let outputs: DecoderOutputs
    private let tokenCount: Int
    private let shape: DecoderShape
    private(set) var result = DecoderResult()
    /// Rows of the chunk under way, and of those before it.
    private var rows = 0
    private var offset = 0

    init(_ outputs: DecoderOutputs, tokenCount: Int, shape: DecoderShape) {
        self.outputs = outputs
        self.tokenCount = tokenCount
        self.shape = shape
        if outputs.logits == .all { result.logits = [Float](repeating: 0, count: tokenCount * shape.vocabularySize) }
        if outputs.hiddenStates != .none {
            let rows = outputs.hiddenStates == .all ? tokenCount : 1
            result.hiddenStates = outputs.hiddenLayers.map { _ in [Float](repeating: 0, count: rows * shape.hiddenSize) }
        }
    }

    mutating func beginChunk(rows: Int) {
        offset += self.rows
        self.rows = rows
    }

    private var isLastChunk: Bool { offset + rows == tokenCount }

    /// Takes the residual stream as it is after `layer` blocks, and after the last one its final norm too.
    mutating func addHidden(layer: Int, _ buffers: ActivationBuffers, _ kernels: DecoderKernels) {
        guard outputs.hiddenStates != .none else { return }
        for (index, wanted) in outputs.hiddenLayers.enumerated() {
            let isNormed = wanted == shape.layerCount + 1 && layer == shape.layerCount
            guard wanted == layer || isNormed else { continue }
            let first = outputs.hiddenStates == .all ? 0 : rows - 1
            let target = outputs.hiddenStates == .all ? offset : 0
            guard outputs.hiddenStates == .all || isLastChunk else { continue }
            let width = shape.hiddenSize
            let source = buffers.residual + first * width
            result.hiddenStates[index].withUnsafeMutableBufferPointer { states in
                guard let place = states.baseAddress.map({ $0 + target * width }) else { return }
                if isNormed {
                    kernels.finalNorm(of: source, rows: rows - first, into: place)
                } else {
                    place.update(from: source, count: (rows - first) * width)
                }
            }
        }
    }

    /// Computes logits of all of the chunk's rows where they are wanted.
    mutating func addLogits(_ buffers: ActivationBuffers, _ kernels: DecoderKernels) throws(BackendError) {
        let vocabulary = shape.vocabularySize
        if outputs.logits == .all {
            // Through a typed result, since closures of the standard library's buffers only rethrow untyped errors.
            let (rows, offset) = (rows, offset)
            let outcome = result.logits.withUnsafeMutableBufferPointer { logits -> Result<Void, BackendError> in
                guard let base = logits.baseAddress else { return .success(()) }
                return Result { () throws(BackendError) in
                    try kernels.logits(of: buffers.residual, rows: rows, into: base + offset * vocabulary, in: buffers)
                }
            }
            try outcome.get()
            if outputs.bestTokens == .all {
                result.logits.withUnsafeBufferPointer { logits in
                    guard let base = logits.baseAddress else { return }
                    for row in offset..<offset + rows {
                        result.bestTokens.append(kernels.statistics(of: base + row * vocabulary).best)
                    }
                }
            }
        } else if outputs.bestTokens == .all {
            for first in stride(from: 0, to: rows, by: buffers.layout.logitRows) {
                let count = min(buffers.layout.logitRows, rows - first)
                try kernels.logits(
                    of: buffers.residual + first * shape.hiddenSize, rows: count, into: buffers.logits, in: buffers)
                for row in 0..<count {
                    result.bestTokens.append(kernels.statistics(of: buffers.logits + row * vocabulary).best)
                }
            }
        }
    }

    /// Leaves the last position's logits in the first row of the buffer, and takes what is wanted of them.
    mutating func addLastLogits(_ buffers: ActivationBuffers, _ kernels: DecoderKernels) throws(BackendError) {
        let vocabulary = shape.vocabularySize
        if outputs.logits == .all {
            result.logits.withUnsafeBufferPointer { logits in
                guard let base = logits.baseAddress else { return }
                buffers.logits.update(from: base + (tokenCount - 1) * vocabulary, count: vocabulary)
            }
        } else {
            try kernels.logits(
                of: buffers.residual + (rows - 1) * shape.hiddenSize, rows: 1, into: buffers.logits, in: buffers)
        }
        if outputs.logits == .last { result.logits = Array(UnsafeBufferPointer(start: buffers.logits, count: vocabulary)) }
        if outputs.bestTokens == .last { result.bestTokens = [kernels.statistics(of: buffers.logits).best] }
    }
}

extension DecoderKernels {
    /// Logits of hidden states that do not come from the session's own buffers, `chunk` rows at a time.
    func logits(ofHiddenStates states: [Float], chunk: Int, in buffers: ActivationBuffers) throws(BackendError) -> [Float] {
        let rows = states.count / plan.shape.hiddenSize
        var result = [Float](repeating: 0, count: rows * plan.shape.vocabularySize)
        let outcome = states.withUnsafeBufferPointer { states in
            result.withUnsafeMutableBufferPointer { result -> Result<Void, BackendError> in
                guard let source = states.baseAddress, let target = result.baseAddress else { return .success(()) }
                return Result { () throws(BackendError) in
                    for first in stride(from: 0, to: rows, by: chunk) {
                        try logits(
                            of: source + first * plan.shape.hiddenSize, rows: min(chunk, rows - first),
                            into: target + first * plan.shape.vocabularySize, in: buffers)
                    }
                }
            }
        }
        try outcome.get()
        return result
    }
}
