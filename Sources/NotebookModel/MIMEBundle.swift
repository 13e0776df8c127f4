public import JSON

/// One value in several representations, the richest first, as Jupyter's display messages carry it.
public struct MIMEBundle: Sendable, Hashable {
    public struct Representation: Sendable, Hashable {
        /// The media type, such as `text/html`.
        public var type: String
        public var content: Content

        public init(_ type: String, _ content: Content) {
            self.type = type
            self.content = content
        }
    }

    public enum Content: Sendable, Hashable {
        case text(String)
        case json(JSONValue)
        /// Bytes of a picture or another binary format; base64 in the record.
        case binary([UInt8])
    }

    public var representations: [Representation]

    public init(_ representations: [Representation]) {
        self.representations = representations
    }

    public init(plainText: String) {
        representations = [Representation("text/plain", .text(plainText))]
    }

    /// The content of a media type, if the bundle has it.
    public subscript(type: String) -> Content? {
        representations.first { $0.type == type }?.content
    }

    /// What a plain terminal would show.
    public var plainText: String? {
        if case .text(let text)? = self["text/plain"] { text } else { nil }
    }
}
