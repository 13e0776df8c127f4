public import Groundwork
import NotebookModel
internal import SourceText
import TemplateEngine

/// Makes a ``Site`` of rendered notebooks.
public struct SiteBuilder: Sendable {
    public let configuration: SiteConfiguration
    /// The folder that sources and their pictures lie in.
    public let sourceFolder: String
    /// The version that the footer names.
    public let version: String
    let theme: Theme
    let templates: TemplateSet
    /// Whether drafts are published, and pages whose date is to come or that expired.
    public var includesDrafts = false
    /// When the site is built.
    public var clock = SiteClock.system
    /// Called with the path of each file of the source folder before it is looked for.
    public var willRead: @Sendable (String) -> Void = { _ in }
    /// Whether the output folder holds what was made of the same things, so that it need not be made again.
    public var isThere: @Sendable (_ path: String, _ key: QuickDigest) -> Bool = { _, _ in false }

    public init(configuration: SiteConfiguration, theme: Theme, sourceFolder: String, version: String) {
        self.configuration = configuration
        self.theme = theme
        self.sourceFolder = sourceFolder.isEmpty ? "." : sourceFolder
        self.version = version
        templates = TemplateSet(theme: theme)
    }

    /// Builds the whole site. The order of `pages` does not matter.
    ///
    /// A site whose diagnostics hold an error lacks pages, and should not replace an earlier one.
    public func build(_ pages: [SitePage]) async -> Site {
        var admission = self.admission(of: pages)
        let published = admission.pages
        var diagnostics = admission.diagnostics
        let scans = await concurrentMap(published) { BodyScan($0.body) }
        let isListed = zip(published, admission.dates).map { isPost($0, $1) && !$0.frontMatter.keepsOutOf.contains(.lists) }
        let tags = TagTable(zip(published, isListed).filter(\.1).map(\.0))
        var links = resolver(pages: pages, published: published, scans: scans, tags: tags)
        var entries: [PageEntry] = []
        for (index, page) in published.enumerated() {
            let targets = scans[index].references.map { links.resolve($0, in: page) }
            let standing = PageEntry.Standing(
                isPost: isPost(page, admission.dates[index]), isListed: isListed[index], isHeld: admission.isHeld[index])
            entries.append(
                entry(
                    of: page, scan: scans[index], targets: targets, date: admission.dates[index], standing: standing, links: &links, &diagnostics))
        }
        order(&entries)
        let cards = await addCards(to: &entries, &links)
        let icon = configuration.icon.flatMap { sitePicture($0, &links, &diagnostics) }
        let card = configuration.image.flatMap { sitePicture($0, &links, &diagnostics) }
        diagnostics += links.diagnostics

        let context = SiteContext(
            builder: self, entries: entries, tags: tags, sizes: links.sizes, icon: icon, card: card, navigation: navigation(entries))
        claimOwnFiles(of: context, links.assets.keys.sorted(), &admission.addresses, &diagnostics)
        let redirects = self.redirects(entries, &admission.addresses, &diagnostics)
        var site = Site(files: links.assets)
        site.changesAt = admission.changesAt
        for entry in entries { site.makers[entry.page.path] = entry.page.file.path }
        for redirect in redirects { site.makers[redirect.path] = redirect.entry.page.file.path }
        site.keys = cards.keys
        site.standing = cards.standing
        async let fixedFiles = context.fixedFiles()
        let jobs = await context.jobs() + context.jobs(for: redirects)
        let results = await concurrentMap(jobs) { job -> (QuickDigest?, Result<[UInt8]?, TemplateError>) in
            let key = context.key(of: job)
            if let key, isThere(job.path, key) { return (key, .success(nil)) }
            return (key, Result { () throws(TemplateError) in try context.render(job, templates: templates) })
        }
        var failures: Set<TemplateError> = []
        for (job, (key, result)) in zip(jobs, results) {
            switch result {
            case .success(let bytes):
                site.keys[job.path] = key
                if let bytes { site.files[job.path] = bytes } else { site.standing.insert(job.path) }
            case .failure(let error):
                // A mistake in a template shows on every page; it is one mistake.
                if failures.insert(error).inserted { diagnostics.append(templates.diagnostic(error)) }
            }
        }
        await site.files.merge(fixedFiles) { $1 }
        site.diagnostics = diagnostics
        return site
    }

    /// What is a post is decided by its date. The site's own index lists the posts and is none.
    private func isPost(_ page: SitePage, _ date: PostDate?) -> Bool { date != nil && !(configuration.hasLists && page.path == "index.html") }

    /// Gives the files that the site makes itself their addresses, and those that its pages refer to.
    ///
    /// An author's own page takes precedence over a list at its address, and that is said.
    private func claimOwnFiles(
        of context: SiteContext, _ assets: [String], _ addresses: inout AddressTable, _ diagnostics: inout [Diagnostic]
    ) {
        func report(_ severity: Diagnostic.Severity, _ summary: String, path: String? = nil, _ solutions: [String] = []) {
            diagnostics.append(
                Diagnostic(severity, identifier: "page-address", summary: summary, path: path ?? sourceFolder, solutions: solutions))
        }
        for (path, owner) in context.ownFiles {
            defer { addresses.claim(path, for: owner) }
            switch addresses.conflict(at: path) {
            case nil: break
            case .same(let other)?:
                // What the author writes on the index stands above the list; a search of one's own is one's wish.
                if path == "index.html" || path == SiteContext.searchPath { continue }
                report(.warning, "its page \(path) stands in the place of \(owner)", path: other.owner, ["rename it to have both"])
            case .sameButForCase(let other)?:
                report(
                    .warning, "\(other.path) and \(path), \(owner), are one file where case does not count, as on macOS and Windows",
                    path: other.owner, ["rename it"])
            case .folder(let other)?:
                report(.error, "\(other.path) stands where \(path), \(owner), has to be", path: other.owner, ["rename it"])
            }
        }
        for path in assets {
            let owner = "the file \(path)"
            defer { addresses.claim(path, for: owner) }
            guard let other = addresses.conflict(at: path)?.other else { continue }
            let isWarning = addresses.conflict(at: path) == .sameButForCase(other)
            report(
                isWarning ? .warning : .error, "\(owner), which a page refers to, stands where \(other.path) of \(other.owner) has to be",
                [
                    "rename it"
                ])
        }
    }

    private func resolver(pages: [SitePage], published: [SitePage], scans: [BodyScan], tags: TagTable) -> LinkResolver {
        var made: Set<String> = []
        if configuration.hasLists { made = Set(["index.html", "archive.html", "tags/index.html", "404.html", "robots.txt"] + tags.tags.map(\.path)) }
        if configuration.hasLists, configuration.baseURL != nil { made.formUnion(["feed.xml", "feed.json", "sitemap.xml"]) }
        if configuration.hasSearchPage { made.insert(SiteContext.searchPath) }
        let publishedSources = Set(published.map(\.sourcePath))
        return LinkResolver(
            sourceFolder: sourceFolder, willRead: willRead,
            pageOfSource: Dictionary(published.map { ($0.sourcePath, $0.path) }, uniquingKeysWith: { first, _ in first }),
            identifiers: Dictionary(zip(published.map(\.path), scans.map(\.identifiers)), uniquingKeysWith: { first, _ in first }),
            madePaths: made,
            unpublished: Set(pages.map(\.sourcePath)).subtracting(publishedSources),
            included: configuration.include)
    }

    private func entry(
        of page: SitePage, scan: BodyScan, targets: [LinkTarget], date: PostDate?, standing: PageEntry.Standing, links: inout LinkResolver,
        _ diagnostics: inout [Diagnostic]
    ) -> PageEntry {
        let updated = self.date(page.frontMatter.updated, of: page, &diagnostics)
        var picture: PageEntry.Picture?
        if let image = page.frontMatter.image {
            switch links.resolve(image, isPicture: true, in: page) {
            case .site(let path, _): picture = .site(path)
            case .unchanged where image.hasPrefix("https://") || image.hasPrefix("http://"): picture = .remote(image)
            default: break
            }
        }
        return PageEntry(page: page, scan: scan, targets: targets, date: date, updated: updated, image: picture, standing: standing)
    }

    /// Draws the pictures of link previews for posts that have none, where the site says at which address they will stand.
    ///
    /// - Returns: What each was made of, and those that need not be drawn again.
    private func addCards(to entries: inout [PageEntry], _ links: inout LinkResolver) async -> (keys: [String: QuickDigest], standing: Set<String>) {
        guard configuration.baseURL != nil, configuration.hasLists, configuration.image == nil else { return ([:], []) }
        let name = configuration.title ?? ""
        let wanting = entries.indices.filter { entries[$0].image == nil && entries[$0].isPost }
        let cards = wanting.map { index in
            let title = entries[index].page.title
            let slug = SitePath.slug(SitePath.withoutExtension(entries[index].page.path))
            let key = QuickDigest(title + "\n" + name)
            return (title: title, key: key, path: "assets/card-\(slug).\(key.description.prefix(8)).png")
        }
        let pictures = await concurrentMap(cards) { card -> (isThere: Bool, bytes: [UInt8]?) in
            isThere(card.path, card.key) ? (true, nil) : (false, SocialCard.picture(title: card.title, siteName: name))
        }
        var made: (keys: [String: QuickDigest], standing: Set<String>) = ([:], [])
        for ((index, card), picture) in zip(zip(wanting, cards), pictures) {
            if picture.isThere {
                links.note(card.path, SocialCard.size)
                made.standing.insert(card.path)
            } else if let bytes = picture.bytes {
                links.add(card.path, bytes)
            } else {
                continue
            }
            made.keys[card.path] = card.key
            entries[index] = entries[index].with(card: card.path)
        }
        return made
    }

    private func order(_ entries: inout [PageEntry]) {
        entries.sort { left, right in
            switch (left.date, right.date) {
            case (let a?, let b?) where a != b: a > b
            case (.some, nil): true
            case (nil, .some): false
            default: (left.page.title, left.page.path) < (right.page.title, right.page.path)
            }
        }
    }

    private func sitePicture(_ path: String, _ links: inout LinkResolver, _ diagnostics: inout [Diagnostic]) -> PageEntry.Picture? {
        if path.hasPrefix("https://") || path.hasPrefix("http://") { return .remote(path) }
        if let asset = SitePath.resolve(path, from: "").flatMap({ links.asset($0, fingerprinted: true) }) { return .site(asset) }
        diagnostics.append(
            Diagnostic(
                .warning, identifier: "missing-picture", summary: "there is no picture “\(path)” in the site's folder",
                path: SitePath.join(sourceFolder, "site.yaml")))
        return nil
    }

    /// The navigation's entries with the paths of pages in place of notebooks.
    private func navigation(_ entries: [PageEntry]) -> [SiteConfiguration.NavigationItem] {
        let pages = Dictionary(entries.map { ($0.page.sourcePath, $0.page.path) }, uniquingKeysWith: { first, _ in first })
        return configuration.navigation.map { item in
            var item = item
            if let path = SitePath.resolve(item.target, from: "").flatMap({ pages[$0] }) { item.target = path }
            return item
        }
    }
}

/// Maps on all cores, keeping the order.
func concurrentMap<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @escaping @Sendable (Element) -> Result
) async -> [Result] {
    let chunk = max(1, min(64, (elements.count + 7) / 8))
    if elements.count <= 2 { return elements.map(transform) }
    return await withTaskGroup(of: (Int, [Result]).self) { group in
        for start in stride(from: 0, to: elements.count, by: chunk) {
            let slice = elements[start..<min(start + chunk, elements.count)]
            group.addTask { (start, slice.map(transform)) }
        }
        var parts: [(Int, [Result])] = []
        for await part in group { parts.append(part) }
        return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
    }
}
