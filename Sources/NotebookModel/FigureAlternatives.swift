internal import Groundwork

/// What readers who do not see a cell's pictures get to know of them.
///
/// Each picture has the text that the cell's `fig-alt` gives it, else its own, else the caption. Where there is one `fig-alt` for several pictures it
/// says what they show together, and each is told from the others by its own text or by its number.
public struct FigureAlternatives: Sendable, Hashable {
    private let texts: [Int: String]

    /// - Parameter outputs: The cell's outputs; texts are asked for by their places in it.
    public init(_ outputs: [CellOutput], options: CellOptions) {
        let pictures = outputs.indices.compactMap { index -> (index: Int, bundle: MIMEBundle)? in
            switch outputs[index] {
            case .display(let bundle, _), .result(let bundle): bundle.hasPicture ? (index, bundle) : nil
            default: nil
            }
        }
        let given = options.figureAlternatives
        var texts: [Int: String] = [:]
        for (number, picture) in pictures.enumerated() {
            let own = picture.bundle.alternative
            if given.count == 1, pictures.count > 1 {
                texts[picture.index] = own.map { "\(given[0]): \($0)" } ?? "\(given[0]) (\(number + 1) of \(pictures.count))"
            } else {
                texts[picture.index] = given.indices.contains(number) ? given[number] : own ?? options.figureCaption
            }
        }
        self.texts = texts
    }

    /// The text for the output at a place; `nil` where nothing is known of it.
    public subscript(index: Int) -> String? { texts[index] }
}

extension MIMEBundle {
    /// Whether it shows a picture: as a file, or within HTML.
    public var hasPicture: Bool {
        if MediaType.pictures.contains(where: { self[$0.name] != nil }) { return true }
        guard case .text(let html)? = self["text/html"] else { return false }
        return html.contains("<svg") || html.contains("<img")
    }

    /// What it says of itself to those who do not see it: the label or the title of an SVG picture, else its plain text, unless that is a
    /// program's name for the object, such as `<Figure size 640x480 with 1 Axes>`.
    public var alternative: String? {
        if case .text(let svg)? = self["image/svg+xml"], let label = SVGLabel.text(of: svg) { return label }
        // Plain text beside HTML holds what the HTML holds, such as a chart's numbers.
        if case .text(let html)? = self["text/html"] { return SVGLabel.text(of: html) }
        guard let text = plainText?.trimmingSpace, !text.isEmpty, text.utf8.count <= 1000 else { return nil }
        return text.hasPrefix("<") && text.hasSuffix(">") ? nil : text
    }
}

extension String {
    fileprivate var trimmingSpace: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text.drop(while: \.isWhitespace))
    }
}

/// The name of an SVG picture (SVG Accessibility API Mappings 1.0, section 8): `aria-label` of its outermost element, else its `title`.
enum SVGLabel {
    static func text(of markup: String) -> String? {
        let bytes = Array(markup.utf8)
        guard let start = bytes.firstRange(of: Array("<svg".utf8)), let tag = endOfTag(bytes, from: start.upperBound) else { return nil }
        let name = Array(" aria-label=".utf8)
        if let label = bytes[start.upperBound..<tag].firstRange(of: name), let quote = bytes[label.upperBound...].first,
            quote == 0x22 || quote == 0x27
        {
            let value = bytes[(label.upperBound + 1)..<tag].prefix { $0 != quote }
            return nonEmpty(value)
        }
        let rest = bytes[tag...].dropFirst().drop { $0 <= 0x20 }
        guard rest.starts(with: "<title".utf8), let open = endOfTag(bytes, from: rest.startIndex),
            let close = bytes[open...].firstRange(of: Array("</title".utf8))
        else { return nil }
        return nonEmpty(bytes[(open + 1)..<close.lowerBound])
    }

    /// The place of the `>` that ends a tag.
    private static func endOfTag(_ bytes: [UInt8], from start: Int) -> Int? {
        var quote: UInt8?
        for index in bytes.indices[start...] {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return index
            }
        }
        return nil
    }

    private static func nonEmpty(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = unescaped(String(decoding: bytes, as: UTF8.self)).trimmingSpace
        return text.isEmpty ? nil : text
    }
}
