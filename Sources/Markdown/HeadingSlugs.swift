/// Makes the identifiers of headings by GitHub's rules: lower case, letters, numbers, `-` and `_` only, spaces as `-`,
/// and a number at the end of what was used before.
public struct HeadingSlugs: Sendable {
    private var counts: [String: Int] = [:]
    private var used: Set<String> = []

    public init() {}

    /// Takes an identifier that the author gave, so that no slug repeats it.
    public mutating func reserve(_ id: String) { used.insert(id) }

    public mutating func slug(for text: String) -> String {
        var base = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars {
            if scalar == " " || scalar == "\t" {
                base.append("-")
            } else if scalar == "-" || scalar == "_" || Self.isWord(scalar) {
                base.append(scalar)
            }
        }
        // A heading of punctuation only needs an identifier too.
        let name = base.isEmpty ? "section" : String(base)
        if used.insert(name).inserted { return name }
        var number = counts[name] ?? 0
        while true {
            number += 1
            let candidate = "\(name)-\(number)"
            if used.insert(candidate).inserted {
                counts[name] = number
                return candidate
            }
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.properties.isAlphabetic || scalar.properties.numericType != nil }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber,
            .nonspacingMark, .spacingMark, .enclosingMark, .connectorPunctuation:
            return true
        default: return false
        }
    }
}
