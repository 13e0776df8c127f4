internal import Groundwork
import NotebookModel
import TemplateEngine

extension SiteContext {
    /// One file to be made of pages.
    struct Job: Sendable {
        enum Content: Sendable {
            case template(String, TemplateMap)
            /// A part of the search's index.
            case words(limit: Int)
        }

        var path: String
        var content: Content
        /// The pages whose bodies go into it: a notebook's own page has one, a feed several.
        var entries: [PageEntry] = []

        init(path: String, content: Content, entries: [PageEntry]) {
            self.path = path
            self.content = content
            self.entries = entries
        }

        init(path: String, template: String, context: TemplateMap, entries: [PageEntry] = []) {
            self.init(path: path, content: .template(template, context), entries: entries)
        }
    }

    /// Every file that a template makes.
    func jobs() async -> [Job] {
        let neighbours = self.neighbours
        let pages = await concurrentMap(entries) { entry -> (summary: TemplateMap, job: Job?) in
            let summary = summary(entry)
            return (summary, isIndex(entry) ? nil : pageJob(entry, summary, neighbours[entry.page.path]))
        }
        let summaries = zip(entries, pages).filter(\.0.isListed).map { TemplateValue.map($0.1.summary) }
        let jobs = pages.compactMap(\.job)
        guard configuration.hasLists else { return jobs }
        var lists = [index(summaries), archive(posts, summaries)] + tagJobs(posts, summaries) + [notFound(summaries)]
        if hasSearch { lists += search() }
        if hasFeeds { lists.append(feed()) }
        // An author's own page takes precedence.
        let own = Set(jobs.map(\.path))
        return jobs + lists.filter { !own.contains($0.path) }
    }

    private func isIndex(_ entry: PageEntry) -> Bool { configuration.hasLists && entry.page.path == "index.html" }

    private func pageJob(_ entry: PageEntry, _ summary: TemplateMap, _ neighbours: Neighbours?) -> Job {
        let front = entry.page.frontMatter
        var context = common(path: entry.page.path, kind: entry.isPost ? "post" : "page", title: entry.page.title)
        context["page"] = .map(pageContext(entry, summary, neighbours))
        context["description"] = optional(front.description ?? entry.page.summary)
        context["authors"] = .list(authors(front).map(TemplateValue.string))
        context["language"] = .string(front.language ?? configuration.language)
        context["noindex"] = .bool(entry.isHeld || front.keepsOutOf.contains(.engines))
        if let own = picture(entry.image, alternative: front.imageAlternative) ?? picture(entry.card.map { .site($0) }, alternative: entry.page.title)
        {
            context["card"] = .map(own)
        }
        let layout = builder.theme.templates[entry.page.layout] == nil ? "post.html" : entry.page.layout
        return Job(path: entry.page.path, template: layout, context: context, entries: [entry])
    }

    private func pageContext(_ entry: PageEntry, _ summary: TemplateMap, _ neighbours: Neighbours?) -> TemplateMap {
        var map = summary
        map["toc"] = .list(entry.page.frontMatter.tableOfContents ? entry.page.contents.map(contents) : [])
        map["run"] = entry.page.run.map { .map(run($0)) } ?? TemplateValue.none
        map["older"] = neighbours?.older ?? TemplateValue.none
        map["newer"] = neighbours?.newer ?? TemplateValue.none
        return map
    }

    private func contents(_ entry: SitePage.ContentsEntry) -> TemplateValue {
        ["id": .string(PercentEncoding.encode(path: entry.id)), "title": .safe(entry.title), "children": .list(entry.children.map(contents))]
    }

    private func run(_ run: SitePage.Run) -> TemplateMap {
        let environment = run.environment
        let date = PostDate(run.date)
        let minutes = run.date.count >= 16 ? String(run.date.dropFirst(11).prefix(5)) + " UTC" : nil
        var saved: SavedOutputs?
        if case .saved(let outputs) = run.claim { saved = outputs }
        return [
            "claim": .string(run.claim.name),
            "saved_by": .string(saved?.language ?? ""),
            "saved_order": .string(saved?.order == .outOfOrder ? "out-of-order" : saved?.order == .incomplete ? "incomplete" : ""),
            "reproducible": .bool(run.claim == .inOrder),
            "date": .string(run.date),
            "date_long": .string(
                date.map { [$0.long(months: configuration.months), minutes].compactMap { $0 }.joined(separator: ", ") } ?? run.date),
            "duration": .string(Self.duration(run.duration)),
            "galley": .string(environment.galley), "swift": .string(environment.swift), "system": .string(environment.system),
            "cpu": .string(environment.cpu), "cores": .integer(environment.coreCount),
            "gpus": .list(environment.gpus.map(TemplateValue.string)),
            "parameters": .list(run.parameters.map { ["name": .string($0.name), "value": .string(Self.text($0.value))] }),
        ]
    }

    /// Seconds as people say them: `0.42 s`, `41 s`, `3 min 5 s`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "" }
        if seconds < 10 {
            let hundredths = Int((seconds * 100).rounded())
            let rest = hundredths % 100
            return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) s"
        }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    private static func text(_ value: Parameter.Value) -> String {
        switch value {
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value
        case .list(let values): "[" + values.map(text).joined(separator: ", ") + "]"
        }
    }

    private struct Neighbours: Sendable {
        var newer: TemplateValue
        var older: TemplateValue
    }

    /// The neighbours of posts in time, by path.
    private var neighbours: [String: Neighbours] {
        guard configuration.hasLists else { return [:] }
        func neighbour(_ position: Int) -> TemplateValue {
            guard posts.indices.contains(position) else { return .none }
            let page = posts[position].page
            return ["title": .string(page.title), "path": .string(PercentEncoding.encode(path: page.path))]
        }
        return Dictionary(
            posts.indices.map { (posts[$0].page.path, Neighbours(newer: neighbour($0 - 1), older: neighbour($0 + 1))) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Pages at older addresses that lead to the present ones.
    func jobs(for redirects: [SiteBuilder.Redirect]) -> [Job] {
        redirects.map { redirect in
            let page = redirect.entry.page
            var context = common(path: redirect.path, kind: "redirect", title: page.title)
            context["target"] = .string(PercentEncoding.encode(path: SitePath.relative(to: page.path, from: redirect.path)))
            context["canonical"] = optional(configuration.address(of: page.path))
            return Job(path: redirect.path, template: "redirect.html", context: context)
        }
    }
}
