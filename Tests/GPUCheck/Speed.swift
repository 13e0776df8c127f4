import CUDABackend
import TensorMemory
import Tensors

/// The shape of TinyLlama-1.1B with random weights: load, prompt, generation, memory.
struct Speed {
    let backend: GPUBackend
    let folder: String
    let shape: DecoderShape

    static func shape(_ cache: DType) -> DecoderShape {
        DecoderShape(
            vocabularySize: 32000, hiddenSize: 2048, intermediateSize: 5632, layerCount: 22, headCount: 32, keyValueHeadCount: 4, headSize: 64,
            contextLength: 2048, normEpsilon: 1e-5, cacheType: cache)
    }

    var path: String { "\(folder)/galley-gpu-speed.safetensors" }

    private var tensors: [(name: String, shape: [Int])] {
        let (h, kv, inner, v) = (shape.hiddenSize, shape.keyValueWidth, shape.intermediateSize, shape.vocabularySize)
        var all: [(name: String, shape: [Int])] = [("embedding", [v, h])]
        for layer in 0..<shape.layerCount {
            all += [
                ("q", [h, h]), ("k", [kv, h]), ("v", [kv, h]), ("o", [h, h]), ("gate", [inner, h]), ("up", [inner, h]), ("down", [h, inner]),
                ("n1", [h]), ("n2", [h]),
            ].map { (name: "\(layer).\($0.0)", shape: $0.1) }
        }
        return all + [("norm", [h]), ("head", [v, h])]
    }

    /// Writes the checkpoint in bfloat16.
    func writeCheckpoint() -> Bool { RandomBFloat16.writeFile(tensors, path: path) }

    func plan(_ format: WeightFormat, dense: DType) throws -> DecoderPlan {
        let file = try SafetensorsFile(path: path)
        func weight(_ name: String, _ format: WeightFormat) throws -> Weight {
            try backend.makeWeight(WeightSource(try file.tensor(named: name)), in: format)
        }
        var layers: [DecoderLayer] = []
        for layer in 0..<shape.layerCount {
            func matrix(_ name: String) throws -> LinearLayer { LinearLayer(try weight("\(layer).\(name)", format)) }
            layers.append(
                DecoderLayer(
                    attentionNorm: try weight("\(layer).n1", .dense(.float32)), query: try matrix("q"), key: try matrix("k"), value: try matrix("v"),
                    output: try matrix("o"),
                    feedForwardNorm: try weight("\(layer).n2", .dense(.float32)), gate: try matrix("gate"), up: try matrix("up"),
                    down: try matrix("down")))
        }
        return DecoderPlan(
            shape: shape, computeType: .bfloat16, embedding: try weight("embedding", .dense(dense)), layers: layers,
            finalNorm: try weight("norm", .dense(.float32)),
            outputHead: LinearLayer(try weight("head", .dense(dense))),
            rotaryEmbeddings: [RotaryEmbedding(inverseFrequencies: RotaryEmbedding.frequencies(base: 10000, rotatedElements: 64), pairing: .halves)])
    }

    static let titles =
        padded("format", 8, left: true)
        + ["load s", "GB kept", "GB peak", "driver GB", "first ms", "32 ms", "512 ms", "ms/token", "best", "left B"].map { padded($0, 10) }.joined()

    func measure(_ name: String, _ format: WeightFormat, dense: DType) throws -> String {
        let caching = backend.allocator as? CachingAllocator
        caching?.emptyCache()
        caching?.resetPeak()
        let base = caching?.statistics.allocated ?? 0
        let before = try backend.context.memory().free
        var line = padded(name, 8, left: true)
        func add(_ value: Double, _ digits: Int) { line += padded(fixed(value, digits), 10) }
        var profile = ""
        do {
            let start = seconds()
            let plan = try plan(format, dense: dense)
            try backend.finish(plan.weights)
            try backend.context.synchronize()
            let loaded = seconds()
            add(loaded - start, 3)
            let statistics = caching?.statistics ?? MemoryStatistics()
            add(Double(statistics.allocated - base) / 1e9, 4)
            add(Double(statistics.peakAllocated - base) / 1e9, 4)
            add(Double(before - (try backend.context.memory().free)) / 1e9, 4)
            let session = try backend.makeSession(for: plan, capacity: 1024)
            var random = RandomCheckpoint(state: 5)
            let prompt = (0..<512).map { _ in Int32(random.next() % 32000) }
            let first = seconds()
            _ = try session.evaluate(Array(prompt.prefix(32)), wanting: .readyToGenerate)
            try backend.context.synchronize()
            add((seconds() - first) * 1e3, 2)
            func time(_ count: Int) throws -> Double {
                var times: [Double] = []
                for _ in 0..<7 {
                    session.truncate(to: 0)
                    let start = seconds()
                    _ = try session.evaluate(Array(prompt.prefix(count)), wanting: .readyToGenerate)
                    try backend.context.synchronize()
                    times.append((seconds() - start) * 1e3)
                }
                return times.sorted()[3]
            }
            add(try time(32), 3)
            add(try time(512), 3)
            var times: [Double] = []
            for _ in 0..<5 {
                session.truncate(to: 0)
                _ = try session.evaluate(Array(prompt.prefix(32)), wanting: .readyToGenerate)
                try session.startGenerating(GenerationRequest(maximumTokens: 128))
                try backend.context.synchronize()
                let start = seconds()
                for _ in 0..<128 { _ = try session.nextToken() }
                times.append((seconds() - start) * 1e3 / 128)
                session.stopGenerating()
            }
            times.sort()
            add(times[2], 4)
            add(times[0], 4)
            if let clocks = try (session as? any LoopReporting)?.loopClocks(), clocks.count == shape.layerCount * 8 {
                // Means over the layers, in clocks: what each phase waited and staged, and what its product took.
                var means = [Double](repeating: 0, count: 8)
                for layer in 1..<shape.layerCount {
                    for place in 0..<8 {
                        means[place] += Double(clocks[layer * 8 + place] &- clocks[layer * 8 + place - 1]) / Double(shape.layerCount - 1)
                    }
                }
                profile =
                    "  "
                    + zip(["qkv", "output", "gate/up", "down"], 0..<4).map { "\($0.0) \(Int(means[2 * $0.1]))+\(Int(means[2 * $0.1 + 1]))" }.joined(
                        separator: "  ")
            }
        }
        try backend.context.synchronize()
        caching?.emptyCache()
        // What the driver counts less than before: kernels' code stays loaded.
        line += padded("\(before - (try backend.context.memory().free))", 10)
        if let caching, caching.statistics.allocated != base { line += "  LEFT \(caching.statistics.allocated - base)" }
        return line + profile
    }
}
