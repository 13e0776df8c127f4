/// A piece of HTML as a value, for fragments that are put together before they are written.
public indirect enum HTMLNode: Sendable, Hashable {
    case element(name: String, attributes: [HTMLAttribute], children: [HTMLNode])
    /// Escaped when written.
    case text(String)
    /// Written as it stands: for markup that the author asked to be markup, and nothing else.
    case raw(String)
    case fragment([HTMLNode])

    public static func element(_ name: String, _ attributes: [HTMLAttribute] = [], _ children: [HTMLNode] = []) -> HTMLNode {
        .element(name: name, attributes: attributes, children: children)
    }

    /// Elements that have no content and no end tag (HTML Standard, 13.1.2).
    public static let voidElements: Set<String> = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ]

    public var html: String {
        var writer = HTMLWriter()
        write(into: &writer)
        return writer.string
    }

    func write(into writer: inout HTMLWriter) {
        switch self {
        case .text(let text): writer.text(text)
        case .raw(let markup): writer.raw(markup)
        case .fragment(let nodes):
            for node in nodes { node.write(into: &writer) }
        case .element(let name, let attributes, let children):
            writer.openDynamic(name, attributes)
            if Self.voidElements.contains(name) { return }
            for child in children { child.write(into: &writer) }
            writer.closeDynamic(name)
        }
    }
}
