/// A file could not be fetched.
public struct DownloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was fetched, without any token.
    public let url: String
    /// What went wrong, one sentence without a full stop.
    public let message: String
    public let help: String

    public var description: String { "\(url): \(message)\n  help: \(help)" }
}

/// How far a file has come.
public struct DownloadProgress: Sendable, Hashable {
    public let file: String
    public let receivedByteCount: Int
    /// `nil` where the server does not tell.
    public let totalByteCount: Int?
}
