/// Builds an SVG picture. Numbers are written to a tenth, which is finer than a screen shows.
struct SVGText {
    private(set) var text = ""

    mutating func open(_ element: String, _ attributes: [(String, String)]) {
        text += "<\(element)\(Self.list(attributes))>"
    }

    mutating func close(_ element: String) { text += "</\(element)>" }

    mutating func add(_ element: String, _ attributes: [(String, String)]) {
        text += "<\(element)\(Self.list(attributes))/>"
    }

    /// A label; `anchor` is `start`, `middle` or `end`.
    mutating func label(_ content: String, x: Double, y: Double, anchor: String = "start", _ attributes: [(String, String)] = []) {
        var all = [("x", Self.number(x)), ("y", Self.number(y))]
        if anchor != "start" { all.append(("text-anchor", anchor)) }
        text += "<text\(Self.list(all + attributes))>\(Self.escaped(content))</text>"
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ attributes: [(String, String)]) {
        add("path", [("d", "M\(Self.number(x1)) \(Self.number(y1))L\(Self.number(x2)) \(Self.number(y2))")] + attributes)
    }

    private static func list(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
    }

    static func number(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let magnitude = abs(tenths)
        let whole = "\(tenths < 0 ? "-" : "")\(magnitude / 10)"
        return magnitude % 10 == 0 ? whole : whole + ".\(magnitude % 10)"
    }

    static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            // Control characters are no XML.
            case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}": output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// About how wide a text is at a font size; sans-serif letters are a little over half as wide as high.
    static func width(_ text: String, size: Double) -> Double {
        var ems = 0.0
        for character in text {
            switch character {
            case "i", "j", "l", "t", "f", "r", ".", ",", ":", "'", "|", "\u{202F}", " ": ems += 0.33
            case "m", "w", "M", "W", "%": ems += 0.88
            case let other where other.isUppercase: ems += 0.68
            case let other where !other.isASCII && other.isLetter && !other.isCased: ems += 1
            default: ems += 0.57
            }
        }
        return ems * size
    }

    /// The text cut with an ellipsis so that it fits.
    static func fitted(_ text: String, width limit: Double, size: Double) -> String {
        if width(text, size: size) <= limit { return text }
        var kept = text
        while !kept.isEmpty, width(kept + "…", size: size) > limit { kept.removeLast() }
        return kept + "…"
    }
}
