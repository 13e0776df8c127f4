import CPUBackend
import TensorMemory
import Tensors
import TestSupport

/// A decoder of which only the output head is of interest: *logits = W norm(x)*.
struct HeadFixture {
    let backend: HostBackend
    /// Elements as a file would hold them.
    let source: StoredTensor
    let ones: StoredTensor
    let layerWeights: [String: StoredTensor]
    let rows: Int
    let columns: Int

    static let epsilon: Float = 1e-5

    /// Opens a file of one matrix and whatever else a plan needs, and calls `body`.
    ///
    /// - Parameter elements: the matrix (rows, columns) in the encoding, as a GGUF file has it.
    static func with<Value>(
        rows: Int, columns: Int, type: UInt32, elements: [UInt8], threads: Int = 2, _ body: (HeadFixture) throws -> Value
    ) throws -> Value {
        var builder = GGUFBuilder()
        func add(_ name: String, _ dimensions: [Int], type: UInt32 = 0, _ bytes: [UInt8]) {
            builder.data += [UInt8](repeating: 0, count: (32 - builder.data.count % 32) % 32)
            builder.tensors.append(
                GGUFBuilder.Tensor(name, dimensions.map { UInt64($0) }, type: type, offset: UInt64(builder.data.count)))
            builder.data += bytes
        }
        add("head", [columns, rows], type: type, elements)
        add("ones", [columns], (0..<columns).flatMap { _ in GGUFBuilder.integer(Float(1).bitPattern) })
        for (name, shape) in layerShapes(columns) { add(name, shape, [UInt8](repeating: 0, count: 4 * shape.reduce(1, *))) }
        return try withTemporaryFiles(["model.gguf": builder.bytes]) { folder in
            let file = try GGUFFile(path: folder + "/model.gguf")
            var others: [String: StoredTensor] = [:]
            for name in layerShapes(columns).keys { others[name] = try file.tensor(named: name) }
            return try body(
                HeadFixture(
                    backend: HostBackend(threads: threads, allocator: CachingAllocator(SystemMemory())),
                    source: file.tensor(named: "head"), ones: file.tensor(named: "ones"), layerWeights: others, rows: rows,
                    columns: columns))
        }
    }

    /// Of the one layer that a plan must have, the fastest dimension first; its weights are zeros.
    private static func layerShapes(_ columns: Int) -> [String: [Int]] {
        ["narrow": [columns, 2], "wide": [2, columns]]
    }

    /// The logits of hidden states (count, columns), with the head in a format.
    func logits(of hidden: [Float], format: WeightFormat, compute: ComputeType) throws -> [Float] {
        func make(_ tensor: StoredTensor, _ format: WeightFormat = .dense(.float32)) throws -> Weight {
            try backend.makeWeight(WeightSource(tensor), in: format)
        }
        guard let narrow = layerWeights["narrow"], let wide = layerWeights["wide"] else { return [] }
        let head = try make(source, format)
        let norm = try make(ones)
        let into = LinearLayer(try make(narrow)), out = LinearLayer(try make(wide))
        let shape = DecoderShape(
            vocabularySize: rows, hiddenSize: columns, intermediateSize: 2, layerCount: 1, headCount: 1, keyValueHeadCount: 1,
            headSize: 2, contextLength: 8, normEpsilon: Self.epsilon, cacheType: .float32)
        let layer = DecoderLayer(
            attentionNorm: norm, query: into, key: into, value: into, output: out, feedForwardNorm: norm, gate: into, up: into,
            down: out)
        let plan = DecoderPlan(
            shape: shape, computeType: compute, embedding: head, layers: [layer], finalNorm: norm, outputHead: LinearLayer(head),
            rotaryEmbeddings: [RotaryEmbedding(inverseFrequencies: [1], pairing: .halves)])
        return try backend.makeSession(for: plan, capacity: 8).logits(ofHiddenStates: hidden)
    }

    /// The same in double precision, of weights that the reference decoded.
    func exactLogits(of hidden: [Float], weights: [Float]) -> [Double] {
        stride(from: 0, to: hidden.count, by: columns).flatMap { start in
            let row = hidden[start..<start + columns].map(Double.init)
            let meanSquare = row.reduce(0) { $0 + $1 * $1 } / Double(columns)
            let scale = 1 / (meanSquare + Double(Self.epsilon)).squareRoot()
            return (0..<rows).map { output in
                (0..<columns).reduce(0) { $0 + Double(weights[output * columns + $1]) * row[$1] * scale }
            }
        }
    }
}
