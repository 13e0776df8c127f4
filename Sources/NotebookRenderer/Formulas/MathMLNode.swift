/// A piece of MathML.
indirect enum MathMLNode: Hashable {
    case element(MathMLElement)
    case text(String)
    /// A space by its width in mu, of which 18 make one em.
    case space(Int)
    /// Several that stand side by side and count as one.
    case fragment([MathMLNode])

    static func element(_ name: String, _ children: [MathMLNode] = [], _ attributes: [MathMLElement.Attribute] = []) -> MathMLNode {
        .element(MathMLElement(name: name, attributes: attributes, children: children))
    }

    var element: MathMLElement? {
        if case .element(let element) = self { element } else { nil }
    }

    func write(into output: inout [UInt8]) {
        switch self {
        case .text(let text): MathMLNode.escape(text, into: &output)
        case .fragment(let nodes):
            for node in nodes { node.write(into: &output) }
        case .space(let width):
            if let character = MathMLNode.spaceCharacter(width) {
                output += "<mtext>".utf8
                output += character.utf8
                output += "</mtext>".utf8
            } else {
                output += "<mspace width=\"\(MathMLNode.em(width))\"/>".utf8
            }
        case .element(let element):
            output.append(UInt8(ascii: "<"))
            output += element.name.utf8
            for attribute in element.attributes {
                output.append(0x20)
                output += attribute.name.utf8
                output += "=\"".utf8
                MathMLNode.escape(attribute.value, into: &output)
                output.append(UInt8(ascii: "\""))
            }
            output.append(UInt8(ascii: ">"))
            for child in element.children { child.write(into: &output) }
            output += "</".utf8
            output += element.name.utf8
            output.append(UInt8(ascii: ">"))
        }
    }

    /// The characters without the markup.
    var plainText: String {
        switch self {
        case .text(let text): text
        case .space(let width): MathMLNode.spaceCharacter(width) ?? " "
        case .fragment(let nodes): nodes.map(\.plainText).joined()
        case .element(let element): element.children.map(\.plainText).joined()
        }
    }

    /// The characters of Unicode that are as wide as TeX's spaces, with an invisible separator where the width is negative.
    private static func spaceCharacter(_ width: Int) -> String? {
        switch width {
        case 3: "\u{2009}"
        case 4: "\u{2005}"
        case 5: "\u{2005}\u{200A}"
        case -3: "\u{2009}\u{2063}"
        default: nil
        }
    }

    private static func em(_ width: Int) -> String { width % 18 == 0 ? "\(width / 18)em" : "\(Double(width) / 18)em" }

    /// As KaTeX escapes: apostrophes, too.
    static func escape(_ text: String, into output: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): output += "&amp;".utf8
            case UInt8(ascii: "<"): output += "&lt;".utf8
            case UInt8(ascii: ">"): output += "&gt;".utf8
            case UInt8(ascii: "\""): output += "&quot;".utf8
            case UInt8(ascii: "'"): output += "&#x27;".utf8
            default: output.append(byte)
            }
        }
    }
}

struct MathMLElement: Hashable {
    struct Attribute: Hashable {
        var name: String
        var value: String
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
                attributes.append(Attribute(name: name, value: newValue))
            }
        }
    }
}
