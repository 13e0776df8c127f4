import NotebookModel

/// A page with what the site found out about it. An object, as it stands in many lists.
final class PageEntry: Sendable {
    enum Picture: Sendable, Hashable {
        /// A file of the site.
        case site(String)
        /// Somewhere else.
        case remote(String)
    }

    let page: SitePage
    let scan: BodyScan
    /// Where each reference of the scan leads.
    let targets: [LinkTarget]
    let date: PostDate?
    let updated: PostDate?
    let image: Picture?
    /// The picture drawn for link previews where there is no image.
    let card: String?
    let standing: Standing

    /// What a page is to the site's lists.
    struct Standing: Sendable, Hashable {
        /// Whether it is a post: a page with a date.
        var isPost = false
        /// Whether lists and feeds show it.
        var isListed = false
        /// Whether it is there only because drafts were asked for.
        var isHeld = false
    }

    var isPost: Bool { standing.isPost }
    var isListed: Bool { standing.isListed }
    var isHeld: Bool { standing.isHeld }

    init(
        page: SitePage, scan: BodyScan, targets: [LinkTarget], date: PostDate?, updated: PostDate?, image: Picture?, card: String? = nil,
        standing: Standing
    ) {
        self.page = page
        self.scan = scan
        self.targets = targets
        self.date = date
        self.updated = updated
        self.image = image
        self.card = card
        self.standing = standing
    }

    func with(card: String) -> PageEntry {
        PageEntry(page: page, scan: scan, targets: targets, date: date, updated: updated, image: image, card: card, standing: standing)
    }

    /// At 220 words a minute, a common rate for reading prose silently (Brysbaert 2019: 238 for non-fiction).
    var readingMinutes: Int { page.readingMinutes ?? max(1, (scan.wordCount + 110) / 220) }
}

/// The tags of a site, each with its page.
struct TagTable: Sendable {
    struct Tag: Sendable {
        var name: String
        var path: String
        var count: Int
    }

    /// By name.
    private(set) var tags: [Tag] = []
    private var positions: [String: Int] = [:]

    /// Spellings that differ in case alone are one tag, called as most posts call it. Tags that differ only in what addresses cannot show
    /// get numbers, in the order of their names.
    ///
    /// - Parameter pages: the posts that lists show.
    init(_ pages: [SitePage]) {
        var counts: [String: Int] = [:]
        var spellings: [String: [String: Int]] = [:]
        for page in pages {
            let tags = Set(page.frontMatter.tags)
            for tag in tags { spellings[Self.folded(tag), default: [:]][tag, default: 0] += 1 }
            for tag in Set(tags.map(Self.folded)) { counts[tag, default: 0] += 1 }
        }
        let names = spellings.compactMap { key, variants in
            variants.min { ($1.value, $0.key) < ($0.value, $1.key) }.map { (key: key, name: $0.key) }
        }
        var taken: Set<String> = ["index"]
        for (key, name) in names.sorted(by: { $0.name < $1.name }) {
            let slug = SitePath.slug(name)
            var candidate = slug
            var number = 2
            while !taken.insert(candidate).inserted {
                candidate = "\(slug)-\(number)"
                number += 1
            }
            positions[key] = tags.count
            tags.append(Tag(name: name, path: "tags/\(candidate).html", count: counts[key] ?? 0))
        }
    }

    private static func folded(_ name: String) -> String { name.lowercased() }

    /// The names of a page's tags, each once.
    func names(_ written: [String]) -> [String] { SiteContext.uniqued(written.map { self[$0]?.name ?? $0 }) }

    subscript(name: String) -> Tag? { positions[Self.folded(name)].map { tags[$0] } }
}
