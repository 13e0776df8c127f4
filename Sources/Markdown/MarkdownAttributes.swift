/// What stands in braces after a heading, an image or a fence: `{#id .class key=value key="two words"}`.
public struct MarkdownAttributes: Sendable, Hashable {
    public struct Pair: Sendable, Hashable {
        public var key: String
        public var value: String

        public init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    public var id: String?
    public var classes: [String] = []
    /// In the order written.
    public var pairs: [Pair] = []

    public init() {}

    public var isEmpty: Bool { id == nil && classes.isEmpty && pairs.isEmpty }

    public subscript(key: String) -> String? { pairs.last { $0.key == key }?.value }

    /// Reads the text between the braces.
    ///
    /// - Returns: `nil` when a part is none of `#id`, `.class`, `-` or `key=value`.
    public init?(parsing text: some StringProtocol) {
        var rest = Substring(text)
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard let first = rest.first else { return }
            if first == "#" || first == "." {
                let name = rest.dropFirst().prefix { $0 != " " && $0 != "\t" && $0 != "#" && $0 != "{" && $0 != "}" }
                guard !name.isEmpty else { return nil }
                if first == "#" { id = String(name) } else { classes.append(String(name)) }
                rest = rest[name.endIndex...]
            } else if first == "-", rest.dropFirst().first.map({ $0 == " " }) ?? true {
                // Pandoc's short form of `.unnumbered`.
                classes.append("unnumbered")
                rest = rest.dropFirst()
            } else {
                let key = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == ":" }
                guard !key.isEmpty, rest[key.endIndex...].first == "=" else { return nil }
                var value = rest[key.endIndex...].dropFirst()
                if let quote = value.first, quote == "\"" || quote == "'" || quote == "\u{201C}" {
                    value = value.dropFirst()
                    guard let closing = value.firstIndex(of: quote == "\u{201C}" ? "\u{201D}" : quote) else { return nil }
                    pairs.append(Pair(key: String(key), value: String(value[..<closing])))
                    rest = value[value.index(after: closing)...]
                } else {
                    let word = value.prefix { $0 != " " && $0 != "\t" && $0 != "}" }
                    pairs.append(Pair(key: String(key), value: String(word)))
                    rest = value[word.endIndex...]
                }
            }
        }
    }
}
