import CCUDAShim
import CUDABackend
import Groundwork
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("The compiled kernels are those of the sources")
struct KernelFileTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    private static let kernels = "Sources/CUDABackend/Kernels"
    private static let portable = (major: 8, minor: 0)

    private func bytes(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(Self.root + "/" + path, "r"), "\(path) cannot be opened")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    /// The modules that are built in: each has PTX and machine code.
    private func modules() -> [String] { KernelImages.names.filter { $0.hasSuffix(".ptx") }.map { String($0.dropLast(4)) } }

    /// A kernel, and the declaration of its parameters.
    private struct Entry {
        let name: String
        let parameters: String
    }

    /// The kernels of each module's PTX.
    private static let entries: [String: [Entry]] = {
        var entries: [String: [Entry]] = [:]
        for module in KernelImages.names.filter({ $0.hasSuffix(".ptx") }).map({ String($0.dropLast(4)) }) {
            guard let image = try? KernelImages.image(of: module, computeCapability: portable) else { continue }
            let lines = image.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let start = Array(".visible .entry ".utf8)
            for (index, line) in lines.enumerated() where line.starts(with: start) {
                let name = line.dropFirst(start.count).prefix { $0 != UInt8(ascii: "(") }
                let parameters = lines[(index + 1)...].prefix { $0 != [UInt8(ascii: ")")] }.joined().drop { $0 == UInt8(ascii: "\t") }
                entries[module, default: []].append(
                    Entry(name: String(decoding: name, as: UTF8.self), parameters: String(decoding: parameters, as: UTF8.self)))
            }
        }
        return entries
    }()

    @Test("Every source and what was made of it has the hash that was written when it was compiled")
    func hashes() throws {
        let list = String(decoding: try bytes(Self.kernels + "/Compiled/SOURCES.sha256"), as: UTF8.self)
        let entries = list.split(separator: "\n").map { $0.split(separator: " ") }
        var listed: Set<String> = []
        for entry in entries {
            let path = String(try #require(entry.last))
            let actual = ContentKey(ofBytes: try bytes(path)).hexadecimal
            #expect(actual == entry[0], "\(path) changed: run Scripts/build-kernels")
            listed.insert(path)
        }
        let sources = try #require(fileNames(in: Self.root + "/" + Self.kernels)).filter { $0.hasSuffix(".cu") || $0.hasSuffix(".cuh") }
        #expect(sources.count >= 20)
        for source in sources { #expect(listed.contains(Self.kernels + "/" + source), "\(source) is new: run Scripts/build-kernels") }
        for header in ["KernelFormats.h", "KernelArguments.h", "DecodeArguments.h"] {
            #expect(listed.contains("Sources/CCUDAShim/include/" + header))
        }
        #expect(listed.contains(Self.kernels + "/Compiled/Kernels.bin"))
        #expect(listed.contains("Sources/CCUDAShim/KernelFields.h"))
    }

    @Test("PTX is of ISA 8.2, which driver 535 loads, for the compute capability that each module needs")
    func version() throws {
        #expect(modules().count == 40)
        for module in modules() {
            let target = module.hasPrefix("TensorProduct") ? "90a" : module.hasPrefix("DecodeLoop") ? "90" : "80"
            let image = try KernelImages.image(of: module, computeCapability: Self.portable)
            #expect(image.starts(with: ".version 8.2\n.target sm_\(target)\n".utf8), "\(module)")
            #expect(image.suffix(3) == [UInt8(ascii: "}"), UInt8(ascii: "\n"), 0], "\(module): the driver reads PTX up to a zero byte")
            #expect(Self.entries[module]?.isEmpty == false, "\(module)")
        }
    }

    @Test("Machine code is a whole object for NVIDIA's processors, with a section for each kernel of the PTX")
    func machineCode() throws {
        for module in modules() {
            let image = try KernelImages.image(of: module, computeCapability: (9, 0))
            func number(_ at: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(image[at + $1]) << (8 * $1) } }
            try #require(image.count > 64 && image.prefix(5) == [0x7F, 0x45, 0x4C, 0x46, 2], "\(module) is no object of 64 bits")
            #expect(number(18, 2) == 190, "\(module)")
            let (headers, count, names) = (number(40, 8), number(60, 2), number(62, 2))
            try #require(count > names && headers + 64 * count <= image.count, "\(module)")
            var sections: Set<String> = []
            for section in 0..<count {
                let header = headers + 64 * section
                // Sections without bits have no place in the file.
                if number(header + 4, 4) != 8 { #expect(number(header + 24, 8) + number(header + 32, 8) <= image.count, "\(module)") }
                let start = number(headers + 64 * names + 24, 8) + number(header, 4)
                sections.insert(String(decoding: image[start...].prefix { $0 != 0 }, as: UTF8.self))
            }
            for entry in Self.entries[module] ?? [] { #expect(sections.contains(".text." + entry.name), "\(module)") }
        }
    }

    @Test("Each kernel takes one structure, of the size that the host passes")
    func parameters() throws {
        let sizes: [(prefix: String, byteCount: Int)] = [
            ("any_product", MemoryLayout<AnyProductArguments>.size), ("attend_split", MemoryLayout<SplitAttentionArguments>.size),
            ("attend", MemoryLayout<AttentionArguments>.size), ("embed", MemoryLayout<EmbeddingArguments>.size),
            ("choose_next", MemoryLayout<NextChoiceArguments>.size), ("choose", MemoryLayout<ChoiceArguments>.size),
            ("rms_norm", MemoryLayout<NormArguments>.size), ("rotate_store", MemoryLayout<RotationArguments>.size),
            ("gate", MemoryLayout<GateArguments>.size), ("convert", MemoryLayout<ConversionArguments>.size),
            ("soft_cap", MemoryLayout<SoftCapArguments>.size), ("quantise_scales", MemoryLayout<ScaleQuantisationArguments>.size),
            ("scale_mean", MemoryLayout<ScaleQuantisationArguments>.size), ("quantise", MemoryLayout<QuantisationArguments>.size),
            ("matvec", MemoryLayout<MatrixVectorArguments>.size), ("product", MemoryLayout<MatrixProductArguments>.size),
            ("tensor", MemoryLayout<MatrixProductArguments>.size), ("decode", MemoryLayout<DecodeArguments>.size),
        ]
        for module in modules() {
            for entry in Self.entries[module] ?? [] {
                let size = try #require(sizes.first { entry.name.hasPrefix($0.prefix) }, "\(entry.name) is not known here").byteCount
                #expect(entry.parameters == ".param .align 8 .b8 \(entry.name)_param_0[\(size)]")
            }
        }
    }

    @Test(
        "What follows from a format's row",
        arguments: [
            (KernelFormat.f32, 4, 4, 1024, 0, 17408), (.f16, 8, 4, 1024, 0, 17408), (.bf16, 8, 6, 1024, 0, 17408), (.int8, 16, 4, 1280, 0, 17408),
            (.n4, 32, 4, 1280, 144, 19968), (.n4dq, 32, 4, 1536, 80, 18944), (.q4_0, 32, 4, 1280, 144, 19968), (.q4_1, 32, 4, 1280, 272, 22016),
            (.q8_0, 16, 4, 1280, 80, 18944),
        ])
    func traits(_ format: KernelFormat, lane: Int, partsOfOne: Int, slot: Int, scales: Int, ringSlot: Int) {
        let traits = format.traits
        #expect(traits.elementsPerLane == lane)
        #expect(traits.partCount * traits.partBytes == partsOfOne)
        #expect(traits.slotBytes == slot)
        #expect(traits.scalePitch == scales)
        #expect(traits.ringSlotBytes == ringSlot)
        #expect(traits.multipliesRows == (scales == 0))
        // Modules of a format end in its name.
        for source in ["MatrixVector", "MatrixProduct", "DecodeLoop"] { #expect(modules().contains("\(source).\(format.name)")) }
        #expect(modules().contains("TensorProduct.\(format.name)") == (traits.productType != .f32))
    }

    @Test("A module that is not there is a failure with its name")
    func missing() {
        for name in ["Nothing", "", "Rows.ptx", "Ro"] {
            #expect { try KernelImages.image(of: name, computeCapability: (9, 0)) } throws: { ($0 as? CUDAFailure)?.kind == .missingSymbol }
        }
    }
}
