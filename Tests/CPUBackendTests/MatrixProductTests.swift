import CPUBackend
import Tensors
import TestSupport
import Testing

/// ‖actual - expected‖ / ‖expected‖
private func relativeError(_ actual: [Float], _ expected: [Double]) -> Double {
    guard actual.count == expected.count, !expected.isEmpty else { return .infinity }
    let difference = zip(actual, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
    return (difference / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
}

@Suite("Matrix products of the CPU's backend, held against double precision")
struct MatrixProductTests {
    /// Odd numbers of rows; columns of whole blocks for all types. One row of input is how tokens are decoded, many how
    /// prompts are read.
    static let sizes = [(rows: 37, columns: 64, inputs: 1), (rows: 130, columns: 256, inputs: 1), (rows: 67, columns: 512, inputs: 19)]

    /// Numbers around 0, none of them so large that a sum of them cancels everything else.
    static func values(_ count: Int, seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in (0..<3).reduce(0) { sum, _ in sum + Float.random(in: -1...1, using: &random) } }
    }

    /// float32 as a file has it.
    static func bytes(_ values: [Float]) -> [UInt8] { values.flatMap { GGUFBuilder.integer($0.bitPattern) } }

    @Test("Dense weights", arguments: [DType.float32, .float16, .bfloat16], sizes.indices)
    func dense(type: DType, size: Int) throws {
        let (rows, columns, inputs) = Self.sizes[size]
        let weights = Self.values(rows * columns, seed: 1), hidden = Self.values(inputs * columns, seed: 2)
        let rounded: [Float] =
            switch type {
            case .float16: weights.map { Float(float16Bits: $0.float16Bits) }
            case .bfloat16: weights.map { Float(bfloat16Bits: $0.bfloat16Bits) }
            default: weights
            }
        try HeadFixture.with(rows: rows, columns: columns, type: 0, elements: Self.bytes(weights)) { fixture in
            let logits = try fixture.logits(of: hidden, format: .dense(type), compute: .float32)
            let error = relativeError(logits, fixture.exactLogits(of: hidden, weights: rounded))
            #expect(error < 1e-6, "\(error)")
        }
    }

    @Test("Activations rounded to bfloat16 cost no more than their rounding", arguments: sizes.indices)
    func bfloat16(size: Int) throws {
        let (rows, columns, inputs) = Self.sizes[size]
        let weights = Self.values(rows * columns, seed: 3), hidden = Self.values(inputs * columns, seed: 4)
        let rounded = weights.map { Float(bfloat16Bits: $0.bfloat16Bits) }
        try HeadFixture.with(rows: rows, columns: columns, type: 0, elements: Self.bytes(weights)) { fixture in
            let logits = try fixture.logits(of: hidden, format: .dense(.bfloat16), compute: .bfloat16)
            // An element's rounding is at most 2⁻⁹ of it.
            let error = relativeError(logits, fixture.exactLogits(of: hidden, weights: rounded))
            #expect(error < 1.0 / 512, "\(error)")
        }
    }

    /// Random blocks with scales that are numbers, and ggml's number of the type.
    static func blocks(_ format: BlockFormat, count: Int, seed: UInt64) -> (type: UInt32, bytes: [UInt8])? {
        var random = SeededGenerator(seed: seed)
        func scale(_ range: ClosedRange<Float>) -> [UInt8] { GGUFBuilder.integer(Float.random(in: range, using: &random).float16Bits) }
        func codes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
        switch format {
        case .q4_0: return (2, (0..<count).flatMap { _ in scale(0.01...0.1) + codes(16) })
        case .q4_1: return (3, (0..<count).flatMap { _ in scale(0.01...0.1) + scale(-1...0) + codes(16) })
        case .q8_0: return (8, (0..<count).flatMap { _ in scale(0.001...0.01) + codes(32) })
        default: return nil
        }
    }

    @Test("Blocks of GGUF files, as they are", arguments: [BlockFormat.q4_0, .q4_1, .q8_0], sizes.indices)
    func blocks(format: BlockFormat, size: Int) throws {
        let (rows, columns, inputs) = Self.sizes[size]
        let stored = try #require(Self.blocks(format, count: rows * columns / format.elementCount, seed: 5))
        let hidden = Self.values(inputs * columns, seed: 6)
        try HeadFixture.with(rows: rows, columns: columns, type: stored.type, elements: stored.bytes) { fixture in
            let expected = fixture.exactLogits(of: hidden, weights: try fixture.source.floats())
            let exact = relativeError(try fixture.logits(of: hidden, format: .blocks(format), compute: .float32), expected)
            #expect(exact < 1e-6, "\(exact)")
            // 127 steps for a block's largest element: half a step is 1/254 of it, and others are smaller.
            let rounded = relativeError(try fixture.logits(of: hidden, format: .blocks(format), compute: .int8), expected)
            #expect(rounded < 0.01, "\(rounded)")
        }
    }

    @Test(
        "4-bit weights, quantised as they are loaded",
        arguments: [
            WeightFormat.FourBit(.nf4), .init(.fp4), .init(.nf4, blockSize: 128, isDoubleQuantized: true),
        ], sizes.indices)
    func fourBit(format: WeightFormat.FourBit, size: Int) throws {
        let (rows, columns, inputs) = Self.sizes[size]
        let weights = Self.values(rows * columns, seed: 7), hidden = Self.values(inputs * columns, seed: 8)
        let reference = try #require(
            FourBitWeights(
                quantizing: weights, shape: TensorShape(rows, columns), type: format.type, blockSize: format.blockSize,
                isDoubleQuantized: format.isDoubleQuantized))
        try HeadFixture.with(rows: rows, columns: columns, type: 0, elements: Self.bytes(weights)) { fixture in
            let logits = try fixture.logits(of: hidden, format: .fourBit(format), compute: .float32)
            let error = relativeError(logits, fixture.exactLogits(of: hidden, weights: reference.dequantized()))
            #expect(error < 1e-6, "\(error)")
        }
    }

    @Test("The number of threads changes no bit", arguments: [1, 3])
    func threads(count: Int) throws {
        let (rows, columns, inputs) = Self.sizes[2]
        let weights = Self.bytes(Self.values(rows * columns, seed: 9)), hidden = Self.values(inputs * columns, seed: 10)
        func logits(_ threads: Int) throws -> [Float] {
            try HeadFixture.with(rows: rows, columns: columns, type: 0, elements: weights, threads: threads) {
                try $0.logits(of: hidden, format: .dense(.bfloat16), compute: .bfloat16)
            }
        }
        #expect(try logits(count) == logits(2))
    }
}

@Suite("What the CPU's backend refuses")
struct RefusalTests {
    @Test("Blocks are not made on the way, and shapes that no kernel takes have no size")
    func quantising() throws {
        let values = MatrixProductTests.values(4 * 64, seed: 11)
        try HeadFixture.with(rows: 4, columns: 64, type: 0, elements: MatrixProductTests.bytes(values)) { fixture in
            #expect(throws: BackendError.self) {
                try fixture.backend.makeWeight(WeightSource(fixture.source), in: .blocks(.q4_1))
            }
            #expect(fixture.backend.weightByteCount(shape: [4, 40], in: .blocks(.q4_1)) == nil)
            #expect(fixture.backend.weightByteCount(shape: [2, 2, 2], in: .dense(.float32)) == nil)
        }
    }

    @Test("Hidden states that are no whole number of rows are refused")
    func hiddenStates() throws {
        let values = MatrixProductTests.values(4 * 64, seed: 12)
        _ = try HeadFixture.with(rows: 4, columns: 64, type: 0, elements: MatrixProductTests.bytes(values)) { fixture in
            #expect(throws: BackendError.self) {
                try fixture.logits(of: [1, 2, 3], format: .dense(.float32), compute: .float32)
            }
        }
    }
}
