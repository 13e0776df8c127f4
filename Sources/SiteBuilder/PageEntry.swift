import NotebookModel
import SourceText

/// A page with what the site found out about it.
struct PageEntry: Sendable {
    enum Picture: Sendable, Hashable {
        /// A file of the site.
        case site(String)
        /// Somewhere else.
        case remote(String)
    }

    var page: SitePage
    let bodyDigest: QuickDigest
    var scan: BodyScan
    /// Where each reference of the scan leads.
    var targets: [LinkTarget]
    var date: PostDate?
    var updated: PostDate?
    var image: Picture?
    /// The picture drawn for link previews where there is no image.
    var card: String?

    init(page: SitePage, scan: BodyScan, targets: [LinkTarget]) {
        self.page = page
        bodyDigest = QuickDigest(page.body)
        self.scan = scan
        self.targets = targets
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
    init(_ pages: [SitePage]) {
        var counts: [String: Int] = [:]
        for page in pages where page.isPost {
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
