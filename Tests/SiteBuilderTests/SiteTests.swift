import JSON
import NotebookModel
import SiteBuilder
import SourceText
import Testing

@Suite("Sites")
struct SiteTests {
    @Test("a site has its lists, feeds and fixed files", arguments: ["rich", "plain"])
    func files(theme: String) async throws {
        let site = try await build([page("posts/one.md") { $0.tags = ["memory"] }, page("two.md")], theme: theme)
        #expect(site.diagnostics.isEmpty)
        let names = site.files.keys.filter { !$0.hasPrefix("assets/") }.sorted()
        #expect(
            names == [
                "404.html", "archive.html", "feed.json", "feed.xml", "index.html", "posts/one.html", "robots.txt", "search.html",
                "sitemap.xml", "tags/index.html", "tags/memory.html", "two.html",
            ])
        #expect(site.files.keys.count { $0.hasPrefix("assets/style.") } == 1)
        #expect(site.files["assets/search-0.js"] != nil)
    }

    @Test("the same pages in another order give the same bytes")
    func deterministic() async throws {
        let pages = (0..<12).map { number in
            page("p\(number).md") {
                $0.tags = ["t\(number % 3)"]
                $0.date = "2026-01-\(10 + number % 20)"
            }
        }
        let first = try await build(pages)
        let second = try await build(pages.reversed())
        #expect(first.files == second.files)
    }

    @Test("posts stand by date, the latest first; what has no date is none")
    func order() async throws {
        let site = try await build([
            page("old.md") {
                $0.date = "2020-01-01"
                $0.title = "Old"
            },
            page("new.md") {
                $0.date = "2026-05-05T10:00:00+02:00"
                $0.title = "New"
            },
            page("none.md") {
                $0.date = nil
                $0.title = "Undated"
            },
        ])
        let index = try #require(site.text("index.html"))
        let places = ["New", "Old"].compactMap { index.firstRange(of: ">\($0)</a>")?.lowerBound }
        #expect(places.count == 2)
        #expect(places == places.sorted())
        #expect(!index.contains("Undated"))
    }

    @Test("drafts are left out unless asked for, and never in feeds")
    func drafts() async throws {
        let pages = [
            page("a.md"),
            page("secret.md") {
                $0.draft = true
                $0.title = "Secret"
            },
        ]
        let without = try await build(pages)
        #expect(without.files["secret.html"] == nil)
        let with = try await build(pages, drafts: true)
        #expect(try #require(with.text("secret.html")).contains("noindex"))
        for name in ["feed.xml", "feed.json", "sitemap.xml"] { #expect(!(try #require(with.text(name))).contains("ecret")) }
    }

    @Test("a date that is none is a warning and the post counts as undated")
    func badDate() async throws {
        let site = try await build([page("a.md") { $0.date = "2026-02-30" }])
        #expect(site.diagnostics.map(\.identifier) == ["date"])
    }

    @Test("two notebooks with one address are an error")
    func conflict() async throws {
        let site = try await build([page("a.md"), page("a.ipynb")])
        #expect(site.diagnostics.map(\.identifier) == ["page-address"])
        #expect(site.diagnostics.first?.severity == .error)
    }

    @Test("older addresses lead to the page")
    func aliases() async throws {
        let site = try await build([page("posts/a.md") { $0.aliases = ["/2020/01/old/", "old.html", "../../etc/passwd", "posts/a.html"] }])
        #expect(try #require(site.text("2020/01/old/index.html")).contains("url=../../../posts/a.html"))
        #expect(try #require(site.text("old.html")).contains("url=posts/a.html"))
        #expect(!site.files.keys.contains { $0.contains("passwd") })
    }

    @Test("tags whose addresses would be equal get addresses of their own")
    func tags() async throws {
        let site = try await build([page("a.md") { $0.tags = ["C++", "C#", "index", "Größe"] }])
        #expect(site.files["tags/c.html"] != nil)
        #expect(site.files["tags/c-2.html"] != nil)
        #expect(site.files["tags/index-2.html"] != nil)
        #expect(site.files["tags/größe.html"] != nil)
        #expect(try #require(site.text("a.html")).contains("href=\"tags/gr%C3%B6%C3%9Fe.html\""))
    }

    @Test("spellings of a tag that differ in case are one tag, called as most posts call it")
    func tagSpellings() async throws {
        let site = try await build([
            page("a.md") { $0.tags = ["swift", "Swift"] }, page("b.md") { $0.tags = ["Swift"] }, page("c.md") { $0.tags = ["SWIFT", "C"] },
        ])
        #expect(site.files.keys.filter { $0.hasPrefix("tags/") }.sorted() == ["tags/c.html", "tags/index.html", "tags/swift.html"])
        let list = try #require(site.text("tags/swift.html"))
        for name in ["a.html", "b.html", "c.html"] { #expect(list.contains(name), "\(name)") }
        #expect(try #require(site.text("c.html")).contains(">Swift</a>"))
    }

    @Test("a page by itself needs no site and no other file")
    func singlePage() async throws {
        let builder = SiteBuilder(
            configuration: .singlePage, theme: try Theme(named: "rich", in: templatesFolder), sourceFolder: "/nonexistent", version: "0.1")
        let site = await builder.build([page("post.md", "<h2 id=\"a\">A</h2><p>Text.</p>")])
        #expect(Array(site.files.keys) == ["post.html"])
        let text = try #require(site.text("post.html"))
        #expect(text.contains("<style>:root{"))
        #expect(!text.contains("href=\"index.html\""))
    }

    @Test("without a base URL there are no feeds")
    func noBaseURL() async throws {
        let site = try await build([page("a.md")]) { $0.baseURL = nil }
        #expect(site.files["feed.xml"] == nil && site.files["sitemap.xml"] == nil)
        #expect(!(try #require(site.text("index.html"))).contains("feed.xml"))
    }

    @Test("the footer says with what and when the page was run")
    func run() async throws {
        var one = page("a.md")
        one.run = .init(
            RunRecord(
                mode: .fresh, cells: [],
                environment: RunEnvironment(
                    galley: "0.1", swift: "Swift 6.3.1", system: "Debian GNU/Linux 12 (bookworm), x86_64", cpu: "Some CPU", coreCount: 2,
                    gpus: ["GPU 1"]),
                parameters: [Parameter(name: "device", value: .string("cpu"))], date: "2026-11-23T21:05:09Z", duration: 41.3))
        let text = try #require(try await build([one]).text("a.html"))
        for expected in ["Swift 6.3.1", "Some CPU, 2 cores", "GPU 1", "23 November 2026, 21:05 UTC", "41 s", "device: cpu"] {
            #expect(text.contains(expected), "\(expected)")
        }
    }

    @Test("the description of a page is its own or its beginning")
    func description() async throws {
        var one = page("a.md")
        one.summary = "It begins so."
        #expect(try #require(try await build([one]).text("index.html")).contains("<p>It begins so.</p>"))
    }
}
