import Tensors
import TestSupport
import Testing

@Suite struct Int8WeightsTests {
    @Test("each row is scaled by its largest magnitude, ties to even")
    func quantising() throws {
        let weights = try #require(Int8Weights(quantizing: [1, -2, 0.5, 0, 0, 0, 127, 0.5, 1.5], rows: 3, columns: 3))
        #expect(weights.codes == [64, -127, 32, 0, 0, 0, 127, 0, 2])
        #expect(weights.absmax == [2, 0, 127])
        #expect(weights.byteCount == 9 + 12)
        #expect(Int8Weights(quantizing: [1], rows: 2, columns: 1) == nil)
        #expect(Int8Weights(quantizing: [], rows: .max, columns: 2) == nil)
    }

    @Test("no element moves by more than half a step of its row")
    func error() throws {
        var generator = SeededGenerator(seed: 8)
        let values = (0..<4096).map { _ in Float.random(in: -3...3, using: &generator) }
        let weights = try #require(Int8Weights(quantizing: values, rows: 16, columns: 256))
        for (index, (value, restored)) in zip(values, weights.dequantized()).enumerated() {
            let step = weights.absmax[index / 256] / 127
            #expect(abs(value - restored) <= 0.5001 * step)
        }
    }
}
