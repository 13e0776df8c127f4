package import CellWire
internal import Groundwork

/// Shows a value at this place of the cell's output.
///
/// Values of ``Displayable`` types show themselves, also in arrays, dictionaries and tuples; all others as `print` would.
public func display(_ value: Any) {
    for part in displayParts(of: value) { CellOutputs.show(part, role: .display) }
}

/// Shows several values, one after another.
public func display(_ first: Any, _ second: Any, _ others: Any...) {
    for value in [first, second] + others { display(value) }
}

/// Shows HTML as it is.
public func display(html: String) { display(HTMLText(html)) }

/// Shows Markdown, rendered as the page's prose is.
public func display(markdown: String) { display(MarkdownText(markdown)) }

/// Shows JSON, given as text.
public func display(json: String) {
    CellOutputs.show([.json(json), .plainText(json)], role: .display)
}

/// Shows an SVG picture.
public func display(svg: String) { display(Picture(svg: svg)) }

/// Shows a formula in LaTeX's mathematics.
public func display(latex: String) {
    CellOutputs.show([.latex(latex), .plainText(latex)], role: .display)
}

/// Shows representations made by the caller, the richest first.
public func display(representations: [DisplayRepresentation]) {
    CellOutputs.show(representations, role: .display)
}

/// HTML to be shown as it is.
public struct HTMLText: Displayable, Sendable, Hashable {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }

    public var displayRepresentations: [DisplayRepresentation] { [.html(text), .plainText(text)] }
}

/// Markdown to be rendered.
public struct MarkdownText: Displayable, Sendable, Hashable {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }

    public var displayRepresentations: [DisplayRepresentation] { [.markdown(text), .plainText(text)] }
}

/// A picture made by the cell, as the bytes of its file.
public struct Picture: Displayable, Sendable, Hashable {
    private let representation: DisplayRepresentation
    /// What the picture shows, for readers who do not see it.
    public var alternative: String

    public init(svg: String, alternative: String = "") {
        representation = .svg(svg)
        self.alternative = alternative
    }

    /// PNG, JPEG, GIF and WebP are told apart by their first bytes; `nil` for anything else.
    public init?(bytes: [UInt8], alternative: String = "") {
        guard let type = MediaType(ofPicture: bytes)?.name else { return nil }
        representation = DisplayRepresentation(type: type, content: .binary(bytes))
        self.alternative = alternative
    }

    /// The plain text is the alternative; empty where there is none, so that nobody takes another text for it.
    public var displayRepresentations: [DisplayRepresentation] { [representation, .plainText(alternative)] }
}

/// Where displays go: to the executor, or to standard output in a program without one.
package enum CellOutputs {
    package static func show(_ representations: [DisplayRepresentation], role: WireDisplay.Role) {
        if let session = HostSession.current {
            session.show(WireDisplay(role: role, representations: representations.map(\.wire)))
        } else if let plain = representations.first(where: { $0.type == "text/plain" }), case .text(let text) = plain.content {
            print(text)
        }
    }
}

extension DisplayRepresentation {
    fileprivate var wire: WireDisplay.Representation {
        switch content {
        case .text(let text): .init(type: type, form: .text, bytes: Array(text.utf8))
        case .json(let text): .init(type: type, form: .json, bytes: Array(text.utf8))
        case .binary(let bytes): .init(type: type, form: .binary, bytes: bytes)
        }
    }
}
