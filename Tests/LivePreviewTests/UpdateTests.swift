import LivePreview
import SiteBuilder
import Testing

@Suite("Updates of open pages", .serialized)
struct UpdateTests {
    private func page(_ blocks: [String], title: String = "T") -> Site {
        let body = blocks.joined(separator: "\n")
        return Site(files: ["a.html": Array("<html><title>\(title)</title><body><div class=\"post-body\">\n\(body)\n</div></body></html>".utf8)])
    }

    /// The events that a change from one page to another sends.
    private func events(_ before: Site, _ after: Site) throws -> String {
        let server = try PreviewServer()
        defer { server.stop() }
        server.publish(before)
        let client = try #require(RawClient(port: server.port))
        let base = "/" + server.address.split(separator: "/")[2] + "/"
        client.send("GET \(base)_galley/events HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n")
        _ = client.read { $0.contains("retry") }
        server.publish(after)
        server.show(page: "a.html", cells: ["cell-1": .running], isRunning: true)
        return client.read { $0.contains("event: state") }
    }

    @Test("only the changed blocks travel")
    func changedBlocks() throws {
        let blocks = (0..<30).map { "<p>block \($0)</p>" }
        var changed = blocks
        changed[7] = "<p>changed <b>7</b></p>"
        changed.insert("<div><p>new</p></div>", at: 20)
        changed.remove(at: 25)
        let text = try events(page(blocks), page(changed))
        #expect(
            text.contains(
                #""count":30,"pieces":[0,1,2,3,4,5,6,"<p>changed <b>7</b></p>",8,9,10,11,12,13,14,15,16,17,18,19,"<div><p>new</p></div>",20,21,22,23,25,26,27,28,29],"frame":false"#
            ))
        #expect(!text.contains("block 8"))
        #expect(text.contains(#"{"page":"a.html","cells":{"cell-1":"running"},"diagnostics":[],"running":true}"#))
    }

    @Test("what stands around the body is told apart")
    func frame() throws {
        #expect(try events(page(["<p>x</p>"]), page(["<p>x</p>"], title: "Other")).contains(#""pieces":[0],"frame":true"#))
    }

    @Test("a page that cannot be cut safely is reloaded")
    func unclosed() throws {
        #expect(
            try events(page(["<p>x</p>"]), page(["<p>x"])).contains(#""reload":true"#)
                || events(page(["<p>x</p>"]), page(["bare text"])).contains(#""reload":true"#))
        #expect(try events(page(["<p>x</p>"]), page(["bare text"])).contains(#""reload":true"#))
    }

    @Test("an unchanged page sends nothing")
    func unchanged() throws {
        #expect(!(try events(page(["<p>x</p>"]), page(["<p>x</p>"]))).contains("event: change"))
    }

    @Test("elements that do not close and comments do not confuse the cut")
    func voidElements() throws {
        let blocks = [
            "<hr>", "<p>a<br>b <img src=\"x>y.png\" alt=\"\"></p>", "<!-- c --><pre><code>&lt;div&gt;</code></pre>",
            "<script>if (a < b) \"<p>\"</script>", "<svg><path d=\"\"/></svg>",
        ]
        let text = try events(page(blocks), page(blocks + ["<p>end</p>"]))
        #expect(text.contains(#""count":5,"pieces":[0,1,2,3,4,"<p>end</p>"]"#))
    }
}
