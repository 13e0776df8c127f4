import JSON

/// A model in several safetensors files, with the index that says which file holds which tensor
/// (`model.safetensors.index.json`, as Hugging Face writes it).
public struct ShardedSafetensors: TensorFile {
    /// The index.
    public let path: String
    public let shards: [SafetensorsFile]
    /// In the index's order; after them those that the shards hold and the index leaves out, as transformers reads them too.
    public let tensors: [StoredTensor]
    private let indices: [ExactText: Int]

    /// - Throws: ``FileFormatError`` where the index or a shard is missing or breaks its format's rules, or a shard
    ///   lacks a tensor that the index puts there.
    public init(indexPath: String) throws(FileFormatError) {
        let index = try MappedFile(path: indexPath)
        guard index.byteCount <= SafetensorsFile.maximumHeaderSize else {
            throw FileFormatError(path: indexPath, message: "the index has \(index.byteCount) bytes, more than \(SafetensorsFile.maximumHeaderSize)")
        }
        let members = try Self.weightMap(of: index)
        let folder = indexPath.lastIndex(of: "/").map { String(indexPath[...$0]) } ?? ""

        var shards: [SafetensorsFile] = []
        var shardNumbers: [ExactText: Int] = [:]
        var tensors: [StoredTensor] = []
        var indices: [ExactText: Int] = [:]
        for (name, shard) in members {
            let number: Int
            if let known = shardNumbers[ExactText(shard)] {
                number = known
            } else {
                number = shards.count
                shards.append(try Self.open(shard, in: folder, indexPath: indexPath))
                shardNumbers[ExactText(shard)] = number
            }
            guard let tensor = shards[number][name] else {
                throw FileFormatError(
                    path: indexPath, message: "the tensor \"\(name)\" is not in \(shard), where the index puts it",
                    help: "fetch index and shards again from one revision of the model")
            }
            indices[ExactText(name)] = tensors.count
            tensors.append(tensor)
        }
        for shard in shards {
            for tensor in shard.tensors where indices[ExactText(tensor.name)] == nil {
                indices[ExactText(tensor.name)] = tensors.count
                tensors.append(tensor)
            }
        }
        path = indexPath
        self.shards = shards
        self.tensors = tensors
        self.indices = indices
    }

    public subscript(name: String) -> StoredTensor? { indices[ExactText(name)].map { tensors[$0] } }

    private static func weightMap(of index: MappedFile) throws(FileFormatError) -> [(name: String, shard: String)] {
        let value: JSONValue
        do {
            value = try JSONValue.parse(index.bytes, refusingRepeatedNames: true)
        } catch {
            throw FileFormatError(path: index.path, byteOffset: error.byteOffset, message: "the index is not JSON: \(error.message)")
        }
        guard let map = value["weight_map"]?.objectValue else {
            throw FileFormatError(path: index.path, message: "the index has no object \"weight_map\"")
        }
        var members: [(name: String, shard: String)] = []
        for (name, value) in map {
            guard let shard = value.stringValue else {
                throw FileFormatError(path: index.path, message: "the index gives no file name for \"\(name)\"")
            }
            members.append((name, shard))
        }
        return members
    }

    private static func open(_ shard: String, in folder: String, indexPath: String) throws(FileFormatError) -> SafetensorsFile {
        // A shard beside its index and of its own format: no other folder, and no index that leads back.
        guard shard.hasSuffix(".safetensors"), !shard.contains("/"), !shard.contains("\0"), shard != ".safetensors" else {
            throw FileFormatError(
                path: indexPath, message: "the index names \"\(shard)\", which is no .safetensors file beside it",
                help: "do not use this model: its index leads elsewhere")
        }
        guard isReadable(folder + shard) else {
            throw FileFormatError(
                path: indexPath, message: "the shard \(shard) is missing", help: "fetch it from where the index came from")
        }
        return try SafetensorsFile(path: folder + shard)
    }
}
