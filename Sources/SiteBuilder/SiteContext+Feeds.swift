internal import Groundwork
import JSON
import NotebookModel
import TemplateEngine

extension SiteContext {
    /// The Atom feed (RFC 4287).
    func feed() -> Job {
        let posts = feedPosts
        var context = common(path: "feed.xml", kind: "feed", title: configuration.title ?? word("untitled"))
        if configuration.title == nil, case .map(var site)? = context["site"] {
            site["title"] = .string(word("untitled"))
            context["site"] = .map(site)
        }
        let home = configuration.baseURL ?? ""
        context["feed"] = [
            "url": .string(home + "feed.xml"), "home": .string(home), "id": .string(home),
            "updated": .string(latest(posts)),
            "posts": .list(
                posts.map { entry in
                    var map = summary(entry)
                    let address = configuration.address(of: entry.page.path) ?? ""
                    map["key"] = .string(entry.page.path)
                    map["url"] = .string(address)
                    map["id"] = .string(address)
                    map["published"] = optional(entry.date?.timestamp)
                    map["updated"] = optional((entry.updated ?? entry.date)?.timestamp)
                    if entry.page.frontMatter.authors.isEmpty { map["authors"] = .list([]) }
                    return .map(map)
                }),
        ]
        return Job(path: "feed.xml", template: "feed.xml", context: context, entries: posts)
    }

    /// The time of the latest change, so that an unchanged site has an unchanged feed.
    private func latest(_ posts: [PageEntry]) -> String {
        posts.compactMap { $0.updated ?? $0.date }.max()?.timestamp ?? "1970-01-01T00:00:00Z"
    }

    /// The feed as JSON Feed 1.1.
    func jsonFeed() -> [UInt8] {
        let home = configuration.baseURL ?? ""
        var feed: JSONObject = [
            "version": "https://jsonfeed.org/version/1.1", "title": .string(configuration.title ?? word("untitled")),
            "home_page_url": .string(home), "feed_url": .string(home + "feed.json"), "language": .string(configuration.language),
        ]
        if let description = configuration.description { feed["description"] = .string(description) }
        if let author = configuration.author { feed["authors"] = [["name": .string(author)]] }
        feed["items"] = .array(
            feedPosts.map { entry in
                let address = configuration.address(of: entry.page.path) ?? ""
                let front = entry.page.frontMatter
                var item: JSONObject = [
                    "id": .string(address), "url": .string(address), "title": .string(entry.page.title),
                    "content_html": .string(absoluteBody(entry)),
                ]
                if let description = front.description ?? entry.page.summary { item["summary"] = .string(description) }
                if let date = entry.date { item["date_published"] = .string(date.timestamp) }
                if let updated = entry.updated { item["date_modified"] = .string(updated.timestamp) }
                if !front.authors.isEmpty { item["authors"] = .array(front.authors.map { ["name": .string($0)] }) }
                if !front.tags.isEmpty { item["tags"] = .array(tags.names(front.tags).map(JSONValue.string)) }
                switch entry.image {
                case .site(let path): item["image"] = .string(home + PercentEncoding.encode(path: path))
                case .remote(let url): item["image"] = .string(url)
                case nil: break
                }
                return .object(item)
            })
        return Array((JSONValue.object(feed).text(.indented(1)) + "\n").utf8)
    }

    /// The sitemap (sitemaps.org 0.9): pages and lists, no drafts.
    func sitemap() -> [UInt8] {
        var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#, #"<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">"#]
        func add(_ path: String, _ date: PostDate?) {
            guard let address = configuration.address(of: path) else { return }
            let changed = date.map { "<lastmod>\($0.iso)</lastmod>" } ?? ""
            lines.append("<url><loc>\(escaped(address, .attribute))</loc>\(changed)</url>")
        }
        add("index.html", feedPosts.compactMap { $0.updated ?? $0.date }.max())
        let pages = entries.filter { !$0.isHeld && !$0.page.frontMatter.keepsOutOf.contains(.sitemap) }.map { ($0.page.path, $0.updated ?? $0.date) }
        for (path, date) in pages.sorted(by: { $0.0 < $1.0 }) where path != "index.html" { add(path, date) }
        add("archive.html", nil)
        add("tags/index.html", nil)
        for tag in tags.tags { add(tag.path, nil) }
        lines.append("</urlset>\n")
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// The files that no template makes.
    func fixedFiles() -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        if !configuration.inlineStyles, !entries.isEmpty || configuration.hasLists {
            files[stylePath] = Array(builder.theme.styleSheet.utf8)
            if !builder.theme.script.isEmpty { files[scriptPath] = Array(builder.theme.script.utf8) }
        }
        guard configuration.hasLists else { return files }
        var robots = "User-agent: *\nAllow: /\n"
        if hasFeeds {
            files["feed.json"] = jsonFeed()
            files["sitemap.xml"] = sitemap()
            robots += "Sitemap: \(configuration.baseURL ?? "")sitemap.xml\n"
        }
        if hasSearch { files[searchScriptPath] = Array(builder.theme.searchScript.utf8) }
        files["robots.txt"] = Array(robots.utf8)
        return files
    }

    /// The files that the site makes of all its pages, and what the author knows them as.
    var ownFiles: [(path: String, owner: String)] {
        var files = [(stylePath, "the style sheet"), (scriptPath, "the script of pages")]
        guard configuration.hasLists else { return configuration.inlineStyles ? [] : files }
        files += [
            ("index.html", "the index"), ("archive.html", "the archive"), ("tags/index.html", "the list of tags"),
            ("404.html", "the page for missing addresses"), ("robots.txt", "the file for search engines' robots"),
        ]
        files += tags.tags.map { ($0.path, "the page of the tag “\($0.name)”") }
        if configuration.hasSearchPage {
            files += [(Self.searchPath, "the page that searches the site"), (searchScriptPath, "the script of the search")]
            files += hasSearch ? search().dropFirst().map { ($0.path, "the index of the search") } : []
        }
        if hasFeeds { files += [("feed.xml", "the Atom feed"), ("feed.json", "the JSON feed"), ("sitemap.xml", "the sitemap")] }
        return files
    }

    // MARK: Bodies

    /// A page's HTML with references as they are seen from the page itself.
    func relativeBody(_ entry: PageEntry) -> String {
        BodyRewriting.rewritten(entry.page.body, entry.scan.references, entry.targets, sizes: sizes) { target in
            guard case .site(let path, let suffix) = target else { return nil }
            return PercentEncoding.encode(path: SitePath.relative(to: path, from: entry.page.path)) + suffix
        }
    }

    /// A page's HTML with absolute references, for feeds. The notes on names stay out: readers of feeds have no style for them.
    func absoluteBody(_ entry: PageEntry) -> String {
        let body = BodyRewriting.rewritten(entry.page.body, entry.scan.references, entry.targets, sizes: sizes) { target in
            switch target {
            case .site(let path, let suffix): configuration.address(of: path).map { $0 + suffix }
            case .fragment(let fragment): configuration.address(of: entry.page.path).map { $0 + fragment }
            case .unchanged: nil
            }
        }
        return BodyRewriting.withoutNotes(body)
    }

    /// Makes a file.
    func render(_ job: Job, templates: TemplateSet) throws(TemplateError) -> [UInt8] {
        switch job.content {
        case .words(let limit): Self.searchIndex(job.entries, limit: limit)
        case .template(let template, let context): try templates.render(template, completed(context, of: job))
        }
    }

    /// What a template sees, bodies included.
    private func completed(_ context: TemplateMap, of job: Job) -> TemplateMap {
        var context = context
        if let entry = job.entries.first, case .map(var page)? = context["page"] {
            page["body"] = .safe(relativeBody(entry))
            context["page"] = .map(page)
        }
        if job.path == "feed.xml", case .map(var feed)? = context["feed"], case .list(let posts)? = feed["posts"] {
            let bodyOfPath = Dictionary(job.entries.map { ($0.page.path, $0) }, uniquingKeysWith: { first, _ in first })
            feed["posts"] = .list(
                posts.map { post in
                    guard case .map(var map) = post, let key = map["key"]?.stringValue, let entry = bodyOfPath[key] else { return post }
                    map["body"] = .string(absoluteBody(entry))
                    return .map(map)
                })
            context["feed"] = .map(feed)
        }
        return context
    }
}
