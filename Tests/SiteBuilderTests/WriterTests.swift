import Groundwork
import SiteBuilder
import SourceText
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Writing a site")
struct WriterTests {
    private func site(_ files: [String: String]) -> Site { Site(files: files.mapValues { Array($0.utf8) }) }

    @Test("only what changed is written, and what is gone goes")
    func changes() async throws {
        let folder = try TemporaryFolder()
        let writer = SiteWriter(folder: folder.path + "/out")
        let first = try await writer.write(site(["a.html": "1", "tags/x.html": "2", "c.html": "3"]))
        #expect(first.written == ["a.html", "c.html", "tags/x.html"])
        let second = try await writer.write(site(["a.html": "1", "c.html": "4"]))
        #expect(second.written == ["c.html"])
        #expect(second.unchanged == ["a.html"])
        #expect(second.removed == ["tags/x.html"])
        #expect(!isFolder(folder.path + "/out/tags"))
        let third = try await writer.write(site(["a.html": "1", "c.html": "4"]))
        #expect(third.written.isEmpty && third.removed.isEmpty && third.unchanged.count == 2)
    }

    @Test("what Galley did not write stays, and is not written over")
    func foreign() async throws {
        let folder = try TemporaryFolder()
        try folder.write("CNAME", "example.org")
        try folder.write("a.html", "mine")
        let writer = SiteWriter(folder: folder.path)
        let changes = try await writer.write(site(["a.html": "galley", "b.html": "galley"]))
        #expect(changes.conflicts == ["a.html"])
        #expect(folder.text("a.html") == "mine")
        _ = try await writer.write(site([:]))
        #expect(folder.text("CNAME") == "example.org")
        #expect(folder.text("a.html") == "mine")
        #expect(folder.text("b.html") == nil)
    }

    @Test("a file of ours that someone changed since is not deleted")
    func edited() async throws {
        let folder = try TemporaryFolder()
        let writer = SiteWriter(folder: folder.path)
        _ = try await writer.write(site(["a.html": "1"]))
        try folder.write("a.html", "edited")
        let changes = try await writer.write(site([:]))
        #expect(changes.kept == ["a.html"])
        #expect(folder.text("a.html") == "edited")
    }

    @Test("a page of another notebook, and another site, are not taken over")
    func origins() async throws {
        let folder = try TemporaryFolder()
        for name in ["one/post.md", "two/post.md"] { try folder.write(name, "x") }
        let writer = SiteWriter(folder: folder.path + "/out")
        func write(_ origin: String, _ text: String, owner: String = "post.html", path: String = "post.html") async throws -> ChangeSet {
            try await writer.write(site([path: text]), owner: owner) { _ in folder.path + "/" + origin }
        }
        #expect(try await write("one/post.md", "1").written == ["post.html"])
        #expect(try await write("one/post.md", "2").written == ["post.html"])
        let other = try await write("two/post.md", "3")
        #expect(other.written.isEmpty && other.taken.map(\.origin) == ["../one/post.md"])
        #expect(folder.text("out/post.html") == "2")
        // Once the other notebook is gone, its page is free.
        #expect(unlink(folder.path + "/one/post.md") == 0)
        #expect(try await write("two/post.md", "3").written == ["post.html"])
        // A notebook and what stands where its record goes have one page.
        try folder.write("two/post.ipynb", "x")
        #expect(try await write("two/post.ipynb", "4").written == ["post.html"])
        #expect(try await write("two/post.md", "5").written == ["post.html"])

        #expect(try await write("one", "1", owner: "", path: "index.html").written == ["index.html"])
        let second = try await write("two", "2", owner: "", path: "index.html")
        #expect(second.written.isEmpty && second.taken.map(\.origin) == ["../one"])
        #expect(folder.text("out/index.html") == "1")
    }

    @Test("pages of other owners stay")
    func owners() async throws {
        let folder = try TemporaryFolder()
        let writer = SiteWriter(folder: folder.path)
        _ = try await writer.write(site(["a.html": "1", "assets/a.png": "p"]), owner: "a.md")
        _ = try await writer.write(site(["b.html": "2"]), owner: "b.md")
        let changes = try await writer.write(site(["a.html": "1"]), owner: "a.md")
        #expect(changes.removed == ["assets/a.png"])
        #expect(folder.text("b.html") == "2")
    }

    @Test("paths that lead out of the folder are refused", arguments: ["../x", "/etc/x", "a/../../x", "a//b", ""])
    func unsafePaths(path: String) async throws {
        let folder = try TemporaryFolder()
        let changes = try await SiteWriter(folder: folder.path).write(site([path: "x"]))
        #expect(changes.conflicts == [path])
        #expect(changes.written.isEmpty)
    }
}
