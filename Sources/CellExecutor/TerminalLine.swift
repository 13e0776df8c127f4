/// The text as a terminal leaves it: what follows a carriage return overwrites the line from its start, colours keep to
/// the characters that they were written with, and the sequences that erase (ECMA-48, EL) erase.
package func resolvingCarriageReturns(_ text: String) -> String {
    guard text.utf8.contains(0x0D) else { return text }
    var lines: [String] = []
    var style = ""
    for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
        // A line break as Windows writes it overwrites nothing.
        let content = line.last == "\r" ? line.dropLast() : line
        guard content.contains("\r") || !style.isEmpty else {
            style = TerminalLine.style(after: content, from: style)
            lines.append(String(content))
            continue
        }
        var shown = TerminalLine(style: style)
        shown.write(content)
        lines.append(shown.text)
        style = shown.style
    }
    return lines.joined(separator: "\n")
}

/// One line of a terminal: characters with the colours that they are shown in.
private struct TerminalLine {
    private struct Cell {
        var scalar: Unicode.Scalar
        /// The sequences that set colours, since the last that cleared them.
        var style: String
    }

    private let initialStyle: String
    private(set) var style: String
    private var cells: [Cell] = []
    private var column = 0

    init(style: String) {
        initialStyle = style
        self.style = style
    }

    mutating func write(_ content: Substring.UnicodeScalarView) {
        var rest = content
        while let scalar = rest.popFirst() {
            if scalar == "\r" {
                column = 0
            } else if scalar == "\u{1B}", let sequence = Self.sequence(&rest) {
                obey(sequence)
            } else {
                let cell = Cell(scalar: scalar, style: style)
                if column < cells.count { cells[column] = cell } else { cells.append(cell) }
                column += 1
            }
        }
    }

    private mutating func obey(_ sequence: String) {
        switch sequence.last {
        case "m": style = Self.style(style, adding: sequence)
        case "K":
            switch sequence.dropLast().last {
            case "1": for index in 0..<min(column, cells.count) { cells[index] = Cell(scalar: " ", style: "") }
            case "2":
                cells = []
                while cells.count < column { cells.append(Cell(scalar: " ", style: "")) }
            default: cells.removeLast(max(0, cells.count - column))
            }
        // Movements have no meaning in a record.
        default: break
        }
    }

    var text: String {
        var text = ""
        var current = initialStyle
        for cell in cells {
            if cell.style != current {
                if !current.isEmpty { text += "\u{1B}[0m" }
                text += cell.style
                current = cell.style
            }
            text.unicodeScalars.append(cell.scalar)
        }
        if current != style { text += (current.isEmpty ? "" : "\u{1B}[0m") + style }
        return text
    }

    /// What follows an escape: `[`, parameters and a letter. `nil`, and nothing taken, where it is something else.
    private static func sequence(_ rest: inout Substring.UnicodeScalarView) -> String? {
        guard rest.first == "[" else { return nil }
        guard let end = rest.dropFirst().firstIndex(where: { (0x40...0x7E).contains($0.value) }) else { return nil }
        let sequence = "\u{1B}" + String(rest[...end])
        rest = rest[rest.index(after: end)...]
        return sequence
    }

    private static func style(_ style: String, adding sequence: String) -> String {
        let parameters = sequence.dropFirst(2).dropLast()
        if parameters.isEmpty || parameters.allSatisfy({ $0 == "0" }) { return "" }
        let all = style + sequence
        // Sequences pile up until one clears them; of very many the last ones decide.
        guard all.utf8.count > styleLimit, let start = all.utf8.suffix(styleLimit).firstIndex(of: 0x1B) else { return all }
        return String(all[start...])
    }

    /// In bytes.
    private static let styleLimit = 256

    /// The colours that are set after a line that needs no overwriting.
    static func style(after content: Substring.UnicodeScalarView, from style: String) -> String {
        guard content.contains("\u{1B}") else { return style }
        var line = TerminalLine(style: style)
        line.write(content)
        return line.style
    }
}
