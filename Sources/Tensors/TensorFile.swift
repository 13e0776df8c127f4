/// A tensor as a file holds it.
public struct StoredTensor: Sendable {
    public let name: String
    public let encoding: TensorEncoding
    /// The outermost dimension first, whatever the format's own order.
    public let shape: TensorShape
    /// Exactly the bytes that shape and encoding demand.
    public let data: FileSlice
}

/// A file of named tensors, or several that belong together.
public protocol TensorFile: Sendable {
    var path: String { get }

    /// In the order of the file's directory.
    var tensors: [StoredTensor] { get }

    subscript(name: String) -> StoredTensor? { get }
}

extension TensorFile {
    /// The tensor of that name.
    ///
    /// - Throws: ``FileFormatError`` where there is none.
    public func tensor(named name: String) throws(FileFormatError) -> StoredTensor {
        guard let tensor = self[name] else {
            throw FileFormatError(
                path: path, message: "there is no tensor \"\(name)\" among its \(tensors.count)",
                help: "the file does not fit its configuration: fetch the whole model from one place")
        }
        return tensor
    }
}

/// Opens a GGUF or safetensors file, an index of shards, or a folder that holds `model.safetensors` or its index. Of a folder with
/// both the one file counts, as for transformers.
///
/// - Throws: ``FileFormatError``.
public func openTensorFile(_ path: String) throws(FileFormatError) -> any TensorFile {
    for name in ["model.safetensors", "model.safetensors.index.json"] where isReadable("\(path)/\(name)") {
        return try openTensorFile("\(path)/\(name)")
    }
    for name in ["pytorch_model.bin", "pytorch_model.bin.index.json"] where isReadable("\(path)/\(name)") {
        throw FileFormatError(
            path: "\(path)/\(name)", message: "weights as Python objects (pickle) are not read: opening them runs code that they contain",
            help: "convert them in Python: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder, safe_serialization=True)")
    }
    if path.hasSuffix(".index.json") { return try ShardedSafetensors(indexPath: path) }
    let file = try MappedFile(path: path)
    return file.bytes.starts(with: GGUFFile.magic) ? try GGUFFile(file) : try SafetensorsFile(file)
}
