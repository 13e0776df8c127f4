internal import Groundwork

/// `urlize`: makes links of bare URLs, of `www.` names and of mail addresses.
enum Urlize {
    static func filter(_ value: TemplateValue, _ arguments: TemplateArguments, _ rendering: Rendering) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"], of: "urlize")
        let limit = values[0].flatMap(\.exactInteger)
        var relations = Set((values[3]?.stringValue).map { TextSearch.words($0) } ?? [])
        if values[1].isTrue { relations.insert("nofollow") }
        relations.insert("noopener")
        let rel = " rel=\"\(escaped(relations.sorted().joined(separator: " "), .markupSafe))\""
        let target = (values[2]?.stringValue).map { " target=\"\(escaped($0, .markupSafe))\"" } ?? ""
        let schemes = (values[4]?.sequence ?? []).compactMap(\.stringValue)
        var result = ""
        for piece in pieces(value.html) {
            let (head, middle, tail) = trimmed(piece)
            result += head + link(middle, limit, rel, target, schemes) + tail
        }
        try rendering.spend(bytes: result.utf8.count)
        return rendering.autoescape ? .safe(result) : .string(result)
    }

    /// Runs of white space and of everything else.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var current = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let last = current.last, PythonText.isSpace(last) != PythonText.isSpace(scalar) {
                pieces.append(String(current))
                current = String.UnicodeScalarView()
            }
            current.append(scalar)
        }
        return pieces + (current.isEmpty ? [] : [String(current)])
    }

    /// A word without the punctuation round it; a closing bracket stays when its opening one is inside.
    private static func trimmed(_ word: String) -> (head: String, middle: String, tail: String) {
        var (head, middle, tail) = ("", word, "")
        scan: while true {
            for opening in ["(", "<", "&lt;"] where middle.hasPrefix(opening) {
                head += opening
                middle.removeFirst(opening.count)
                continue scan
            }
            break
        }
        scan: while true {
            for closing in [")", ">", ".", ",", "\n", "&gt;"] where middle.hasSuffix(closing) && !middle.isEmpty {
                tail = closing + tail
                middle.removeLast(closing.count)
                continue scan
            }
            break
        }
        for (opening, closing) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
            let opened = TextSearch.split(middle, by: opening, limit: -1).count - 1
            let closed = TextSearch.split(middle, by: closing, limit: -1).count - 1
            guard opened > closed else { continue }
            for _ in 0..<min(opened - closed, TextSearch.split(tail, by: closing, limit: -1).count - 1) {
                guard let range = TextSearch.firstRange(of: closing, in: tail) else { break }
                let bytes = Array(tail.utf8)
                middle += String(decoding: bytes[..<range.upperBound], as: UTF8.self)
                tail = String(decoding: bytes[range.upperBound...], as: UTF8.self)
            }
        }
        return (head, middle, tail)
    }

    private static func link(_ word: String, _ limit: Int?, _ rel: String, _ target: String, _ schemes: [String]) -> String {
        let lower = word.lowercased()
        func anchor(_ address: String, _ shown: String) -> String { "<a href=\"\(address)\"\(rel)\(target)>\(shown)</a>" }
        func shortened(_ text: String) -> String {
            guard let limit, limit >= 0, text.unicodeScalars.count > limit else { return text }
            return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) + "..."
        }
        if lower.hasPrefix("https://") || lower.hasPrefix("http://") || lower.hasPrefix("www.") {
            let host = lower.hasPrefix("www.") ? lower.dropFirst(4) : lower[(lower.firstIndex(of: "/") ?? lower.startIndex)...].dropFirst(2)
            guard host.prefix(while: { $0 != "/" }).contains(".") || host.hasPrefix("localhost") else { return word }
            return anchor(lower.hasPrefix("www.") ? "https://" + word : word, shortened(word))
        }
        if lower.hasPrefix("mailto:"), isMail(String(word.dropFirst(7))) { return "<a href=\"\(word)\">\(word.dropFirst(7))</a>" }
        if word.contains("@"), !lower.hasPrefix("www."), !word.contains(":"), isMail(word) { return "<a href=\"mailto:\(word)\">\(word)</a>" }
        for scheme in schemes where word != scheme && word.hasPrefix(scheme) { return anchor(word, word) }
        return word
    }

    private static func isMail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return false }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy { !$0.isEmpty }
    }
}
