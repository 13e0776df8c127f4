import Groundwork
import NotebookModel
import SourceText

extension SiteBuilder {
    /// An older address that leads to a page.
    struct Redirect: Sendable {
        var path: String
        var entry: PageEntry
    }

    /// What a site makes as soon as it has an address, or a search.
    private static let reserved: Set = ["feed.xml", "feed.json", "sitemap.xml", "search.html"]

    /// The older addresses of pages that lead to them: those that nobody else has. The others are told of.
    func redirects(_ entries: [PageEntry], _ addresses: inout AddressTable, _ diagnostics: inout [Diagnostic]) -> [Redirect] {
        var redirects: [Redirect] = []
        for entry in entries.sorted(by: { $0.page.sourcePath < $1.page.sourcePath }) {
            let page = entry.page
            var own: Set<String> = [page.path]
            for alias in page.frontMatter.aliases {
                func warn(_ summary: String, _ solutions: [String] = []) {
                    diagnostics.append(
                        Diagnostic(
                            .warning, identifier: "alias", summary: summary, path: page.file.path, range: place(of: alias, in: page.file),
                            solutions: solutions))
                }
                guard let path = path(ofAlias: alias) else {
                    warn("the alias “\(alias)” is no address of a page of this site", ["write it from the site's root, such as /2024/old-name/"])
                    continue
                }
                if !own.insert(path).inserted { continue }
                if configuration.hasLists, Self.reserved.contains(path.lowercased()), addresses.conflict(at: path) == nil {
                    warn("the alias “\(alias)” is left out: \(path) belongs to the site itself")
                    continue
                }
                if let conflict = addresses.conflict(at: path) {
                    let other = conflict.other
                    let owner = other.owner == page.file.path ? "this page" : other.owner
                    warn("the alias “\(alias)” is left out: \(other.path) belongs to \(owner)")
                    continue
                }
                // Servers give `old.html` for `/old` before they look into a folder of that name.
                let ownAlias = "an alias of \(page.file.path)"
                if let twin = Self.twin(of: path), twin != page.path, let conflict = addresses.conflict(at: twin), !conflict.isFolder,
                    case let other = conflict.other, other.owner != ownAlias
                {
                    warn("the alias “\(alias)” is left out: many servers answer it with \(twin) of \(other.owner)")
                    continue
                }
                addresses.claim(path, for: ownAlias)
                redirects.append(Redirect(path: path, entry: entry))
            }
        }
        return redirects
    }

    /// The other file that servers give for an address without its ending: `a.html` for `a/index.html`, and the other way round.
    private static func twin(of path: String) -> String? {
        if path.hasSuffix("/index.html") { return path.dropLast("/index.html".count) + ".html" }
        return path.hasSuffix(".html") ? path.dropLast(".html".count) + "/index.html" : nil
    }

    /// The file that an older address is served from.
    private func path(ofAlias alias: String) -> String? {
        var address = alias
        if let base = configuration.baseURL, address.hasPrefix(base) { address = String(address.dropFirst(base.count)) }
        guard !address.contains("://"), !address.contains(where: { $0 == "?" || $0 == "#" || $0 == "\\" || $0 == ":" || $0.isNewline }),
            let decoded = PercentEncoding.decode(address), !decoded.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }),
            !decoded.contains("\\"),
            let resolved = SitePath.resolve(decoded.hasPrefix("/") ? decoded : "/" + decoded, from: "")
        else { return nil }
        let isFolder = resolved.isEmpty || decoded.hasSuffix("/") || SitePath.fileExtension(resolved).isEmpty
        let path = isFolder ? SitePath.join(resolved, "index.html") : resolved
        // Not the list of what Galley wrote, nor what servers and tools keep in hidden files.
        guard SitePath.isSafe(path), !path.split(separator: "/").contains(where: { $0.hasPrefix(".") && $0 != ".well-known" }) else { return nil }
        // Windows knows no dots and blanks at the end of a name: `a.html.` is `a.html`.
        guard !path.split(separator: "/").contains(where: { $0.hasSuffix(".") || $0.hasSuffix(" ") }) else { return nil }
        return path
    }

    private func place(of alias: String, in file: SourceFile) -> SourceRange? {
        guard let found = file.text.firstRange(of: alias) else { return nil }
        let offset = file.text.utf8.distance(from: file.text.startIndex, to: found.lowerBound)
        return SourceRange(start: file.location(atOffset: offset), end: file.location(atOffset: offset + alias.utf8.count))
    }
}
