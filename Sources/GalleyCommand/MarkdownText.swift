internal import NotebookRenderer

/// Texts as they stand in Markdown.
enum MarkdownText {
    /// Emphasised where it has no emphasis of its own.
    static func caption(_ text: String) -> String { text.contains { "*_".contains($0) } ? text : "*\(text)*" }

    static func fenced(_ text: String, _ language: String) -> String {
        var longest = 2
        var count = 0
        for byte in text.utf8 {
            count = byte == UInt8(ascii: "`") ? count + 1 : 0
            longest = max(longest, count)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return "\(fence)\(language)\n\(text)\n\(fence)"
    }

    /// A text as it stands between the brackets of a picture: on one line, with what Markdown would read escaped.
    static func bracketed(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ").reduce(into: "") { result, character in
            if "\\[]`*_<>&!$".contains(character) { result.append("\\") }
            result.append(character)
        }
    }

    /// Without empty lines at its ends.
    static func trimmed(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while let first = lines.first, first.allSatisfy(\.isWhitespace) { lines.removeFirst() }
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        return lines.joined(separator: "\n")
    }

    /// As a terminal would show it: without control sequences, and without what was written over.
    static func withoutControls(_ text: String) -> String { terminalText(text) }

    /// A value as the text that it is: with what Markdown would read escaped, on one line.
    static func escaped(_ value: String, isInTable: Bool) -> String {
        let line = value.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.filter { !$0.isEmpty }.joined(separator: " ")
        let characters = Array(withoutControls(line))
        var result = ""
        for (index, character) in characters.enumerated() {
            // Within a word an underscore is itself.
            let isWithinWord = index > 0 && index + 1 < characters.count && isWord(characters[index - 1]) && isWord(characters[index + 1])
            if "\\`*[]<>&~$".contains(character) || (character == "_" && !isWithinWord) || (character == "|" && isInTable) { result.append("\\") }
            result.append(character)
        }
        return result
    }

    private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }

    /// An escaped value that begins a line, where a mark of a heading, a list or a rule would be one.
    static func escapedAtLineStart(_ value: String) -> String {
        if let first = value.first, "#+-=:".contains(first) {
            // The sign of a number begins no list.
            return value.dropFirst().first?.isNumber == true ? value : "\\" + value
        }
        let digits = value.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let mark = value[digits.endIndex...].first, mark == "." || mark == ")" else { return value }
        let rest = value[digits.endIndex...].dropFirst()
        return rest.isEmpty || rest.first == " " ? "\(digits)\\\(mark)\(rest)" : value
    }

    /// TeX of an output as GitHub shows formulas; `nil` for what is no formula, such as a list.
    static func formula(_ latex: String) -> String? {
        if latex.hasPrefix("$") { return latex }
        for (opening, closing) in [("\\[", "\\]"), ("\\(", "\\)")] where latex.hasPrefix(opening) && latex.hasSuffix(closing) {
            return "$$\n" + trimmed(String(latex.dropFirst(2).dropLast(2))) + "\n$$"
        }
        guard latex.hasPrefix("\\begin{"), let end = latex.firstIndex(of: "}") else { return nil }
        let name = latex[latex.index(latex.startIndex, offsetBy: 7)..<end].filter { $0 != "*" }
        let known = [
            "equation", "align", "aligned", "gather", "gathered", "multline", "cases", "matrix", "pmatrix", "bmatrix", "vmatrix", "array", "split",
        ]
        return known.contains(String(name)) ? "$$\n\(latex)\n$$" : nil
    }
}
