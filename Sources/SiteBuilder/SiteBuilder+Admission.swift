import JSON
import NotebookModel
import SourceText

extension SiteBuilder {
    /// Why a page is not published now.
    enum Hold: Sendable, Hashable {
        case draft
        /// Until its date comes.
        case future(PostDate)
        /// Since its date came.
        case expired(PostDate)
    }

    /// The pages that are published now, and why others are not.
    struct Admission: Sendable {
        var pages: [SitePage] = []
        /// The date of each page, `nil` for pages that have none and so are no posts.
        var dates: [PostDate?] = []
        /// Whether each is published only because drafts were asked for.
        var isHeld: [Bool] = []
        var addresses = AddressTable()
        var diagnostics: [Diagnostic] = []
        /// The minute at which the next page comes or goes by itself; see ``SiteClock``.
        var changesAt: Int?
    }

    /// Decides which pages are published: nothing that its author holds back unless it was asked for, and no two at one address.
    func admission(of pages: [SitePage]) -> Admission {
        var result = Admission()
        var drafts: [SitePage] = []
        for page in pages.sorted(by: { $0.sourcePath < $1.sourcePath }) {
            let date = self.date(of: page, &result.diagnostics)
            let (hold, changesAt) = self.hold(page, date)
            if let changesAt { result.changesAt = min(result.changesAt ?? changesAt, changesAt) }
            if let hold, !includesDrafts {
                if hold == .draft { drafts.append(page) } else { report(hold, page, &result.diagnostics) }
                continue
            }
            guard claim(page, &result) else { continue }
            result.pages.append(page)
            result.dates.append(date)
            result.isHeld.append(hold != nil)
        }
        if let first = drafts.first {
            let names = drafts.count > 8 ? drafts.prefix(7).map(\.sourcePath) + ["and \(drafts.count - 7) more"] : drafts.map(\.sourcePath)
            result.diagnostics.append(
                Diagnostic(
                    .note, identifier: "drafts",
                    summary: drafts.count == 1
                        ? "a draft, so it is not published" : "\(drafts.count) drafts are not published: \(names.joined(separator: ", "))",
                    path: drafts.count == 1 ? first.file.path : sourceFolder,
                    solutions: ["--drafts publishes drafts"]
                        + (drafts.contains { !$0.frontMatter.draft } ? ["“draft: false” publishes a page in a folder of drafts"] : [])))
        }
        reportAddresses(of: result.pages, &result.diagnostics)
        return result
    }

    /// Why a page is not published, and the minute at which that changes.
    private func hold(_ page: SitePage, _ date: PostDate?) -> (hold: Hold?, changesAt: Int?) {
        if page.frontMatter.draft || liesAmongDrafts(page) { return (.draft, nil) }
        let from = page.frontMatter.publishDate.flatMap { PostDate($0) } ?? date
        let until = page.frontMatter.expiryDate.flatMap { PostDate($0) }
        if let until, until.start(localOffset: clock.localOffset) <= clock.minute { return (.expired(until), nil) }
        if let from, case let start = from.start(localOffset: clock.localOffset), start > clock.minute { return (.future(from), start) }
        return (nil, until?.start(localOffset: clock.localOffset))
    }

    /// Whether a page lies in a folder that is called one of drafts, and does not say that it is none.
    private func liesAmongDrafts(_ page: SitePage) -> Bool {
        !page.frontMatter.isPublishedExplicitly
            && page.sourcePath.split(separator: "/").dropLast().contains { ["drafts", "_drafts", "unpublished"].contains($0.lowercased()) }
    }

    /// Says, once for the site, which pages name an address that they do not get: pages stand where their files do.
    private func reportAddresses(of pages: [SitePage], _ diagnostics: inout [Diagnostic]) {
        var names: [String] = []
        var keys: Set<String> = []
        var jekyll: [String] = []
        for page in pages {
            let stem = SitePath.withoutExtension(page.path)
            let own = [stem, page.path, stem.hasSuffix("/index") ? String(stem.dropLast("/index".count)) : stem]
            let lastPart = SitePath.fileName(stem)
            for key in ["permalink", "slug", "url"] {
                guard let wanted = page.frontMatter.extra[key]?.stringValue, !wanted.isEmpty, !wanted.contains("://") else { continue }
                let address = wanted.split(separator: "/").joined(separator: "/")
                if own.contains(address) || key == "slug" && address == lastPart { continue }
                if page.frontMatter.aliases.contains(where: { $0.split(separator: "/").joined(separator: "/").hasSuffix(address) }) { continue }
                keys.insert(key)
                if names.last != page.sourcePath { names.append(page.sourcePath) }
            }
            if page.sourcePath.split(separator: "/").dropLast().contains("_posts"), page.frontMatter.aliases.isEmpty {
                jekyll.append(page.sourcePath)
            }
        }
        func warn(_ names: [String], _ summary: String) {
            guard !names.isEmpty else { return }
            let list = names.count > 4 ? names.prefix(3) + ["and \(names.count - 3) more"] : names[...]
            diagnostics.append(
                Diagnostic(
                    .warning, identifier: "page-address", summary: "\(summary): \(list.joined(separator: ", "))", path: sourceFolder,
                    solutions: ["name the files as the addresses should be, or name the older addresses under “aliases:”"]))
        }
        warn(
            names,
            "\(keys.sorted().map { "“\($0)”" }.joined(separator: " and ")) \(keys.count == 1 ? "has" : "have") no effect, pages stand where their files do"
        )
        warn(jekyll, "pages of “_posts” stand where their files do, and not at Jekyll's addresses")
    }

    private func report(_ hold: Hold, _ page: SitePage, _ diagnostics: inout [Diagnostic]) {
        let summary =
            switch hold {
            case .draft: "a draft, so it is not published"
            case .future(let date): "its date is to come, so it is not published before \(date.iso)"
            case .expired(let date): "it expired on \(date.iso), so it is published no more"
            }
        diagnostics.append(
            Diagnostic(.note, identifier: "held-back", summary: summary, path: page.file.path, solutions: ["--drafts publishes it all the same"]))
    }

    /// The page's date: what its front matter says, or the name of its file.
    private func date(of page: SitePage, _ diagnostics: inout [Diagnostic]) -> PostDate? {
        guard let text = page.frontMatter.date else {
            if PostDate.isBroken(fileName: page.sourcePath) {
                diagnostics.append(
                    Diagnostic(
                        .warning, identifier: "date", summary: "its name begins with a day that no calendar has, so the page counts as undated",
                        path: page.file.path, solutions: ["correct it, or write “date:” in the front matter"]))
            }
            return PostDate(fileName: page.sourcePath)
        }
        return date(text, of: page, &diagnostics)
    }

    func date(_ text: String?, of page: SitePage, _ diagnostics: inout [Diagnostic]) -> PostDate? {
        guard let text else { return nil }
        func warn(_ summary: String, _ solution: String) {
            diagnostics.append(Diagnostic(.warning, identifier: "date", summary: summary, path: page.file.path, solutions: [solution]))
        }
        guard let date = PostDate(text) else {
            if PostDate.isRelative(text) {
                warn("“\(text)” is another day at every render, so the page counts as undated", "write the day, such as 2026-11-23")
            } else {
                warn("“\(text)” is no date, so the page counts as undated", "write it as 2026-11-23 or 2026-11-23T09:30:00+01:00")
            }
            return nil
        }
        if date.isAmbiguous {
            warn("“\(text)” is read with the month first, as \(date.iso)", "write it as \(date.iso), or with day and month the other way round")
        }
        return date
    }

    /// Gives a page its address.
    private func claim(_ page: SitePage, _ result: inout Admission) -> Bool {
        guard SitePath.isSafe(page.path) else {
            result.diagnostics.append(
                Diagnostic(.error, identifier: "page-address", summary: "“\(page.path)” is no address of a page", path: page.file.path))
            return false
        }
        defer { result.addresses.claim(page.path, for: page.file.path) }
        switch result.addresses.conflict(at: page.path) {
        case nil: return true
        case .same(let other)?:
            result.diagnostics.append(
                Diagnostic(
                    .error, identifier: "page-address", summary: "this notebook and \(other.owner) make the same page \(page.path)",
                    path: page.file.path, solutions: ["rename one of them"]))
            return false
        case .folder(let other)?:
            result.diagnostics.append(
                Diagnostic(
                    .error, identifier: "page-address",
                    summary: "its page \(page.path) and \(other.path) of \(other.owner) cannot both be: one would have to be a folder",
                    path: page.file.path, solutions: ["rename one of them"]))
            return false
        case .sameButForCase(let other)?:
            result.diagnostics.append(
                Diagnostic(
                    .warning, identifier: "page-address",
                    summary:
                        "its page \(page.path) and \(other.path) of \(other.owner) are one file where case does not count, as on macOS and Windows",
                    path: page.file.path, solutions: ["rename one of them"]))
            return true
        }
    }
}
