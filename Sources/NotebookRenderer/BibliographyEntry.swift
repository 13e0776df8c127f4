internal import HTML
internal import JSON

/// One work of a bibliography.
struct BibliographyEntry: Sendable, Hashable {
    struct Name: Sendable, Hashable {
        var family: String
        var given: String
    }

    var key: String
    var authors: [Name] = []
    var year = "n.d."
    var title = ""
    /// The journal, the proceedings or the book that it is a part of.
    var container: String?
    var volume: String?
    var issue: String?
    var pages: String?
    var publisher: String?
    var address: String?
    var doi: String?

    var sortName: String { (authors.first?.family ?? title).lowercased() }

    /// The key as a part of an identifier.
    var identifier: String { String(key.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "-" }) }

    /// `Knuth`, `Knuth and Plass`, `Knuth et al.`
    var shortNames: String {
        switch authors.count {
        case 0: title
        case 1: authors[0].family
        case 2: "\(authors[0].family) and \(authors[1].family)"
        default: "\(authors[0].family) et al."
        }
    }

    /// Author, year, title, container, pages, publisher, address: the order of the Chicago author–date style.
    func write(into writer: inout HTMLWriter) {
        var names: [String] = []
        for (index, name) in authors.enumerated() {
            if name.given.isEmpty {
                names.append(name.family)
            } else {
                names.append(index == 0 ? "\(name.family), \(name.given)" : "\(name.given) \(name.family)")
            }
        }
        if !names.isEmpty {
            let text = names.count > 1 ? names.dropLast().joined(separator: ", ") + ", and " + (names.last ?? "") : names[0]
            writer.text(text.hasSuffix(".") ? text + " " : text + ". ")
        }
        writer.text("\(year). ")
        if let container {
            writer.text("“\(title).” ")
            writer.element("em", text: container)
            if let volume { writer.text(" \(volume)") }
            if let issue { writer.text(" (\(issue))") }
            if let pages { writer.text(": \(pages)") }
            writer.text(".")
        } else {
            writer.element("em", text: title)
            writer.text(".")
        }
        if let publisher { writer.text(" \(publisher).") }
        let link = doi.map { $0.hasPrefix("http") ? $0 : "https://doi.org/\($0)" } ?? address
        if let link, link.hasPrefix("http://") || link.hasPrefix("https://") {
            writer.raw(" <a href=\"")
            writer.raw(bytes: percentEncoded(link))
            writer.raw("\">")
            writer.text(link)
            writer.raw("</a>.")
        }
    }

    // MARK: Reading

    /// Reads CSL-JSON or BibTeX, told apart by the first character.
    ///
    /// - Returns: the entries, and what is wrong with the file, if anything.
    static func read(_ text: String) -> (entries: [BibliographyEntry], problem: String?) {
        let first = text.first { !$0.isWhitespace }
        if first == "[" || first == "{" {
            do throws(JSONError) {
                let value = try JSONValue(parsing: text)
                return ((value.arrayValue ?? value["references"]?.arrayValue ?? [value]).compactMap(BibliographyEntry.init(csl:)), nil)
            } catch {
                return ([], error.description)
            }
        }
        var reader = BibTeXReader(text)
        return (reader.entries(), reader.problem)
    }

    /// An item of CSL-JSON (Citation Style Language, schema 1.0).
    init?(csl item: JSONValue) {
        guard let id = item["id"]?.stringValue ?? item["id"]?.integerValue.map(String.init) else { return nil }
        key = id
        authors =
            (item["author"] ?? item["editor"])?.arrayValue?.map { name in
                Name(family: name["family"]?.stringValue ?? name["literal"]?.stringValue ?? "", given: name["given"]?.stringValue ?? "")
            } ?? []
        if let part = item["issued"]?["date-parts"]?[0]?[0] { year = part.integerValue.map(String.init) ?? part.stringValue ?? year }
        title = item["title"]?.stringValue ?? ""
        container = item["container-title"]?.stringValue
        volume = item["volume"]?.stringValue ?? item["volume"]?.integerValue.map(String.init)
        issue = item["issue"]?.stringValue ?? item["issue"]?.integerValue.map(String.init)
        pages = item["page"]?.stringValue
        publisher = item["publisher"]?.stringValue
        address = item["URL"]?.stringValue
        doi = item["DOI"]?.stringValue
    }

    init(key: String) {
        self.key = key
    }
}

/// Reads BibTeX: entries, strings, braces and the accents that names use.
struct BibTeXReader {
    private let text: [Character]
    private var index = 0
    private var strings: [String: String] = [:]
    /// Bytes that strings were replaced by: a string may hold others ten times over.
    private var expandedBytes = 0
    private static let expansionLimit = 1 << 24
    private(set) var problem: String?

    init(_ text: String) {
        self.text = Array(text)
    }

    mutating func entries() -> [BibliographyEntry] {
        var entries: [BibliographyEntry] = []
        while problem == nil, let at = text[index...].firstIndex(of: "@") {
            index = at + 1
            let kind = word().lowercased()
            skipSpace()
            guard index < text.count, text[index] == "{" || text[index] == "(" else { continue }
            index += 1
            if kind == "comment" || kind == "preamble" { continue }
            if kind == "string" {
                let (name, value) = field()
                strings[name] = value
                continue
            }
            skipSpace()
            let start = index
            while index < text.count, text[index] != ",", text[index] != "}" { index += 1 }
            let key = String(text[start..<index]).trimmed
            var fields: [String: String] = [:]
            while index < text.count, text[index] == "," {
                index += 1
                skipSpace()
                if index < text.count, text[index] == "}" || text[index] == ")" { break }
                let (name, value) = field()
                if name.isEmpty { break }
                fields[name] = value
                skipSpace()
            }
            if index >= text.count, problem == nil { problem = "the entry “\(key)” has no end" }
            if !key.isEmpty { entries.append(entry(key, fields)) }
        }
        return entries
    }

    private mutating func skipSpace() {
        while index < text.count, text[index].isWhitespace { index += 1 }
    }

    private mutating func word() -> String {
        let start = index
        while index < text.count, text[index].isLetter || text[index].isNumber || text[index] == "-" || text[index] == "_" { index += 1 }
        return String(text[start..<index])
    }

    /// `name = value # value`.
    private mutating func field() -> (String, String) {
        skipSpace()
        let name = word().lowercased()
        skipSpace()
        guard index < text.count, text[index] == "=" else { return ("", "") }
        index += 1
        var value = part()
        skipSpace()
        while index < text.count, text[index] == "#" {
            index += 1
            value += part()
            skipSpace()
        }
        return (name, value)
    }

    private mutating func part() -> String {
        skipSpace()
        guard index < text.count else { return "" }
        if text[index] == "{" || text[index] == "\"" {
            let closing: Character = text[index] == "{" ? "}" : "\""
            index += 1
            let start = index
            var depth = 0
            while index < text.count {
                let character = text[index]
                if depth == 0, character == closing { break }
                if character == "\\" { index += 1 } else if character == "{" { depth += 1 } else if character == "}" { depth -= 1 }
                index += 1
            }
            let end = min(index, text.count)
            index = min(index + 1, text.count)
            return Self.plain(text[start..<end])
        }
        let name = word()
        guard let value = strings[name.lowercased()] else { return name }
        expandedBytes += value.utf8.count
        if expandedBytes > Self.expansionLimit {
            problem = "its strings make it larger than \(Self.expansionLimit >> 20) MB"
            return ""
        }
        return value
    }

    /// Braces dropped, accents composed, ties and dashes as characters.
    private static func plain(_ source: ArraySlice<Character>) -> String {
        var output = ""
        let source = Array(source)
        let accents: [Character: Unicode.Scalar] = [
            "\"": "\u{308}", "'": "\u{301}", "`": "\u{300}", "^": "\u{302}", "~": "\u{303}", "=": "\u{304}", ".": "\u{307}",
            "c": "\u{327}", "v": "\u{30C}", "u": "\u{306}", "H": "\u{30B}", "r": "\u{30A}", "k": "\u{328}",
        ]
        let symbols = [
            "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "ı",
            "textendash": "–", "textemdash": "—", "TeX": "TeX", "LaTeX": "LaTeX", "BibTeX": "BibTeX",
            "&": "&", "%": "%", "_": "_", "#": "#", "$": "$",
        ]
        var index = 0
        while index < source.count {
            let character = source[index]
            index += 1
            switch character {
            case "{", "}": continue
            case "~": output += "\u{A0}"
            case "-" where index < source.count && source[index] == "-":
                while index < source.count, source[index] == "-" { index += 1 }
                output += "–"
            case "\\" where index < source.count:
                var name = String(source[index])
                index += 1
                if name.first?.isLetter == true {
                    while index < source.count, source[index].isLetter,
                        !(name.count == 1 && accents[Character(name)] != nil && source[index].isUppercase)
                    {
                        name.append(source[index])
                        index += 1
                    }
                }
                if let symbol = symbols[name] {
                    output += symbol
                } else if name.count == 1, let first = name.first, let accent = accents[first] {
                    while index < source.count, source[index] == "{" || source[index] == " " || source[index] == "\\" { index += 1 }
                    if index < source.count {
                        var scalars = String(source[index]).unicodeScalars
                        scalars.append(accent)
                        output += String(scalars)
                        index += 1
                    }
                }
            case _ where character.isWhitespace:
                if output.last != " " { output += " " }
            default: output.append(character)
            }
        }
        return output.trimmed
    }

    private func entry(_ key: String, _ fields: [String: String]) -> BibliographyEntry {
        var entry = BibliographyEntry(key: key)
        entry.authors = (fields["author"] ?? fields["editor"] ?? "").components(separatedBy: " and ").filter { !$0.isEmpty }.map { name in
            if let comma = name.firstIndex(of: ",") {
                return BibliographyEntry.Name(family: String(name[..<comma]).trimmed, given: String(name[name.index(after: comma)...]).trimmed)
            }
            let words = name.split(separator: " ")
            return BibliographyEntry.Name(family: words.last.map(String.init) ?? name, given: words.dropLast().joined(separator: " "))
        }
        entry.year = fields["year"] ?? fields["date"].map { String($0.prefix(4)) } ?? entry.year
        entry.title = fields["title"] ?? ""
        entry.container = fields["journal"] ?? fields["journaltitle"] ?? fields["booktitle"]
        entry.volume = fields["volume"]
        entry.issue = fields["number"] ?? fields["issue"]
        entry.pages = fields["pages"]
        entry.publisher = fields["publisher"] ?? fields["institution"] ?? fields["school"]
        entry.doi = fields["doi"]
        entry.address = fields["url"] ?? fields["eprint"].map { "https://arxiv.org/abs/\($0)" }
        return entry
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]).trimmed)
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest).trimmed]
    }
}
