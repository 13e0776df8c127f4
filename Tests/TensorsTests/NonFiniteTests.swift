import Tensors
import TestSupport
import Testing

@Suite struct NonFiniteTests {
    private func tensor(_ type: String, _ bytes: [UInt8], count: Int) throws -> StoredTensor {
        let directory = "{" + SafetensorsBuilder.entry("t", type, shape: [count], 0, bytes.count) + "}"
        return try SafetensorsFile(MappedFile(path: "t", holding: SafetensorsBuilder.file(directory, data: bytes))).tensor(named: "t")
    }

    @Test("the first NaN or infinity is found in every dense type")
    func dense() throws {
        let singles: [Float] = [1, .greatestFiniteMagnitude, -.infinity, .nan]
        #expect(try tensor("F32", singles.flatMap { GGUFBuilder.integer($0.bitPattern) }, count: 4).firstNonFiniteElement == 2)
        #expect(try tensor("BF16", [0x80, 0x3F, 0xC0, 0x7F], count: 2).firstNonFiniteElement == 1)
        #expect(try tensor("F16", [0xFF, 0x7B, 0x00, 0x7C], count: 2).firstNonFiniteElement == 1)
        #expect(try tensor("F64", GGUFBuilder.integer(Double.nan.bitPattern), count: 1).firstNonFiniteElement == 0)
        #expect(try tensor("F32", GGUFBuilder.integer(Float(1).bitPattern), count: 1).firstNonFiniteElement == nil)
        #expect(try tensor("U8", [255], count: 1).firstNonFiniteElement == nil)
    }

    @Test("a block whose scale is not finite is found")
    func blocks() throws {
        var builder = GGUFBuilder()
        builder.tensors = [.init("t", [32, 2], type: 8)]
        builder.data = [UInt8](repeating: 0xFF, count: 68)
        // Finite scales: 1, and the largest.
        builder.data.replaceSubrange(0..<2, with: [0x00, 0x3C])
        builder.data.replaceSubrange(34..<36, with: [0xFF, 0x7B])
        #expect(try GGUFFile(MappedFile(path: "t", holding: builder.bytes)).tensor(named: "t").firstNonFiniteElement == nil)
        builder.data.replaceSubrange(34..<36, with: [0x00, 0xFC])
        #expect(try GGUFFile(MappedFile(path: "t", holding: builder.bytes)).tensor(named: "t").firstNonFiniteElement == 32)
    }
}
