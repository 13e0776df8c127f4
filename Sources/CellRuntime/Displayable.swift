/// A type that shows itself in a notebook as more than its description.
///
/// ```swift
/// extension Swatch: Displayable {
///     var displayRepresentations: [DisplayRepresentation] {
///         [.html("<span style=\"background:\(color)\"></span>"), .plainText(color)]
///     }
/// }
/// ```
public protocol Displayable {
    /// The richest first. A page shows the first that it can show; terminals show the plain text.
    var displayRepresentations: [DisplayRepresentation] { get }
}

/// One form of a value: a media type and its content.
public struct DisplayRepresentation: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case text(String)
        /// JSON as text.
        case json(String)
        /// Bytes of a picture or another binary format.
        case binary([UInt8])
    }

    /// The media type, such as `text/html`.
    public var type: String
    public var content: Content

    public init(type: String, content: Content) {
        self.type = type
        self.content = content
    }

    public static func plainText(_ text: String) -> Self { Self(type: "text/plain", content: .text(text)) }
    public static func html(_ text: String) -> Self { Self(type: "text/html", content: .text(text)) }
    public static func markdown(_ text: String) -> Self { Self(type: "text/markdown", content: .text(text)) }
    public static func latex(_ text: String) -> Self { Self(type: "text/latex", content: .text(text)) }
    public static func svg(_ text: String) -> Self { Self(type: "image/svg+xml", content: .text(text)) }
    public static func png(_ bytes: [UInt8]) -> Self { Self(type: "image/png", content: .binary(bytes)) }
    public static func jpeg(_ bytes: [UInt8]) -> Self { Self(type: "image/jpeg", content: .binary(bytes)) }
    public static func json(_ text: String) -> Self { Self(type: "application/json", content: .json(text)) }
}

/// The representations of any value: its own, or its description; plain text is always among them.
public func displayRepresentations(of value: Any) -> [DisplayRepresentation] {
    if let value = value as? any Displayable {
        let own = value.displayRepresentations
        if own.contains(where: { $0.type == "text/plain" }) { return own }
        return own + [.plainText(plainDescription(of: own))]
    }
    return [.plainText(String(describing: value))]
}

private func plainDescription(of representations: [DisplayRepresentation]) -> String {
    for case let representation in representations where representation.type == "text/markdown" {
        if case .text(let text) = representation.content { return text }
    }
    guard let first = representations.first else { return "" }
    if case .binary(let bytes) = first.content { return "<\(first.type), \(bytes.count) bytes>" }
    return "<\(first.type)>"
}
