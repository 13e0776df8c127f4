internal import Groundwork
internal import HTML

/// Text as a terminal shows it: colours and styles of `ESC [ … m` as classes, carriage returns and backspaces applied,
/// every other control sequence left out (ECMA-48).
struct TerminalText {
    struct Line {
        /// Escaped, with elements of its own: none is open at its end.
        var markup: [UInt8]
        /// UTF-8 without any markup.
        var plain: [UInt8]
    }

    private enum Color: Hashable {
        /// One of the sixteen that themes choose.
        case named(Int)
        case rgb(UInt8, UInt8, UInt8)
    }

    private struct Style: Hashable {
        var foreground: Color?
        var background: Color?
        var isBold = false
        var isDim = false
        var isItalic = false
        var isUnderlined = false
        var isStruck = false
        var isInverse = false
    }

    private struct Cell {
        var bytes: ArraySlice<UInt8>
        var style: Int
    }

    private let bytes: [UInt8]
    private var styles: [Style] = [Style()]
    private var numbers: [Style: Int] = [Style(): 0]
    private(set) var hasColors = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Complexity: O(*n*).
    mutating func lines() -> [Line] {
        var bytes = bytes[...]
        if bytes.last == 0x0A { bytes = bytes.dropLast() }
        // Most output has no control character at all.
        if !bytes.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 }) {
            return bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
                var markup: [UInt8] = []
                escape(line, into: &markup)
                return Line(markup: markup, plain: Array(line))
            }
        }
        return interpreted(bytes)
    }

    private mutating func interpreted(_ bytes: ArraySlice<UInt8>) -> [Line] {
        var lines: [Line] = []
        var row: [Cell] = []
        var column = 0
        var style = 0
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            switch byte {
            case 0x0A:
                lines.append(line(row))
                row = []
                column = 0
                index += 1
            case 0x0D:
                column = 0
                index += 1
            case 0x08:
                column = max(0, column - 1)
                index += 1
            case 0x1B:
                index = escapeSequence(at: index, in: bytes, style: &style, row: &row, column: &column)
            case 0..<0x20 where byte != 0x09, 0x7F:
                index += 1
            default:
                var end = index + 1
                while end < bytes.endIndex, bytes[end] & 0xC0 == 0x80 { end += 1 }
                let cell = Cell(bytes: bytes[index..<end], style: style)
                if column < row.count { row[column] = cell } else { row.append(cell) }
                column += 1
                index = end
            }
        }
        lines.append(line(row))
        return lines
    }

    private func line(_ row: [Cell]) -> Line {
        var line = Line(markup: [], plain: [])
        var current = 0
        for cell in row {
            if cell.style != current {
                if current != 0 { line.markup += "</span>".utf8 }
                if cell.style != 0 { openTag(styles[cell.style], into: &line.markup) }
                current = cell.style
            }
            escape(cell.bytes, into: &line.markup)
            line.plain += cell.bytes
        }
        if current != 0 { line.markup += "</span>".utf8 }
        return line
    }

    // MARK: Sequences

    /// Applies the sequence at `start` and gives the index after it.
    private mutating func escapeSequence(
        at start: Int, in bytes: ArraySlice<UInt8>, style: inout Int, row: inout [Cell], column: inout Int
    ) -> Int {
        var index = start + 1
        guard index < bytes.endIndex else { return index }
        if bytes[index] == UInt8(ascii: "]") {
            // An operating system command, such as a hyperlink, up to BEL or ST.
            while index < bytes.endIndex, bytes[index] != 0x07, bytes[index] != 0x0A {
                if bytes[index] == 0x1B, index + 1 < bytes.endIndex, bytes[index + 1] == UInt8(ascii: "\\") { return index + 2 }
                index += 1
            }
            return index < bytes.endIndex && bytes[index] == 0x07 ? index + 1 : index
        }
        guard bytes[index] == UInt8(ascii: "[") else { return index + 1 }
        index += 1
        let parameters = index
        while index < bytes.endIndex, (0x20...0x3F).contains(bytes[index]) { index += 1 }
        guard index < bytes.endIndex, (0x40...0x7E).contains(bytes[index]) else { return index }
        let numbers = bytes[parameters..<index].split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: ":") }
            .map(Self.parameter)
        switch bytes[index] {
        case UInt8(ascii: "m"): apply(numbers, to: &style)
        case UInt8(ascii: "K"):
            switch numbers.first ?? 0 {
            case 0: row.removeSubrange(min(column, row.count)...)
            case 2:
                row = []
                column = 0
            default: break
            }
        case UInt8(ascii: "G"): column = min(max((numbers.first ?? 1) - 1, 0), row.count)
        default: break
        }
        return index + 1
    }

    /// A parameter's number: digits alone make one, and no terminal counts beyond four of them.
    private static func parameter(_ digits: ArraySlice<UInt8>) -> Int {
        var number = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return 0 }
            number = min(number * 10 + Int(byte - UInt8(ascii: "0")), 9999)
        }
        return number
    }

    private mutating func apply(_ codes: [Int], to style: inout Int) {
        var current = styles[style]
        var index = 0
        while index < codes.count {
            switch codes[index] {
            case 0: current = Style()
            case 1: current.isBold = true
            case 2: current.isDim = true
            case 3: current.isItalic = true
            case 4, 21: current.isUnderlined = true
            case 7: current.isInverse = true
            case 9: current.isStruck = true
            case 22:
                current.isBold = false
                current.isDim = false
            case 23: current.isItalic = false
            case 24: current.isUnderlined = false
            case 27: current.isInverse = false
            case 29: current.isStruck = false
            case 30...37: current.foreground = .named(codes[index] - 30)
            case 90...97: current.foreground = .named(codes[index] - 90 + 8)
            case 40...47: current.background = .named(codes[index] - 40)
            case 100...107: current.background = .named(codes[index] - 100 + 8)
            case 39: current.foreground = nil
            case 49: current.background = nil
            case 38, 48:
                let isForeground = codes[index] == 38
                if let (color, used) = extendedColor(codes[(index + 1)...].prefix(4)) {
                    if isForeground { current.foreground = color } else { current.background = color }
                    index += used
                }
            default: break
            }
            index += 1
        }
        if let number = numbers[current] {
            style = number
        } else {
            numbers[current] = styles.count
            style = styles.count
            styles.append(current)
            hasColors = true
        }
    }

    /// `5;n` of the palette of 256, or `2;r;g;b`.
    private func extendedColor(_ codes: ArraySlice<Int>) -> (Color, used: Int)? {
        let codes = Array(codes)
        if codes.count >= 2, codes[0] == 5 {
            let number = min(max(codes[1], 0), 255)
            if number < 16 { return (.named(number), 2) }
            if number >= 232 {
                let grey = UInt8(8 + (number - 232) * 10)
                return (.rgb(grey, grey, grey), 2)
            }
            func level(_ step: Int) -> UInt8 { step == 0 ? 0 : UInt8(55 + step * 40) }
            let cube = number - 16
            return (.rgb(level(cube / 36), level(cube / 6 % 6), level(cube % 6)), 2)
        }
        if codes.count >= 4, codes[0] == 2 {
            func channel(_ value: Int) -> UInt8 { UInt8(min(max(value, 0), 255)) }
            return (.rgb(channel(codes[1]), channel(codes[2]), channel(codes[3])), 4)
        }
        return nil
    }

    // MARK: Markup

    private static let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

    private func openTag(_ style: Style, into output: inout [UInt8]) {
        var classes: [String] = []
        var rules: [String] = []
        if style.isInverse { classes.append("ansi-inverse") }
        switch style.foreground {
        case .named(let number): classes.append((number < 8 ? "ansi-" : "ansi-bright-") + Self.names[number % 8])
        case .rgb(let red, let green, let blue):
            // The theme takes the one that can be read on its ground.
            classes.append("ansi-rgb")
            rules.append("--l:\(readable(red, green, blue, onDark: false));--d:\(readable(red, green, blue, onDark: true))")
        case nil: break
        }
        switch style.background {
        case .named(let number): classes.append((number < 8 ? "ansi-bg-" : "ansi-bg-bright-") + Self.names[number % 8])
        case .rgb(let red, let green, let blue):
            classes.append("ansi-bg-rgb")
            rules.append("--b:\(hexadecimal(red, green, blue));--f:\(ink(style.foreground, on: luminance([red, green, blue].map(Double.init))))")
        case nil: break
        }
        if style.isBold { classes.append("ansi-bold") }
        if style.isDim { classes.append("ansi-dim") }
        if style.isItalic { classes.append("ansi-italic") }
        if style.isUnderlined { classes.append("ansi-underline") }
        if style.isStruck { classes.append("ansi-strike") }
        output += "<span class=\"\(classes.joined(separator: " "))\"".utf8
        if !rules.isEmpty { output += " style=\"\(rules.joined(separator: ";"))\"".utf8 }
        output.append(UInt8(ascii: ">"))
    }

    private func hexadecimal(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> String {
        let digits = String(Int(red) << 16 | Int(green) << 8 | Int(blue), radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// What is written with on a ground of its own: the colour asked for if its contrast is 4.5 : 1, else black or white.
    private func ink(_ color: Color?, on ground: Double) -> String {
        if case .rgb(let red, let green, let blue)? = color {
            let own = luminance([red, green, blue].map(Double.init))
            if (max(own, ground) + 0.05) / (min(own, ground) + 0.05) >= 4.6 { return hexadecimal(red, green, blue) }
        }
        // At 0.18 black and white have the same contrast.
        return ground > 0.18 ? "#000" : "#fff"
    }

    /// The relative luminance of three channels of 0 to 255 (WCAG 2.2).
    private func luminance(_ channels: [Double]) -> Double {
        func linear(_ value: Double) -> Double {
            let share = value / 255
            return share <= 0.04045 ? share / 12.92 : power((share + 0.055) / 1.055)
        }
        // x^2.4 without a library: within 1 % on 0...1, which is all that a threshold needs.
        func power(_ x: Double) -> Double {
            let square = x * x
            let root = x.squareRoot()
            // 2.4 lies between 2.25 and 2.5.
            return square * root.squareRoot() * 0.4 + square * root * 0.6
        }
        return 0.2126 * linear(channels[0]) + 0.7152 * linear(channels[1]) + 0.0722 * linear(channels[2])
    }

    /// The colour, moved towards black or white until its contrast with a white or a near-black ground is 4.5 : 1
    /// (WCAG 2.2, 1.4.3).
    private func readable(_ red: UInt8, _ green: UInt8, _ blue: UInt8, onDark: Bool) -> String {
        var channels = [Double(red), Double(green), Double(blue)]
        // #1e1e22 is lighter than the themes' dark grounds, #f6f6f4 darker than their light ones.
        let ground = onDark ? 0.0130 : 0.922
        for _ in 0..<24 {
            let luminance = luminance(channels)
            let contrast = onDark ? (luminance + 0.05) / (ground + 0.05) : (ground + 0.05) / (luminance + 0.05)
            if contrast >= 4.6 { break }
            channels = channels.map { onDark ? $0 + (255 - $0) * 0.12 : $0 * 0.88 }
        }
        return hexadecimal(UInt8(channels[0]), UInt8(channels[1]), UInt8(channels[2]))
    }
}

/// A text as a terminal shows it, without colours: what was written over is gone.
package func terminalText(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 }) else { return text }
    var terminal = TerminalText(Array(text.utf8))
    return terminal.lines().map { String(decoding: $0.plain, as: UTF8.self) }.joined(separator: "\n")
}
