internal import Groundwork
internal import HTML
internal import Markdown

extension MarkdownRenderer {
    func writeImage(
        _ index: Int, _ destination: String, _ title: String, _ attributes: MarkdownAttributes, into writer: inout HTMLWriter, page: inout PageState
    ) {
        writer.raw("<img src=\"")
        writer.raw(bytes: percentEncoded(destination))
        writer.raw("\" alt=\"")
        writer.text(attributes["fig-alt"] ?? attributes["alt"] ?? page.plain(alternative(of: index)))
        writer.raw("\"")
        if !title.isEmpty {
            writer.raw(" title=\"")
            writer.text(title)
            writer.raw("\"")
        }
        guard style == .page else {
            writer.raw(" />")
            return
        }
        var styles: [String] = []
        for key in ["width", "height"] {
            guard let value = attributes[key] else { continue }
            if Int(value) != nil { writer.raw(" \(key)=\"\(value)\"") } else if isLength(value) { styles.append("\(key):\(value)") }
        }
        if !styles.isEmpty { writer.raw(" style=\"\(styles.joined(separator: ";"))\"") }
        if !attributes.classes.isEmpty {
            writer.raw(" class=\"")
            writer.text(attributes.classes.joined(separator: " "))
            writer.raw("\"")
        }
        if let id = attributes.id, !id.hasPrefix("fig-") {
            writer.raw(" id=\"")
            writer.text(id)
            writer.raw("\"")
        }
        writer.raw(">")
        page.links.append(RenderedPage.Link(kind: .image, destination: destination, range: place(of: document.nodes[index])))
    }

    /// A number with a unit, and nothing else that CSS might understand.
    private func isLength(_ text: String) -> Bool {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        return !digits.isEmpty && ["%", "px", "em", "rem", "vw", "ch", "cm", "mm", "in", "pt"].contains(String(text[digits.endIndex...]))
    }

    /// An image's description is the text of what stands in its brackets.
    private func alternative(of index: Int) -> String {
        var text = ""
        for node in document.nodes[(index + 1)..<document.nodes[index].end] {
            switch node.kind {
            case .text(let content), .code(let content), .html(let content), .math(let content, _): text += content
            case .image(_, _, _): continue
            case .softBreak, .lineBreak: text += " "
            default: break
            }
        }
        return text
    }

    /// What stands in an image's brackets, as a document of its own.
    private func captionDocument(of image: Int) -> MarkdownDocument {
        let nodes = document.nodes
        let inner = nodes[(image + 1)..<nodes[image].end].map { MarkdownNode($0.kind, range: $0.range, end: $0.end - image) }
        return MarkdownDocument(nodes: [MarkdownNode(.document, range: nodes[image].range, end: inner.count + 1)] + inner)
    }

    /// The image of a paragraph that holds nothing else and is a figure: labelled, or with a title.
    func loneImage(in paragraph: Int) -> Int? {
        let nodes = document.nodes
        let image = paragraph + 1
        guard image < nodes[paragraph].end, nodes[image].end == nodes[paragraph].end, case .image(_, let title, let attributes) = nodes[image].kind,
            !title.isEmpty || attributes.id?.hasPrefix("fig-") == true
        else { return nil }
        return image
    }

    mutating func writeFigure(_ image: Int, paragraph: Int, into writer: inout HTMLWriter, page: inout PageState) -> Int {
        guard case .image(let destination, let title, let attributes) = document.nodes[image].kind else { return paragraph + 1 }
        page.features.insert(.figures)
        writer.open("figure", [HTMLAttribute("id", attributes.id)])
        writeImage(image, destination, "", attributes, into: &writer, page: &page)
        writer.open("figcaption")
        let number = page.numbered("", id: attributes.id)
        let caption = captionDocument(of: image)
        if title.isEmpty, caption.nodes.count > 1 {
            if !number.isEmpty { writer.text("\(number): ") }
            var renderer = MarkdownRenderer(document: caption, style: style)
            renderer.origin = origin
            renderer.render(into: &writer, page: &page)
        } else {
            writer.text(page.numbered(title, id: attributes.id))
            page.plainText += title.utf8
        }
        writer.raw("</figcaption></figure>\n")
        page.endBlock()
        return document.nodes[paragraph].end
    }
}

/// A destination as an attribute's value: what cannot stand in a URL is percent-encoded, `&` and `'` are references.
///
/// What is left as it is, and so what is encoded, is as in CommonMark's reference implementation.
func percentEncoded(_ destination: String) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(destination.utf8.count)
    for byte in destination.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            output.append(byte)
        case UInt8(ascii: "&"): output += "&amp;".utf8
        case UInt8(ascii: "'"): output += "&#x27;".utf8
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"),
            UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: ";"),
            UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "@"), UInt8(ascii: "_"), UInt8(ascii: "~"):
            output.append(byte)
        default:
            PercentEncoding.append(byte, to: &output)
        }
    }
    return output
}
