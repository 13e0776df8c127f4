import CPUBackend
import Inference
import JSON
import TensorMemory
import Tensors
import TestSupport
import Testing

/// A tiny model of the reference data, with what transformers and bitsandbytes computed with it.
struct GoldenModel {
    static let names = ["llama_plain", "llama_tied", "llama_rope3", "llama_bias"]

    let folder: String
    let tensors: any TensorFile
    let json: JSONValue

    init(_ name: String) throws {
        folder = try #require(ReferenceData.golden("models/\(name)"))
        tensors = try openTensorFile(folder + "/golden.safetensors")
        json = try JSONValue(parsing: MappedFile(path: folder + "/golden.json").contents.copy)
    }

    func floats(_ name: String) throws -> [Float] { try tensors.tensor(named: name).floats() }

    /// The ids of a prompt.
    func tokens(_ name: String) throws -> [Int] {
        let bytes = try tensors.tensor(named: name).data.copy
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            (0..<8).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
        }
    }

    func greedyTokens(_ tag: String) -> [Int] { json[tag]?["greedy_tokens"]?.arrayValue?.compactMap(\.integerValue) ?? [] }
    func margins(_ tag: String) -> [Double] { json[tag]?["margin"]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
}

/// ‖actual - expected‖ / ‖expected‖
func relativeError(_ actual: [Float], _ expected: [Float]) -> Double {
    guard actual.count == expected.count else { return .infinity }
    var difference = 0.0, norm = 0.0
    for (a, b) in zip(actual, expected) {
        difference += Double(a - b) * Double(a - b)
        norm += Double(b) * Double(b)
    }
    return (difference / norm).squareRoot()
}
