extension DecoderPlan {
    /// All norms and biases.
    public var vectors: [Weight] {
        layers.flatMap { layer in
            [
                layer.attentionNorm, layer.feedForwardNorm, layer.queryNorm, layer.keyNorm, layer.postAttentionNorm,
                layer.postFeedForwardNorm, layer.query.bias, layer.key.bias, layer.value.bias, layer.output.bias,
                layer.gate.bias, layer.up.bias, layer.down.bias,
            ].compactMap { $0 }
        } + [finalNorm, outputHead.bias].compactMap { $0 }
    }

    /// All weights, tied ones twice.
    public var weights: [Weight] {
        layers.flatMap { layer in
            [layer.query, layer.key, layer.value, layer.output, layer.gate, layer.up, layer.down].map(\.weight)
        } + vectors + [embedding, outputHead.weight]
    }

    /// Holds every weight's shape against the hyper-parameters, so that backends need not.
    ///
    /// - Throws: ``BackendError/badWeight(name:reason:)``, or ``BackendError/unsupported(_:)`` for
    ///   hyper-parameters that contradict each other.
    public func validate() throws(BackendError) {
        try shape.validate()
        guard layers.count == shape.layerCount else {
            throw .unsupported("a plan of \(layers.count) layers where \(shape.layerCount) were announced")
        }
        try expect(embedding, [shape.vocabularySize, shape.hiddenSize])
        try expect(finalNorm, [shape.hiddenSize])
        try expect(outputHead, shape.vocabularySize, shape.hiddenSize)
        for rotary in rotaryEmbeddings where 2 * rotary.inverseFrequencies.count > shape.headSize {
            throw .unsupported("a rotary embedding of more elements than a head has")
        }
        for layer in layers {
            guard rotaryEmbeddings.indices.contains(layer.rotary) else { throw .unsupported("a layer without a rotary embedding") }
            if let window = layer.slidingWindow, window < 1 { throw .unsupported("a sliding window of \(window) positions") }
            for norm in [layer.attentionNorm, layer.feedForwardNorm] { try expect(norm, [shape.hiddenSize]) }
            for norm in [layer.postAttentionNorm, layer.postFeedForwardNorm] { try expect(norm, [shape.hiddenSize]) }
            for norm in [layer.queryNorm, layer.keyNorm] { try expect(norm, [shape.headSize]) }
            try expect(layer.query, shape.queryWidth, shape.hiddenSize)
            try expect(layer.key, shape.keyValueWidth, shape.hiddenSize)
            try expect(layer.value, shape.keyValueWidth, shape.hiddenSize)
            try expect(layer.output, shape.hiddenSize, shape.queryWidth)
            try expect(layer.gate, shape.intermediateSize, shape.hiddenSize)
            try expect(layer.up, shape.intermediateSize, shape.hiddenSize)
            try expect(layer.down, shape.hiddenSize, shape.intermediateSize)
        }
    }

    private func expect(_ layer: LinearLayer, _ outputs: Int, _ inputs: Int) throws(BackendError) {
        try expect(layer.weight, [outputs, inputs])
        try expect(layer.bias, [outputs])
    }

    private func expect(_ weight: Weight?, _ wanted: [Int]) throws(BackendError) {
        guard let weight, weight.shape != wanted else { return }
        throw .badWeight(name: weight.name, reason: "its shape is \(weight.shape) where the configuration demands \(wanted)")
    }
}

extension DecoderShape {
    /// The largest value of any one size; keeps every product of two of them within 64 bits.
    private static let largest = 1 << 30

    /// - Throws: ``BackendError/unsupported(_:)`` for sizes that contradict each other or are out of all range.
    public func validate() throws(BackendError) {
        let sizes = [
            ("vocabulary size", vocabularySize), ("hidden size", hiddenSize), ("intermediate size", intermediateSize),
            ("number of layers", layerCount), ("number of heads", headCount),
            ("number of key-value heads", keyValueHeadCount), ("head size", headSize), ("context length", contextLength),
        ]
        for (name, value) in sizes where value < 1 || value > Self.largest {
            throw .unsupported("a model whose \(name) is \(value)")
        }
        guard headCount % keyValueHeadCount == 0 else {
            throw .unsupported("\(headCount) query heads over \(keyValueHeadCount) key-value heads: the one must divide the other")
        }
        guard headSize % 2 == 0 else { throw .unsupported("heads of \(headSize) elements: rotary embeddings turn pairs") }
        guard headCount <= Self.largest / headSize else { throw .unsupported("\(headCount) heads of \(headSize) elements") }
        guard [.float32, .float16, .bfloat16].contains(cacheType) else { throw .unsupported("a KV cache of \(cacheType)") }
    }
}
