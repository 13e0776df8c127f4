/// `wordwrap`, as Python's `textwrap.wrap` breaks lines: at white space, after hyphens inside words, and within words that
/// are longer than a line.
enum WordWrap {
    static func wrap(_ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["width", "break_long_words", "wrapstring", "break_on_hyphens"], of: "wordwrap")
        let width = try values[0].integer(or: 79, "width")
        guard width > 0 else { throw TemplateError(.value, "invalid width \(width) (must be > 0)") }
        let separator = values[2].flatMap(\.stringValue) ?? "\n"
        let breaksWords = values[1].map(\.isTrue) ?? true
        let breaksHyphens = values[3].map(\.isTrue) ?? true
        let paragraphs = TextSearch.lines(value.text)
        try rendering.spend(value.text.utf8.count)
        let wrapped = paragraphs.map { paragraph in
            lines(chunks(Array(paragraph.unicodeScalars), breaksHyphens), width, breaksWords, breaksHyphens).joined(separator: separator)
        }
        return .string(wrapped.joined(separator: separator))
    }

    /// Words and runs of white space; with hyphens, words end after one that has a letter on either side.
    private static func chunks(_ text: [Unicode.Scalar], _ breaksHyphens: Bool) -> [[Unicode.Scalar]] {
        var chunks: [[Unicode.Scalar]] = []
        var current: [Unicode.Scalar] = []
        for (i, scalar) in text.enumerated() {
            if let last = current.last, PythonText.isSpace(last) != PythonText.isSpace(scalar) {
                chunks.append(current)
                current = []
            }
            current.append(scalar)
            if breaksHyphens, scalar == "-", current.count > 2, i + 1 < text.count, PythonText.isLetter(text[i + 1]),
                PythonText.isLetter(current[current.count - 2]), PythonText.isWord(current[current.count - 3])
            {
                chunks.append(current)
                current = []
            }
        }
        if !current.isEmpty { chunks.append(current) }
        return chunks
    }

    private static func lines(_ chunks: [[Unicode.Scalar]], _ width: Int, _ breaksWords: Bool, _ breaksHyphens: Bool) -> [String] {
        var lines: [String] = []
        var rest = Array(chunks.reversed())
        func isBlank(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy(PythonText.isSpace) }
        while !rest.isEmpty {
            var line: [[Unicode.Scalar]] = []
            var length = 0
            if let last = rest.last, isBlank(last), !lines.isEmpty { rest.removeLast() }
            while let chunk = rest.last, length + chunk.count <= width {
                line.append(chunk)
                length += chunk.count
                rest.removeLast()
            }
            if let chunk = rest.last, chunk.count > width {
                if breaksWords {
                    var end = max(1, width - length)
                    if width - length < 1 { end = 0 }
                    if breaksHyphens, chunk.count > end, let hyphen = chunk[..<max(end, 0)].lastIndex(of: "-"), hyphen > 0,
                        chunk[..<hyphen].contains(where: { $0 != "-" })
                    {
                        end = hyphen + 1
                    }
                    if end > 0 {
                        line.append(Array(chunk[..<end]))
                        rest[rest.count - 1] = Array(chunk[end...])
                    }
                } else if line.isEmpty {
                    line.append(chunk)
                    rest.removeLast()
                }
            }
            if let last = line.last, isBlank(last) { line.removeLast() }
            if !line.isEmpty {
                var view = String.UnicodeScalarView()
                for chunk in line { view.append(contentsOf: chunk) }
                lines.append(String(view))
            }
        }
        return lines
    }
}
