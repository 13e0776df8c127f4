internal import Groundwork
private import JSON
public import SiteBuilder
private import Synchronization

/// What the reader of a preview asks for with its buttons.
public enum PreviewAction: Sendable, Hashable {
    case run
    case interrupt
    case restart
}

/// How a cell stands.
public enum PreviewCellState: String, Sendable, Hashable {
    case running, stale, failed, done
}

/// A message of the compiler at a line of a cell, or of the whole page.
public struct PreviewDiagnostic: Sendable, Hashable {
    public var severity: String
    public var message: String
    /// The cell's identifier in the page.
    public var cell: String?
    /// The line within the cell, from 1.
    public var line: Int?

    public init(severity: String, message: String, cell: String? = nil, line: Int? = nil) {
        self.severity = severity
        self.message = message
        self.cell = cell
        self.line = line
    }
}

/// Serves a site that is being written, on the loopback interface, and keeps open pages up to date.
///
/// Every address begins with a random token. Only files of the site are served, from memory; nothing is read from disk.
public final class PreviewServer: Sendable {
    /// What the buttons asked for, in order.
    public let actions: AsyncStream<PreviewAction>

    let token: String
    private let server: SocketServer
    private let state: PreviewState

    /// - Throws: ``ListenError`` when the port is taken.
    public init(port: UInt16 = 0) throws(ListenError) {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        let token = String((0..<32).map { _ in digits[Int.random(in: 0..<16, using: &generator)] })
        let (stream, continuation) = AsyncStream.makeStream(of: PreviewAction.self, bufferingPolicy: .bufferingNewest(16))
        let state = PreviewState(token: token) { continuation.yield($0) }
        self.token = token
        self.state = state
        actions = stream
        server = try SocketServer(port: port) { state.reply(to: $0) }
        state.setPort(server.port)
        server.start()
    }

    public var port: UInt16 { server.port }

    /// The address to open in a browser.
    public var address: String { address(of: "") }

    /// The address of a page of the site.
    public func address(of path: String) -> String { "http://127.0.0.1:\(server.port)/\(token)/\(path)" }

    /// Puts a new state of the site in the place of the one before; open pages receive the blocks that changed.
    public func publish(_ site: Site) {
        for event in state.publish(site) { server.broadcast(event) }
    }

    /// Says how the cells of a page stand.
    public func show(page: String, cells: [String: PreviewCellState], diagnostics: [PreviewDiagnostic] = [], isRunning: Bool = false) {
        server.broadcast(state.show(page: page, cells: cells, diagnostics: diagnostics, isRunning: isRunning))
    }

    public func stop() { server.stop() }
}

/// What the server answers from. All of it lies behind one lock.
final class PreviewState: Sendable {
    private struct Content {
        var port: UInt16 = 0
        var files: [String: [UInt8]] = [:]
        var states: [String: String] = [:]
    }

    private let token: String
    private let act: @Sendable (PreviewAction) -> Void
    private let content = Mutex(Content())

    init(token: String, act: @escaping @Sendable (PreviewAction) -> Void) {
        self.token = token
        self.act = act
    }

    func setPort(_ port: UInt16) { content.withLock { $0.port = port } }

    // MARK: Changes

    /// The events that bring open pages to the new state.
    func publish(_ site: Site) -> [[UInt8]] {
        let old = content.withLock { content in
            defer { content.files = site.files }
            return content.files
        }
        var events: [[UInt8]] = []
        for (path, bytes) in site.files.sorted(by: { $0.key < $1.key }) where path.hasSuffix(".html") {
            guard let before = old[path], before != bytes else { continue }
            events.append(Self.event("change", Self.change(path, before, bytes)))
        }
        // Style sheets have names of their content, so a change of one changes every page that uses it.
        return events
    }

    private static func change(_ path: String, _ before: [UInt8], _ after: [UInt8]) -> JSONValue {
        guard let old = PageBlocks(before), let new = PageBlocks(after) else { return ["page": .string(path), "reload": true] }
        let pieces = new.pieces(from: old).map { piece -> JSONValue in
            switch piece {
            case .kept(let number): .integer(Int64(number))
            case .new(let html): .string(html)
            }
        }
        return [
            "page": .string(path), "count": .integer(Int64(old.blocks.count)), "pieces": .array(pieces),
            "frame": .bool(old.head != new.head || old.tail != new.tail),
        ]
    }

    func show(page: String, cells: [String: PreviewCellState], diagnostics: [PreviewDiagnostic], isRunning: Bool) -> [UInt8] {
        var states = JSONObject()
        for (cell, state) in cells.sorted(by: { $0.key < $1.key }) { states[cell] = .string(state.rawValue) }
        let messages = diagnostics.map { diagnostic -> JSONValue in
            var object: JSONObject = ["severity": .string(diagnostic.severity), "message": .string(diagnostic.message)]
            if let cell = diagnostic.cell { object["cell"] = .string(cell) }
            if let line = diagnostic.line { object["line"] = .integer(Int64(line)) }
            return .object(object)
        }
        let value: JSONValue = ["page": .string(page), "cells": .object(states), "diagnostics": .array(messages), "running": .bool(isRunning)]
        content.withLock { $0.states[page] = value.text() }
        return Self.event("state", value)
    }

    private static func event(_ name: String, _ value: JSONValue) -> [UInt8] { Array("event: \(name)\ndata: \(value.text())\n\n".utf8) }

    // MARK: Requests

    func reply(to head: RequestHead) -> Reply {
        let port = content.withLock { $0.port }
        switch RequestGuard(token: token, port: port).verdict(on: head) {
        case .refused(let status, let reason): return Self.text(status, reason)
        case .allowed(let path):
            return head.method == "POST" ? action(path) : resource(path)
        }
    }

    private func action(_ path: String) -> Reply {
        switch path {
        case "_galley/run": act(.run)
        case "_galley/interrupt": act(.interrupt)
        case "_galley/restart": act(.restart)
        default: return Self.text(404, "no such action")
        }
        return Self.text(202, "")
    }

    private func resource(_ encoded: String) -> Reply {
        switch encoded {
        case "_galley/preview.js": return Self.file(Array(PreviewClient.script.utf8), type: "text/javascript; charset=utf-8")
        case "_galley/events":
            let states = content.withLock { $0.states.sorted { $0.key < $1.key }.map(\.value) }
            return .stream(first: Array(("retry: 500\n\n" + states.map { "event: state\ndata: \($0)\n\n" }.joined()).utf8))
        default: break
        }
        // Decoded once, then looked up among the site's own files: no path reaches a file system.
        guard var path = PercentEncoding.decode(encoded) else { return Self.text(400, "the address is not encoded rightly") }
        if path.isEmpty || path.hasSuffix("/") { path += "index.html" }
        let (found, only, missing) = content.withLock { content -> ([UInt8]?, String?, [UInt8]?) in
            let pages = content.files.keys.filter { $0.hasSuffix(".html") }
            return (content.files[path], pages.count == 1 ? pages.first : nil, content.files["404.html"])
        }
        if let found {
            return Self.file(path.hasSuffix(".html") ? injected(found, path) : found, type: (MediaType(ofFile: path) ?? .unknown).contentType)
        }
        if path == "index.html", let only {
            return .response(
                status: 302, fields: [("Location", "/\(token)/\(only.utf8.allSatisfy { $0 < 0x80 && $0 > 0x20 } ? only : "")")] + Self.security,
                body: [])
        }
        guard let missing else { return Self.text(404, "there is no such page") }
        return .response(status: 404, fields: [("Content-Type", "text/html; charset=utf-8")] + Self.security, body: missing)
    }

    /// The page with the script that keeps it up to date.
    private func injected(_ page: [UInt8], _ path: String) -> [UInt8] {
        let script = "<script src=\"/\(token)/_galley/preview.js\" data-root=\"/\(token)/\" data-page=\"\(escaped(path))\" defer></script>"
        return page + Array(script.utf8)
    }

    private static let security: [(String, String)] = [
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Content-Security-Policy", "frame-ancestors 'none'; connect-src 'self'; form-action 'none'"),
    ]

    private static func text(_ status: Int, _ text: String) -> Reply {
        .response(
            status: status, fields: [("Content-Type", "text/plain; charset=utf-8")] + security, body: Array((text.isEmpty ? "" : text + "\n").utf8))
    }

    private static func file(_ bytes: [UInt8], type: String) -> Reply {
        .response(status: 200, fields: [("Content-Type", type)] + security, body: bytes)
    }
}
