internal import Groundwork
import JSON
import Tensors

/// A model's files, opened but not loaded.
struct Checkpoint: Sendable {
    enum Format: Sendable {
        case gguf(GGUFFile)
        /// A folder of config.json, tokenizer.json and safetensors.
        case huggingFace(folder: String)
    }

    let name: String
    let path: String
    let format: Format
    let tensors: any TensorFile
    let configuration: ModelConfiguration
    let features: Architecture

    /// What tensors are called.
    let names: WeightNames

    /// - Parameter path: a .gguf file, or a folder in Hugging Face's layout.
    init(path: String, name: String? = nil) throws(ModelError) {
        self.path = path
        let last = path.split(separator: "/").last.map(String.init) ?? path
        var configuration: ModelConfiguration
        do {
            if isFolder(path) {
                format = .huggingFace(folder: path)
                // What cannot be computed is refused before weights are looked at, whose types may be as foreign.
                configuration = try Self.configuration(ofFolder: path)
                tensors = try openTensorFile(path)
            } else {
                let file = try GGUFFile(path: path)
                format = .gguf(file)
                tensors = file
                configuration = try ModelConfiguration(file)
            }
        } catch let error as FileFormatError {
            throw .file(error)
        } catch let error as ModelError {
            throw error
        } catch {
            throw .configuration(path: path, message: "\(error)", help: "fetch the model again")
        }
        guard let features = Architecture.named(configuration.architecture) else {
            throw .unknownArchitecture(name: configuration.architecture, known: Architecture.allNames)
        }
        self.features = features
        switch format {
        case .gguf: names = .gguf
        case .huggingFace: names = .huggingFace(hasBranchNorms: features.hasBranchNorms, in: tensors)
        }
        if configuration.tiesEmbeddings, let head = tensors[names.name(.outputHead, layer: nil) + ".weight"],
            let embedding = tensors[names.name(.embedding, layer: nil) + ".weight"]
        {
            // As in transformers: a head that differs from the embedding is not replaced by it, whatever the configuration says.
            configuration.tiesEmbeddings =
                head.shape == embedding.shape && head.encoding == embedding.encoding && head.data.hasSameBytes(as: embedding.data)
        }
        self.configuration = configuration
        self.name = name ?? (last.hasSuffix(".gguf") ? String(last.dropLast(5)) : last)
    }

    private static func configuration(ofFolder path: String) throws(ModelError) -> ModelConfiguration {
        if isRegularFile(path + "/adapter_config.json") {
            throw .configuration(
                path: path + "/adapter_config.json", message: "this is an adapter (LoRA), which is not implemented",
                help: "merge it in Python: PeftModel.merge_and_unload(), then save_pretrained()")
        }
        let config = path + "/config.json"
        return try ModelConfiguration(json: json(config), path: config)
    }

    /// Parses a JSON file.
    static func json(_ path: String) throws(ModelError) -> JSONValue {
        do {
            let file = try MappedFile(path: path)
            return try JSONValue.parse(file.contents.bytes)
        } catch let error as FileFormatError {
            throw .file(error)
        } catch {
            throw .configuration(path: path, message: "it is not JSON: \(error)", help: "fetch the file again")
        }
    }

    /// The tensor of GGUF files that divides the frequencies.
    static let ropeDivisors = "rope_freqs.weight"

    /// The rotary embeddings of the plan. GGUF files keep Llama 3's scaling as divisors of the frequencies.
    func rotaryEmbeddings() throws(ModelError) -> [RotaryEmbedding] {
        guard case .gguf(let file) = format else { return features.rotaryEmbeddings(configuration, pairing: .halves) }
        var all = features.rotaryEmbeddings(configuration, pairing: features.ggufPairing)
        guard features.ggufHasRopeDivisors, let divisors = file[Self.ropeDivisors] else { return all }
        let values: [Float]
        do { values = try divisors.floats() } catch { throw .file(error) }
        guard values.count == all[0].inverseFrequencies.count, values.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw .configuration(
                path: path, message: "\"rope_freqs.weight\" does not fit heads of \(configuration.headSize)",
                help: "convert the model to GGUF again with a current converter")
        }
        all[0].inverseFrequencies = zip(all[0].inverseFrequencies, values).map { $0 / $1 }
        return all
    }
}
