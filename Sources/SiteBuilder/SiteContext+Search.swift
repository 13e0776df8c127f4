import JSON
import NotebookModel
import TemplateEngine

extension SiteContext {
    static let searchPath = "search.html"

    /// The file that the search page loads: a script, so that a site also finds things where it is opened from a folder.
    static let searchIndexPath = "search-index.js"

    /// Bytes of text that the index of a whole site holds at most; in large sites the beginnings of pages are found.
    private static let searchLimit = 4 << 20

    /// The page that searches the site.
    func search() -> Job {
        var context = common(path: Self.searchPath, kind: "search", title: word("search"))
        context["noindex"] = .bool(true)
        context["search"] = ["index": .string(Self.searchIndexPath), "script": .string(searchScriptPath)]
        return Job(path: Self.searchPath, template: "search.html", context: context)
    }

    /// The words of all pages but drafts, as `galleySearch([[path, title, tags, [[id, heading, text], …]], …])`.
    func searchIndex() async -> [UInt8] {
        let found = entries.filter { !$0.page.frontMatter.draft && $0.page.path != "index.html" }
        let limit = Self.searchLimit / max(1, found.count)
        let lines = await concurrentMap(found) { entry in
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
