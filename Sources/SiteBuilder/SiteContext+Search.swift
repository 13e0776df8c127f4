internal import Groundwork
import JSON
import NotebookModel
import TemplateEngine

extension SiteContext {
    static let searchPath = "search.html"

    /// The index's parts: scripts, so that a site also finds things where it is opened from a folder; several, so that an edit makes one anew.
    static let searchIndexPrefix = "assets/search-"

    /// Pages whose words one part of the index has at least, and parts at most, nearly.
    private static let (searchPartSize, searchPartCount) = (16, 32)
    /// Bytes of text that the index of a whole site holds at most; in large sites the beginnings of pages are found.
    private static let searchLimit = 4 << 20

    /// The page that searches the site, and the index that it looks through.
    func search() -> [Job] {
        // The posts' order changes with their dates, their paths seldom.
        let found = entries.filter { !$0.isHeld && !$0.page.frontMatter.keepsOutOf.contains(.search) && $0.page.path != "index.html" }
            .sorted { $0.page.path < $1.page.path }
        let rounded = found.count.roundedUpToPowerOfTwo
        let size = max(Self.searchPartSize, rounded / Self.searchPartCount)
        var parts: [Job] = []
        for start in stride(from: 0, to: found.count, by: size) {
            parts.append(
                Job(
                    path: "\(Self.searchIndexPrefix)\(parts.count).js", content: .words(limit: Self.searchLimit / rounded),
                    entries: Array(found[start..<min(start + size, found.count)])))
        }
        var context = common(path: Self.searchPath, kind: "search", title: word("search"))
        context["noindex"] = .bool(true)
        context["search"] = [
            "parts": .list(parts.map { .string($0.path) }), "script": .string(searchScriptPath),
        ]
        return [Job(path: Self.searchPath, template: "search.html", context: context)] + parts
    }

    /// The words of pages, as `galleySearch([[path, title, tags, [[id, heading, text], …]], …])`.
    ///
    /// - Parameter limit: Bytes of text that each page has at most.
    static func searchIndex(_ entries: [PageEntry], limit: Int) -> [UInt8] {
        let lines = entries.map { entry in
            let sections = PageText(entry.page.body, limit: limit).sections
            return JSONValue.array([
                .string(PercentEncoding.encode(path: entry.page.path)), .string(entry.page.title),
                .array(uniqued(entry.page.frontMatter.tags).map(JSONValue.string)),
                .array(sections.map { .array([.string($0.id), .string($0.heading), .string($0.text)]) }),
            ]).text(.compact)
        }
        return Array("galleySearch([\n\(lines.joined(separator: ",\n"))\n])\n".utf8)
    }
}

extension Int {
    fileprivate var roundedUpToPowerOfTwo: Int { self < 2 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
