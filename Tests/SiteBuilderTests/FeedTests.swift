import JSON
import NotebookModel
import SiteBuilder
import Testing

@Suite("Feeds and the sitemap")
struct FeedTests {
    @Test("the Atom feed has the full content with absolute addresses")
    func atom() async throws {
        let site = try await build([
            page("posts/a.md", ##"<p id="x">One <a href="#x">two</a> <a href="../b.md">b</a></p>"##) { $0.updated = "2026-12-01" }, page("b.md"),
        ])
        let feed = try #require(site.text("feed.xml"))
        #expect(feed.contains("<updated>2026-12-01T00:00:00Z</updated>"))
        #expect(
            feed.contains("&lt;a href=&#34;https://example.org/blog/posts/a.html#x&#34;")
                || feed.contains("&lt;a href=&quot;https://example.org/blog/posts/a.html#x&quot;"))
        #expect(feed.contains("https://example.org/blog/b.html"))
        #expect(feed.contains("<id>https://example.org/blog/posts/a.html</id>"))
    }

    @Test("feeds hold code without the notes on its names, which their readers could not show")
    func notes() async throws {
        let code = ##"<pre><code style="--n0:'let a: Int'"><span class="name" style="--n:var(--n0)">a</span> style="--n</code></pre>"##
        let site = try await build([page("a.md", code)])
        let feed = try JSONValue(parsing: try #require(site.text("feed.json")))
        #expect(feed["items"]?[0]?["content_html"] == ##"<pre><code><span class="name">a</span> style="--n</code></pre>"##)
        #expect(try #require(site.text("a.html")).contains("--n0:'let a: Int'"))
    }

    @Test("the JSON feed parses and carries the same")
    func json() async throws {
        let site = try await build([
            page("a.md", "<p>Hello</p>") {
                $0.tags = ["x"]
                $0.authors = ["A"]
            }
        ])
        let feed = try JSONValue(parsing: try #require(site.text("feed.json")))
        #expect(feed["version"] == "https://jsonfeed.org/version/1.1")
        #expect(feed["items"]?[0]?["content_html"] == "<p>Hello</p>")
        #expect(feed["items"]?[0]?["url"] == "https://example.org/blog/a.html")
        #expect(feed["items"]?[0]?["date_published"] == "2026-11-23T00:00:00Z")
    }

    @Test("the sitemap names pages by their canonical addresses")
    func sitemap() async throws {
        let site = try await build([page("posts/ä & b.md")])
        let map = try #require(site.text("sitemap.xml"))
        #expect(map.contains("<loc>https://example.org/blog/posts/%C3%A4%20%26%20b.html</loc><lastmod>2026-11-23</lastmod>"))
        #expect(map.contains("<loc>https://example.org/blog/</loc>"))
        #expect(try #require(site.text("robots.txt")).contains("Sitemap: https://example.org/blog/sitemap.xml"))
    }
}
