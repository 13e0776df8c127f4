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

    @Test("writes a workflow whose steps check and render the site, and stop where an output is not as recorded")
    func workflow() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        #expect(try place.galley("new", "blog/").status == 0)
        try place.write("blog/prose.md", "Prose, which has no record.\n")
        // The steps that call the command, as the workflow has them.
        let steps = try place.read("blog/.github/workflows/pages.yml").split(separator: "\n").compactMap { line -> [String]? in
            let words = line.split(separator: " ").map(String.init)
            return words.first == "run:" && words.dropFirst().first == "galley" ? Array(words.dropFirst(2)) : nil
        }
        #expect(steps.map(\.first) == ["check", "render"])
        func run(_ step: [String]) throws -> WorkingFolder.Run {
            let words = step.map { $0 == "." ? "blog" : $0 == "_site" ? "blog/_site" : $0 }
            return try place.galley(words[0], words[1], words.count > 2 ? words[2] : "--quiet", words.count > 3 ? words[3] : "--quiet")
        }
        let early = try run(steps[0])
        #expect(early.status == 1 && early.standardError.contains("there is no record"))
        #expect(try run(steps[1]).status == 0)
        let check = try run(steps[0])
        #expect(check.status == 0, "\(check.standardError)")
        #expect(try place.read("blog/_site/first-post.html").contains("[5, 6, 2, 4]"))
        try place.write("blog/first-post.ipynb", place.read("blog/first-post.ipynb").replacingOccurrences(of: "[5, 6, 2, 4]", with: "[5, 6, 2, 5]"))
        #expect(try run(steps[0]).status == 1)
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
