public import Tensors

/// A model cannot be found, loaded or run.
public enum ModelError: Error, Sendable {
    /// Nothing under this name: where it was looked for, and what to do.
    case notFound(name: String, places: [String], help: String)
    /// A file is damaged, or not what its format demands.
    case file(FileFormatError)
    /// A configuration lacks something or says something that no model can be.
    case configuration(path: String, message: String, help: String)
    /// No file of the registry describes this architecture.
    case unknownArchitecture(name: String, known: [String])
    case tokenizer(path: String, message: String, help: String)
    /// The chat template is missing, or refuses the messages.
    case chatTemplate(message: String, help: String)
    case backend(BackendError)
    /// The model's memory was given back by ``Model/unload()``.
    case unloaded(name: String)
    /// A prompt and the tokens wanted after it are longer than the model's context.
    case contextExceeded(tokens: Int, limit: Int)
    /// A request that contradicts itself.
    case invalidRequest(message: String, help: String)
    /// A file could not be fetched.
    case download(DownloadError)
}

extension ModelError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let name, let places, let help):
            "there is no model \"\(name)\"; looked for\n" + places.map { "  \($0)" }.joined(separator: "\n") + "\n  help: \(help)"
        case .file(let error): error.description
        case .configuration(let path, let message, let help): "\(path): \(message)\n  help: \(help)"
        case .unknownArchitecture(let name, let known):
            "the architecture \"\(name)\" is not implemented\n  help: implemented are \(known.joined(separator: ", "))"
        case .tokenizer(let path, let message, let help): "\(path): \(message)" + (help.isEmpty ? "" : "\n  help: \(help)")
        case .chatTemplate(let message, let help): "chat template: \(message)\n  help: \(help)"
        case .backend(let error): error.description
        case .unloaded(let name): "the model \"\(name)\" was unloaded\n  help: load it again with Model.load"
        case .contextExceeded(let tokens, let limit):
            "\(tokens) tokens are more than the model's context of \(limit)\n  help: shorten the prompt or ask for fewer tokens"
        case .invalidRequest(let message, let help): "\(message)\n  help: \(help)"
        case .download(let error): error.description
        }
    }
}
