import NotebookModel
import TemplateEngine

extension SiteContext {
    func index(_ summaries: [TemplateValue]) -> Job {
        let own = entries.first { $0.page.path == "index.html" }
        var context = common(path: "index.html", kind: "index", title: own?.page.frontMatter.title ?? configuration.title ?? word("untitled"))
        context["description"] = optional(own?.page.frontMatter.description ?? configuration.description)
        context["posts"] = .list(Array(summaries.prefix(configuration.indexCount)))
        context["more"] = .bool(summaries.count > configuration.indexCount)
        if let own { context["page"] = .map(summary(own)) }
        return Job(path: "index.html", template: "index.html", context: context, entries: own.map { [$0] } ?? [])
    }

    func archive(_ posts: [PageEntry], _ summaries: [TemplateValue]) -> Job {
        var years: [(name: Int?, posts: [TemplateValue])] = []
        for (post, summary) in zip(posts, summaries) {
            if let last = years.indices.last, years[last].name == post.date?.year {
                years[last].posts.append(summary)
            } else {
                years.append((post.date?.year, [summary]))
            }
        }
        var context = common(path: "archive.html", kind: "archive", title: word("archive"))
        context["years"] = .list(years.map { ["name": $0.name.map { .string(String($0)) } ?? .none, "posts": .list($0.posts)] })
        return Job(path: "archive.html", template: "archive.html", context: context)
    }

    func tagJobs(_ posts: [PageEntry], _ summaries: [TemplateValue]) -> [Job] {
        var postsOfTag: [String: [TemplateValue]] = [:]
        for (post, summary) in zip(posts, summaries) {
            for tag in tags.names(post.page.frontMatter.tags) { postsOfTag[tag, default: []].append(summary) }
        }
        var overview = common(path: "tags/index.html", kind: "tags", title: word("tags"))
        overview["tags"] = .list(tags.tags.map { tag($0.name) })
        var jobs = [Job(path: "tags/index.html", template: "tags.html", context: overview)]
        for tag in tags.tags {
            var context = common(path: tag.path, kind: "tag", title: tag.name)
            context["tag"] = self.tag(tag.name)
            context["posts"] = .list(postsOfTag[tag.name] ?? [])
            jobs.append(Job(path: tag.path, template: "tag.html", context: context))
        }
        return jobs
    }

    /// The page for missing addresses is served at any depth, so it counts from the site's place on its server.
    func notFound(_ summaries: [TemplateValue]) -> Job {
        var context = common(path: "404.html", kind: "404", title: word("not_found"), root: configuration.basePath)
        context["noindex"] = .bool(true)
        context["canonical"] = TemplateValue.none
        context["posts"] = .list(Array(summaries.prefix(5)))
        return Job(path: "404.html", template: "404.html", context: context)
    }
}
