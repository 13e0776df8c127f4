/// A model file cannot be read, or is not what its format demands.
public struct FileFormatError: Error, Sendable, Hashable {
    public let path: String
    /// The offset in the file of the byte concerned, from 0; `nil` where the file as a whole is.
    public let byteOffset: Int?
    /// What is wrong, one sentence without a full stop.
    public let message: String
    /// What to do about it.
    public let help: String

    public init(path: String, byteOffset: Int? = nil, message: String, help: String = FileFormatError.downloadAgain) {
        self.path = path
        self.byteOffset = byteOffset
        self.message = message
        self.help = help
    }

    /// The usual way out: the file is damaged.
    public static let downloadAgain = "the file is damaged or incomplete: fetch it again and compare its checksum"
}

extension FileFormatError: CustomStringConvertible {
    public var description: String {
        let place = byteOffset.map { "\(path): at byte \($0)" } ?? path
        return "\(place): \(message)\n  help: \(help)"
    }
}
