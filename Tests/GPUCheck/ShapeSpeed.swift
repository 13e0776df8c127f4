import CUDABackend
import TensorMemory
import Tensors

/// Decoding and prompts at a shape that the command line names, at several lengths of context:
///
///     name=vocabulary,hidden,inner,layers,heads,key-value heads,head size[,tied][,norms]/format/context,context,…
///
/// `tied`: the head is the embedding. `norms`: each head is normed. Formats: bf16, fp32, int8, nf4 (double quantisation).
/// Weights are random; every layer has a copy of its own of the same values.
struct ShapeSpeed {
    let name: String
    private let shape: DecoderShape
    private let isTied: Bool
    private let hasHeadNorms: Bool
    private let format: WeightFormat
    private let contexts: [Int]

    init?(argument: String) {
        let sides = argument.split(separator: "=")
        guard sides.count == 2 else { return nil }
        let parts = sides[1].split(separator: "/")
        guard parts.count == 3 else { return nil }
        let words = parts[0].split(separator: ",")
        let sizes = words.prefix(7).compactMap { Int($0) }
        guard sizes.count == 7 else { return nil }
        let formats: [Substring: (WeightFormat, DType)] = [
            "bf16": (.dense(.bfloat16), .bfloat16), "fp32": (.dense(.float32), .float32), "int8": (.int8, .bfloat16),
            "nf4": (.fourBit(.init(.nf4, blockSize: 64, isDoubleQuantized: true)), .bfloat16),
        ]
        guard let (format, cache) = formats[parts[1]] else { return nil }
        name = "\(sides[0]) \(parts[1])"
        contexts = parts[2].split(separator: ",").compactMap { Int($0) }
        isTied = words.contains("tied")
        hasHeadNorms = words.contains("norms")
        self.format = format
        shape = DecoderShape(
            vocabularySize: sizes[0], hiddenSize: sizes[1], intermediateSize: sizes[2], layerCount: sizes[3], headCount: sizes[4],
            keyValueHeadCount: sizes[5], headSize: sizes[6], contextLength: 1 << 20, normEpsilon: 1e-5, cacheType: cache)
    }

    static let titles =
        padded("", 22, left: true)
        + ["context", "GB a token", "prompt ms", "loop ms", "graph ms", "chosen ms", "sampled ms"].map { padded($0, 11) }.joined()

    private var tensors: [(name: String, shape: [Int])] {
        let (h, q, kv, inner, v) = (shape.hiddenSize, shape.queryWidth, shape.keyValueWidth, shape.intermediateSize, shape.vocabularySize)
        return [
            ("embedding", [v, h]), ("q", [q, h]), ("k", [kv, h]), ("v", [kv, h]), ("o", [h, q]), ("gate", [inner, h]), ("up", [inner, h]),
            ("down", [h, inner]), ("norm", [h]), ("head norm", [shape.headSize]),
        ]
    }

    private func makePlan(_ backend: GPUBackend, folder: String) throws -> DecoderPlan {
        let path = "\(folder)/galley-gpu-shape.safetensors"
        guard RandomBFloat16.writeFile(tensors, path: path) else { throw CheckFailure("no room for the checkpoint in \(folder)") }
        let file = try SafetensorsFile(path: path)
        func weight(_ name: String, _ format: WeightFormat) throws -> Weight {
            try backend.makeWeight(WeightSource(try file.tensor(named: name)), in: format)
        }
        func norm(_ name: String = "norm") throws -> Weight { try weight(name, .dense(.float32)) }
        func matrix(_ name: String) throws -> LinearLayer { LinearLayer(try weight(name, format)) }
        var layers: [DecoderLayer] = []
        for _ in 0..<shape.layerCount {
            layers.append(
                DecoderLayer(
                    attentionNorm: try norm(), query: try matrix("q"), key: try matrix("k"), value: try matrix("v"),
                    queryNorm: hasHeadNorms ? try norm("head norm") : nil, keyNorm: hasHeadNorms ? try norm("head norm") : nil,
                    output: try matrix("o"), feedForwardNorm: try norm(), gate: try matrix("gate"), up: try matrix("up"), down: try matrix("down")))
        }
        let ends = WeightFormat.dense(shape.cacheType)
        let embedding = try weight("embedding", ends)
        return DecoderPlan(
            shape: shape, computeType: shape.cacheType == .float32 ? .float32 : .bfloat16, embedding: embedding, layers: layers,
            finalNorm: try norm(), outputHead: LinearLayer(isTied ? embedding : try weight("embedding", ends)),
            rotaryEmbeddings: [
                RotaryEmbedding(inverseFrequencies: RotaryEmbedding.frequencies(base: 500_000, rotatedElements: shape.headSize), pairing: .halves)
            ])
    }

    /// Bytes that a token's step cannot do without: all weights but the embedding's other rows, and the cache so far.
    private func leastBytes(_ backend: GPUBackend, context: Int) -> Int {
        let (h, q, kv, inner) = (shape.hiddenSize, shape.queryWidth, shape.keyValueWidth, shape.intermediateSize)
        func bytes(_ shape: [Int], _ format: WeightFormat) -> Int { backend.weightByteCount(shape: shape, in: format) ?? 0 }
        let layer = [[q + 2 * kv, h], [h, q], [2 * inner, h], [h, inner]].reduce(0) { $0 + bytes($1, format) }
        return shape.layerCount * (layer + 2 * context * kv * shape.cacheType.byteCount) + bytes([shape.vocabularySize, h], .dense(shape.cacheType))
    }

    func measure(_ backend: GPUBackend, folder: String) throws {
        let plan = try makePlan(backend, folder: folder)
        let session = try backend.makeSession(for: plan, capacity: (contexts.max() ?? 32) + 160)
        let reporting = session as? any LoopReporting
        let hasLoop = reporting?.usesDecodeLoop ?? false
        var random = RandomCheckpoint(state: 5)
        let prompt = (0..<(contexts.max() ?? 32)).map { _ in Int32(random.next() % UInt64(shape.vocabularySize)) }
        for context in contexts {
            func evaluate() throws {
                session.truncate(to: 0)
                _ = try session.evaluate(Array(prompt.prefix(context)), wanting: .readyToGenerate)
                try backend.context.synchronize()
            }
            /// Median milliseconds of a token, over 64 of them.
            func generate(loop: Bool?, _ sampling: Sampling = .greedy) throws -> Double {
                reporting?.forcesLoop = loop
                var times: [Double] = []
                for _ in 0..<5 {
                    session.truncate(to: context - 1)
                    _ = try session.evaluate([prompt[context - 1]], wanting: .readyToGenerate)
                    try session.startGenerating(GenerationRequest(sampling: sampling, maximumTokens: 160))
                    // Recording, clocks that are still low, and the short runs at the start are not what a long text costs.
                    for _ in 0..<(times.isEmpty ? 63 : 31) { _ = try session.nextToken() }
                    try backend.context.synchronize()
                    let start = seconds()
                    for _ in 0..<64 { _ = try session.nextToken() }
                    times.append((seconds() - start) * 1e3 / 64)
                    session.stopGenerating()
                }
                return times.sorted()[times.count / 2]
            }
            try evaluate()
            var prompts: [Double] = []
            for _ in 0..<3 {
                let start = seconds()
                try evaluate()
                prompts.append((seconds() - start) * 1e3)
            }
            let loop = hasLoop ? fixed(try generate(loop: true), 4) : "-"
            let graph = try generate(loop: false)
            let chosen = try generate(loop: nil)
            let sampled = try generate(loop: nil, Sampling(temperature: 0.8, topP: 0.95))
            print(
                padded(name, 22, left: true) + padded("\(context)", 11) + padded(fixed(Double(leastBytes(backend, context: context)) / 1e9, 3), 11)
                    + padded(fixed(prompts.sorted()[1], 2), 11) + padded(loop, 11) + padded(fixed(graph, 4), 11)
                    + padded(fixed(chosen, 4), 11) + padded(fixed(sampled, 4), 11))
        }
    }
}
