import CKernels
import JSON
import TestSupport
import Testing

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Against codes, scales and values that bitsandbytes made on a GPU.
@Suite struct BitsAndBytesTests {
    private static let cases = [
        "normal_64x192", "normal_256x128", "weights_256x256", "blocksizes", "odd_7x33", "tail_5x50", "short_1x63", "over_1x65",
        "one_1x1", "all_zero", "zero_block", "negative_zero", "one_sided", "outlier", "tiny_values", "huge_values", "denormal",
        "ties_fp4", "ties_nf4",
    ]

    @Test(
        "4-bit codes, scales and values equal bitsandbytes'",
        .enabled(if: ReferenceData.golden("bnb/tables.safetensors") != nil, "no reference data"), arguments: cases)
    func codes(name: String) throws {
        let path = try #require(ReferenceData.golden("bnb/\(name).safetensors"))
        let file = try TensorFile(bytes: readFile(path))
        var compared = 0
        for key in file.names where key.hasSuffix(".plain.packed") {
            // DTYPE.QUANT.bSIZE.plain.packed
            let parts = key.split(separator: ".").map(String.init)
            let prefix = parts.dropLast().joined(separator: "."), type = parts[1] == "nf4" ? GK_NF4 : GK_FP4
            let blockSize = try #require(Int(parts[2].dropFirst()))
            guard let source = file.floats(parts[0] + ".input"), let packed = file.bytes(key), let absmax = file.floats(prefix + ".absmax") else {
                Issue.record("missing tensors for \(key)")
                continue
            }
            var codes = [UInt8](repeating: 0xEE, count: packed.count), scales = [Float](repeating: -1, count: absmax.count)
            #expect(gk_quantize_4bit(nil, type, source, Int64(source.count), Int64(blockSize), &codes, &scales) == GK_OK)
            #expect(scales == absmax, "\(name) \(key)")
            compared += source.count
            #expect(codes == packed, "\(name) \(key)")
            let weight = TestWeight(type: type, rows: 1, cols: source.count, bytes: packed, absmax: absmax, blockSize: blockSize)
            if let expected = file.floats(prefix + ".deq_fp32") {
                #expect(weight.values().map(\.bitPattern) == expected.map(\.bitPattern), "\(name) \(key)")
            }
        }
        #expect(compared > 0)
    }

    @Test("the reciprocal is the GPU's for all mantissas, and at the ends of the range")
    func reciprocal() {
        // The sum over an H100's results.
        var sum: UInt64 = 0
        for mantissa in 0..<UInt32(1 << 23) {
            sum &+= UInt64(gk_approximate_reciprocal(Float(bitPattern: 127 << 23 | mantissa)).bitPattern) &* UInt64(2 * mantissa + 1)
        }
        #expect(sum == 0x46f4_2047_e2dd_df03)
        #expect(gk_approximate_reciprocal(-0x1p126) == -0x1p-126)
        #expect(gk_approximate_reciprocal((0x1p126 as Float).nextUp).bitPattern == 0)
        #expect(gk_approximate_reciprocal(.leastNormalMagnitude) == 0x1p126)
        #expect(gk_approximate_reciprocal(-.leastNonzeroMagnitude) == -.infinity)
        #expect(gk_approximate_reciprocal(.infinity) == 0)
        #expect(gk_approximate_reciprocal(.nan).isNaN)
    }

    @Test(
        "double quantisation gives bitsandbytes' codes",
        .enabled(if: ReferenceData.golden("bnb/tables.safetensors") != nil, "no reference data"), arguments: cases)
    func doubleQuantisation(name: String) throws {
        let file = try TensorFile(bytes: readFile(#require(ReferenceData.golden("bnb/\(name).safetensors"))))
        var compared = 0
        for key in file.names where key.hasSuffix(".dq.absmax_u8") {
            let prefix = String(key.dropLast(".absmax_u8".count)), plain = prefix.dropLast(2) + "plain.absmax"
            guard let theirs = file.bytes(key), let absmax = file.floats(String(plain)), let state2 = file.floats(prefix + ".state2_absmax") else {
                continue
            }
            var codes = [UInt8](repeating: 0, count: absmax.count), mine = [Float](repeating: 0, count: (absmax.count + 255) / 256), offset: Float = 0
            gk_quantize_absmax(absmax, Int64(absmax.count), gk_dynamic_map(), &codes, &mine, &offset)
            for i in mine.indices { #expect(abs(mine[i] - state2[i]) <= 4e-7 * max(1, state2[i] * 8)) }
            #expect(codes == theirs, "\(key)")
            compared += codes.count
        }
        #expect(compared > 0)
    }
}

/// A safetensors file, as far as these tests need it.
private struct TensorFile {
    private let data: [UInt8]
    private let header: JSONObject
    private let start: Int

    init(bytes: [UInt8]) throws {
        let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        header = try #require(JSONValue(parsing: bytes[8..<8 + length]).objectValue)
        data = bytes
        start = 8 + length
    }

    var names: [String] { header.keys.sorted() }

    func bytes(_ name: String) -> [UInt8]? {
        let offsets = header[name]?["data_offsets"]?.arrayValue?.compactMap(\.integerValue) ?? []
        guard offsets.count == 2 else { return nil }
        return Array(data[start + offsets[0]..<start + offsets[1]])
    }

    func floats(_ name: String) -> [Float]? {
        guard let raw = bytes(name), let type = header[name]?["dtype"]?.stringValue else { return nil }
        let source = type == "F32" ? GK_F32 : type == "F16" ? GK_F16 : GK_BF16
        var result = [Float](repeating: 0, count: raw.count / Int(gk_block_bytes(source)))
        guard gk_convert(nil, source, raw, GK_F32, &result, Int64(result.count)) == GK_OK else { return nil }
        return result
    }
}

private func readFile(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    return bytes
}
