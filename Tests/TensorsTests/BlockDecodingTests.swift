import Groundwork
import JSON
import Tensors
import TestSupport
import Testing

@Suite struct BlockDecodingTests {
    /// Random blocks and the values that Python's `gguf` gives them; see Fixtures/make_blocks.py.
    private static let fixture = ReferenceData.packageRoot + "/Tests/TensorsTests/Fixtures/blocks.safetensors"

    @Test("random blocks decode to gguf's values bit for bit", arguments: BlockFormat.allCases)
    func randomBlocks(format: BlockFormat) throws {
        let file = try SafetensorsFile(path: Self.fixture)
        let blocks = try file.tensor(named: "\(format).blocks").data.copy
        let expected = try file.tensor(named: "\(format).values").floats()
        #expect(blocks.count == expected.count / format.elementCount * format.byteCount)
        var differing = 0
        for block in 0..<(expected.count / format.elementCount) {
            let values = decode(format, Array(blocks[(block * format.byteCount)..<((block + 1) * format.byteCount)]))
            let reference = expected[(block * format.elementCount)..<((block + 1) * format.elementCount)]
            differing += zip(values, reference).count { $0.bitPattern != $1.bitPattern && !($0 == 0 && $1 == 0) }
        }
        #expect(differing == 0)
    }

    @Test("blocks have the sizes that ggml asserts")
    func sizes() {
        let sizes = BlockFormat.allCases.map { "\($0) \($0.elementCount) \($0.byteCount)" }
        #expect(
            sizes == [
                "Q4_0 32 18", "Q4_1 32 20", "Q5_0 32 22", "Q5_1 32 24", "Q8_0 32 34", "Q2_K 256 84", "Q3_K 256 110", "Q4_K 256 144",
                "Q5_K 256 176", "Q6_K 256 210", "IQ4_NL 32 18", "IQ4_XS 256 136",
            ])
    }

    @Test(
        "the real models' tensors decode to gguf's samples and sums",
        .enabled(if: !RealModelTests.models.isEmpty, "the models or the golden data are absent"), arguments: RealModelTests.models)
    func realModels(model: RealModelTests.Model) throws {
        let file = try GGUFFile(path: model.path)
        let samples = try #require(try JSONValue(parsing: readFile(model.golden))["samples"]?.arrayValue)
        #expect(!samples.isEmpty)
        for sample in samples {
            let tensor = try file.tensor(named: #require(sample["tensor"]?.stringValue))
            let count = tensor.shape.elementCount
            #expect(count == sample["n"]?.integerValue)
            let first = try #require(sample["first32"]?.arrayValue).compactMap(\.doubleValue)
            let last = try #require(sample["last8"]?.arrayValue).compactMap(\.doubleValue)
            #expect(try tensor.floats(in: 0..<first.count).map(Double.init) == first, "\(tensor.name)")
            #expect(try tensor.floats(in: (count - last.count)..<count).map(Double.init) == last, "\(tensor.name)")
            // Unoptimised code would take minutes over the embeddings.
            if isDebugBuild, count > 1_000_000 { continue }
            var (sum, squares) = (0.0, 0.0)
            for start in stride(from: 0, to: count, by: 1 << 20) {
                for value in try tensor.floats(in: start..<min(start + 1 << 20, count)) {
                    sum += Double(value)
                    squares += Double(value) * Double(value)
                }
            }
            let expectedSum = try #require(sample["sum"]?.doubleValue)
            let expectedSquares = try #require(sample["sum_of_squares"]?.doubleValue)
            #expect(abs(sum - expectedSum) <= 1e-9 * max(abs(expectedSum), 1), "\(tensor.name)")
            #expect(abs(squares - expectedSquares) <= 1e-9 * expectedSquares, "\(tensor.name)")
        }
    }

    private func decode(_ format: BlockFormat, _ block: [UInt8]) -> [Float] {
        var values = [Float](repeating: .nan, count: format.elementCount)
        var span = values.mutableSpan
        format.decode(block.span, into: &span)
        return values
    }

    private var isDebugBuild: Bool {
        #if DEBUG
            true
        #else
            false
        #endif
    }
}
