import LivePreview
import SiteBuilder
import Testing

/// What other programs and pages on this machine may try.
@Suite("Attacks on the preview", .serialized)
struct AttackTests {
    private let server: PreviewServer
    private let port: UInt16
    private let base: String

    init() throws {
        server = try PreviewServer()
        port = server.port
        base = "/" + server.address.split(separator: "/")[2] + "/"
        server.publish(
            Site(files: [
                "index.html": Array("<html><body>the secret page</body></html>".utf8), "posts/ä b.html": Array("umlaut".utf8),
            ]))
    }

    private func get(_ target: String, host: String? = nil, fields: [String] = []) -> String {
        RawClient.request(target, port: port, host: host, fields: fields)
    }

    private func expectNothingServed(_ answer: String, _ comment: Comment) {
        #expect(!answer.hasPrefix("HTTP/1.1 2"), comment)
        #expect(!answer.contains("secret"), comment)
        #expect(!answer.contains("root:"), comment)
    }

    @Test("the page is served to those who know its address")
    func served() {
        let answer = get(base)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("the secret page"))
        #expect(answer.contains("data-page=\"index.html\""))
        #expect(get(base + "posts/%C3%A4%20b.html?x=1").contains("umlaut"))
        server.stop()
    }

    @Test("without the token, or with another, nothing is served")
    func tokens() {
        let wrong = "/" + String(repeating: "0", count: 32) + "/"
        for target in [
            "/", "/index.html", "//index.html", wrong, base.uppercased(), String(base.dropLast(2)) + "/", base.dropLast() + "x/", "/?token=x",
        ] {
            expectNothingServed(get(String(target)), "\(target)")
        }
        server.stop()
    }

    @Test("a foreign host, as after DNS rebinding, is refused")
    func hosts() {
        for host in ["evil.example", "evil.example:\(port)", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:\(port)", ""] {
            expectNothingServed(get(base, host: host), "\(host)")
        }
        expectNothingServed(get(base, fields: ["Host: evil.example"]), "two hosts")
        #expect(get(base, host: "localhost:\(port)").contains("secret"))
        server.stop()
    }

    @Test("pages of other origins can neither read nor run")
    func origins() async {
        for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1:\(port).evil.example", "https://127.0.0.1:\(port)"] {
            expectNothingServed(get(base, fields: ["Origin: \(origin)"]), "\(origin)")
            let post = RawClient.request(
                base + "_galley/run", port: port, method: "POST", fields: ["Origin: \(origin)", "X-Galley: preview", "Content-Length: 0"])
            #expect(post.hasPrefix("HTTP/1.1 403"), "\(origin)")
        }
        expectNothingServed(get(base, fields: ["Sec-Fetch-Site: cross-site"]), "cross-site")
        let own = "Origin: http://127.0.0.1:\(port)"
        // Without the header that forms cannot send, without an origin, with another method, or for another action.
        #expect(RawClient.request(base + "_galley/run", port: port, method: "POST", fields: [own, "Content-Length: 0"]).hasPrefix("HTTP/1.1 403"))
        #expect(
            RawClient.request(base + "_galley/run", port: port, method: "POST", fields: ["X-Galley: preview", "Content-Length: 0"]).hasPrefix(
                "HTTP/1.1 403"))
        #expect(RawClient.request(base + "_galley/run", port: port, method: "GET", fields: [own]).hasPrefix("HTTP/1.1 404"))
        #expect(RawClient.request(base + "_galley/run", port: port, method: "OPTIONS", fields: [own]).hasPrefix("HTTP/1.1 405"))
        #expect(
            RawClient.request(base + "_galley/shell", port: port, method: "POST", fields: [own, "X-Galley: preview", "Content-Length: 0"]).hasPrefix(
                "HTTP/1.1 404"))
        // Nothing of all that arrived; what the page's own button asks does.
        #expect(
            RawClient.request(base + "_galley/restart", port: port, method: "POST", fields: [own, "X-Galley: preview", "Content-Length: 0"])
                .hasPrefix("HTTP/1.1 202"))
        var actions = server.actions.makeAsyncIterator()
        #expect(await actions.next() == .restart)
        server.stop()
    }

    @Test("no path leads out of the site")
    func traversal() {
        for path in [
            "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "%252e%252e%252fetc%252fpasswd", "/etc/passwd",
            "%2Fetc%2Fpasswd", "posts/../../../etc/passwd", "..\\..\\etc\\passwd", "index.html%00.png", "%", "%zz", "%ff%fe",
            "_galley/../_galley/run", ".galley-manifest.json", "file:///etc/passwd", "....//....//etc/passwd",
        ] {
            expectNothingServed(get(base + path), "\(path)")
        }
        server.stop()
    }

    @Test("requests that are not well formed are refused")
    func malformed() {
        for text in [
            "GET\r\n\r\n", "get / HTTP/1.1\r\n\r\n", "GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", "GET / HTTP/2\r\n\r\n", "\u{0}\u{1}\r\n\r\n",
            "GET \(base) HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", "GET \(base) HTTP/1.1\r\n: x\r\n\r\n",
            "POST \(base)_galley/run HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST \(base)_galley/run HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            "POST \(base)_galley/run HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 999999999\r\n\r\n",
            "GET \(base) HTTP/1.1\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n",
        ] {
            let client = RawClient(port: port)
            client?.send(text)
            let answer = client?.read() ?? ""
            #expect(answer.hasPrefix("HTTP/1.1 4"), "\(text.prefix(80))")
        }
        #expect(get(base).contains("secret"))
        server.stop()
    }

    @Test("thousands of idle connections and dripping clients do not keep others out")
    func idle() {
        var idle: [RawClient] = []
        var dripping: [RawClient] = []
        // As many as the test's own limit on descriptors lets it hold at a time.
        for number in 0..<2000 {
            guard let client = RawClient(port: port) else { continue }
            if number % 4 == 0 {
                client.send("GET \(base) HTTP/1.1\r\nX-")
                dripping.append(client)
            } else {
                idle.append(client)
            }
            if idle.count + dripping.count > 400 {
                idle.removeFirst(min(200, idle.count))
            }
            if number % 250 == 0 {
                for client in dripping { client.send("a") }
                #expect(get(base).contains("secret"), "after \(number)")
            }
        }
        #expect(get(base).contains("secret"))
        server.stop()
    }
}
