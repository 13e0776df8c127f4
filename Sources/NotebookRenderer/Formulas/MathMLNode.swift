internal import Groundwork

/// A piece of MathML.
indirect enum MathMLNode: Hashable {
    case element(MathMLElement)
    case text(String)

    static func element(_ name: String, _ children: [MathMLNode] = [], _ attributes: [MathMLElement.Attribute] = []) -> MathMLNode {
        .element(MathMLElement(name: name, attributes: attributes, children: children))
    }

    /// A token such as `mi` with its text.
    static func token(_ name: String, _ text: String, _ attributes: [MathMLElement.Attribute] = []) -> MathMLNode {
        .element(name, [.text(text)], attributes)
    }

    /// One element out of several.
    static func row(_ nodes: [MathMLNode]) -> MathMLNode { nodes.count == 1 ? nodes[0] : .element("mrow", nodes) }

    /// A row whose box is styled.
    static func styled(_ nodes: [MathMLNode], _ style: String) -> MathMLNode { .element("mrow", nodes, [.init("style", style)]) }

    var element: MathMLElement? {
        if case .element(let element) = self { element } else { nil }
    }

    /// The element's name, or the empty text.
    var name: String { element?.name ?? "" }

    func write(into output: inout [UInt8]) {
        switch self {
        case .text(let text): escape(text.utf8, .katex, into: &output)
        case .element(let element):
            output.append(UInt8(ascii: "<"))
            output += element.name.utf8
            for attribute in element.attributes {
                output.append(0x20)
                output += attribute.name.utf8
                output += "=\"".utf8
                escape(attribute.value.utf8, .katex, into: &output)
                output.append(UInt8(ascii: "\""))
            }
            output.append(UInt8(ascii: ">"))
            for child in element.children { child.write(into: &output) }
            output += "</".utf8
            output += element.name.utf8
            output.append(UInt8(ascii: ">"))
        }
    }

    /// The characters without the markup, with spaces of Unicode's for the spaces between them.
    var plainText: String {
        switch self {
        case .text(let text): text
        case .element(let element) where element.name == "mspace":
            switch element["width"] {
            case "0.1667em": "\u{2009}"
            case "0.2222em": "\u{2005}"
            case nil: ""
            default: "\u{A0}"
            }
        case .element(let element): element.children.map(\.plainText).joined()
        }
    }
}

struct MathMLElement: Hashable {
    struct Attribute: Hashable {
        var name: String
        var value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    var name: String
    var attributes: [Attribute]
    var children: [MathMLNode]

    subscript(_ name: String) -> String? {
        get { attributes.first { $0.name == name }?.value }
        set {
            guard let newValue else { return attributes.removeAll { $0.name == name } }
            if let index = attributes.firstIndex(where: { $0.name == name }) {
                attributes[index].value = newValue
            } else {
                attributes.append(Attribute(name, newValue))
            }
        }
    }
}

/// Lengths of MathML and CSS.
enum MathMLLength {
    /// In em, to four places; `0` without a unit.
    static func em(_ value: Double) -> String {
        let rounded = (value * 10_000).rounded() / 10_000
        if rounded == 0 { return "0" }
        return rounded == rounded.rounded() && abs(rounded) < 1e9 ? "\(Int(rounded))em" : "\(rounded)em"
    }

    /// Of so many mu, 18 of which make one em.
    static func mu(_ value: Int) -> String { em(Double(value) / 18) }
}
