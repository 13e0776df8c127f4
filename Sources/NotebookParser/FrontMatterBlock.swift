internal import SourceText

/// The part of a file that front matter may be: found by its fences, not yet read.
struct FrontMatterBlock {
    enum Format: Sendable, Hashable {
        case yaml, toml, json
    }

    var format: Format
    /// The lines (from 1) between the fences; the whole object of JSON, which is its own fence. Empty where there is nothing.
    var lines: Range<Int>
    /// The line that the prose begins on.
    var bodyLine: Int
    /// Whether its first line is a key with a value. What is not, and turns out to hold no keys, is prose between thematic breaks.
    var isSure: Bool

    /// What stands at a file's head.
    enum Head {
        case none
        case block(FrontMatterBlock)
        /// Front matter begins on the line and has no end.
        case unclosed(line: Int, format: Format, fence: String)
        /// A fence that names a language which is not read, such as `---js`.
        case unknownLanguage(line: Int, name: String)
    }

    /// Looks at the head of a file: byte-order marks and blank lines may stand before a fence, blanks after it.
    ///
    /// YAML is fenced by `---` (or closed by `...`), TOML by `+++`, as Hugo and Zola have it; `---toml` and `---json` say their
    /// language. JSON is an object that begins and ends its lines.
    static func head(of file: SourceFile) -> Head {
        var first = 1
        while first < file.lineCount, bare(file.line(first)).isEmpty { first += 1 }
        let opening = bare(file.line(first))
        switch opening {
        case "---": return fenced(file, first, .yaml, closings: ["---", "..."], fence: "---")
        case "+++": return fenced(file, first, .toml, closings: ["+++"], fence: "+++")
        default: break
        }
        if opening.hasPrefix("---"), let name = language(opening.dropFirst(3)) {
            let format: Format? =
                switch name {
                case "yaml", "yml": .yaml
                case "toml": .toml
                case "json": .json
                default: nil
                }
            if let format { return fenced(file, first, format, closings: ["---", "..."], fence: "---") }
            return closing(file, after: first, ["---"]) == nil ? .none : .unknownLanguage(line: first, name: name)
        }
        return opening.hasPrefix("{") ? object(file, first) : .none
    }

    private static func fenced(_ file: SourceFile, _ first: Int, _ format: Format, closings: [String], fence: String) -> Head {
        let isSure = beginsWithKey(file, after: first, format)
        guard let end = closing(file, after: first, closings) else {
            return isSure ? .unclosed(line: first, format: format, fence: fence) : .none
        }
        return .block(FrontMatterBlock(format: format, lines: (first + 1)..<end, bodyLine: end + 1, isSure: isSure))
    }

    private static func closing(_ file: SourceFile, after first: Int, _ closings: [String]) -> Int? {
        var line = first + 1
        while line <= file.lineCount {
            if closings.contains(bare(file.line(line), lead: false)) { return line }
            line += 1
        }
        return nil
    }

    /// Whether the first line with something on it is a key and its value.
    private static func beginsWithKey(_ file: SourceFile, after first: Int, _ format: Format) -> Bool {
        var line = first + 1
        while line <= file.lineCount {
            // Indented keys are keys, and YAML says where tabs may not stand.
            let text = bare(file.line(line)).drop { $0 == " " || $0 == "\t" }
            line += 1
            if text.isEmpty || text.hasPrefix("#") { continue }
            switch format {
            case .yaml: return key(of: String(text), before: ":") != nil
            case .toml: return text.hasPrefix("[") || key(of: String(text), before: "=") != nil
            case .json: return text.hasPrefix("{") || text.hasPrefix("\"")
            }
        }
        return false
    }

    /// The name that a line gives a value to, quotes taken off.
    static func key(of line: String, before mark: Character) -> String? {
        guard let end = line.firstIndex(of: mark) else { return nil }
        var name = Substring(line[..<end])
        while name.last == " " || name.last == "\t" { name.removeLast() }
        if let quote = name.first, quote == "\"" || quote == "'", name.count > 2, name.last == quote { name = name.dropFirst().dropLast() }
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "." }) else { return nil }
        return String(name)
    }

    private static func language(_ rest: Substring) -> String? {
        let name = rest.drop { $0 == " " }.lowercased()
        return !name.isEmpty && name.count <= 12 && name.allSatisfy { $0.isASCII && $0.isLetter } ? name : nil
    }

    /// Without what cannot be seen at the ends of a line.
    static func bare(_ line: String, lead: Bool = true) -> String {
        var text = line[...]
        func isUnseen(_ character: Character) -> Bool { character == " " || character == "\t" || character == "\u{FEFF}" || character == "\r" }
        while let last = text.last, isUnseen(last) { text.removeLast() }
        // Indented code is no fence.
        if lead {
            text = text.drop { $0 == "\u{FEFF}" }
            if text.allSatisfy({ isUnseen($0) }) { return "" }
        }
        return String(text)
    }

    // MARK: JSON

    /// An object at the head: it is front matter when a name or nothing follows its brace, and nothing its end.
    private static func object(_ file: SourceFile, _ first: Int) -> Head {
        let bytes = Array(file.text.utf8)
        guard var index = bytes[file.offset(ofLine: first)...].firstIndex(of: UInt8(ascii: "{")) else { return .none }
        let start = index
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var next = index + 1
        while next < bytes.count, isSpace(bytes[next]) { next += 1 }
        guard next < bytes.count, bytes[next] == UInt8(ascii: "\"") else { return .none }
        var depth = 0
        var isInText = false
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isInText: index += 1
            case UInt8(ascii: "\""): isInText.toggle()
            case UInt8(ascii: "{") where !isInText, UInt8(ascii: "[") where !isInText: depth += 1
            case UInt8(ascii: "}") where !isInText, UInt8(ascii: "]") where !isInText:
                depth -= 1
                if depth == 0 {
                    let last = file.location(atOffset: index).line
                    let lineEnd = min(file.offset(ofLine: last + 1), bytes.count)
                    guard bytes[(index + 1)..<lineEnd].allSatisfy(isSpace) else { return .none }
                    return .block(FrontMatterBlock(format: .json, lines: first..<(last + 1), bodyLine: last + 1, isSure: true))
                }
            default: break
            }
            index += 1
        }
        // A brace and a name on lines of their own begin no sentence.
        let isSure =
            file.location(atOffset: next).line > first || key(of: String(decoding: bytes[next...].prefix(80), as: UTF8.self), before: ":") != nil
        return isSure ? .unclosed(line: file.location(atOffset: start).line, format: .json, fence: "}") : .none
    }
}
