import Groundwork
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The contrast of the themes' colours by WCAG 2.2 (relative luminance and contrast ratio as defined in its glossary).
@Suite("Contrast")
struct ContrastTests {
    /// Text on grounds: at least 4.5 to 1 (success criterion 1.4.3).
    private static let text: [(text: [String], grounds: [String])] = [
        (["ink", "ink-strong", "ink-soft", "link", "link-hover", "accent"], ["ground", "raised"]),
        (["ink", "ink-strong", "link"], ["note-ground", "tip-ground", "important-ground", "warning-ground", "error-ground", "mark", "selection"]),
        (["note"], ["note-ground", "ground"]), (["tip"], ["tip-ground", "ground"]), (["important"], ["important-ground"]),
        (["warning"], ["warning-ground", "ground"]), (["error"], ["error-ground", "ground"]),
        (
            ["code-ink"]
                + ["keyword", "attribute", "type", "string", "number", "comment", "directive", "command", "operator"].map { "syntax-\($0)" },
            ["code-ground", "ground"]
        ),
        (["code-ink"], ["mark"]),
        (["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"].map { "ansi-\($0)" }, ["ground"]),
    ]
    /// Parts of charts and edges of controls: at least 3 to 1 (success criterion 1.4.11).
    private static let graphics: [(text: [String], grounds: [String])] = [
        ((1...6).map { "chart-\($0)" } + ["edge", "accent"], ["ground"])
    ]

    @Test("text and graphics stand out in both schemes", arguments: ["rich", "plain"], [0, 1])
    func contrast(theme: String, scheme: Int) throws {
        let tokens = try tokens(of: theme)
        #expect(tokens.count > 40)
        for (pairs, least) in [(Self.text, 4.5), (Self.graphics, 3)] {
            for (names, grounds) in pairs {
                for name in names {
                    for ground in grounds {
                        guard let front = tokens[name]?[scheme], let back = tokens[ground]?[scheme] else {
                            Issue.record("--\(name) or --\(ground) is missing")
                            continue
                        }
                        let ratio = contrastRatio(front, back)
                        if ratio < least { Issue.record("\(theme), scheme \(scheme): --\(name) on --\(ground) is \(ratio)") }
                    }
                }
            }
        }
    }

    /// The light and the dark colour of each token.
    private func tokens(of theme: String) throws -> [String: [Int]] {
        let path = ReferenceData.packageRoot + "/Templates/\(theme)/tokens.css"
        var tokens: [String: [Int]] = [:]
        for line in String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n") {
            let parts = line.split { " :(),;".contains($0) }
            guard parts.count == 4, parts[0].hasPrefix("--"), parts[1] == "light-dark",
                let light = Int(parts[2].dropFirst(), radix: 16), let dark = Int(parts[3].dropFirst(), radix: 16)
            else { continue }
            tokens[String(parts[0].dropFirst(2))] = [light, dark]
        }
        return tokens
    }

    private func contrastRatio(_ first: Int, _ second: Int) -> Double {
        let levels = [luminance(first), luminance(second)].sorted()
        return (levels[1] + 0.05) / (levels[0] + 0.05)
    }

    private func luminance(_ colour: Int) -> Double {
        func channel(_ value: Int) -> Double {
            let level = Double(value & 0xFF) / 255
            return level <= 0.04045 ? level / 12.92 : pow((level + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channel(colour >> 16) + 0.7152 * channel(colour >> 8) + 0.0722 * channel(colour)
    }
}
