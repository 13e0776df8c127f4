public import JSON

/// What the YAML block at a notebook's head says.
public struct FrontMatter: Sendable, Hashable {
    public var title: String?
    public var subtitle: String?
    public var description: String?
    public var authors: [String] = []
    /// As written, ISO 8601 (`2026-11-23` or with a time).
    public var date: String?
    public var updated: String?
    public var tags: [String] = []
    /// Whether the author has not published the page: a draft, or whatever else says so.
    public var draft = false
    /// Whether a key says plainly that it is published: `draft: false`, `published: true`.
    public var isPublishedExplicitly = false
    /// From when on the page is published, as written; its date where there is none.
    public var publishDate: String?
    /// From when on it is published no more, as written.
    public var expiryDate: String?
    /// What a published page keeps out of.
    public var keepsOutOf: Set<Place> = []
    /// The picture of the post, a path from the notebook's folder or a URL.
    public var image: String?
    public var imageAlternative: String?
    /// The BCP 47 language tag of the prose.
    public var language: String?
    public var tableOfContents = true
    /// Types on hover in the page's Swift code.
    public var hover = true
    /// Parameters in the order written.
    public var parameters: [Parameter] = []
    /// Each entry is a set of parameters to render a page of its own under.
    public var matrix: [[Parameter]] = []
    /// `execute:`: the defaults of every cell's options in this notebook.
    public var execute = CellOptions()
    /// Whether any cell runs (`execute: enabled`); where none does, every cell's `eval` is false, whatever the cell says.
    public var runsCells = true
    /// Local SwiftPM packages, or the ones that SwiftPM can fetch.
    public var packages: [Package] = []
    /// Whether cells may import the targets of the SwiftPM package that the notebook lies in.
    public var seesEnclosingPackage = true
    /// Files that travel to the host.
    public var resources: [String] = []
    /// Older addresses of the page.
    public var aliases: [String] = []
    public var bibliography: [String] = []
    /// The keys that Galley does not know, for templates.
    public var extra = JSONObject()

    public init() {}

    /// Where a page is found beside its own address.
    public enum Place: String, Sendable, Hashable, CaseIterable {
        /// Index, archive, tags, feeds and neighbours.
        case lists
        /// The feeds alone.
        case feeds
        /// The site's own search.
        case search
        case sitemap
        /// The indices of search engines.
        case engines
    }

    public struct Package: Sendable, Hashable {
        /// A path from the notebook's folder, or a URL.
        public var location: String
        /// A version requirement for URLs: `from:` this version.
        public var version: String?
        /// The library products to link; empty for all.
        public var products: [String]

        public init(location: String, version: String? = nil, products: [String] = []) {
            self.location = location
            self.version = version
            self.products = products
        }
    }
}

/// A named value that cells read, and that the command line may replace.
public struct Parameter: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case bool(Bool)
        case integer(Int)
        case double(Double)
        case string(String)
        case list([Value])
    }

    public var name: String
    public var value: Value
    /// The line (from 1) of the file that gives it; `nil` when it came from the command line.
    public var line: Int?

    public init(name: String, value: Value, line: Int? = nil) {
        self.name = name
        self.value = value
        self.line = line
    }
}
