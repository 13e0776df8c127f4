import Groundwork
import NotebookModel
import SiteBuilder
import SourceText
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Links and pictures")
struct LinkTests {
    /// A PNG's signature and header, which is all that its size is read from.
    static let png: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 1, 0x40, 0, 0, 0, 0xC8, 8, 2, 0, 0, 0,
    ]

    @Test("links between notebooks lead to their pages")
    func notebooks() async throws {
        let site = try await build([
            page(
                "posts/a.md",
                #"<p><a href="b.md">b</a> <a href="../c.md?x=1#part">c</a> <a href="/posts/b.md">b</a> <a href="https://e.org/b.md">e</a></p>"#),
            page("posts/b.md"), page("c.md", #"<h2 id="part">P</h2>"#),
        ])
        #expect(site.diagnostics.isEmpty)
        let text = try #require(site.text("posts/a.html"))
        #expect(
            text.contains(#"<a href="b.html">b</a> <a href="../c.html?x=1#part">c</a> <a href="b.html">b</a> <a href="https://e.org/b.md">e</a>"#))
    }

    @Test("a broken link is a diagnostic on its line with what may have been meant")
    func broken() async throws {
        let site = try await build([page("a.md", #"<a href="bb.md">x</a>"#, source: "# T\n\nSee [x](bb.md).\n"), page("bc.md")])
        let diagnostic = try #require(site.diagnostics.first)
        #expect(diagnostic.identifier == "broken-link")
        #expect(diagnostic.range?.start == SourceLocation(line: 3, column: 9))
        #expect(diagnostic.solutions == ["did you mean “bc.md”?"])
    }

    @Test("a notebook without a page is a diagnostic, and its source is not published")
    func withoutPage() async throws {
        let folder = try TemporaryFolder()
        try folder.write("failed.md", "secret")
        let site = try await build([page("a.md", #"<a href="failed.md#part">x</a>"#)], in: folder.path)
        #expect(site.diagnostics.map(\.identifier) == ["unpublished-link"])
        #expect(site.text("a.html")?.contains(#"<a href="failed.html#part">"#) == true)
        #expect(site.files["failed.md"] == nil)
    }

    @Test(
        "what goes with a notebook that is not published is not copied",
        arguments: [
            "d.ipynb", "d.set.ipynb", "d.html", "d.pdf", "d.out.md", "d_files/a.png", "d.out_files/b/a.png", "./D.pdf", "link.pdf",
        ])
    func exportsOfDrafts(address: String) async throws {
        let folder = try TemporaryFolder()
        for name in ["d.ipynb", "d.set.ipynb", "d.html", "d.pdf", "d.out.md", "d_files/a.png", "d.out_files/b/a.png", "D.pdf", "de.pdf", "d.x.pdf"] {
            try folder.write(name, name == "de.pdf" || name == "d.x.pdf" ? "open" : "secret")
        }
        #expect(symlink("d.html", folder.path + "/link.pdf") == 0)
        let body = "<a href=\"\(address)\">x</a><a href=\"de.pdf\">y</a><a href=\"d.x.pdf\">z</a>"
        let site = try await build([page("a.md", body), page("d.x.md"), page("d.md") { $0.draft = true }], in: folder.path)
        #expect(site.diagnostics.filter { $0.identifier != "drafts" }.map(\.identifier) == ["unpublished-link"], "\(site.diagnostics)")
        #expect(!site.files.values.contains { String(decoding: $0, as: UTF8.self) == "secret" })
        #expect(site.files["de.pdf"] != nil && site.files["d.x.pdf"] != nil)
    }

    @Test("a place that a page does not have is a diagnostic")
    func anchors() async throws {
        let site = try await build([
            page("a.md", ##"<a href="#nowhere">x</a><a href="b.md#alpa">y</a><a href="#top">t</a>"##), page("b.md", #"<h2 id="alpha">A</h2>"#),
        ])
        #expect(site.diagnostics.map(\.identifier) == ["broken-anchor", "broken-anchor"])
        #expect(site.diagnostics.last?.solutions == ["did you mean “#alpha”?"])
    }

    @Test("pictures come along under a name of their content, with their size")
    func pictures() async throws {
        let folder = try TemporaryFolder()
        try folder.write("posts/my plot.png", Self.png)
        let site = try await build([page("posts/a.md", #"<img src="my%20plot.png" alt="A plot"/>"#) { $0.image = "my plot.png" }], in: folder.path)
        #expect(site.diagnostics.isEmpty)
        let asset = try #require(site.files.keys.first { $0.hasPrefix("assets/my-plot.") })
        #expect(site.files[asset] == Self.png)
        let text = try #require(site.text("posts/a.html"))
        #expect(text.contains("<img src=\"../\(asset)\" alt=\"A plot\" width=\"320\" height=\"200\"/>"))
        #expect(text.contains("<meta property=\"og:image\" content=\"https://example.org/blog/\(asset)\">"))
    }

    @Test("files outside of the folder are refused, by path and by symbolic link")
    func outside() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.md", "")
        #expect(symlink("/etc/passwd", folder.path + "/link.txt") == 0)
        let body = #"<a href="../../etc/passwd">1</a><a href="%2e%2e/%2e%2e/etc/passwd">2</a><a href="link.txt">3</a><img src="/etc/passwd" alt="">"#
        let site = try await build([page("a.md", body)], in: folder.path)
        #expect(site.diagnostics.map(\.identifier) == ["link-outside", "link-outside", "broken-link", "missing-picture"])
        #expect(!site.files.values.contains { String(decoding: $0, as: UTF8.self).contains("root:") })
    }

    @Test("sizes are read from every kind of picture")
    func sizes() async throws {
        let pictures: [(String, [UInt8])] = [
            ("a.gif", Array("GIF89a".utf8) + [0x40, 1, 0xC8, 0]),
            ("a.svg", Array(#"<?xml version="1.0"?><svg xmlns="x" viewBox="0 0 320 200"></svg>"#.utf8)),
            ("b.svg", Array(#"<svg width="320px" height="200" viewBox="0 0 1 1"></svg>"#.utf8)),
            ("a.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 0, 0xC8, 1, 0x40, 3]),
            ("a.webp", Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBPVP8X".utf8) + [10, 0, 0, 0, 0, 0, 0, 0, 0x3F, 1, 0, 0xC7, 0, 0]),
        ]
        let folder = try TemporaryFolder()
        for (name, bytes) in pictures { try folder.write(name, bytes) }
        let site = try await build([page("p.md", pictures.map { "<img src=\"\($0.0)\" alt=\"\">" }.joined())], in: folder.path)
        let text = try #require(site.text("p.html"))
        #expect(text.split(separator: "width=\"320\" height=\"200\"", omittingEmptySubsequences: false).count - 1 == pictures.count)
    }

    @Test("truncated pictures are copied without a size")
    func truncated() async throws {
        let folder = try TemporaryFolder()
        for length in 0..<Self.png.count { try folder.write("\(length).png", Array(Self.png.prefix(length))) }
        let site = try await build([page("p.md", (0..<Self.png.count).map { "<img src=\"\($0).png\" alt=\"\">" }.joined())], in: folder.path)
        #expect(site.diagnostics.isEmpty)
    }
}

@Suite("What stays at home")
struct HiddenFileTests {
    @Test(
        "hidden files are not copied, however they are referred to",
        arguments: [
            ".env", "%2eenv", "%2Eenv", "./.env", "/.env", ".git/config", ".ssh/id_rsa", "a/../.env", "a/.b/c.png", "link.png", "linked/config",
            "_drafts/x.png",
            "_drafts/x.ipynb",
        ])
    func hidden(address: String) async throws {
        let folder = try TemporaryFolder()
        for name in [".env", ".git/config", ".ssh/id_rsa", "a/.b/c.png", "_drafts/x.png", "_drafts/x.ipynb"] {
            try folder.write(name, "secret of \(name)")
        }
        #expect(symlink(folder.path + "/.env", folder.path + "/link.png") == 0)
        #expect(symlink(".git", folder.path + "/linked") == 0)
        for body in ["<a href=\"\(address)\">x</a>", "<img src=\"\(address)\">", "<video poster=\"\(address)\"></video>"] {
            let site = try await build([page("a.md", body)], in: folder.path)
            #expect(!site.files.values.contains { String(decoding: $0, as: UTF8.self).contains("secret of") })
            #expect(site.diagnostics.map(\.identifier) == ["hidden-file"])
        }
        let image = try await build([page("a.md") { $0.image = address }], in: folder.path) { $0.image = address }
        #expect(!image.files.values.contains { String(decoding: $0, as: UTF8.self).contains("secret of") })
    }

    @Test(
        "copies that editors leave and private keys are not copied either",
        arguments: [
            "a.md~", "data.csv~", "#a#", "a.bak", "A.BAK", "a.key.bak", "a.swp", "a.orig", "id_rsa", "keys/id_ed25519", "a.p12", "a.pfx", "a.kdbx",
            "a.ppk", "a.keystore", "server.key", "a.pem", "note.txt", "link.csv",
        ])
    func copies(name: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(name == "link.csv" ? "a.csv~" : name, "-----BEGIN OPENSSH PRIVATE KEY-----\n")
        if name == "link.csv" { #expect(symlink("a.csv~", folder.path + "/link.csv") == 0) }
        let address = name.replacing("#", with: "%23")
        let site = try await build([page("a.md", "<a href=\"\(address)\">x</a><img src=\"\(address)\">")], in: folder.path)
        #expect(!site.files.values.contains { String(decoding: $0, as: UTF8.self).contains("OPENSSH") })
        #expect(Set(site.diagnostics.map(\.identifier)) == ["hidden-file"])
        let wanted = try await build([page("a.md", "<a href=\"\(address)\">x</a>")], in: folder.path) { $0.include = [name, "a.csv~"] }
        #expect(wanted.diagnostics.isEmpty)
    }

    @Test("what is called like a key and is none is copied", arguments: ["talk.key", "certificate.pem", "hash~x.png", "bak"])
    func noKeys(name: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(name, "-----BEGIN CERTIFICATE-----\n")
        let site = try await build([page("a.md", "<a href=\"\(name)\">x</a>")], in: folder.path)
        #expect(site.files[name] != nil && site.diagnostics.isEmpty)
    }

    @Test("hidden files that site.yaml names are copied")
    func included() async throws {
        let folder = try TemporaryFolder()
        try folder.write(".well-known/a.txt", "public")
        let site = try await build([page("a.md", #"<a href=".well-known/a.txt">x</a>"#)], in: folder.path) { $0.include = [".well-known"] }
        #expect(site.text(".well-known/a.txt") == "public")
        #expect(site.diagnostics.isEmpty)
    }

    @Test(
        "files outside of the site's folder are not copied",
        arguments: ["../secret.png", "%2e%2e/secret.png", "out.png", "/etc/passwd", "out/passwd"])
    func outside(address: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("secret.png", "secret")
        try makeFolder(folder.path + "/site")
        #expect(symlink("../secret.png", folder.path + "/site/out.png") == 0)
        #expect(symlink("/etc", folder.path + "/site/out") == 0)
        let site = try await build([page("a.md", "<img src=\"\(address)\">")], in: folder.path + "/site")
        #expect(site.diagnostics.count == 1)
        #expect(!site.files.keys.contains { $0.hasPrefix("assets/secret") || $0.hasPrefix("assets/out") || $0.hasPrefix("assets/passwd") })
    }
}
