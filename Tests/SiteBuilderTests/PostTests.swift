import JSON
import NotebookModel
import SiteBuilder
import SourceText
import Testing

/// Whether the site's lists name a page by its title.
private func lists(_ site: Site, _ title: String) -> Set<String> {
    Set(
        ["index.html", "archive.html", "feed.xml", "feed.json", "404.html"].filter { site.text($0)?.contains(title) == true }
            + site.files.keys.filter { $0.hasPrefix("tags/") && $0 != "tags/index.html" && site.text($0)?.contains(title) == true }.map { _ in "tags"
            })
}

@Suite("What is a post")
struct PostTests {
    private static let everywhere: Set = ["index.html", "archive.html", "feed.xml", "feed.json", "404.html", "tags"]

    @Test(
        "a date makes a page a post, whatever its file is called and however it is laid out",
        arguments: [
            ("posts/one/index.qmd", nil, "2024-01-02"), ("one.md", "post", "2024-01-02"), ("one.md", "page", "2024-01-02"),
            ("2024-01-02-one.md", nil, nil), ("posts/2024-01-02-one/index.md", "wide", nil), ("index/one.ipynb", nil, "January 2, 2024"),
        ] as [(String, String?, String?)])
    func posts(path: String, layout: String?, date: String?) async throws {
        let site = try await build([
            page(path) {
                $0.title = "The post"
                $0.date = date
                $0.tags = ["x"]
                if let layout { $0.extra["layout"] = .string(layout) }
            },
            page("other.md") { $0.date = "2024-01-01" },
        ])
        #expect(site.diagnostics.isEmpty, "\(site.diagnostics)")
        #expect(lists(site, "The post") == Self.everywhere)
        // Its neighbour in time leads to it.
        #expect(try #require(site.text("other.html")).contains("The post"))
    }

    @Test("a page without a date is in no list of posts, and in the sitemap")
    func undated() async throws {
        let site = try await build([
            page("about.md") {
                $0.title = "About me"
                $0.date = nil
                $0.tags = ["x"]
            },
            page("other.md"),
        ])
        #expect(lists(site, "About me").isEmpty)
        #expect(site.files["tags/x.html"] == nil)
        #expect(try #require(site.text("sitemap.xml")).contains("about.html"))
        #expect(!(try #require(site.text("other.html")).contains("About me")))
        #expect(try #require(site.text("about.html")).contains("\"og:type\" content=\"website\""))
    }

    @Test("the site's own index is no post of its own list")
    func ownIndex() async throws {
        let site = try await build([page("index.md") { $0.title = "Home page" }, page("a.md")])
        #expect(!(try #require(site.text("feed.xml")).contains("<title>Home page</title>")))
        #expect(!(try #require(site.text("archive.html"))).contains(">Home page</a>"))
    }

    @Test("what is to come is held back until then, what expired is published no more; both are said")
    func times() async throws {
        let pages = [
            page("future.md") { $0.date = "2999-01-01" }, page("later.md") { $0.publishDate = "2024-06-01" },
            page("named-2999.md") { $0.expiryDate = "2024-05-01" }, page("2998-01-01-file.md") { $0.date = nil },
            page("fine.md") {
                $0.date = "2024-01-01"
                $0.expiryDate = "2024-05-03"
            },
        ].map { page in
            var page = page
            if page.frontMatter.date == "2026-11-23" { page.frontMatter.date = "2024-01-01" }
            return page
        }
        let others = ["index.html", "archive.html", "404.html", "search.html", "tags/index.html"]
        let site = try await build(pages, on: "2024-05-02")
        #expect(site.files.keys.filter { $0.hasSuffix(".html") && !others.contains($0) } == ["fine.html"])
        #expect(site.diagnostics.map(\.identifier) == ["held-back", "held-back", "held-back", "held-back"])
        #expect(site.changesAt == SiteClock("2024-05-03")?.minute)
        #expect(try await build(pages, on: "2024-06-01").files["later.html"] != nil)
        let all = try await build(pages, drafts: true, on: "2024-05-02")
        #expect(all.files["future.html"] != nil && all.files["named-2999.html"] != nil)
        #expect(try #require(all.text("future.html")).contains("noindex"))
        for name in ["feed.xml", "feed.json", "sitemap.xml", "assets/search-0.js"] { #expect(!(try #require(all.text(name))).contains("future")) }
    }

    @Test("drafts are named, and links to them are told of")
    func drafts() async throws {
        let site = try await build([page("a.md", #"<a href="d.md">x</a> <a href="d.ipynb">y</a>"#), page("d.md") { $0.draft = true }])
        #expect(site.diagnostics.map(\.identifier) == ["drafts", "unpublished-link", "unpublished-link"])
        #expect(site.diagnostics.first?.path == "d.md")
    }

    @Test("pages keep out of the places that they say")
    func places() async throws {
        let site = try await build([
            page("a.md") {
                $0.title = "Quiet"
                $0.tags = ["x"]
                $0.keepsOutOf = Set(FrontMatter.Place.allCases)
            },
            page("b.md"),
        ])
        #expect(lists(site, "Quiet").isEmpty)
        #expect(!(try #require(site.text("sitemap.xml"))).contains("a.html"))
        #expect(!(try #require(site.text("assets/search-0.js"))).contains("Quiet"))
        #expect(try #require(site.text("a.html")).contains("noindex"))
    }

    @Test("dates that are another at each render, or could be two, are warnings")
    func dates() async throws {
        for text in ["today", "last-modified", "03/06/2024", "soon"] {
            let site = try await build([page("a.md") { $0.date = text }])
            #expect(site.diagnostics.map(\.identifier) == ["date"], "\(text)")
        }
    }
}

@Suite("Whose an address is")
struct AddressTests {
    @Test(
        "an alias takes no address of another page, of a list, or of a file",
        arguments: [
            "b.html", "/b.html", "B.HTML", "index.html", "/", "feed.xml", "/feed.json", "sitemap.xml", "search.html", "404.html", "archive.html",
            "archive.HTML", "tags/", "tags/x.html", "robots.txt", "/b.html/", "/b.html/deeper/", "/assets/search-0.js", "assets",
            "https://example.org/blog/b.html", "b%2Ehtml", "data.csv", "/b", "b/", "/B/", "/archive", "/search/", "tags/x/", "b/index.html",
        ])
    func aliases(alias: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("data.csv", "1,2\n")
        let pages = [
            page("a.md", #"<a href="data.csv">d</a>"#) {
                $0.aliases = [alias]
                $0.tags = ["x"]
            },
            page("b.md", "<p>Page B.</p>"),
        ]
        let site = try await build(pages, in: folder.path)
        let without = try await build(
            pages.map { page in
                var page = page
                page.frontMatter.aliases = []
                return page
            }, in: folder.path)
        // The pages say the same, and nothing is there that was not.
        if alias != "assets" {
            #expect(site.files.filter { $0.key != "assets/index.html" } == without.files)
            #expect(site.diagnostics.map(\.identifier) == ["alias"])
            #expect(site.diagnostics.first?.severity == .warning)
            #expect(site.diagnostics.first?.path == "a.md")
        }
    }

    @Test("a warning names both who wants an address")
    func names() async throws {
        let site = try await build([
            page("a.md") { $0.aliases = ["/old/", "/old/", "a.html"] }, page("b.md") { $0.aliases = ["old/index.html", "a.html"] },
        ])
        #expect(
            site.diagnostics.map(\.description) == [
                "b.md: warning: the alias “old/index.html” is left out: old/index.html belongs to an alias of a.md",
                "b.md: warning: the alias “a.html” is left out: a.html belongs to a.md",
            ])
        #expect(try #require(site.text("old/index.html")).contains("a.html"))
    }

    @Test(
        "an alias that is no address of the site is told of and left out",
        arguments: [
            "../../evil.html", "..%2f..%2fx.html", "C:\\x.html", ".galley-manifest.json", "/.git/config", "?p=12", "https://other.org/a/",
            "a\\b.html", "%00.html", "/b.html.", "/old./", "/old%20/x.html",
        ])
    func noAddresses(alias: String) async throws {
        let site = try await build([page("a.md") { $0.aliases = [alias] }])
        let without = try await build([page("a.md")])
        #expect(site.files == without.files)
        #expect(site.diagnostics.map(\.identifier) == ["alias"])
    }

    @Test("a page may have the address of its own folder, and both forms of an older one")
    func ownForms() async throws {
        let site = try await build([page("a.md") { $0.aliases = ["/a/", "/old/", "/old.html"] }])
        #expect(site.diagnostics.isEmpty, "\(site.diagnostics)")
        #expect(Set(site.files.keys).isSuperset(of: ["a/index.html", "old/index.html", "old.html"]))
    }

    @Test("addresses that pages ask for and do not get are told of once")
    func asked() async throws {
        let pages = [
            page("a.md") { $0.extra["slug"] = "other" }, page("b.md") { $0.extra["permalink"] = "/x/" }, page("c.md") { $0.extra["slug"] = "c" },
            page("d.md") {
                $0.extra["url"] = "/y/"
                $0.aliases = ["/y/"]
            },
            page("e.md") { $0.extra["url"] = "https://example.com/" }, page("f/index.md") { $0.extra["permalink"] = "/f/" },
        ]
        #expect(
            try await build(pages).diagnostics.map(\.summary) == [
                "“permalink” and “slug” have no effect, pages stand where their files do: a.md, b.md"
            ])
        #expect(try await build([page("_posts/2026-01-01-a.md")]).diagnostics.map(\.severity) == [.warning])
    }

    @Test("pages in folders of drafts are drafts, unless they say that they are published")
    func folders() async throws {
        let pages =
            ["drafts/a.md", "x/Drafts/b.md", "unpublished/c.md", "drafts.md", "draftsmen/d.md"].map { page($0) } + [
                page("drafts/e.md") { $0.isPublishedExplicitly = true }
            ]
        let site = try await build(pages)
        #expect(site.makers.keys.sorted() == ["drafts.html", "drafts/e.html", "draftsmen/d.html"])
        #expect(site.diagnostics.map(\.severity) == [.note])
    }

    @Test(
        "an author's page at a list's address stands, and that is said",
        arguments: ["archive.md", "404.md", "tags/index.md", "tags/x.md"])
    func ownLists(path: String) async throws {
        let site = try await build([page(path, "<p>My own words.</p>"), page("b.md") { $0.tags = ["x"] }])
        let address = path.replacing(".md", with: ".html")
        #expect(try #require(site.text(address)).contains("My own words."))
        #expect(site.diagnostics.map(\.severity) == [.warning])
        #expect(site.diagnostics.first?.path == path)
    }

    @Test("pages that are one file on some systems, or a file and a folder, are told of")
    func files() async throws {
        #expect(try await build([page("About.md"), page("about.md")]).diagnostics.map(\.severity) == [.warning])
        #expect(try await build([page("a.md"), page("a.html/b.md")]).diagnostics.map(\.severity) == [.error])
        #expect(try await build([page("e\u{301}.md"), page("\u{E9}.md")]).diagnostics.map(\.severity) == [.error])
    }

    @Test("two notebooks of one name clash, whatever their suffix")
    func clashes() {
        let clashes = SiteSources.clashes(among: ["a.md", "a.qmd", "b.md", "c/a.md"])
        #expect(clashes.map { "\($0.0) \($0.1)" } == ["a.md a.qmd"])
    }
}
