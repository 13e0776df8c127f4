import Groundwork
import JSON
import NotebookModel
internal import SourceText
import TemplateEngine

/// What templates see of a site.
struct SiteContext: Sendable {
    let builder: SiteBuilder
    /// In the order of the index.
    let entries: [PageEntry]
    let tags: TagTable
    let sizes: [String: ImageSize]
    let icon: PageEntry.Picture?
    let card: PageEntry.Picture?
    let navigation: [SiteConfiguration.NavigationItem]
    /// The posts that lists show, in order, drafts included where they are published.
    let posts: [PageEntry]
    /// The posts of feeds: no drafts, the latest first.
    let feedPosts: [PageEntry]
    let stylePath: String
    let scriptPath: String
    let searchScriptPath: String
    /// Whether the site is searched on a page of Galley's; an author's own page at that address takes precedence.
    let hasSearch: Bool
    let templatesKey: QuickDigest?
    /// What ``common(path:kind:title:root:)`` gives every page alike.
    private let shared: TemplateMap
    private let sharedSite: TemplateMap

    init(
        builder: SiteBuilder, entries: [PageEntry], tags: TagTable, sizes: [String: ImageSize], icon: PageEntry.Picture?,
        card: PageEntry.Picture?, navigation: [SiteConfiguration.NavigationItem]
    ) {
        self.builder = builder
        self.entries = entries
        self.tags = tags
        self.sizes = sizes
        self.icon = icon
        self.card = card
        self.navigation = navigation
        posts = entries.filter(\.isListed)
        feedPosts = Array(posts.lazy.filter { !$0.isHeld && !$0.page.frontMatter.keepsOutOf.contains(.feeds) }.prefix(Self.feedCount))
        stylePath = "assets/style.\(contentDigest(builder.theme.styleSheet).prefix(8)).css"
        scriptPath = "assets/enhance.\(contentDigest(builder.theme.script).prefix(8)).js"
        searchScriptPath = "assets/search.\(contentDigest(builder.theme.searchScript).prefix(8)).js"
        hasSearch = builder.configuration.hasSearchPage && !entries.contains { $0.page.path == Self.searchPath }
        shared = Self.shared(builder, stylePath: stylePath, scriptPath: scriptPath)
        templatesKey = Self.templatesKey(of: builder.theme, shared: shared)
        sharedSite = Self.sharedSite(builder.configuration)
    }

    var configuration: SiteConfiguration { builder.configuration }

    static let feedCount = 20

    var hasFeeds: Bool { configuration.hasFeeds }

    // MARK: Values that all pages share

    /// The names that every template has, for a page at `path`.
    func common(path: String, kind: String, title: String, root: String? = nil) -> TemplateMap {
        let root = root ?? SitePath.root(from: path)
        var map = shared
        map["kind"] = .string(kind)
        map["root"] = .string(root)
        map["title"] = .string(title)
        map["canonical"] = configuration.address(of: path).map(TemplateValue.string) ?? TemplateValue.none
        map["site"] = site(path: path, root: root)
        map["card"] = picture(card, alternative: nil).map { .map($0) } ?? TemplateValue.none
        return map
    }

    private static func shared(_ builder: SiteBuilder, stylePath: String, scriptPath: String) -> TemplateMap {
        let theme = builder.theme
        var map = TemplateMap()
        // In the order in which templates that list the names see them.
        for name in ["kind", "root", "title"] { map[name] = TemplateValue.none }
        map["language"] = .string(builder.configuration.language)
        map["description"] = TemplateValue.none
        map["authors"] = .list([])
        map["noindex"] = .bool(false)
        map["canonical"] = TemplateValue.none
        map["page"] = TemplateValue.none
        map["galley"] = ["version": .string(builder.version)]
        map["site"] = TemplateValue.none
        map["words"] = .map(TemplateMap(Words.english.map { ($0.name, .string(builder.configuration.words[$0.name] ?? $0.text)) }))
        if builder.configuration.inlineStyles {
            map["styles"] = ["inline": .safe(rawText(theme.styleSheet, of: "style"))]
            map["script"] = ["inline": theme.script.isEmpty ? .none : .safe(rawText(theme.script, of: "script"))]
        } else {
            map["styles"] = ["inline": .none, "path": .string(stylePath)]
            map["script"] = ["inline": .none, "path": theme.script.isEmpty ? .none : .string(scriptPath)]
        }
        return map
    }

    private static func sharedSite(_ configuration: SiteConfiguration) -> TemplateMap {
        func optional(_ text: String?) -> TemplateValue { text.map(TemplateValue.string) ?? .none }
        return [
            "title": optional(configuration.title), "description": optional(configuration.description),
            "author": optional(configuration.author), "url": optional(configuration.baseURL), "home": "index.html",
            "language": .string(configuration.language), "lists": .bool(configuration.hasLists), "feeds": .bool(configuration.hasFeeds),
            "search": .none, "navigation": .none, "icon": .none, "extra": TemplateValue(json: .object(configuration.extra)),
        ]
    }

    private func site(path: String, root: String) -> TemplateValue {
        let items = navigation.map { item -> TemplateValue in
            let isRemote = item.target.contains("://") || item.target.hasPrefix("mailto:")
            let target = item.target.hasPrefix("/") ? String(item.target.dropFirst()) : item.target
            return [
                "title": .string(item.title), "href": .string(isRemote ? target : root + PercentEncoding.encode(path: target)),
                "current": .bool(!isRemote && target == path),
            ]
        }
        let iconAddress: TemplateValue =
            switch icon {
            case .site(let file): .string(root + PercentEncoding.encode(path: file))
            case .remote(let url): .string(url)
            case nil: .none
            }
        var map = sharedSite
        map["navigation"] = .list(items)
        map["icon"] = iconAddress
        map["search"] = .bool(hasSearch)
        return .map(map)
    }

    func word(_ name: String) -> String {
        configuration.words[name] ?? Words.english.first { $0.name == name }?.text ?? name
    }

    // MARK: Posts

    /// A post as lists show it.
    func summary(_ entry: PageEntry) -> TemplateMap {
        let front = entry.page.frontMatter
        var map = TemplateMap()
        map["title"] = .string(entry.page.title)
        map["subtitle"] = optional(front.subtitle)
        map["description"] = optional(front.description)
        map["summary"] = optional(front.description ?? entry.page.summary)
        map["path"] = .string(PercentEncoding.encode(path: entry.page.path))
        map["authors"] = .list(authors(front).map(TemplateValue.string))
        map["draft"] = .bool(entry.isHeld)
        map["reading_minutes"] = .integer(entry.readingMinutes)
        map["date"] = optional(entry.date?.iso)
        map["date_long"] = optional(entry.date?.long(months: configuration.months))
        map["date_short"] = optional(entry.date?.short(months: configuration.months))
        map["updated"] = optional(entry.updated?.iso)
        map["updated_long"] = optional(entry.updated?.long(months: configuration.months))
        map["tags"] = .list(tags.names(front.tags).map(tag))
        map["image"] = TemplateValue.none
        if case .site(let path)? = entry.image {
            var image: TemplateMap = ["path": .string(PercentEncoding.encode(path: path)), "alternative": optional(front.imageAlternative)]
            if let size = sizes[path] {
                image["width"] = .integer(size.width)
                image["height"] = .integer(size.height)
            }
            map["image"] = .map(image)
        }
        map["extra"] = TemplateValue(json: .object(front.extra))
        return map
    }

    func authors(_ front: FrontMatter) -> [String] {
        front.authors.isEmpty ? configuration.author.map { [$0] } ?? [] : front.authors
    }

    func tag(_ name: String) -> TemplateValue {
        guard configuration.hasLists, let tag = tags[name] else { return ["name": .string(name), "path": .none] }
        return ["name": .string(name), "path": .string(PercentEncoding.encode(path: tag.path)), "count": .integer(tag.count)]
    }

    /// The picture of link previews; without a base URL there is none, as its address must be absolute.
    func picture(_ picture: PageEntry.Picture?, alternative: String?) -> TemplateMap? {
        switch picture {
        case .remote(let url): return ["url": .string(url), "alternative": optional(alternative)]
        case .site(let path):
            guard let baseURL = configuration.baseURL else { return nil }
            var map: TemplateMap = ["url": .string(baseURL + PercentEncoding.encode(path: path)), "alternative": optional(alternative)]
            if let size = sizes[path] {
                map["width"] = .integer(size.width)
                map["height"] = .integer(size.height)
            }
            return map
        case nil: return nil
        }
    }

    func optional(_ text: String?) -> TemplateValue { text.map(TemplateValue.string) ?? .none }

    static func uniqued(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// Text for an element whose content is raw: what would end the element is broken up.
    private static func rawText(_ text: String, of element: String) -> String {
        text.split(separator: "</\(element)", omittingEmptySubsequences: false).joined(separator: "<\\/\(element)")
    }
}
