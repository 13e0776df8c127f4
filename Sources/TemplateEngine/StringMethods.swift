/// The methods of `str`.
enum StringMethods {
    static let names: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index", "isalnum", "isalpha",
        "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper", "join", "ljust", "lower",
        "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit",
        "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
    ]

    static func call(
        _ name: String, on text: String, isSafe: Bool, _ arguments: TemplateArguments, _ rendering: Rendering
    ) throws(TemplateError) -> TemplateValue? {
        try rendering.spend(text.utf8.count / 16)
        func result(_ text: String) -> TemplateValue { isSafe ? .safe(text) : .string(text) }
        func list(_ parts: [String]) throws(TemplateError) -> TemplateValue {
            try rendering.spend(parts.count)
            return .list(parts.map(result))
        }
        switch name {
        case "upper": return result(text.uppercased())
        case "lower": return result(text.lowercased())
        case "casefold": return result(CaseMapping.folded(text))
        case "capitalize": return result(CaseMapping.capitalized(text))
        case "title": return result(CaseMapping.title(text))
        case "swapcase": return result(CaseMapping.swapped(text))
        case "strip": return result(try strip(text, arguments, left: true, right: true))
        case "lstrip": return result(try strip(text, arguments, left: true, right: false))
        case "rstrip": return result(try strip(text, arguments, left: false, right: true))
        case "split", "rsplit":
            let values = try arguments.bound(to: ["sep", "maxsplit"], of: name)
            let limit = try values[1].integer(or: -1, "maxsplit")
            guard let separator = values[0], !separator.isNone else {
                return try list(name == "split" ? TextSearch.words(text, limit: limit) : wordsFromEnd(text, limit: limit))
            }
            let by = try values[0].text(or: "", "sep")
            guard !by.isEmpty else { throw TemplateError(.value, "empty separator") }
            return try list(
                name == "split"
                    ? TextSearch.split(text, by: by, limit: limit) : TextSearch.splitFromEnd(text, by: by, limit: limit))
        case "splitlines": return try list(TextSearch.lines(text, keepEnds: arguments.value(0, "keepends").isTrue))
        case "replace":
            let values = try arguments.bound(to: ["old", "new", "count"], required: 2, of: name)
            let old = try values[0].text(or: "", "old")
            let new = try values[1].text(or: "", "new")
            return result(try replace(text, old, isSafe ? (values[1] ?? .none).html : new, try values[2].integer(or: -1, "count"), rendering))
        case "join":
            let elements = try rendering.elements(of: arguments.bound(to: ["iterable"], required: 1, of: name)[0] ?? .none)
            var parts: [String] = []
            for (index, element) in elements.enumerated() {
                guard element.stringValue != nil else {
                    throw TemplateError(.value, "sequence item \(index): expected str instance, \(element.typeName) found")
                }
                parts.append(isSafe ? element.html : element.text)
            }
            try rendering.spend(bytes: parts.reduce(0) { $0 + $1.utf8.count } + text.utf8.count * parts.count)
            return result(parts.joined(separator: text))
        case "format": return result(try FormatMethod.format(text, arguments, escaping: isSafe, rendering))
        default: return try StringQueries.call(name, on: text, isSafe: isSafe, arguments, rendering)
        }
    }

    static func replace(_ text: String, _ old: String, _ new: String, _ count: Int, _ rendering: Rendering) throws(TemplateError) -> String {
        // The longest the result can be, so that it is refused before it is made.
        let places = old.isEmpty ? text.unicodeScalars.count + 1 : text.utf8.count / old.utf8.count
        let used = count < 0 ? places : min(places, count)
        let (growth, overflow) = used.multipliedReportingOverflow(by: new.utf8.count)
        if overflow || text.utf8.count + growth > rendering.environment.limits.outputBytes {
            let actual = old.isEmpty ? used : min(used, TextSearch.split(text, by: old, limit: -1).count - 1)
            let (bytes, tooLong) = actual.multipliedReportingOverflow(by: new.utf8.count)
            try rendering.spend(bytes: tooLong ? .max : bytes)
        }
        let result = TextSearch.replacing(old, with: new, in: text, limit: count)
        try rendering.spend(bytes: result.utf8.count)
        return result
    }

    static func strip(_ text: String, _ arguments: TemplateArguments, left: Bool, right: Bool) throws(TemplateError) -> String {
        let characters = try arguments.bound(to: ["chars"], of: "strip")[0]
        return try strip(text, characters, left: left, right: right)
    }

    static func strip(_ text: String, _ characters: TemplateValue?, left: Bool, right: Bool) throws(TemplateError) -> String {
        guard let characters, !characters.isNone else {
            return String(TextSearch.trimmed(text[...].unicodeScalars, left: left, right: right, PythonText.isSpace))
        }
        guard let set = characters.stringValue.map({ Set($0.unicodeScalars) }) else {
            throw TemplateError(.value, "strip arg must be None or str")
        }
        return String(TextSearch.trimmed(text[...].unicodeScalars, left: left, right: right) { set.contains($0) })
    }

    private static func wordsFromEnd(_ text: String, limit: Int) -> [String] {
        guard limit >= 0 else { return TextSearch.words(text) }
        var parts: [String] = []
        var rest = TextSearch.trimmed(text[...].unicodeScalars, left: false, right: true, PythonText.isSpace)
        while !rest.isEmpty {
            if parts.count == limit {
                parts.append(String(rest))
                break
            }
            let word = rest.suffix { !PythonText.isSpace($0) }
            parts.append(String(word))
            rest = TextSearch.trimmed(rest[..<word.startIndex], left: false, right: true, PythonText.isSpace)
        }
        return parts.reversed()
    }
}

extension BidirectionalCollection {
    /// The longest suffix whose elements all satisfy `include`.
    fileprivate func suffix(while include: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, include(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}

/// Changes of case by Unicode's full mappings.
enum CaseMapping {
    static func capitalized(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        return first.properties.titlecaseMapping + String(text.unicodeScalars.dropFirst()).lowercased()
    }

    /// `str.title`: every run of cased characters starts upper case.
    static func title(_ text: String) -> String {
        var result = ""
        var wasCased = false
        for scalar in text.unicodeScalars {
            result += wasCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            wasCased = PythonText.isCased(scalar)
        }
        return result
    }

    static func swapped(_ text: String) -> String {
        text.unicodeScalars.map {
            PythonText.isUpper($0) ? $0.properties.lowercaseMapping : PythonText.isLower($0) ? $0.properties.uppercaseMapping : String($0)
        }.joined()
    }

    /// `str.casefold`, which is lower case but for characters that only folding changes.
    static func folded(_ text: String) -> String {
        text.unicodeScalars.map { $0 == "ß" || $0 == "ẞ" ? "ss" : $0 == "ς" ? "σ" : $0 == "ſ" ? "s" : $0.properties.lowercaseMapping }.joined()
    }
}
