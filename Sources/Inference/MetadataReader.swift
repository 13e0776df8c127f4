import JSON
import Tensors

/// Reads metadata of a GGUF file, with errors that name file and key, and keeps account of which keys were read.
///
/// Converters write numbers in whatever type they have at hand: every number type is taken, as long as its value fits.
struct MetadataReader {
    let file: GGUFFile
    private(set) var read: Set<ExactText> = []
    /// How many elements a list of sizes has, once that is known.
    var layerCount: Int?

    init(_ file: GGUFFile) { self.file = file }

    func error(_ message: String, help: String = "convert the model to GGUF again with a current converter") -> ModelError {
        .configuration(path: file.path, message: message, help: help)
    }

    /// A value that is known and not implemented.
    func refusal(_ key: String, _ value: GGUFValue, _ why: String = "is not implemented") -> ModelError {
        error("\"\(key)\" (\(value.shown)) \(why)", help: "load a model without it: what it would compute is not what this one was trained to")
    }

    mutating func value(_ key: String) -> GGUFValue? {
        read.insert(ExactText(key))
        return file.metadata[key]
    }

    private mutating func value<Value>(_ key: String, _ kind: String, _ convert: (GGUFValue) -> Value?) throws(ModelError) -> Value? {
        guard let value = value(key) else { return nil }
        guard let converted = convert(value) else { throw error("\"\(key)\" (\(value.shown)) is no \(kind)") }
        return converted
    }

    mutating func text(_ key: String) throws(ModelError) -> String? { try value(key, "text") { $0.stringValue } }
    mutating func flag(_ key: String) throws(ModelError) -> Bool? { try value(key, "Boolean") { $0.truth } }
    mutating func integer(_ key: String) throws(ModelError) -> Int? { try value(key, "integer") { $0.wholeNumber } }

    /// A finite number.
    mutating func number(_ key: String) throws(ModelError) -> Float? {
        try value(key, "finite number") { value in value.number.map { Float($0) }.flatMap { $0.isFinite ? $0 : nil } }
    }

    mutating func positive(_ key: String) throws(ModelError) -> Float? {
        guard let number = try number(key) else { return nil }
        guard number > 0 else { throw error("\"\(key)\" is \(number), which is no number above 0") }
        return number
    }

    mutating func size(_ key: String) throws(ModelError) -> Int {
        guard let size = try optionalSize(key) else { throw error("the metadata lacks \"\(key)\"") }
        return size
    }

    /// A size; of one for each layer what all of them are.
    mutating func optionalSize(_ key: String) throws(ModelError) -> Int? {
        let layerCount = layerCount
        return try value(key, "size that all layers have") { value in
            var size = value.wholeNumber
            if let sizes = value.arrayValue?.integers, let first = sizes.first, sizes.allSatisfy({ $0 == first }) {
                guard sizes.count == layerCount ?? sizes.count else { return nil }
                size = first
            }
            return size.flatMap { (1...1 << 30).contains($0) ? $0 : nil }
        }
    }
}

extension GGUFValue {
    /// For messages.
    var shown: String {
        switch self {
        case .string(let text): text.count > 40 ? "\"\(text.prefix(39))…\"" : "\"\(text)\""
        case .bool(let value): "\(value)"
        case .array(let array): "a list of \(array.count)"
        default: wholeNumber.map { "\($0)" } ?? number.map { "\($0)" } ?? "?"
        }
    }

    /// Whether the value says of itself that nothing is different.
    var isNeutral: Bool {
        switch self {
        case .bool(let value): !value
        case .string(let text): text.isEmpty
        case .array(let array): array.count == 0 || array.integers?.allSatisfy { $0 == 0 } ?? false
        default: number == 0
        }
    }
}
