import CUDABackend
import TensorMemory
import Tensors

/// A small model with random weights, on the GPU in one format and in double precision on the host.
struct ModelCase {
    var name: String
    var shape: DecoderShape
    var format: WeightFormat
    var dense: DType = .float32
    /// Whether the embedding and the head are Q8_0, as in GGUF files, instead of `dense`.
    var hasBlockEnds = false
    var computeType: ComputeType = .float32
    var hasBias = false
    var hasHeadNorms = false
    var hasPostNorms = false
    var window: Int?
    var pairing = RotaryEmbedding.Pairing.halves
    /// Relative error of the logits that rounding explains: ‖GPU − double‖ / ‖double‖.
    var tolerance: Double
    /// Whether generation must be able to run as the persistent kernel; either way is right where `nil`.
    var expectsLoop: Bool? = false
    /// Elements of a head that are rotated; all where `nil`.
    var rotated: Int?
    var promptCount = 48

    private var kind: RandomCheckpoint.Kind {
        switch format {
        case .blocks(.q4_0): .q4_0
        case .blocks(.q4_1): .q4_1
        case .blocks(.q8_0): .q8_0
        case .dense(.float16): .f16
        case .dense(.bfloat16): .bf16
        default: .f32
        }
    }

    private func exact(_ file: GGUFFile, _ name: String, _ format: WeightFormat, rounding: DType?) throws -> [Double] {
        let tensor = try file.tensor(named: name)
        var values = try tensor.floats()
        if rounding == .bfloat16 { values = values.map { Float(bfloat16Bits: $0.bfloat16Bits) } }
        switch format {
        case .int8:
            values = Int8Weights(quantizing: values, rows: tensor.shape[0], columns: tensor.shape[1])?.dequantized() ?? []
        case .fourBit(let fourBit):
            let type = fourBit.type
            values =
                FourBitWeights(
                    quantizing: values, shape: tensor.shape, type: type, blockSize: fourBit.blockSize, isDoubleQuantized: fourBit.isDoubleQuantized)?
                .dequantized() ?? []
        case .dense(.bfloat16): values = values.map { Float(bfloat16Bits: $0.bfloat16Bits) }
        case .dense(.float16): values = values.map { Float(float16Bits: $0.float16Bits) }
        default: break
        }
        return values.map(Double.init)
    }

    func build(_ backend: GPUBackend, seed: UInt64, folder: String) throws -> (plan: DecoderPlan, reference: ReferenceDecoder) {
        typealias Item = RandomCheckpoint.Item
        let (h, q, kv, inner, v) = (shape.hiddenSize, shape.queryWidth, shape.keyValueWidth, shape.intermediateSize, shape.vocabularySize)
        func scale(_ columns: Int) -> Float { (3 / Float(columns)).squareRoot() }
        var items = [
            Item(name: "embedding", shape: [v, h], kind: hasBlockEnds ? .q8_0 : .f32, scale: 1),
            Item(name: "norm", shape: [h], kind: .f32, scale: 0.3, center: 1),
            Item(name: "head", shape: [v, h], kind: hasBlockEnds ? .q8_0 : .f32, scale: scale(h)),
        ]
        for layer in 0..<shape.layerCount {
            let matrices: [(String, [Int])] = [
                ("q", [q, h]), ("k", [kv, h]), ("v", [kv, h]), ("o", [h, q]), ("gate", [inner, h]), ("up", [inner, h]), ("down", [h, inner]),
            ]
            items += matrices.map { Item(name: "\(layer).\($0.0)", shape: $0.1, kind: kind, scale: scale($0.1[1])) }
            items += ["norm1", "norm2", "post1", "post2"].map { Item(name: "\(layer).\($0)", shape: [h], kind: .f32, scale: 0.3, center: 1) }
            items += ["qnorm", "knorm"].map { Item(name: "\(layer).\($0)", shape: [shape.headSize], kind: .f32, scale: 0.3, center: 1) }
            items += [("qb", q), ("kb", kv), ("vb", kv)].map { Item(name: "\(layer).\($0.0)", shape: [$0.1], kind: .f32, scale: 0.3) }
        }
        var random = RandomCheckpoint(state: seed)
        let path = "\(folder)/galley-gpu-check.gguf"
        let file = try random.make(items, path: path)
        defer { remove(path) }

        // Matrices that are quantised from float32 are rounded to bfloat16 first, as a checkpoint loaded in bfloat16 would be.
        var rounding: DType?
        if case .fourBit = format { rounding = .bfloat16 }
        func weight(_ name: String, _ format: WeightFormat, rounding: DType? = nil) throws -> Weight {
            try backend.makeWeight(WeightSource(try file.tensor(named: name), rounding: rounding), in: format)
        }
        func vector(_ name: String) throws -> Weight { try weight(name, .dense(.float32)) }
        func linear(_ name: String, bias: String? = nil) throws -> LinearLayer {
            LinearLayer(try weight(name, format, rounding: rounding), bias: try bias.map(vector))
        }
        var layers: [DecoderLayer] = []
        var references: [ReferenceDecoder.Layer] = []
        for layer in 0..<shape.layerCount {
            func named(_ name: String) -> String { "\(layer).\(name)" }
            layers.append(
                DecoderLayer(
                    attentionNorm: try vector(named("norm1")), query: try linear(named("q"), bias: hasBias ? named("qb") : nil),
                    key: try linear(named("k"), bias: hasBias ? named("kb") : nil), value: try linear(named("v"), bias: hasBias ? named("vb") : nil),
                    queryNorm: hasHeadNorms ? try vector(named("qnorm")) : nil, keyNorm: hasHeadNorms ? try vector(named("knorm")) : nil,
                    output: try linear(named("o")), postAttentionNorm: hasPostNorms ? try vector(named("post1")) : nil,
                    feedForwardNorm: try vector(named("norm2")), gate: try linear(named("gate")), up: try linear(named("up")),
                    down: try linear(named("down")),
                    postFeedForwardNorm: hasPostNorms ? try vector(named("post2")) : nil, slidingWindow: window))
            func floats(_ name: String) throws -> [Double] { try exact(file, named(name), .dense(.float32), rounding: nil) }
            let made = layers[layer]
            func matrix(_ name: String) throws -> [Double] {
                guard case .fourBit = format else { return try exact(file, named(name), format, rounding: rounding) }
                // The codes that the device made: whether they are right is another check's business.
                let linears = [
                    "q": made.query, "k": made.key, "v": made.value, "o": made.output, "gate": made.gate, "up": made.up, "down": made.down,
                ]
                guard let weight = linears[name]?.weight.storage as? GPUWeight else { return [] }
                return try DeviceQuantization(weight, backend).values.map(Double.init)
            }
            references.append(
                ReferenceDecoder.Layer(
                    attentionNorm: try floats("norm1"), feedForwardNorm: try floats("norm2"), query: try matrix("q"), key: try matrix("k"),
                    value: try matrix("v"),
                    output: try matrix("o"), gate: try matrix("gate"), up: try matrix("up"), down: try matrix("down"),
                    queryBias: hasBias ? try floats("qb") : [], keyBias: hasBias ? try floats("kb") : [], valueBias: hasBias ? try floats("vb") : [],
                    queryNorm: hasHeadNorms ? try floats("qnorm") : [], keyNorm: hasHeadNorms ? try floats("knorm") : [],
                    postAttentionNorm: hasPostNorms ? try floats("post1") : [], postFeedForwardNorm: hasPostNorms ? try floats("post2") : [],
                    window: window))
        }
        let ends: WeightFormat = hasBlockEnds ? .blocks(.q8_0) : .dense(dense)
        let rotary = RotaryEmbedding(
            inverseFrequencies: RotaryEmbedding.frequencies(base: 10000, rotatedElements: rotated ?? shape.headSize), pairing: pairing)
        let plan = DecoderPlan(
            shape: shape, computeType: computeType, embedding: try weight("embedding", ends), layers: layers, finalNorm: try vector("norm"),
            outputHead: LinearLayer(try weight("head", ends)), rotaryEmbeddings: [rotary])
        let reference = ReferenceDecoder(
            shape: shape, layers: references, embedding: try exact(file, "embedding", ends, rounding: nil),
            finalNorm: try exact(file, "norm", .dense(.float32), rounding: nil),
            head: try exact(file, "head", ends, rounding: nil), frequencies: rotary.inverseFrequencies, pairing: pairing)
        return (plan, reference)
    }

    /// What one way of generating gave.
    private struct Errors {
        var prefill = 0.0, single = 0.0, afterward = 0.0, gap = 0.0, logError = 0.0
        var misses = 0

        func isWithin(_ tolerance: Double) -> Bool {
            prefill < tolerance && single < tolerance && afterward < tolerance && gap < 4 * tolerance && logError < 6 * tolerance
        }
    }

    /// Runs prompt, single steps and generation against the reference, in each way that the plan allows; returns a line for each
    /// and whether all was within tolerance.
    func check(_ backend: GPUBackend, seed: UInt64, folder: String) throws -> (line: String, isGood: Bool) {
        let (plan, reference) = try build(backend, seed: seed, folder: folder)
        let session = try backend.makeSession(for: plan, capacity: promptCount + 48)
        let reporting = session as? any LoopReporting
        let hasLoop = reporting?.usesDecodeLoop ?? false
        var lines: [String] = []
        var isGood = expectsLoop == nil || hasLoop == expectsLoop
        for way in hasLoop ? [true, false] : [false] {
            reporting?.forcesLoop = way
            let errors = try errors(session, reference, seed: seed)
            let isWithin = errors.isWithin(tolerance)
            isGood = isGood && isWithin
            func number(_ x: Double) -> String { x == 0 ? "0" : x < 1e-4 ? fixed(x * 1e6, 2) + "e-6" : fixed(x, 5) }
            lines.append(
                padded(name, 26, left: true)
                    + [errors.prefill, errors.single, errors.afterward, errors.gap, errors.logError].map { padded(number($0), 11) }.joined()
                    + padded("\(errors.misses)", 4) + (way ? "  loop  " : "  graph ") + (isWithin ? "ok" : "WRONG"))
        }
        return (lines.joined(separator: "\n"), isGood)
    }

    private func errors(_ session: any DecoderSession, _ reference: ReferenceDecoder, seed: UInt64) throws -> Errors {
        var random = RandomCheckpoint(state: seed ^ 77)
        let prompt = (0..<promptCount).map { _ in Int32(random.next() % UInt64(shape.vocabularySize)) }
        let v = shape.vocabularySize
        session.truncate(to: 0)
        let all = try session.evaluate(prompt, wanting: DecoderOutputs(logits: .all)).logits
        // The last eight again, one row at a time.
        session.truncate(to: promptCount - 8)
        var rows: [[Float]] = []
        for position in promptCount - 8..<promptCount {
            rows.append(try session.evaluate([prompt[position]], wanting: DecoderOutputs(logits: .last)).logits)
        }
        try session.startGenerating(GenerationRequest(maximumTokens: 40))
        var tokens: [GeneratedToken] = []
        for _ in 0..<40 { tokens.append(try session.nextToken()) }
        session.stopGenerating()
        // And what generation left in the cache, through one more evaluation.
        let after = try session.evaluate([tokens[39].id], wanting: DecoderOutputs(logits: .last)).logits

        // A position's logits depend on those before it only, so one reference tells all.
        let expected = reference.logits(prompt + tokens.map(\.id))
        func error(_ got: ArraySlice<Float>, _ wanted: [Double]) -> Double {
            var (difference, size) = (0.0, 0.0)
            for (a, b) in zip(got, wanted) {
                difference += (Double(a) - b) * (Double(a) - b)
                size += b * b
            }
            // Not a number is not "less than" anything.
            return got.count == wanted.count ? (difference / size).squareRoot() : .infinity
        }
        var errors = Errors()
        errors.prefill = prompt.indices.map { error(all[$0 * v..<($0 + 1) * v], expected[$0]) }.reduce(0) { $1 < $0 ? $0 : $1 }
        errors.single = rows.indices.map { error(rows[$0][...], expected[promptCount - 8 + $0]) }.reduce(0) { $1 < $0 ? $0 : $1 }
        errors.afterward = error(after[...], expected[promptCount + 39])
        for (index, token) in tokens.enumerated() {
            let row = expected[promptCount - 1 + index]
            let top = row.max() ?? 0
            let spread = (row.reduce(0) { $0 + $1 * $1 } / Double(v)).squareRoot()
            if row[Int(token.id)] < top { errors.misses += 1 }
            errors.gap = max(errors.gap, (top - row[Int(token.id)]) / spread)
            let logSum = top + logarithm(row.reduce(0) { $0 + exponential($1 - top) })
            errors.logError = max(errors.logError, (Double(token.logProbability) - (row[Int(token.id)] - logSum)).magnitude / spread)
        }
        return errors
    }
}
