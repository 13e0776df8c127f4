import Tensors
import TestSupport
import Testing

@Suite struct ShardedSafetensorsTests {
    private static let index = "model.safetensors.index.json"
    private static let first = "model-00001-of-00002.safetensors"
    private static let second = "model-00002-of-00002.safetensors"

    private static func shard(_ name: String, _ value: UInt8) -> [UInt8] {
        SafetensorsBuilder.file("{" + SafetensorsBuilder.entry(name, "U8", shape: [2], 0, 2) + "}", data: [value, value])
    }

    private static func files(index text: String) -> [String: [UInt8]] {
        [index: Array(text.utf8), first: shard("a", 1), second: shard("b", 2)]
    }

    @Test("tensors of all shards are found through the index, the folder or the file")
    func reading() throws {
        let text = #"{"metadata":{"total_size":4},"weight_map":{"b":"\#(Self.second)","a":"\#(Self.first)"}}"#
        try withTemporaryFiles(Self.files(index: text)) { folder in
            for path in [folder, "\(folder)/\(Self.index)"] {
                let file = try openTensorFile(path)
                #expect(file.tensors.map(\.name) == ["b", "a"])
                #expect(try file.tensor(named: "a").data.copy == [1, 1])
                #expect(try file.tensor(named: "b").data.copy == [2, 2])
                #expect(file["c"] == nil)
            }
            #expect(try openTensorFile("\(folder)/\(Self.first)").tensors.count == 1)
        }
        try withTemporaryFiles(["model.safetensors": SafetensorsBuilder.sample, "model.gguf": GGUFBuilder.sample.bytes]) { folder in
            let inFolder = try openTensorFile(folder)
            let byName = try openTensorFile("\(folder)/model.gguf")
            #expect(inFolder is SafetensorsFile)
            #expect(byName is GGUFFile)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let message: String
        let index: String

        init(_ name: String, _ message: String, _ index: String) {
            self.name = name
            self.message = message
            self.index = index
        }

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case("no JSON", "the index is not JSON: the text ends where a value should be", ""),
        Case("no map", "the index has no object \"weight_map\"", #"{"weight_map":[]}"#),
        Case("number for a shard", "the index gives no file name for \"a\"", #"{"weight_map":{"a":1}}"#),
        Case("missing shard", "the shard none.safetensors is missing", #"{"weight_map":{"a":"none.safetensors"}}"#),
        Case(
            "tensor in another shard", "the tensor \"b\" is not in \(first), where the index puts it", #"{"weight_map":{"b":"\#(first)"}}"#),
        Case("repeated tensor", "the index is not JSON: the name \"a\" is there twice", #"{"weight_map":{"a":"\#(first)","a":"\#(second)"}}"#),
        Case(
            "index that names itself", "the index names \"model.safetensors.index.json\", which is no .safetensors file beside it",
            #"{"weight_map":{"a":"model.safetensors.index.json"}}"#),
        Case(
            "path that leads elsewhere", "the index names \"../x.safetensors\", which is no .safetensors file beside it",
            #"{"weight_map":{"a":"../x.safetensors"}}"#),
        Case(
            "absolute path", "the index names \"/etc/x.safetensors\", which is no .safetensors file beside it",
            #"{"weight_map":{"a":"/etc/x.safetensors"}}"#),
        Case(
            "name with a zero byte", "the index names \"x\0.safetensors\", which is no .safetensors file beside it",
            #"{"weight_map":{"a":"x\u0000.safetensors"}}"#),
        Case(
            "deep nesting", "the index is not JSON: nested deeper than 256",
            String(repeating: "[", count: 100_000)),
    ]

    @Test("an index that lies gets its error", arguments: cases)
    func liar(sample: Case) throws {
        try withTemporaryFiles(Self.files(index: sample.index)) { folder in
            let error = #expect(throws: FileFormatError.self) { try openTensorFile(folder) }
            #expect(error?.message == sample.message)
        }
    }
}
