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

    /// Tags that differ only in what addresses cannot show get numbers, in the order of their names.
    ///
    /// - Parameter pages: the posts that lists show.
    init(_ pages: [SitePage]) {
        var counts: [String: Int] = [:]
        for page in pages {
            for tag in Set(page.frontMatter.tags) { counts[tag, default: 0] += 1 }
        }
        var taken: Set<String> = ["index"]
        for name in counts.keys.sorted() {
            let slug = SitePath.slug(name)
            var candidate = slug
            var number = 2
            while !taken.insert(candidate).inserted {
                candidate = "\(slug)-\(number)"
                number += 1
            }
            positions[name] = tags.count
            tags.append(Tag(name: name, path: "tags/\(candidate).html", count: counts[name] ?? 0))
        }
    }

    subscript(name: String) -> Tag? { positions[name].map { tags[$0] } }
}
