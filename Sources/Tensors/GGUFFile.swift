import JSON

/// A GGUF file, version 2 or 3: typed metadata and a directory of tensors
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
///
/// Opening reads the header only; tensors are read where they lie in the mapped file.
public struct GGUFFile: TensorFile {
    static let magic: [UInt8] = Array("GGUF".utf8)

    public let file: MappedFile
    public let version: Int
    /// Tensors start at multiples of this many bytes.
    public let alignment: Int
    public let metadata: GGUFMetadata
    public let tensors: [StoredTensor]
    private let indices: [ExactText: Int]

    public var path: String { file.path }

    /// - Throws: ``FileFormatError`` where the file is no GGUF file or breaks the format's rules. Every length is
    ///   held against the file's size before anything is allocated.
    public init(path: String) throws(FileFormatError) {
        try self.init(MappedFile(path: path))
    }

    public init(_ file: MappedFile) throws(FileFormatError) {
        var parser = GGUFParser(file)
        try parser.parse()
        self.file = file
        version = parser.version
        alignment = parser.alignment
        metadata = parser.metadata
        tensors = parser.tensors
        indices = parser.indices
    }

    public subscript(name: String) -> StoredTensor? { indices[ExactText(name)].map { tensors[$0] } }
}

extension GGUFFile {
    /// The value of a key that the model cannot do without.
    ///
    /// - Throws: ``FileFormatError`` where the key is missing or its value is of another type.
    public func integer(_ key: String) throws(FileFormatError) -> Int { try required(key, "an integer") { $0.integerValue } }
    public func double(_ key: String) throws(FileFormatError) -> Double { try required(key, "a floating-point number") { $0.doubleValue } }
    public func string(_ key: String) throws(FileFormatError) -> String { try required(key, "a string") { $0.stringValue } }
    public func strings(_ key: String) throws(FileFormatError) -> [String] { try required(key, "an array of strings") { $0.arrayValue?.strings } }
    public func integers(_ key: String) throws(FileFormatError) -> [Int] { try required(key, "an array of integers") { $0.arrayValue?.integers } }
    public func floats(_ key: String) throws(FileFormatError) -> [Float] { try required(key, "an array of 32-bit floats") { $0.arrayValue?.floats } }

    private func required<Value>(_ key: String, _ kind: String, _ convert: (GGUFValue) -> Value?) throws(FileFormatError) -> Value {
        guard let value = metadata[key] else {
            throw FileFormatError(
                path: path, message: "the metadata lacks \"\(key)\"", help: "convert the model to GGUF again with a current converter")
        }
        guard let converted = convert(value) else {
            throw FileFormatError(
                path: path, message: "the metadata's \"\(key)\" is not \(kind)", help: "convert the model to GGUF again with a current converter")
        }
        return converted
    }
}
