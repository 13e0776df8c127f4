import Tensors
import TestSupport
import Testing

/// safetensors files that lie, each with the error it gets.
@Suite struct HostileSafetensorsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let message: String
        let bytes: [UInt8]

        init(_ name: String, _ message: String, _ bytes: [UInt8]) {
            self.name = name
            self.message = message
            self.bytes = bytes
        }

        /// A file with this directory and eight bytes of data.
        init(_ name: String, _ message: String, _ directory: String) {
            self.init(name, message, SafetensorsBuilder.file(directory, data: [UInt8](repeating: 0, count: 8)))
        }

        var testDescription: String { name }
    }

    private static let t = SafetensorsBuilder.entry("t", shape: [2], 0, 8)

    static let lengths: [Case] = [
        Case("empty", "at byte 0: the file ends inside the length of the directory", []),
        Case(
            "longer than the format allows", "at byte 0: the directory's length is 100000001, more than the format's 100000000",
            GGUFBuilder.integer(100_000_001 as UInt64) + [0x7B]),
        Case(
            "length past 63 bits", "at byte 0: the directory's length is 18446744073709551615, more than the format's 100000000",
            [UInt8](repeating: 0xFF, count: 16)),
        Case(
            "longer than the file", "at byte 0: the directory's length is 100, more than the 2 bytes left",
            GGUFBuilder.integer(100 as UInt64) + Array("{}".utf8)),
        Case("no directory", "at byte 8: the directory does not start with '{'", SafetensorsBuilder.file("")),
        Case("space before it", "at byte 8: the directory does not start with '{'", SafetensorsBuilder.file(" {}")),
        Case("data that no tensor has", "at byte 10: the tensors end at 0, but the file has 8 bytes of data", "{}"),
        Case("text after it", "at byte 11: the directory has text after its end", SafetensorsBuilder.file("{} x")),
    ]

    static let directories: [Case] = [
        Case("unclosed", "at byte 61: the directory's JSON lacks a '}' here", "{" + t),
        Case("name that does not end", "at byte 9: the directory ends inside a name", SafetensorsBuilder.file(#"{"t"#)),
        Case("name with an unfinished escape", "at byte 9: the directory ends inside a name", SafetensorsBuilder.file(#"{"t\"#)),
        Case("name with an unknown escape", "at byte 9: a name is not a string of JSON", SafetensorsBuilder.file(#"{"\x":{}}"#)),
        Case(
            "name that is not UTF-8", "at byte 9: a name is not UTF-8",
            SafetensorsBuilder.file(Array(#"{""#.utf8) + [0xFF] + Array(#"":{}}"#.utf8))),
        Case("name with a control character", "at byte 10: a name has a control character", SafetensorsBuilder.file("{\"\n\":{}}")),
        Case("number as a name", "at byte 9: a name is not a string", "{1:2}"),
        Case("no colon", "at byte 12: the directory's JSON lacks a ':' here", #"{"t"}"#),
        Case("tensor that is a number", "at byte 13: the directory's JSON lacks an object here", #"{"t":1}"#),
        Case("trailing comma", "at byte 62: a name is not a string", "{" + t + ",}"),
        Case("metadata that is no text", "at byte 31: a value of \"__metadata__\" is not a string", #"{"__metadata__":{"a":  1}}"#),
        Case("metadata twice", "at byte 27: \"__metadata__\" is there twice", #"{"__metadata__":{},"__metadata__":{}}"#),
        Case("no dtype", "at byte 9: \"t\" has no \"dtype\"", #"{"t":{"shape":[2],"data_offsets":[0,8]}}"#),
        Case("no shape", "at byte 9: \"t\" has no \"shape\"", #"{"t":{"dtype":"F32","data_offsets":[0,8]}}"#),
        Case("no offsets", "at byte 9: \"t\" has no \"data_offsets\"", #"{"t":{"dtype":"F32","shape":[2]}}"#),
        Case("one offset", "at byte 9: \"t\" has 1 data offsets, not 2", #"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#),
        Case("dtype twice", "at byte 28: \"t\" has \"dtype\" twice", #"{"t":{"dtype":"F32","dtype":"F32"}}"#),
        Case("unknown member", "at byte 14: \"t\" has the unknown member \"strides\"", #"{"t":{"strides":[1]}}"#),
        Case("unknown dtype", "at byte 22: the dtype \"F7\" of \"t\" is unknown", #"{"t":{"dtype":"F7","shape":[2],"data_offsets":[0,8]}}"#),
        Case("dtype that is no text", "at byte 22: the dtype of \"t\" is not a string", #"{"t":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}"#),
        Case("negative dimension", "at byte 23: the shape of \"t\" has something else than whole numbers", #"{"t":{"shape":[-2]}}"#),
        Case("fraction", "at byte 24: the directory's JSON lacks a ']' here", #"{"t":{"shape":[2.5]}}"#),
        Case("exponent", "at byte 24: the directory's JSON lacks a ']' here", #"{"t":{"shape":[2e3]}}"#),
        Case("leading zero", "at byte 23: the shape of \"t\" has something else than whole numbers", #"{"t":{"shape":[02]}}"#),
        Case(
            "number past 63 bits", "at byte 23: a number in the shape of \"t\" is too large", #"{"t":{"shape":[9223372036854775808]}}"#),
        Case(
            "product past 63 bits", "at byte 9: the shape of \"t\" is too large for any machine",
            #"{"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#),
        Case(
            "bytes past 63 bits", "at byte 9: the shape of \"t\" is too large for any machine",
            #"{"t":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]}}"#),
        Case(
            "65 dimensions", "at byte 151: the shape of \"t\" has more than 64 elements",
            #"{"t":{"shape":["# + [String](repeating: "1", count: 65).joined(separator: ",") + "]}}"),
    ]

    static let offsets: [Case] = [
        Case(
            "too few bytes", "at byte 9: the tensor \"t\" goes from 0 to 8, but [3] of float32 takes 12 bytes",
            "{" + SafetensorsBuilder.entry("t", shape: [3], 0, 8) + "}"),
        Case(
            "backwards", "at byte 9: the tensor \"t\" goes from 0 to 0, but [2] of float32 takes 8 bytes",
            "{" + SafetensorsBuilder.entry("t", shape: [2], 0, 0) + "}"),
        Case(
            "end before start", "at byte 9: the tensor \"t\" starts at 8, after a gap: 0 was expected",
            "{" + SafetensorsBuilder.entry("t", shape: [2], 8, 0) + "}"),
        Case(
            "past the end", "at byte 9: the tensor \"t\" ends at 12, past the file's 8 bytes of data",
            "{" + SafetensorsBuilder.entry("t", shape: [3], 0, 12) + "}"),
        Case(
            "far past the end", "at byte 9: the tensor \"t\" starts at 9223372036854775799, after a gap: 0 was expected",
            "{" + SafetensorsBuilder.entry("t", shape: [2], 9_223_372_036_854_775_799, 9_223_372_036_854_775_807) + "}"),
        Case(
            "gap", "at byte 62: the tensor \"u\" starts at 6, after a gap: 4 was expected",
            "{" + SafetensorsBuilder.entry("t", shape: [1], 0, 4) + "," + SafetensorsBuilder.entry("u", "F16", shape: [1], 6, 8) + "}"),
        Case(
            "overlap", "at byte 62: the tensor \"u\" starts at 0, inside another: 8 was expected",
            "{" + t + "," + SafetensorsBuilder.entry("u", shape: [2], 0, 8) + "}"),
        Case(
            "the same name twice", "at byte 62: the tensor \"t\" is there twice",
            "{" + SafetensorsBuilder.entry("t", shape: [1], 0, 4) + "," + SafetensorsBuilder.entry("t", shape: [1], 4, 8) + "}"),
    ]

    @Test("a file that lies gets its error", arguments: lengths + directories + offsets)
    func liar(sample: Case) {
        let error = #expect(throws: FileFormatError.self) {
            try SafetensorsFile(MappedFile(path: "model.safetensors", holding: sample.bytes))
        }
        let place = error?.byteOffset.map { "at byte \($0): " } ?? ""
        #expect(place + (error?.message ?? "") == sample.message)
        #expect(error?.help.isEmpty == false)
    }

    @Test("every file cut short gets an error, and none reads past its end")
    func truncation() throws {
        let whole = SafetensorsBuilder.sample
        let file = try SafetensorsFile(MappedFile(path: "model.safetensors", holding: whole))
        #expect(file.tensors.map(\.name) == ["weight", "bias", "none"])
        #expect(file.metadata == ["format": "pt"])
        #expect(file["none"]?.shape == TensorShape(0, 4))
        for length in 0..<whole.count {
            #expect(throws: FileFormatError.self, "\(length)") {
                try SafetensorsFile(MappedFile(path: "model.safetensors", holding: whole[..<length]))
            }
        }
    }

    @Test("names may hold escapes, and members may stand in any order")
    func leniency() throws {
        let directory = #"{ "a\"\u00e9" : { "data_offsets":[0,8], "shape":[2 , 1],"dtype":"F32"} }"#
        let bytes = SafetensorsBuilder.file(directory, data: [UInt8](repeating: 0, count: 8))
        let file = try SafetensorsFile(MappedFile(path: "model.safetensors", holding: bytes))
        #expect(file["a\"é"]?.shape == TensorShape(2, 1))
        #expect(try file.tensor(named: "a\"é").floats() == [0, 0])
    }
}
