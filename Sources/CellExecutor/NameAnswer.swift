internal import JSON

/// What the compiler's service says of one name.
struct NameAnswer: Hashable {
    var declaration: String
    var summary: String?
    var isDeclaration: Bool

    /// Longer declarations and documentation are cut.
    private static let lengthLimit = 240

    /// - Parameters:
    ///   - reply: The answer to `source.request.cursorinfo`, as JSON.
    ///   - name: The name as it stands in the source.
    /// - Returns: `nil` where it is not about that name: at an argument's label it is about the function.
    init?(_ reply: [UInt8], to name: String) {
        guard let reply = try? JSONValue(parsing: reply), let kind = reply["key.kind"]?.stringValue, let full = reply["key.name"]?.stringValue,
            let annotated = reply["key.annotated_decl"]?.stringValue
        else { return nil }
        let written = name.filter { $0 != "`" }
        let base = String(full.prefix { $0 != "(" })
        guard base == written || base == "init" && written.first?.isUppercase == true, !written.hasPrefix("_galley") else { return nil }
        declaration = Self.cut(Self.withoutAttributes(Self.plainText(annotated)))
        if declaration.isEmpty { return nil }
        summary = reply["key.doc_comment"]?.stringValue.flatMap(Self.firstSentence).map(Self.cut)
        isDeclaration = kind.contains(".decl.")
    }

    /// The text of an element, with its spaces as one each.
    static func plainText(_ markup: String) -> String {
        var text = ""
        var rest = markup[...]
        while let character = rest.first {
            if character == "<" {
                rest = rest.firstIndex(of: ">").map { rest[rest.index(after: $0)...] } ?? ""
                continue
            }
            if character == "&", let end = rest.prefix(10).firstIndex(of: ";") {
                let entity = rest[rest.index(after: rest.startIndex)..<end]
                if let known = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"][String(entity)] {
                    text += known
                    rest = rest[rest.index(after: end)...]
                    continue
                }
            }
            if character.isWhitespace {
                if text.last?.isWhitespace == false { text.append(" ") }
            } else {
                text.append(character)
            }
            rest = rest.dropFirst()
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// The declaration from its first word on that is no attribute.
    static func withoutAttributes(_ declaration: String) -> String {
        var rest = declaration[...]
        while rest.first == "@" {
            var depth = 0
            let end = rest.firstIndex { character in
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                return character == " " && depth == 0
            }
            guard let end else { break }
            rest = rest[rest.index(after: end)...]
        }
        return String(rest).replacing(" : ", with: ": ")
    }

    /// The first paragraph's first sentence, without marks of Markdown.
    static func firstSentence(_ documentation: String) -> String? {
        var lines: [Substring] = []
        for line in documentation.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.drop(while: \.isWhitespace)
            if text.isEmpty {
                if lines.isEmpty { continue }
                break
            }
            lines.append(text)
        }
        var text = lines.joined(separator: " ").filter { $0 != "`" }
        if let end = text.firstRange(of: ". ") { text = String(text[..<end.lowerBound]) + "." }
        return text.isEmpty ? nil : text
    }

    private static func cut(_ text: String) -> String {
        guard text.count > lengthLimit else { return text }
        return String(text.prefix(lengthLimit - 1)) + "…"
    }
}
