import JSON

/// A safetensors file: a JSON directory, then the tensors without a gap
/// (https://github.com/huggingface/safetensors#format).
///
/// Opening reads the directory only; tensors are read where they lie in the mapped file.
public struct SafetensorsFile: TensorFile {
    /// The format's own limit on the directory's size, in bytes.
    public static let maximumHeaderSize = 100_000_000

    public let file: MappedFile
    /// The `__metadata__` of the file.
    public let metadata: [String: String]
    /// In the order of their bytes.
    public let tensors: [StoredTensor]
    private let indices: [ExactText: Int]

    public var path: String { file.path }

    /// - Throws: ``FileFormatError`` where the file is no safetensors file or breaks the format's rules. Every
    ///   length is held against the file's size before anything is allocated.
    public init(path: String) throws(FileFormatError) {
        try self.init(MappedFile(path: path))
    }

    public init(_ file: MappedFile) throws(FileFormatError) {
        self.file = file
        var reader = ByteReader(file)
        func failure(_ message: String, at offset: Int, help: String = FileFormatError.downloadAgain) -> FileFormatError {
            FileFormatError(path: file.path, byteOffset: offset, message: message, help: help)
        }

        let size = try reader.integer(UInt64.self, "the length of the directory")
        guard size <= UInt64(Self.maximumHeaderSize) else {
            throw failure(
                "the directory's length is \(size), more than the format's \(Self.maximumHeaderSize)", at: 0,
                help: "give a .safetensors or .gguf file")
        }
        guard size <= UInt64(reader.remaining), let header = file.contents.slice(offset: 8, count: Int(size)),
            let data = file.contents.slice(offset: 8 + Int(size), count: reader.remaining - Int(size))
        else {
            throw failure("the directory's length is \(size), more than the \(reader.remaining) bytes left", at: 0)
        }
        var parser = SafetensorsHeaderParser(header)
        try parser.parse()
        metadata = parser.metadata

        var entries = parser.entries
        entries.sort { ($0.start, $0.end, $0.place) < ($1.start, $1.end, $1.place) }
        var tensors: [StoredTensor] = []
        var indices: [ExactText: Int] = [:]
        var end = 0
        for entry in entries {
            guard indices.updateValue(tensors.count, forKey: ExactText(entry.name)) == nil else {
                throw failure("the tensor \"\(entry.name)\" is there twice", at: entry.place)
            }
            guard entry.start == end else {
                throw failure(
                    "the tensor \"\(entry.name)\" starts at \(entry.start), \(entry.start < end ? "inside another" : "after a gap"): \(end) was expected",
                    at: entry.place)
            }
            guard let expected = TensorEncoding.dense(entry.type).byteCount(of: entry.shape) else {
                throw failure("the shape of \"\(entry.name)\" is too large for any machine", at: entry.place)
            }
            guard entry.end >= entry.start, entry.end - entry.start == expected else {
                throw failure(
                    "the tensor \"\(entry.name)\" goes from \(entry.start) to \(entry.end), but \(entry.shape) of \(entry.type) takes \(expected) bytes",
                    at: entry.place)
            }
            guard let bytes = data.slice(offset: entry.start, count: expected) else {
                throw failure("the tensor \"\(entry.name)\" ends at \(entry.end), past the file's \(data.byteCount) bytes of data", at: entry.place)
            }
            end = entry.end
            tensors.append(StoredTensor(name: entry.name, encoding: .dense(entry.type), shape: entry.shape, data: bytes))
        }
        guard end == data.byteCount else {
            throw failure("the tensors end at \(end), but the file has \(data.byteCount) bytes of data", at: data.byteOffset + end)
        }
        self.tensors = tensors
        self.indices = indices
    }

    public subscript(name: String) -> StoredTensor? { indices[ExactText(name)].map { tensors[$0] } }
}
