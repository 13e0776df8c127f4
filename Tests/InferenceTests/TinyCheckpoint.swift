import Inference
import JSON
import Tensors
import TestSupport

/// A tiny model of the reference data with another configuration and other weights: what an architecture does can be
/// told from what becomes of a known one.
struct TinyCheckpoint {
    var config: [String: JSONValue]
    /// Shape and elements by name.
    var tensors: [String: (shape: [Int], values: [Float])] = [:]

    init(_ name: String) throws {
        let golden = try GoldenModel(name)
        let json = try JSONValue(parsing: MappedFile(path: golden.folder + "/config.json").contents.copy)
        config = [:]
        for (key, value) in json.objectValue ?? [:] { config[key] = value }
        let file = try openTensorFile(golden.folder)
        for tensor in file.tensors {
            tensors[tensor.name] = (tensor.shape.dimensions, try tensor.floats())
        }
    }

    /// Changes the elements of all tensors whose name ends so.
    mutating func scale(_ suffix: String, by factor: Float) {
        for (name, tensor) in tensors where name.hasSuffix(suffix) { tensors[name] = (tensor.shape, tensor.values.map { $0 * factor }) }
    }

    /// Calls `body` with the model, in float32.
    func load<Value>(_ body: (Model) throws -> Value) throws -> Value {
        var entries: [String] = [], data: [UInt8] = []
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let start = data.count
            data += tensor.values.flatMap { GGUFBuilder.integer($0.bitPattern) }
            entries.append(SafetensorsBuilder.entry(name, shape: tensor.shape, start, data.count))
        }
        let json = "{" + config.map { "\"\($0.key)\": \($0.value.text())" }.joined(separator: ",") + "}"
        let files = [
            "config.json": Array(json.utf8), "model.safetensors": SafetensorsBuilder.file("{" + entries.joined(separator: ",") + "}", data: data),
        ]
        return try withTemporaryFiles(files) { folder in
            try body(Model.load(path: folder, device: .cpu, dtype: .float32))
        }
    }

    func logits(_ tokens: [Int]) throws -> [Float] { try load { try $0.logits(tokens: tokens) } }
}
