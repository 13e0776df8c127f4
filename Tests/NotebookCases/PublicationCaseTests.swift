import Foundation
import TestSupport
import Testing

/// What the command publishes of folders as authors have them.
@Suite("Publishing a folder", .serialized)
struct PublicationCaseTests {
    /// The HTML that lies in a folder, as one text for each page.
    private func pages(_ place: WorkingFolder, _ folder: String = "site") throws -> [String: String] {
        var pages: [String: String] = [:]
        for (name, bytes) in try place.snapshot() where name.hasPrefix(folder + "/") {
            pages[String(name.dropFirst(folder.count + 1))] = String(decoding: bytes, as: UTF8.self)
        }
        return pages
    }

    @Test("Nothing that is held back is published, and what is unclear fails alone")
    func heldBack() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        let held = [
            "a.md": "---\ntitle: A\ndraft: \"true\"\n---\nSECRET", "b.md": "+++\ntitle = \"B\"\ndraft = true\n+++\nSECRET",
            "c.md": "---\ntitle: C\npublished: false\n---\nSECRET", "d.md": "{\n\"title\": \"D\", \"draft\": true\n}\nSECRET",
            "e.md": "---\ntitle: E\ndarft: true\n---\nSECRET", "f.md": "---\ntitle: F\ndate: 2999-01-01\n---\nSECRET",
            "g.md": "\u{FEFF}--- \ntitle: G\nDraft: true\n--- \nSECRET", "h.md": "Title: H\nStatus: draft\n\nSECRET", "_drafts/i.md": "SECRET",
            "j.qmd": "---\ntitle: J\nexpiryDate: 2020-01-01\n---\nSECRET",
        ]
        for (name, text) in held { try place.write("blog/" + name, text + "\n") }
        try place.write(
            "blog/2024-01-05-fine.md",
            "---\ntitle: Fine\nlayout: post\n---\n\nShown. [x](a.md) [y](.env) ![z](.ssh/key.png)\n\n::: {.content-hidden}\nSECRET\n:::\n")
        try place.write("blog/about.md", "---\ntitle: About\n---\nMe.\n")
        try place.write("blog/.env", "SECRET")
        try place.write("blog/.ssh/key.png", "SECRET")
        try place.write("blog/site.yaml", "title: Blog\nurl: https://example.org\n")
        let run = try place.galley("render", "blog", "--no-run", "--output", "site")
        #expect(run.status == 1)
        let pages = try pages(place)
        #expect(
            Set(pages.keys.filter { $0.hasSuffix(".html") }) == [
                "2024-01-05-fine.html", "about.html", "index.html", "archive.html", "tags/index.html", "404.html", "search.html",
            ])
        for (name, text) in pages { #expect(!text.contains("SECRET"), "\(name)") }
        for name in ["index.html", "archive.html", "feed.xml"] {
            #expect(pages[name]?.contains(">Fine<") == true, "\(name)")
            #expect(pages[name]?.contains("About") == false, "\(name)")
        }
        for expected in [
            "e.md:3:1: error: “darft” is no key", "g.md:3:1: error: “Draft” is no key", "h.md:2:1: error: “Status: draft” stands in no front matter",
            "4 drafts are not published: a.md, b.md, c.md, d.md", "f.md: note: its date is to come, so it is not published before 2999-01-01",
            "j.qmd: note: it expired on 2020-01-01", "warning: “.env” is a hidden file", "warning: “.ssh/key.png” is a hidden file",
            "“a.md” is not published now",
        ] { #expect(run.standardError.contains(expected), "\(expected)\n\(run.standardError)") }
        // Asked for, drafts are there; what is unclear is not.
        _ = try place.galley("render", "blog", "--no-run", "--output", "all", "--drafts")
        #expect(Set(try self.pages(place, "all").keys).isSuperset(of: ["a.html", "b.html", "c.html", "d.html", "f.html", "j.html"]))
        #expect(try self.pages(place, "all")["e.html"] == nil)
    }

    @Test("What was exported of a notebook is no notebook of its folder, also where it was changed since")
    func exports() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("blog/a.md", "---\ntitle: A\n---\nText. [x](d.out.md) [y](d.html)\n")
        try place.write("blog/d.md", "---\ntitle: D\ndraft: true\n---\nSECRET\n")
        for format in ["md", "html"] { #expect(try place.galley("export", "blog/d.md", "--to", format).status == 0) }
        let exported = String(decoding: try #require(try place.snapshot()["blog/d.out.md"]), as: UTF8.self)
        for text in [exported, "More.\n\n" + exported + "\n"] {
            try place.write("blog/d.out.md", text)
            let run = try place.galley("render", "blog", "--no-run", "--output", "site")
            #expect(run.status == 0, "\(run.standardError)")
            for (name, text) in try pages(place) { #expect(!text.contains("SECRET"), "\(name)") }
        }
    }

    @Test("A page whose date comes is published then, though nothing changed")
    func repeated() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("blog/a.md", "---\ntitle: A\nexpiryDate: 2999-01-01\n---\nText.\n")
        for _ in 0..<2 {
            let run = try place.galley("render", "blog", "--no-run", "--output", "site")
            #expect(run.status == 0 && run.standardError.isEmpty || run.standardError.contains("unchanged") || run.standardError.contains("written"))
        }
        #expect(try pages(place)["a.html"] != nil)
    }

    @Test("A page that was published and cannot be understood any more is not published from its record")
    func record() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("blog/a.md", "---\ntitle: A\n---\n\n```swift\nprint(1)\n```\n")
        try place.write("blog/b.md", "---\ntitle: B\n---\nText.\n")
        try #require(try place.galley("render", "blog", "--output", "site").status == 0)
        #expect(try pages(place)["a.html"] != nil)
        try place.write("blog/a.md", "---\ntitle: A\ndarft: true\n---\n\n```swift\nprint(1)\n```\n")
        #expect(try place.galley("render", "blog", "--output", "site").status == 1)
        #expect(try pages(place)["a.html"] == nil)
        #expect(try pages(place)["b.html"] != nil)
    }

    @Test("Folders of other tools lose no post without a word, and publish none that their settings may keep back")
    func foreignFolders() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        for (name, text) in [
            "_posts/2024-01-02-hello.md": "---\ntitle: Hello\n---\nText.", "_drafts/x.md": "SECRET", "drafts/y.md": "SECRET",
            "sec/_index.md": "---\ntitle: S\ncascade:\n  draft: true\n---\nSECRET", "sec/a.md": "SECRET", "sec/b.md": "---\ndraft: false\n---\nOpen.",
            "old.markdown": "SECRET", "2999-01-01_later.md": "SECRET",
        ] { try place.write("blog/" + name, text + "\n") }
        let run = try place.galley("render", "blog", "--no-run", "--output", "site")
        #expect(run.status == 1)
        let pages = try pages(place)
        #expect(pages["_posts/2024-01-02-hello.html"] != nil && pages["archive.html"]?.contains(">Hello<") == true)
        #expect(pages["sec/b.html"] != nil && pages["sec/a.html"] == nil)
        for (name, text) in pages { #expect(!text.contains("SECRET"), "\(name)") }
        for expected in [
            "passed over: old.markdown, sec/_index.md", "blog/sec/_index.md:4:1: error: “draft: true” may hold for the pages of this folder",
            "pages of “_posts” stand where their files do", "drafts/y.md: note: a draft",
        ] { #expect(run.standardError.contains(expected), "\(expected)\n\(run.standardError)") }
    }

    @Test("A page goes where its notebook turns unclear, and what cannot be removed is told of")
    func withdrawn() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        for argument in ["blog", "blog/a.md"] {
            try place.write("blog/a.md", "---\ntitle: A\n---\nText.\n")
            try #require(try place.galley("render", argument, "--no-run", "--output", "site").status == 0)
            #expect(try pages(place)["a.html"] != nil)
            try place.write("blog/a.md", "---\ntitle: A\ndraft: perhaps\n---\nText.\n")
            #expect(try place.galley("render", argument, "--no-run", "--output", "site").status == 1)
            #expect(try pages(place)["a.html"] == nil, "\(argument)")
        }
        try place.write("blog/a.md", "---\ntitle: A\n---\nText.\n")
        try place.write("blog/b.md", "---\ntitle: B\n---\nText.\n")
        _ = try place.galley("render", "blog", "--no-run", "--output", "site")
        try place.write("site/a.html", "minified")
        try place.write("blog/a.md", "---\ntitle: A\ndraft: true\n---\nText.\n")
        let changed = try place.galley("render", "blog", "--no-run", "--output", "site")
        #expect(changed.standardError.contains("warning: site/a.html is of no page any more"), "\(changed.standardError)")
        let left = try place.galley("render", "blog", "--no-run", "--output", "site")
        #expect(left.standardError.contains("warning: site/a.html is of no page any more"), "it is told of until it is gone: \(left.standardError)")
        #expect(try pages(place)["a.html"] == "minified")
    }

    @Test("Code that is for display, and cells where execution is off, do not run")
    func notRun() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("shown.qmd", "```{.swift filename=\"danger.swift\"}\n!touch was-run\n```\n")
        try place.write(
            "off.md",
            "---\nexecute:\n  enabled: false\n  daemon: 300\nengine: jupyter\n---\n\n```{swift}\n#| eval: true\n!touch was-run\n```\n\n`{swift} 1 + 1`\n"
        )
        for name in ["shown.qmd", "off.md"] {
            let run = try place.galley("render", name, "--output", "site")
            #expect(run.status == 0, "\(run.standardError)")
        }
        #expect(try place.snapshot()["was-run"] == nil)
        #expect(try pages(place)["shown.html"]?.contains("!touch was-run") == true)
        #expect(try pages(place)["off.html"]?.contains("touch was-run") == true)
    }

    @Test(
        "A missing bibliography and a misspelt key are errors; the page before stands",
        arguments: ["bibliography: nothere.bib\n", "bibliography: b.bib\n"])
    func citations(line: String) throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("b.bib", "@book{knuth1984, author = {Don Knuth}, title = {T}, year = 1984}\n")
        try place.write("post.md", "---\ntitle: P\nbibliography: b.bib\n---\nSays [@knuth1984].\n")
        try #require(try place.galley("render", "post.md", "--no-run", "--output", "site").status == 0)
        let before = try pages(place)
        try place.write("post.md", "---\ntitle: P\n\(line)---\nSays [@knuth1948].\n")
        let run = try place.galley("render", "post.md", "--no-run", "--output", "site")
        #expect(run.status == 1 && run.standardError.contains("post.md:") && run.standardError.contains("error: "))
        #expect(try pages(place) == before)
        #expect(try place.galley("export", "post.md", "--to", "html", "--output", "x.html").status == 1)
    }

    @Test("Two notebooks that would make one page are told of, and neither is rendered")
    func clashes() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        for name in ["a/post.md", "b/post.md", "c/post.md", "c/post.qmd"] { try place.write(name, "---\ntitle: \(name)\n---\nText.\n") }
        for arguments in [["a/post.md", "b/post.md"], ["a", "b"], ["c"]] {
            let run = try place.galley(["render", "--no-run", "--output", "site"] + arguments)
            #expect(run.status != 0)
            #expect(run.standardError.contains("post.md and") || run.standardError.contains("a and b"), "\(run.standardError)")
        }
        #expect(try pages(place).isEmpty)
        #expect(try place.galley("render", "a/post.md", "./a/post.md", "a", "--no-run", "--output", "site").status == 0)
    }

    @Test("Cleaning leaves an author's folder alone")
    func clean() throws {
        let place = try WorkingFolder()
        defer { place.remove() }
        try place.write("projects/galley/pages/thesis.md", "precious")
        let foreign = try place.galley("clean", environment: ["XDG_CACHE_HOME": place.path + "/projects"])
        #expect(foreign.status == 2 && foreign.standardError.contains("is not marked as Galley's cache"))
        try place.write("post.md", "Text.\n")
        // Prose needs no cache, and gets none there.
        #expect(
            try place.galley("render", "post.md", "--no-run", "--output", "site", environment: ["XDG_CACHE_HOME": place.path + "/projects"]).status
                == 0)
        #expect(try place.snapshot().keys.filter { $0.hasPrefix("projects/") } == ["projects/galley/pages/thesis.md"])
        #expect(
            try place.galley("render", "post.md", "--no-run", "--output", "site", environment: ["XDG_CACHE_HOME": place.path + "/own"]).status == 0)
        #expect(try place.galley("clean", environment: ["XDG_CACHE_HOME": place.path + "/own"]).status == 0)
        #expect(try place.snapshot().keys.filter { $0.hasPrefix("own/") } == ["own/galley/CACHEDIR.TAG"])
    }
}
