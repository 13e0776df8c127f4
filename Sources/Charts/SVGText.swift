internal import Groundwork

/// Builds an SVG picture. Numbers are written to a tenth, which is finer than a screen shows.
struct SVGText {
    private(set) var text = ""
    /// Whether the picture is a file of its own: its colours are plain, since few programs know a page's.
    let isStandalone: Bool

    init(isStandalone: Bool) {
        self.isStandalone = isStandalone
    }

    /// The colour of text and rules.
    var ink: String { isStandalone ? "#23211e" : "currentColor" }

    /// The colour of a series.
    func colour(_ index: Int) -> String {
        let slot = index % ChartLayout.seriesCount
        return isStandalone ? ChartLayout.colours[slot] : "var(--chart-\(slot + 1),\(ChartLayout.colours[slot]))"
    }

    func stroke(_ index: Int) -> [(String, String)] {
        var attributes = [("fill", "none"), ("stroke", colour(index)), ("stroke-width", "2.2"), ("stroke-linejoin", "round")]
        if let dashes = ChartLayout.dashes(index) { attributes.append(("stroke-dasharray", dashes)) }
        return attributes
    }

    func fill(_ index: Int, _ mark: Chart.Mark) -> [(String, String)] {
        var attributes = [("fill", colour(index))]
        if mark == .area { attributes += [("fill-opacity", ".3"), ("stroke", colour(index)), ("stroke-width", "1.8")] }
        return attributes
    }

    /// A mark for a point; neighbouring series have shapes of their own.
    mutating func marker(_ index: Int, x: Double, y: Double) {
        let colour = [("fill", colour(index))]
        let number = Self.number
        switch index % 4 {
        case 0: add("circle", [("cx", number(x)), ("cy", number(y)), ("r", "3.4")] + colour)
        case 1: add("rect", [("x", number(x - 3)), ("y", number(y - 3)), ("width", "6"), ("height", "6")] + colour)
        case 2: add("path", [("d", "M\(number(x)) \(number(y - 4))l4 7h-8z")] + colour)
        default: add("path", [("d", "M\(number(x)) \(number(y - 4.4))l4.4 4.4l-4.4 4.4l-4.4-4.4z")] + colour)
        }
    }

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

    /// Lines of text one beneath the other, the first at `y`.
    mutating func lines(_ lines: [String], x: Double, y: Double, height: Double, anchor: String = "start", _ attributes: [(String, String)] = []) {
        for (number, line) in lines.enumerated() { label(line, x: x, y: y + Double(number) * height, anchor: anchor, attributes) }
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

    static func escaped(_ text: String) -> String { Groundwork.escaped(text, .xml) }

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
        return fitting(text, width: limit - width("…", size: size), size: size) + "…"
    }

    private static func fitting(_ text: String, width limit: Double, size: Double) -> Substring {
        var used = 0.0
        return text.prefix { character in
            used += width(String(character), size: size)
            return used <= limit
        }
    }

    /// The text in lines that fit, broken at spaces; what three lines cannot hold is cut with an ellipsis.
    static func wrapped(_ text: String, width limit: Double, size: Double) -> [String] {
        if width(text, size: size) <= limit { return [text] }
        var lines: [String] = []
        var line = ""
        var words = text.split(separator: " ").map(String.init)[...]
        while let word = words.popFirst() {
            let longer = line.isEmpty ? word : line + " " + word
            if width(longer, size: size) <= limit {
                line = longer
            } else if lines.count == 2 {
                line = fitted(([longer] + words).joined(separator: " "), width: limit, size: size)
                break
            } else if line.isEmpty {
                // A word longer than a line is broken anywhere.
                let head = word.prefix(max(1, fitting(word, width: limit, size: size).count))
                lines.append(String(head))
                words = [String(word.dropFirst(head.count))] + words
            } else {
                lines.append(line)
                line = ""
                words = [word] + words
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
