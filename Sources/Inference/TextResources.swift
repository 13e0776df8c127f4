internal import Groundwork
import JSON
private import Synchronization
import Tensors
import Tokenizers

/// A model's tokenizer and chat template, made when they are first needed.
final class TextResources: Sendable {
    private let checkpoint: Checkpoint
    private let tokenizerCell = Mutex<Tokenizer?>(nil)
    private let templateCell = Mutex<ChatTemplate?>(nil)

    init(_ checkpoint: Checkpoint) {
        self.checkpoint = checkpoint
    }

    /// Makes the tokenizer on another thread, so that it is there when weights are: loading leaves a processor idle
    /// now and then. What is wrong with it is told when it is asked for.
    func prepare() { Task.detached { [self] in _ = try? tokenizer() } }

    func tokenizer() throws(ModelError) -> Tokenizer {
        try tokenizerCell.withLock { cell -> Result<Tokenizer, ModelError> in
            if let cell { return .success(cell) }
            return Result { () throws(ModelError) in
                let made = try makeTokenizer()
                cell = made
                return made
            }
        }.get()
    }

    private func makeTokenizer() throws(ModelError) -> Tokenizer {
        let path: String
        do {
            switch checkpoint.format {
            case .gguf(let file):
                path = file.path
                return try Tokenizer(Self.vocabulary(file))
            case .huggingFace(let folder):
                path = folder + "/tokenizer.json"
                guard isRegularFile(path) else {
                    throw ModelError.tokenizer(
                        path: folder, message: "there is no tokenizer.json", help: "fetch it from where the weights came from")
                }
                let configuration = folder + "/tokenizer_config.json"
                return try Tokenizer(
                    tokenizerJSON: Checkpoint.json(path),
                    configuration: isRegularFile(configuration) ? Checkpoint.json(configuration) : nil)
            }
        } catch let error as ModelError {
            throw error
        } catch let error as TokenizerError {
            throw .tokenizer(path: checkpoint.path, message: error.message, help: error.solution)
        } catch {
            throw .tokenizer(path: checkpoint.path, message: "\(error)", help: "fetch the model again")
        }
    }

    private static func vocabulary(_ file: GGUFFile) throws(ModelError) -> GGUFVocabulary {
        var reader = MetadataReader(file)
        func list<Value>(_ name: String, _ kind: String, _ convert: (GGUFArray) -> Value?) throws(ModelError) -> Value? {
            guard let value = reader.value("tokenizer.ggml.\(name)") else { return nil }
            guard let converted = value.arrayValue.flatMap(convert) else {
                throw .tokenizer(
                    path: file.path, message: "\"tokenizer.ggml.\(name)\" (\(value.shown)) is no list of \(kind)",
                    help: "convert the model to GGUF again with its tokenizer")
            }
            return converted
        }
        guard let model = try reader.text("tokenizer.ggml.model"), let tokens = try list("tokens", "texts", { $0.packedStrings }) else {
            throw .tokenizer(
                path: file.path, message: "the file has no tokenizer",
                help: "convert the model to GGUF again with its tokenizer")
        }
        func id(_ name: String) throws(ModelError) -> Int? { try reader.integer("tokenizer.ggml.\(name)_token_id") }
        return GGUFVocabulary(
            model: model, pre: try reader.text("tokenizer.ggml.pre"), tokens: PackedTexts(tokens),
            scores: try list("scores", "numbers") { $0.numbers } ?? [],
            types: try list("token_type", "integers") { $0.integers?.map { Int32(clamping: $0) } } ?? [],
            merges: try list("merges", "texts") { $0.packedStrings.map { PackedTexts($0) } } ?? PackedTexts(), bos: try id("bos"),
            eos: try id("eos"), endOfTurn: try id("eot"), endOfMessage: try id("eom"), unknown: try id("unknown"), padding: try id("padding"),
            addBOS: try reader.flag("tokenizer.ggml.add_bos_token"), addEOS: try reader.flag("tokenizer.ggml.add_eos_token"),
            addSpacePrefix: try reader.flag("tokenizer.ggml.add_space_prefix"))
    }

    /// Tokens that end an answer, from the configuration, generation_config.json and the tokenizer.
    func endTokens() -> Set<Int32> {
        var all = Set(checkpoint.configuration.eosTokens)
        if case .huggingFace(let folder) = checkpoint.format,
            let json = try? Checkpoint.json(folder + "/generation_config.json")
        {
            all.formUnion(ModelConfiguration.tokens(json["eos_token_id"]))
        }
        if let tokenizer = try? tokenizer() { all.formUnion(tokenizer.endOfGeneration) }
        return Set(all.compactMap { Int32(exactly: $0) })
    }

    /// The prompt of a conversation, up to where the answer begins.
    func prompt(_ messages: [ChatMessage]) throws(ModelError) -> String {
        let template = try templateCell.withLock { cell -> Result<ChatTemplate, ModelError> in
            if let cell { return .success(cell) }
            return Result { () throws(ModelError) in
                let made = try makeTemplate()
                cell = made
                return made
            }
        }.get()
        do { return try template.render(messages: messages) } catch {
            throw .chatTemplate(message: "\(error)", help: "see which roles and orders of messages the model's card allows")
        }
    }

    private func makeTemplate() throws(ModelError) -> ChatTemplate {
        guard let source = try chatTemplateSource() else {
            throw .chatTemplate(
                message: "\(checkpoint.path) has none", help: "it is a base model: continue a text with complete or generate instead")
        }
        let tokenizer = try tokenizer()
        do {
            return try ChatTemplate(
                source, bosToken: tokenizer.bosToken.flatMap { tokenizer.text(of: $0) },
                eosToken: tokenizer.eosToken.flatMap { tokenizer.text(of: $0) })
        } catch { throw .chatTemplate(message: "\(error)", help: "report it to the model's authors") }
    }

    /// The chat template's source; `nil` where the checkpoint has none.
    func chatTemplateSource() throws(ModelError) -> String? {
        switch checkpoint.format {
        case .gguf(let file): return file.metadata["tokenizer.chat_template"]?.stringValue
        case .huggingFace(let folder):
            let path = folder + "/chat_template.jinja"
            if isRegularFile(path) {
                do { return String(decoding: try MappedFile(path: path).contents.copy, as: UTF8.self) } catch { throw .file(error) }
            }
            let configuration = folder + "/tokenizer_config.json"
            guard isRegularFile(configuration) else { return nil }
            let template = try Checkpoint.json(configuration)["chat_template"]
            if let text = template?.stringValue { return text }
            // Some checkpoints have several, by name.
            let named = template?.arrayValue?.first { $0["name"]?.stringValue == "default" }
            return named?["template"]?.stringValue
        }
    }
}
