import Groundwork
import JSON
import Tensors
import TestSupport
import Testing

/// The two real models against what the Python package `gguf` reads from them.
@Suite struct RealModelTests {
    struct Model: Sendable, CustomTestStringConvertible {
        let name: String
        let path: String
        let golden: String

        var testDescription: String { name }
    }

    static let models: [Model] = [("smollm2", ReferenceData.smolLM2), ("gemma3", ReferenceData.gemma3)].compactMap { name, path in
        guard let path, let golden = ReferenceData.golden("\(name)/gguf.json") else { return nil }
        return Model(name: name, path: path, golden: golden)
    }

    @Test(
        "metadata equals gguf's", .enabled(if: !models.isEmpty, "the models or the golden data are absent"), arguments: models)
    func metadata(model: Model) throws {
        let file = try GGUFFile(path: model.path)
        let golden = try JSONValue(parsing: readFile(model.golden))
        let expected = try #require(golden["metadata"]?.objectValue)
        #expect(file.version == expected["GGUF.version"]?.integerValue)
        #expect(file.tensors.count == expected["GGUF.tensor_count"]?.integerValue)
        #expect(file.metadata.keys.count == expected["GGUF.kv_count"]?.integerValue)
        #expect(file.alignment == golden["alignment"]?.integerValue)
        #expect(file.metadata.keys == expected.keys.filter { !$0.hasPrefix("GGUF.") })
        for key in file.metadata.keys {
            let value = try #require(file.metadata[key])
            let reference = try #require(expected[key])
            if let array = value.arrayValue, let start = reference["first"]?.arrayValue {
                #expect(array.count == reference["array_length"]?.integerValue)
                #expect(json(array).prefix(start.count).map(number) == start.map(number), "\(key)")
            } else {
                #expect(json(value) == number(reference), "\(key)")
            }
        }
    }

    @Test("the directory equals gguf's", .enabled(if: !models.isEmpty, "the models or the golden data are absent"), arguments: models)
    func directory(model: Model) throws {
        let file = try GGUFFile(path: model.path)
        let expected = try #require(try JSONValue(parsing: readFile(model.golden))["tensors"]?.arrayValue)
        #expect(file.tensors.count == expected.count)
        for (tensor, reference) in zip(file.tensors, expected) {
            #expect(tensor.name == reference[0]?.stringValue)
            #expect(ggmlName(tensor.encoding) == reference[1]?.stringValue)
            #expect(tensor.shape.dimensions.reversed().map { JSONValue.integer(Int64($0)) } == reference[2]?.arrayValue)
            #expect(tensor.data.byteOffset == reference[3]?.integerValue)
            #expect(tensor.data.byteCount == reference[4]?.integerValue)
        }
    }

    private func ggmlName(_ encoding: TensorEncoding) -> String {
        switch encoding {
        case .dense(.float32): "F32"
        case .dense(.float16): "F16"
        case .dense(.bfloat16): "BF16"
        default: encoding.description
        }
    }

    /// Numbers compare as doubles, as Python wrote them.
    private func number(_ value: JSONValue) -> JSONValue {
        if let elements = value.arrayValue { return .array(elements.map(number)) }
        return value.doubleValue.map(JSONValue.number) ?? value
    }

    private func json(_ value: GGUFValue) -> JSONValue {
        if let array = value.arrayValue { return .array(json(array).map(number)) }
        if let text = value.stringValue { return .string(text) }
        if let flag = value.boolValue { return .bool(flag) }
        return (value.doubleValue ?? value.integerValue.map(Double.init)).map(JSONValue.number) ?? .null
    }

    private func json(_ array: GGUFArray) -> [JSONValue] {
        if let strings = array.strings { return strings.map(JSONValue.string) }
        if let integers = array.integers { return integers.map { .integer(Int64($0)) } }
        return (array.floats ?? []).map { .number(Double($0)) }
    }
}
