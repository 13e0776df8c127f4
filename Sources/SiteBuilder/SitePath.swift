/// Paths within a site: relative, with `/`, without `.` and `..`, never starting or ending with `/`.
enum SitePath {
    /// Resolves a reference against the folder of `base`. `nil` when it leaves the site.
    ///
    /// A reference that starts with `/` counts from the site's root.
    static func resolve(_ reference: String, from base: String) -> String? {
        var parts: [Substring] = reference.hasPrefix("/") ? [] : base.split(separator: "/").dropLast()
        for part in reference.split(separator: "/") {
            switch part {
            case ".": continue
            case "..":
                if parts.isEmpty { return nil }
                parts.removeLast()
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }

    /// Whether a path can be written beneath a folder without leaving it.
    static func isSafe(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.utf8.contains(0)
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    /// The `../` that lead from the folder of `path` to the site's root; empty for a page at the root.
    static func root(from path: String) -> String {
        String(repeating: "../", count: path.utf8.count { $0 == UInt8(ascii: "/") })
    }

    /// The relative reference from one page to a file of the site.
    static func relative(to target: String, from page: String) -> String {
        let from = page.split(separator: "/").dropLast()
        let to = target.split(separator: "/")
        var shared = 0
        while shared < from.count, shared < to.count - 1, from[shared] == to[shared] { shared += 1 }
        return String(repeating: "../", count: from.count - shared) + to.dropFirst(shared).joined(separator: "/")
    }

    static func folder(of path: String) -> String {
        lastSlash(path).map { String(path[..<$0]) } ?? ""
    }

    static func fileName(_ path: String) -> String {
        guard let slash = lastSlash(path) else { return path }
        let name = path[path.utf8.index(after: slash)...]
        return name.isEmpty ? fileName(String(path[..<slash])) : String(name)
    }

    /// The extension in lower case, without its dot; empty where there is none.
    static func fileExtension(_ path: String) -> String {
        dot(path).map { path[path.utf8.index(after: $0)...].lowercased() } ?? ""
    }

    static func withoutExtension(_ path: String) -> String {
        guard let dot = dot(path), path.utf8.index(after: dot) < path.endIndex else { return path }
        return String(path[..<dot])
    }

    private static func lastSlash(_ path: String) -> String.Index? { path.utf8.lastIndex(of: UInt8(ascii: "/")) }

    /// The last dot of the file's name, unless the name begins with it.
    private static func dot(_ path: String) -> String.Index? {
        guard let dot = path.utf8.lastIndex(of: UInt8(ascii: ".")), dot > path.startIndex else { return nil }
        let before = path.utf8[path.utf8.index(before: dot)]
        guard before != UInt8(ascii: "/"), !path.utf8[dot...].contains(UInt8(ascii: "/")) else { return nil }
        return dot
    }

    /// The page that a notebook becomes.
    static func page(ofSource path: String) -> String { withoutExtension(path) + ".html" }

    /// Joins a folder and a path; an empty folder adds nothing.
    static func join(_ folder: String, _ path: String) -> String {
        folder.isEmpty ? path : folder.hasSuffix("/") ? folder + path : folder + "/" + path
    }

    /// A name for addresses: letters and digits of any script in lower case, everything else a single `-`.
    static func slug(_ text: String) -> String {
        var slug = ""
        for character in text.lowercased() {
            if character.isLetter || character.isNumber {
                slug.append(character)
            } else if !slug.isEmpty, !slug.hasSuffix("-") {
                slug.append("-")
            }
        }
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug.isEmpty ? "untitled" : slug
    }
}
