import CUDABackend
import SourceText
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("The compiled kernels are those of the sources")
struct KernelFileTests {
    private static let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Sources/CUDABackend/Kernels"

    private func bytes(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"), "\(path) cannot be opened")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    @Test("Every source has the hash that was written when it was compiled")
    func hashes() throws {
        let list = String(decoding: try bytes(Self.folder + "/Compiled/SOURCES.sha256"), as: UTF8.self)
        let entries = list.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(entries.count >= 9)
        for entry in entries {
            let name = try #require(entry.last)
            let hash = try #require(entry.first)
            let actual = ContentKey(ofBytes: try bytes(Self.folder + "/" + name)).hexadecimal
            #expect(actual == hash, "\(name) changed: run Scripts/build-kernels")
        }
    }

    @Test(
        "PTX is of ISA 8.2, which driver 535 loads, for the compute capability that each module needs",
        arguments: [
            ("Rows", 80), ("Attention", 80), ("Quantise", 80), ("AnyProduct", 80), ("DecodeStep", 80), ("DecodeLoop.n4dq", 90),
            ("MatrixProduct.bf16", 80),
            ("MatrixVector.q4_1", 80),
        ])
    func version(_ name: String, _ target: Int) throws {
        let text = String(decoding: try bytes(Self.folder + "/Compiled/\(name).ptx").prefix(4096), as: UTF8.self)
        #expect(text.hasPrefix(".version 8.2\n.target sm_\(target)\n"))
    }

    @Test("Parameters have the sizes that the kernels assert")
    func sizes() {
        #expect(MemoryLayout<KernelSegment>.size == 48)
        #expect(MemoryLayout<MatrixVectorArguments>.size == 208)
        #expect(MemoryLayout<MatrixProductArguments>.size == 200)
        #expect(MemoryLayout<ProductArguments>.size == 96)
        #expect(MemoryLayout<AttentionArguments>.size == 80)
        #expect(MemoryLayout<SplitAttentionArguments>.size == 128)
        #expect(MemoryLayout<Rotations>.size == 40)
        #expect(MemoryLayout<DecodePlace>.size == 8)
        #expect(MemoryLayout<DecodeLayerArguments>.size == 384)
        #expect(MemoryLayout<DecodeArguments>.size == 328)
        #expect(MemoryLayout<DecodeArguments>.offset(of: \.embedding) == 56)
        #expect(MemoryLayout<DecodeArguments>.offset(of: \.epsilon) == 168)
        #expect(MemoryLayout<DecodeArguments>.offset(of: \.clocks) == 320)
    }
}
