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

    /// - Parameter path: a .gguf file, or a folder in Hugging Face's layout.
    init(path: String, name: String? = nil) throws(ModelError) {
        self.path = path
        let last = path.split(separator: "/").last.map(String.init) ?? path
        let format: Format
        do {
            if FileSystem.isFolder(path) {
                format = .huggingFace(folder: path)
                tensors = try openTensorFile(path)
                let configPath = path + "/config.json"
                configuration = try ModelConfiguration(json: try Self.json(configPath), path: configPath)
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
        self.format = format
        self.features = features
        self.name = name ?? (last.hasSuffix(".gguf") ? String(last.dropLast(5)) : last)
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

    var names: WeightNames {
        switch format {
        case .gguf: .gguf
        case .huggingFace: .huggingFace(hasBranchNorms: features.hasBranchNorms)
        }
    }

    /// The rotary embeddings of the plan. GGUF files keep Llama 3's scaling as divisors of the frequencies.
    func rotaryEmbeddings() throws(ModelError) -> [RotaryEmbedding] {
        guard case .gguf(let file) = format else { return features.rotaryEmbeddings(configuration, pairing: .halves) }
        var all = features.rotaryEmbeddings(configuration, pairing: features.ggufPairing)
        guard let divisors = file["rope_freqs.weight"] else { return all }
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
