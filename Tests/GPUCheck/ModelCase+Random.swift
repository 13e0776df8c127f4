import TensorMemory
import Tensors

extension ModelCase {
    /// A plan of random sizes, formats, norms, windows and lengths, the same for the same seed: a fast path that is wrong for a
    /// shape that nobody listed is found here.
    static func random(seed: UInt64) -> ModelCase {
        var random = RandomCheckpoint(state: seed &* 0x2545_F491_4F6C_DD1D)
        func pick<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }
        func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

        let block = chance(50)
        let nf4 = WeightFormat.fourBit(.init(chance(50) ? .nf4 : .fp4, blockSize: pick([64, 128]), isDoubleQuantized: chance(50)))
        // A dense type beside the weights, as checkpoints have them, and what sums of its roundings explain.
        let (format, dense, tolerance): (WeightFormat, DType, Double) = pick([
            (.dense(.float32), .float32, 1e-5), (.dense(.float32), .float32, 1e-5), (.dense(.float16), .float16, 4e-3),
            (.dense(.bfloat16), .bfloat16, 3e-2), (.dense(.bfloat16), .bfloat16, 3e-2), (.int8, .bfloat16, 3e-2), (nf4, .bfloat16, 3e-2),
            (nf4, .bfloat16, 3e-2), (.blocks(.q4_0), .float16, 2e-2), (.blocks(.q4_1), .float16, 2e-2), (.blocks(.q8_0), .float16, 1e-2),
        ])
        let headSize = pick([16, 32, 48, 64, 64, 64, 80, 96, 112, 128, 128, 128, 160, 192, 256])
        let keyValueHeads = pick([1, 1, 2, 2, 3, 4, 5, 8])
        let sharing = pick([1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 12])
        let hidden = pick([64, 128, 192, 256, 320, 512, 576, 768, 1024])
        let inner = pick([96, 128, 352, 704, 1056, 1536, 2048])
        // Most are short; some reach past where attention is split into parts.
        let length = pick([16, 48, 48, 63, 64, 65, 130, 257, 300, 600, 1100])
        let isLong = length > 300
        let window = chance(25) ? pick([1, 7, 20, 64, 100, 400]) : nil
        let shape = DecoderShape(
            vocabularySize: pick([256, 999, 1000, 1531, 4099]), hiddenSize: isLong ? min(hidden, 320) : hidden,
            intermediateSize: isLong ? min(inner, 704) : inner, layerCount: pick([1, 2, 2, 3]),
            headCount: keyValueHeads * (isLong ? min(sharing, 4) : sharing), keyValueHeadCount: keyValueHeads, headSize: headSize,
            contextLength: 2048, normEpsilon: pick([1e-5, 1e-6]), activation: chance(25) ? .geluTanh : .silu,
            attentionScale: chance(15) ? 0.07 : nil, embeddingScale: chance(15) ? 8 : 1, logitSoftCap: chance(15) ? 12 : nil,
            cacheType: dense)
        return ModelCase(
            name: "random \(seed)", shape: shape, format: format, dense: dense, hasBlockEnds: false,
            computeType: dense == .bfloat16 && block ? .bfloat16 : .float32, hasBias: chance(30), hasHeadNorms: chance(35),
            hasPostNorms: chance(20), window: window, pairing: chance(25) ? .neighbours : .halves, tolerance: tolerance, expectsLoop: nil,
            rotated: chance(20) ? headSize / 2 : nil, promptCount: length)
    }

    /// What was drawn, for the line of one that is wrong.
    var drawn: String {
        "\(shape), \(format), dense \(dense), bias \(hasBias), head norms \(hasHeadNorms), post norms \(hasPostNorms), window "
            + "\(window.map(String.init) ?? "none"), \(pairing), rotated \(rotated.map(String.init) ?? "all"), \(promptCount) tokens"
    }
}
