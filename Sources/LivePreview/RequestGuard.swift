/// Decides who is answered. The preview runs code, so it answers only its own pages.
struct RequestGuard: Sendable {
    let token: String
    let port: UInt16

    enum Verdict: Sendable, Hashable {
        /// A request for what lies at a path beneath the token, percent-encoded as sent, without its query.
        case allowed(path: String)
        case refused(status: Int, reason: String)
    }

    /// The values of `Host` that name this server. Any other is a foreign name that resolves to this machine.
    private var hosts: [String] { ["127.0.0.1:\(port)", "localhost:\(port)"] }

    func verdict(on head: RequestHead) -> Verdict {
        guard let host = head.single("host"), hosts.contains(host) else { return .refused(status: 421, reason: "this host is not served here") }
        if head.has("origin") {
            guard let origin = head.single("origin"), hosts.contains(where: { origin == "http://" + $0 }) else {
                return .refused(status: 403, reason: "another site's page asked")
            }
        }
        if let site = head.single("sec-fetch-site"), site != "same-origin", site != "none" {
            return .refused(status: 403, reason: "another site's page asked")
        }
        let path = head.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let parts = path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, isToken(parts[1]) else {
            return .refused(status: 403, reason: "open the address that galley preview printed")
        }
        switch head.method {
        case "GET", "HEAD": break
        case "POST":
            // A form of another site can neither send the header nor leave the origin out.
            guard head.has("origin"), head.single("x-galley") == "preview" else {
                return .refused(status: 403, reason: "only the preview's own buttons may ask this")
            }
        default: return .refused(status: 405, reason: "no such method")
        }
        return .allowed(path: String(parts[2]))
    }

    /// Compares in a time that does not depend on where the texts differ.
    private func isToken(_ text: Substring) -> Bool {
        let given = Array(text.utf8)
        let expected = Array(token.utf8)
        guard given.count == expected.count else { return false }
        return zip(given, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
