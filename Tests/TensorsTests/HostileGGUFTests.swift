import Tensors
import TestSupport
import Testing

/// GGUF files that lie, each with the error it gets.
@Suite struct HostileGGUFTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        /// The error's text after the path, without its help.
        let message: String

        init(_ name: String, _ message: String, _ bytes: [UInt8]) {
            self.name = name
            self.message = message
            self.bytes = bytes
        }

        /// The sample file with something changed.
        init(_ name: String, _ message: String, change: (inout GGUFBuilder) -> Void) {
            var builder = GGUFBuilder.sample
            change(&builder)
            self.init(name, message, builder.bytes)
        }

        var testDescription: String { name }
    }

    private static func members(_ members: [(String, [UInt8])]) -> (inout GGUFBuilder) -> Void {
        { builder in
            builder = GGUFBuilder()
            for (key, value) in members { builder.add(key, value) }
        }
    }

    private static func tensors(_ tensors: [GGUFBuilder.Tensor], data: Int = 64) -> (inout GGUFBuilder) -> Void {
        { builder in
            builder = GGUFBuilder()
            builder.tensors = tensors
            builder.data = [UInt8](repeating: 0, count: data)
        }
    }

    static let headers: [Case] = [
        Case("empty", "at byte 0: the file ends inside the signature", []),
        Case("three bytes", "at byte 0: the file ends inside the signature", Array("GGU".utf8)),
        Case("another format", "at byte 0: this is not a GGUF file: it does not start with \"GGUF\"") { $0.magic = Array("GGML".utf8) },
        Case("version 1", "at byte 4: GGUF version 1 is not supported") { $0.version = 1 },
        Case("version of the future", "at byte 4: GGUF version 4294967295 is not supported") { $0.version = .max },
        Case("big-endian", "at byte 4: this GGUF file is big-endian") { $0.version = 3 << 24 },
        Case("more tensors than bytes", "at byte 8: the number of tensors is 18446744073709551615, more than the 8 bytes left can hold") {
            $0 = GGUFBuilder()
            $0.tensorCount = .max
        },
        Case("more members than bytes", "at byte 16: the number of metadata values is 1000000, more than the 0 bytes left can hold") {
            $0 = GGUFBuilder()
            $0.memberCount = 1_000_000
        },
    ]

    static let metadata: [Case] = [
        Case("endless key", "at byte 24: the length of a metadata key is 9223372036854775807, more than the 24 bytes left can hold") {
            $0 = GGUFBuilder()
            $0.memberCount = 1
            $0.alignment = 1
            $0.data = GGUFBuilder.integer(Int64.max) + [UInt8](repeating: 0, count: 24)
        },
        Case("key that is not UTF-8", "at byte 32: a metadata key is not UTF-8") {
            $0 = GGUFBuilder()
            $0.members = [(key: [0x61, 0xFF], value: GGUFBuilder.uint32(1))]
        },
        Case("value that is not UTF-8", "at byte 45: \"k\" is not UTF-8") {
            $0 = GGUFBuilder()
            $0.add("k", GGUFBuilder.integer(8 as UInt32) + GGUFBuilder.integer(2 as UInt64) + [0xC3, 0x28])
        },
        Case(
            "repeated key", "at byte 41: the metadata key \"k\" is there twice",
            change: members([("k", GGUFBuilder.uint32(1)), ("k", GGUFBuilder.uint32(2))])),
        Case("unknown type", "at byte 33: \"k\" has the unknown type 13", change: members([("k", GGUFBuilder.integer(13 as UInt32) + [0, 0])])),
        Case("Boolean of 2", "at byte 37: \"k\" is a Boolean with the value 2", change: members([("k", GGUFBuilder.bool(2))])),
        Case(
            "endless string", "at byte 37: the length of \"k\" is 4294967296, more than the 0 bytes left can hold",
            change: members([("k", GGUFBuilder.integer(8 as UInt32) + GGUFBuilder.integer(1 << 32 as UInt64))])),
        Case(
            "endless array", "at byte 41: the number of elements of \"k\" is 4611686018427387905, more than the 4 bytes left can hold",
            change: members([("k", GGUFBuilder.array(type: 4, count: 1 << 62 + 1, [0, 0, 0, 0]))])),
        Case(
            "array of more strings than bytes", "at byte 41: the number of elements of \"k\" is 2, more than the 9 bytes left can hold",
            change: members([("k", GGUFBuilder.array(type: 8, count: 2, GGUFBuilder.text("a")))])),
        Case(
            "array of an unknown type", "at byte 37: the elements of \"k\" have the unknown type 99",
            change: members([("k", GGUFBuilder.array(type: 99, count: 1, [0]))])),
        Case(
            "arrays within arrays within arrays", "at byte 85: \"k\" nests arrays deeper than 4",
            change: members([
                (
                    "k",
                    GGUFBuilder.array(type: 9, count: 1, (0..<9).flatMap { _ in GGUFBuilder.integer(9 as UInt32) + GGUFBuilder.integer(1 as UInt64) })
                )
            ])),
        Case(
            "alignment of 0", "the metadata's \"general.alignment\" is not a power of two",
            change: members([("general.alignment", GGUFBuilder.uint32(0))])),
        Case(
            "alignment of 24", "the metadata's \"general.alignment\" is not a power of two",
            change: members([("general.alignment", GGUFBuilder.uint32(24))])),
        Case(
            "alignment in words", "the metadata's \"general.alignment\" is not a power of two",
            change: members([("general.alignment", GGUFBuilder.string("32"))])),
    ]

    static let directories: [Case] = [
        Case("too many dimensions", "at byte 33: the tensor \"t\" has 5 dimensions, more than 4", change: tensors([.init("t", [1, 1, 1, 1, 1])])),
        Case(
            "product past 64 bits", "at byte 37: the shape of \"t\" is too large for any machine",
            change: tensors([.init("t", [1 << 32, 1 << 32])])),
        Case("negative dimension", "at byte 37: the shape of \"t\" is too large for any machine", change: tensors([.init("t", [.max])])),
        Case(
            "bytes past 64 bits", "at byte 37: the shape [4611686018427387904] of \"t\" is not whole blocks of float32, or too large",
            change: tensors([.init("t", [1 << 62])])),
        Case(
            "part of a block", "at byte 37: the shape [33] of \"t\" is not whole blocks of Q8_0, or too large",
            change: tensors([.init("t", [33], type: 8)])),
        Case(
            "scalar of blocks", "at byte 37: the shape [] of \"t\" is not whole blocks of Q4_K, or too large",
            change: tensors([.init("t", [], type: 12)])),
        Case("unknown type", "at byte 45: the tensor \"t\" has the type 99, which is unknown", change: tensors([.init("t", [1], type: 99)])),
        Case(
            "unsupported type", "at byte 45: the tensor \"t\" has the type IQ2_XXS, which is not supported",
            change: tensors([.init("t", [256], type: 16)])),
        Case(
            "misaligned offset", "at byte 49: the tensor \"t\" starts at 16, not at a multiple of 32", change: tensors([.init("t", [1], offset: 16)])),
        Case(
            "offset past the end", "at byte 24: the tensor \"t\" ends 1000004 bytes past the end of the file",
            change: tensors([.init("t", [1], offset: 1_000_064)])),
        Case(
            "offset past 63 bits", "at byte 49: the tensor \"t\" starts at 18446744073709551584, past the end of the file",
            change: tensors([.init("t", [1], offset: .max - 31)])),
        Case(
            "offset and size past 63 bits", "at byte 24: the tensor \"t\" ends many bytes past the end of the file",
            change: tensors([.init("t", [1 << 60], offset: 1 << 62)])),
        Case(
            "one byte short", "at byte 24: the tensor \"t\" ends 1 bytes past the end of the file", change: tensors([.init("t", [16])], data: 63)),
        Case(
            "overlapping tensors", "at byte 57: the tensors \"t\" and \"u\" overlap", change: tensors([.init("t", [9]), .init("u", [1], offset: 32)])),
        Case("the same place twice", "at byte 57: the tensors \"t\" and \"u\" overlap", change: tensors([.init("t", [1]), .init("u", [1])])),
        Case(
            "repeated name", "at byte 57: the tensor \"t\" is there twice", change: tensors([.init("t", [1]), .init("t", [1], offset: 32)])),
        Case("directory cut short", "at byte 45: the file ends inside the type of \"t\"") { builder in
            builder = GGUFBuilder()
            builder.tensorCount = 1
            builder.alignment = 1
            builder.data = GGUFBuilder.text("t") + GGUFBuilder.integer(1 as UInt32) + GGUFBuilder.integer(1 as UInt64)
        },
    ]

    @Test("a file that lies gets its error", arguments: headers + metadata + directories)
    func liar(sample: Case) {
        let error = #expect(throws: FileFormatError.self) { try GGUFFile(MappedFile(path: "model.gguf", holding: sample.bytes)) }
        let place = error?.byteOffset.map { "at byte \($0): " } ?? ""
        #expect(place + (error?.message ?? "") == sample.message)
        #expect(error?.help.isEmpty == false)
    }

    @Test("every file cut short gets an error, and none reads past its end")
    func truncation() throws {
        let whole = GGUFBuilder.sample.bytes
        #expect(try GGUFFile(MappedFile(path: "model.gguf", holding: whole)).tensors.count == 3)
        for length in 0..<whole.count {
            #expect(throws: FileFormatError.self, "\(length)") { try GGUFFile(MappedFile(path: "model.gguf", holding: whole[..<length])) }
        }
    }

    @Test("the sample's values are read as they were written")
    func sample() throws {
        let file = try GGUFFile(MappedFile(path: "model.gguf", holding: GGUFBuilder.sample.bytes))
        #expect(try file.string("general.architecture") == "llama")
        #expect(try file.integer("llama.block_count") == 2)
        #expect(try file.double("llama.rope.freq_base") == 10000)
        #expect(file.metadata["tokenizer.ggml.add_bos_token"]?.boolValue == true)
        #expect(try file.strings("tokenizer.ggml.tokens") == ["<s>", "a", "né"])
        #expect(try file.integers("tokenizer.ggml.token_type") == [16_843_009, 16_843_009, 16_843_009])
        #expect(file.metadata["nested"] == .array(.array([.uint8([7, 8])])))
        #expect(file.metadata["big"]?.integerValue == nil)
        #expect(file.metadata["double"]?.doubleValue == 1.5)
        #expect(file["blocks"]?.shape == TensorShape(2, 32))
        #expect(file["super"]?.data.byteCount == 144)
        let error = #expect(throws: FileFormatError.self) { try file.integer("general.architecture") }
        #expect(error?.message == "the metadata's \"general.architecture\" is not an integer")
        #expect(throws: FileFormatError.self) { try file.integer("llama.missing") }
        #expect(throws: FileFormatError.self) { try file.tensor(named: "missing") }
    }

    @Test("a missing file, a folder and a file of another kind are clear errors")
    func environment() throws {
        let missing = #expect(throws: FileFormatError.self) { try GGUFFile(path: "/nowhere/model.gguf") }
        #expect(
            missing?.description == """
                /nowhere/model.gguf: cannot open the file: No such file or directory
                  help: check the path, or fetch the model first
                """)
        #expect(throws: FileFormatError.self) { try GGUFFile(path: "/") }
        #expect(throws: FileFormatError.self) { try GGUFFile(path: "/dev/null") }
    }
}
