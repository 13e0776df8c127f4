import Foundation
import TestSupport
import Testing

@Suite("galley new", .serialized)
struct NewNotebookTests {
    @Test("writes a notebook that renders without a word, and never over a file")
    func notebook() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        #expect(try place.galley("new", "posts/measuring-memory.md").status == 0)
        let text = try place.read("posts/measuring-memory.md")
        #expect(text.contains("title: \"Measuring memory\""))
        let render = try place.galley("render", "posts/measuring-memory.md", "--output", "site", "--quiet")
        #expect(render.status == 0)
        #expect(render.standardError == "")
        let page = try #require(try place.snapshot().first { $0.key.hasPrefix("site/") && $0.key.hasSuffix(".html") })
        #expect(String(decoding: page.value, as: UTF8.self).contains("[5, 6, 2, 4]"))

        let again = try place.galley("new", "posts/measuring-memory.md", "--title", "Other")
        #expect(again.status == 2)
        #expect(try place.read("posts/measuring-memory.md") == text)
    }

    @Test("writes a site, whatever its title holds")
    func site() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        #expect(try place.galley("new", "blog/", "--title", "A \"quoted\" title: \\ and more").status == 0)
        let render = try place.galley("render", "blog", "--output", "site", "--quiet")
        #expect(render.status == 0)
        #expect(render.standardError == "")
        let index = try #require(try place.snapshot()["site/index.html"])
        #expect(String(decoding: index, as: UTF8.self).contains("title: \\ and more"))
    }

    @Test("refuses a name that is no notebook's")
    func wrongName() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        let run = try place.galley("new", "post.txt")
        #expect(run.status == 2)
        #expect(run.standardError.contains(".md"))
        #expect(try place.snapshot().isEmpty)
    }
}
