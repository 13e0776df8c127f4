/// The media types that files, outputs and addresses are known by (RFC 2046; names as registered with IANA).
public struct MediaType: Sendable, Hashable {
    /// `image/png`
    public let name: String
    /// Without the dot; the first is the usual one.
    public let fileExtensions: [String]
    /// Whether it is written as UTF-8.
    public let isText: Bool

    private init(_ name: String, _ fileExtensions: String..., isText: Bool = false) {
        self.name = name
        self.fileExtensions = fileExtensions
        self.isText = isText
    }

    /// Every type that is known by an extension.
    public static let all = [
        MediaType("text/html", "html", "htm", isText: true), MediaType("text/css", "css", isText: true),
        MediaType("text/javascript", "js", "mjs", isText: true), MediaType("text/plain", "txt", "csv", "md", isText: true),
        MediaType("text/vtt", "vtt", isText: true), MediaType("application/json", "json", isText: true),
        MediaType("application/xml", "xml", isText: true), MediaType("application/pdf", "pdf"),
        MediaType("image/svg+xml", "svg", isText: true), MediaType("image/png", "png"), MediaType("image/jpeg", "jpg", "jpeg"),
        MediaType("image/webp", "webp"), MediaType("image/gif", "gif"), MediaType("image/avif", "avif"), MediaType("image/x-icon", "ico"),
        MediaType("video/mp4", "mp4"), MediaType("video/webm", "webm"), MediaType("audio/mpeg", "mp3"), MediaType("audio/wav", "wav"),
        MediaType("font/woff2", "woff2"), MediaType("font/woff", "woff"),
    ]

    private static let byExtension: [String: MediaType] = .init(
        all.flatMap { type in type.fileExtensions.map { ($0, type) } }, uniquingKeysWith: { first, _ in first })

    private static let byName: [String: MediaType] = .init(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The type of a file by its name's extension.
    ///
    /// - Returns: `nil` where the extension is unknown.
    public init?(ofFile path: String) {
        guard let dot = path.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        guard let type = Self.byExtension[path[path.utf8.index(after: dot)...].lowercased()] else { return nil }
        self = type
    }

    /// A type by its name, `image/png`.
    public init?(named name: String) {
        guard let type = Self.byName[name] else { return nil }
        self = type
    }

    /// The type of a picture by its first bytes: PNG, JPEG, GIF, WebP.
    public init?(ofPicture bytes: [UInt8]) {
        let name: String
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            name = "image/png"
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            name = "image/jpeg"
        } else if bytes.starts(with: Array("GIF8".utf8)) {
            name = "image/gif"
        } else if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            name = "image/webp"
        } else {
            return nil
        }
        self.init(named: name)
    }

    /// Bytes whose type nobody knows.
    public static let unknown = MediaType("application/octet-stream")

    /// What a server says of it, with the encoding of texts.
    public var contentType: String { isText && !name.hasSuffix("xml") && !name.hasSuffix("json") ? name + "; charset=utf-8" : name }

    /// The pictures that an output may hold, the one to show first.
    public static let pictures = ["image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/gif"].compactMap(MediaType.init(named:))

    /// Whether what has this name is bytes, not text; in notebooks these are written in base64. Also for types that are not in the table.
    public static func isBinary(_ name: String) -> Bool {
        if let type = byName[name] { return !type.isText }
        return ["image/", "audio/", "video/"].contains { name.hasPrefix($0) } || name == unknown.name
    }
}
