import Tensors
import TestSupport
import Testing

/// Codes and values against bitsandbytes 0.50.2 on an H100; the data's README defines what equality means.
@Suite(.enabled(if: ReferenceData.golden("bnb/tables.safetensors") != nil, "the golden data are absent"))
struct BitsAndBytesTests {
    static let cases = [
        "all_zero", "blocksizes", "denormal", "huge_values", "negative_zero", "normal_256x128", "normal_64x192", "odd_7x33", "one_1x1",
        "one_sided", "outlier", "over_1x65", "short_1x63", "tail_5x50", "ties_fp4", "ties_nf4", "tiny_values", "weights_256x256",
        "zero_block",
    ]

    @Test("the tables are bitsandbytes' bit for bit, but for the sign of fp4's second zero")
    func tables() throws {
        let file = try open("tables")
        #expect(try file.tensor(named: "fp4").floats() == FourBitType.fp4.table)
        #expect(FourBitType.fp4.table[8].sign == .minus)
        #expect(try bits(file.tensor(named: "nf4").floats()) == bits(FourBitType.nf4.table))
        #expect(try bits(file.tensor(named: "dynamic_map_signed_8bit").floats()) == bits(DynamicMap.table))
    }

    @Test("dequantising equals bitsandbytes bit for bit in every output type", arguments: cases)
    func dequantising(name: String) throws {
        let file = try open(name)
        var outputs = 0
        for result in try results(in: file) {
            let weights = try result.golden()
            if case .doubleQuantized = weights.scales {
                #expect(try bits(weights.absmax) == bits(result.tensor("absmax_restored").floats()))
            }
            let values = weights.dequantized()
            for type in ["fp32", "bf16", "fp16"] {
                guard let expected = file["\(result.key).deq_\(type)"] else { continue }
                let rounded: [UInt32] =
                    switch type {
                    case "bf16": values.map { UInt32($0.bfloat16Bits) << 16 }
                    case "fp16": values.map { Float(float16Bits: $0.float16Bits).bitPattern }
                    default: bits(values)
                    }
                #expect(try rounded == bits(expected.floats()), "\(result.key).deq_\(type)")
                outputs += 1
            }
        }
        #expect(outputs > 0 || name == "weights_256x256")
    }

    @Test("the reciprocal is the GPU's, and at the ends of the range")
    func reciprocal() {
        // The sum over an H100's results; gk_approximate_reciprocal is held against those of all mantissas.
        var sum: UInt64 = 0
        for mantissa in stride(from: UInt32(0), to: 1 << 23, by: 13) {
            sum &+= UInt64(approximateReciprocal(Float(bitPattern: 127 << 23 | mantissa)).bitPattern) &* UInt64(2 * mantissa + 1)
        }
        #expect(sum == 0xb6b0_513f_1036_78e6)
        #expect(approximateReciprocal(-0x1p126) == -0x1p-126)
        #expect(approximateReciprocal((0x1p126 as Float).nextUp).bitPattern == 0)
        #expect(approximateReciprocal(.leastNormalMagnitude) == 0x1p126)
        #expect(approximateReciprocal(-.leastNonzeroMagnitude) == -.infinity)
        #expect(approximateReciprocal(.infinity) == 0)
        #expect(approximateReciprocal(.nan).isNaN)
    }

    @Test("quantising gives bitsandbytes' codes and scales", arguments: cases)
    func quantising(name: String) throws {
        let file = try open(name)
        for result in try results(in: file) {
            let input = try result.input.floats()
            let golden = try result.golden()
            let ours = try #require(
                FourBitWeights(
                    quantizing: input, shape: golden.shape, type: golden.layout.type, blockSize: golden.layout.blockSize,
                    isDoubleQuantized: golden.layout.isDoubleQuantized))
            let absmax = blockMaxima(input, golden.layout.blockSize)
            switch (ours.scales, golden.scales) {
            case (.plain(let ours), .plain(let golden)):
                #expect(bits(ours) == bits(golden), "\(result.key).absmax")
                #expect(bits(ours) == bits(absmax))
            case (.doubleQuantized(_, _, let offset), .doubleQuantized(let codes, let nested, let goldenOffset)):
                // bitsandbytes sums on the GPU, in another order.
                #expect(abs(offset - goldenOffset) <= 2 * goldenOffset.ulp, "\(result.key).offset")
                guard case .doubleQuantized(let ourCodes, let ourNested, _) = FourBitWeights.quantized(absmax, offset: goldenOffset) else { return }
                #expect(bits(ourNested) == bits(nested), "\(result.key).state2_absmax")
                #expect(ourCodes == codes, "\(result.key).absmax_u8")
            default: Issue.record("\(result.key) has other scales")
            }
            // The spare nibble of an odd count is among them.
            #expect(ours.packed == golden.packed, "\(result.key).packed")
        }
    }

    @Test("a saved model's tensors are read with codes, scales and shape", arguments: [("saved_fp4", FourBitType.fp4), ("saved_nf4_dq", .nf4)])
    func savedModel(folder: String, type: FourBitType) throws {
        let original = try SafetensorsFile(path: try #require(ReferenceData.golden("models/llama_plain/model.safetensors")))
        let saved = try SafetensorsFile(path: try #require(ReferenceData.golden("models/llama_plain/\(folder)/model.safetensors")))
        var quantised = 0
        for tensor in original.tensors where FourBitWeights.type(of: tensor.name, in: saved) != nil {
            #expect(FourBitWeights.type(of: tensor.name, in: saved) == type)
            let weights = try FourBitWeights(named: tensor.name, in: saved)
            #expect(weights.shape == tensor.shape)
            #expect(weights.layout.isDoubleQuantized == (type == .nf4))
            // The model was rounded to bfloat16 before it was quantised.
            let input = try tensor.floats().map { Float(bfloat16Bits: $0.bfloat16Bits) }
            let ours = try #require(
                FourBitWeights(quantizing: input, shape: tensor.shape, type: type, isDoubleQuantized: type == .nf4))
            #expect(ours.packed == weights.packed, "\(tensor.name)")
            quantised += 1
        }
        #expect(quantised == 14)
        #expect(FourBitWeights.type(of: "lm_head.weight", in: saved) == nil)
    }

    @Test("layouts count what bitsandbytes stores")
    func layouts() throws {
        let plain = try #require(FourBitLayout(.nf4, elementCount: 1_000_001))
        #expect((plain.packedByteCount, plain.blockCount, plain.scaleByteCount) == (500_001, 15_626, 62_504))
        let nested = try #require(FourBitLayout(.nf4, elementCount: 1_000_001, isDoubleQuantized: true))
        #expect((nested.nestedBlockCount, nested.scaleByteCount) == (62, 15_626 + 4 * 62 + 4))
        #expect(FourBitLayout(.fp4, elementCount: 64, blockSize: 48) == nil)
        #expect(FourBitWeights(layout: plain, shape: TensorShape(3), packed: [], scales: .plain([])) == nil)
    }

    // MARK: Reading the cases

    /// One quantisation of one input: the keys that start with `key`.
    private struct Result {
        let file: SafetensorsFile
        let key: String
        let input: StoredTensor
        let type: FourBitType
        let blockSize: Int
        let isDouble: Bool

        func tensor(_ name: String) throws -> StoredTensor { try file.tensor(named: "\(key).\(name)") }

        func golden() throws -> FourBitWeights {
            let layout = try #require(
                FourBitLayout(type, elementCount: input.shape.elementCount, blockSize: blockSize, isDoubleQuantized: isDouble))
            let scales: FourBitWeights.Scales =
                isDouble
                ? .doubleQuantized(
                    codes: try tensor("absmax_u8").data.copy, absmax: try tensor("state2_absmax").floats(), offset: try tensor("offset").floats()[0])
                : .plain(try tensor("absmax").floats())
            return try #require(FourBitWeights(layout: layout, shape: input.shape, packed: try tensor("packed").data.copy, scales: scales))
        }
    }

    private func results(in file: SafetensorsFile) throws -> [Result] {
        try file.tensors.filter { $0.name.hasSuffix(".packed") }.map { tensor in
            let parts = tensor.name.split(separator: ".")
            return Result(
                file: file, key: String(tensor.name.dropLast(".packed".count)), input: try file.tensor(named: "\(parts[0]).input"),
                type: try #require(FourBitType(rawValue: String(parts[1]))), blockSize: try #require(Int(parts[2].dropFirst())),
                isDouble: parts[3] == "dq")
        }
    }

    private func open(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(path: try #require(ReferenceData.golden("bnb/\(name).safetensors")))
    }

    private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

    private func blockMaxima(_ values: [Float], _ size: Int) -> [Float] {
        stride(from: 0, to: values.count, by: size).map { start in
            values[start..<min(start + size, values.count)].reduce(0) { max($0, $1.isSubnormal ? 0 : $1.magnitude) }
        }
    }

    // MARK: What may differ
}
