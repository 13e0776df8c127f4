import Tensors

/// A decoder in double precision, one operation after the other: what the GPU's results are held against.
struct ReferenceDecoder {
    let shape: DecoderShape
    let layers: [Layer]
    let embedding: [Double]
    let finalNorm: [Double]
    let head: [Double]
    let frequencies: [Float]
    let pairing: RotaryEmbedding.Pairing

    struct Layer {
        var attentionNorm: [Double] = []
        var feedForwardNorm: [Double] = []
        var query: [Double] = []
        var key: [Double] = []
        var value: [Double] = []
        var output: [Double] = []
        var gate: [Double] = []
        var up: [Double] = []
        var down: [Double] = []
        var queryBias: [Double] = []
        var keyBias: [Double] = []
        var valueBias: [Double] = []
        var queryNorm: [Double] = []
        var keyNorm: [Double] = []
        var postAttentionNorm: [Double] = []
        var postFeedForwardNorm: [Double] = []
        var window: Int?
    }

    /// Logits of every position, (tokens, vocabularySize).
    func logits(_ tokens: [Int32]) -> [[Double]] {
        var stream = tokens.map { token in
            Array(embedding[Int(token) * shape.hiddenSize..<(Int(token) + 1) * shape.hiddenSize]).map { $0 * Double(shape.embeddingScale) }
        }
        for layer in layers {
            let normed = stream.map { norm($0, layer.attentionNorm) }
            var queries: [[Double]] = []
            var keys: [[Double]] = []
            var values: [[Double]] = []
            for (position, x) in normed.enumerated() {
                queries.append(heads(add(product(layer.query, x), layer.queryBias), layer.queryNorm, position))
                keys.append(heads(add(product(layer.key, x), layer.keyBias), layer.keyNorm, position))
                values.append(add(product(layer.value, x), layer.valueBias))
            }
            for position in tokens.indices {
                var attended = [Double](repeating: 0, count: shape.queryWidth)
                let first = layer.window.map { max(0, position - $0 + 1) } ?? 0
                for head in 0..<shape.headCount {
                    let kv = head / (shape.headCount / shape.keyValueHeadCount)
                    let scores = (first...position).map { other in
                        (0..<shape.headSize).reduce(0.0) {
                            $0 + queries[position][head * shape.headSize + $1] * keys[other][kv * shape.headSize + $1]
                        } * Double(shape.attentionScale)
                    }
                    let top = scores.max() ?? 0
                    let weights = scores.map { exponential($0 - top) }
                    let total = weights.reduce(0, +)
                    for (index, weight) in weights.enumerated() {
                        for i in 0..<shape.headSize {
                            attended[head * shape.headSize + i] += weight / total * values[first + index][kv * shape.headSize + i]
                        }
                    }
                }
                var result = product(layer.output, attended)
                if !layer.postAttentionNorm.isEmpty { result = norm(result, layer.postAttentionNorm) }
                for i in result.indices { stream[position][i] += result[i] }
                let x = norm(stream[position], layer.feedForwardNorm)
                let gates = product(layer.gate, x)
                let ups = product(layer.up, x)
                var down = product(layer.down, zip(gates, ups).map { activation($0) * $1 })
                if !layer.postFeedForwardNorm.isEmpty { down = norm(down, layer.postFeedForwardNorm) }
                for i in down.indices { stream[position][i] += down[i] }
            }
        }
        return stream.map { state in
            let logits = product(head, norm(state, finalNorm))
            guard let cap = shape.logitSoftCap.map(Double.init) else { return logits }
            return logits.map { cap * hyperbolicTangent($0 / cap) }
        }
    }

    private func product(_ weight: [Double], _ x: [Double]) -> [Double] {
        weight.withUnsafeBufferPointer { weight in
            (0..<weight.count / x.count).map { row in
                var sum = 0.0
                for i in x.indices { sum += weight[row * x.count + i] * x[i] }
                return sum
            }
        }
    }

    private func add(_ x: [Double], _ bias: [Double]) -> [Double] { bias.isEmpty ? x : zip(x, bias).map(+) }

    private func norm(_ x: [Double], _ weight: [Double]) -> [Double] {
        let mean = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
        let factor = 1 / (mean + Double(shape.normEpsilon)).squareRoot()
        return zip(x, weight).map { $0 * factor * $1 }
    }

    private func heads(_ x: [Double], _ weight: [Double], _ position: Int) -> [Double] {
        var result: [Double] = []
        let pairs = frequencies.count
        for first in stride(from: 0, to: x.count, by: shape.headSize) {
            var head = Array(x[first..<first + shape.headSize])
            if !weight.isEmpty { head = norm(head, weight) }
            for pair in 0..<pairs {
                let a = pairing == .halves ? pair : 2 * pair
                let b = pairing == .halves ? pair + pairs : 2 * pair + 1
                // The angle is float32 everywhere, as in transformers.
                let angle = Double(Float(position) * frequencies[pair])
                let (u, v) = (head[a], head[b])
                head[a] = u * cosine(angle) - v * sine(angle)
                head[b] = v * cosine(angle) + u * sine(angle)
            }
            result += head
        }
        return result
    }

    private func activation(_ x: Double) -> Double {
        if shape.activation == .silu { return x / (1 + exponential(-x)) }
        return 0.5 * x * (1 + hyperbolicTangent(0.7978845608028654 * (x + 0.044715 * x * x * x)))
    }
}
