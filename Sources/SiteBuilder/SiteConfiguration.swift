internal import Groundwork
public import JSON

/// What `site.yaml` says.
public struct SiteConfiguration: Sendable, Hashable {
    public struct NavigationItem: Sendable, Hashable {
        public var title: String
        /// A URL, or a path from the site's root; a notebook's path leads to its page.
        public var target: String

        public init(title: String, target: String) {
            self.title = title
            self.target = target
        }
    }

    public var title: String?
    public var description: String?
    /// Where the site will stand, with its scheme; ends with `/`. Feeds, the sitemap and canonical links need it.
    public var baseURL: String?
    public var author: String?
    /// The BCP 47 language tag of pages that give none.
    public var language = "en"
    public var theme = "rich"
    /// A folder of the site whose files take precedence over the theme's.
    public var themeFolder: String?
    public var navigation: [NavigationItem] = []
    /// The picture of pages that give none: a path from the site's folder.
    public var image: String?
    /// The site's icon: a path from the site's folder, or a URL.
    public var icon: String?
    /// How many posts the index shows; the archive has them all.
    public var indexCount = 20
    /// Words of the frame, by their names in ``Words``, for sites in other languages.
    public var words: [String: String] = [:]
    /// The names of the months in the site's language.
    public var months: [String] = Words.months
    /// Folders and files that are no notebooks of the site.
    public var exclude: [String] = []
    /// Hidden files and folders that pages may refer to; all others stay at home.
    public var include: [String] = []
    /// Whether the site has an index, an archive, tag pages and a page for missing addresses.
    public var hasLists = true
    /// Whether a site with lists has a page that searches it.
    public var hasSearch = true
    /// Whether the style sheet stands in every page, so that a page is complete in itself.
    public var inlineStyles = false
    /// The keys that Galley does not know, for templates.
    public var extra = JSONObject()

    public init() {}

    /// A page by itself, without a site around it.
    public static var singlePage: SiteConfiguration {
        var configuration = SiteConfiguration()
        configuration.hasLists = false
        configuration.inlineStyles = true
        return configuration
    }

    /// Feeds and the sitemap need absolute addresses.
    var hasFeeds: Bool { hasLists && baseURL != nil }

    var hasSearchPage: Bool { hasLists && hasSearch }

    /// The site's path on its server, such as `/blog/`; `/` without a base URL.
    var basePath: String {
        guard let baseURL, let scheme = baseURL.firstRange(of: "://") else { return "/" }
        let rest = baseURL[scheme.upperBound...]
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }

    /// The absolute address of a page; `index.html` is left out, as servers add it.
    func address(of path: String) -> String? {
        guard let baseURL else { return nil }
        let shown = path == "index.html" ? "" : path.hasSuffix("/index.html") ? String(path.dropLast(10)) : path
        return baseURL + PercentEncoding.encode(path: shown)
    }
}
