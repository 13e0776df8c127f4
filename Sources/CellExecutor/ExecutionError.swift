public import Groundwork

/// The system or the installation keeps a notebook from running; nothing that the author wrote.
public enum ExecutionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A tool or a file of the installation is missing.
    case missing(what: String, looked: [String], remedy: String)
    /// A program could not be started.
    case cannotStart(program: String, reason: String)
    /// The host ended or could not be reached.
    case host(String)
    case file(FileError)
    /// The cache folder is somebody else's.
    case foreignCache(String)
    /// The compiler itself failed, without a diagnostic.
    case compiler(String)
    /// The user asked for the end while nothing ran that could be asked to stop.
    case interrupted
    /// The time for the whole notebook was up before its cells ran.
    case timeout(String)

    public var description: String {
        switch self {
        case .missing(let what, let looked, let remedy):
            "\(what) was not found (looked at \(looked.joined(separator: ", "))). \(remedy)"
        case .cannotStart(let program, let reason): "cannot start \(program): \(reason)"
        case .host(let reason): "the cell host failed: \(reason)"
        case .file(let error): error.description
        case .foreignCache(let folder):
            "\(folder) is there already and was not made by Galley, so it is not used as its cache; set XDG_CACHE_HOME to another folder"
        case .compiler(let output): "the Swift compiler failed: \(output)"
        case .interrupted: "interrupted"
        case .timeout(let reason): reason
        }
    }
}
