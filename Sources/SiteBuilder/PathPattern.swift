/// What `exclude:` names: a file or folder of the site, or a pattern of them, as Jekyll, Quarto and Git write these.
///
/// `*` stands for any part of a name, `?` for a character, `**` for any folders. A pattern without `/` concerns names in every folder; what
/// matches a folder concerns all beneath.
struct PathPattern: Sendable, Hashable {
    private let parts: [Substring]
    private let isAnywhere: Bool

    /// `nil` for a path that leads out of the site.
    init?(_ text: String) {
        guard let path = SitePath.resolve(text, from: ""), !path.isEmpty else { return nil }
        let isPattern = path.contains { $0 == "*" || $0 == "?" }
        isAnywhere = isPattern && !path.contains("/") && !text.hasPrefix("/")
        parts = path.split(separator: "/")
    }

    /// Whether the pattern concerns a file or folder by its own path; what lies beneath a folder is for the caller.
    func matches(_ path: String) -> Bool {
        let names = path.split(separator: "/")
        if isAnywhere { return names.last.map { Self.matches(parts[0][...], $0) } ?? false }
        return matches(parts[...], names[...])
    }

    private func matches(_ parts: ArraySlice<Substring>, _ names: ArraySlice<Substring>) -> Bool {
        guard let part = parts.first else { return names.isEmpty }
        if part == "**" {
            let rest = parts.dropFirst()
            // `drafts/**` is all beneath, and so the folder itself.
            if rest.isEmpty { return true }
            return (names.startIndex...names.endIndex).contains { matches(rest, names[$0...]) }
        }
        guard let name = names.first, Self.matches(part, name) else {
            return false
        }
        return matches(parts.dropFirst(), names.dropFirst())
    }

    /// Whether a name is of a pattern; at a mismatch the last `*` takes one character more.
    ///
    /// - Complexity: O(*pattern* · *name*).
    private static func matches(_ pattern: Substring, _ name: Substring) -> Bool {
        let pattern = Array(pattern)
        let name = Array(name)
        var (p, n) = (0, 0)
        var star: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                star = (p, n)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = star {
                star = (last.p, last.n + 1)
                (p, n) = (last.p + 1, last.n + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
