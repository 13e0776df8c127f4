private import Synchronization

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What a request is answered with.
enum Reply: Sendable {
    case response(status: Int, fields: [(String, String)], body: [UInt8])
    /// The connection stays open and receives what ``SocketServer/broadcast(_:)`` sends, after these bytes.
    case stream(first: [UInt8])
}

/// The server cannot listen.
public struct ListenError: Error, Sendable, Hashable, CustomStringConvertible {
    public let operation: String
    public let code: Int32

    public var description: String { "the preview cannot \(operation): \(String(cString: strerror(code)))" }
}

/// An HTTP server on the loopback interface: one thread, one request a connection, bounded in everything.
///
/// A connection has ``headSeconds`` to send its request whole, however slowly its bytes come; there are never more than
/// ``connectionLimit`` connections, the oldest unfinished one making room for the next.
final class SocketServer: @unchecked Sendable {
    // Sendable because the mutex guards what other threads touch; all else belongs to the server's own thread.
    static let connectionLimit = 200
    static let streamLimit = 24
    static let headSeconds = 10.0
    static let headBytes = 16 << 10
    static let bodyBytes = 16 << 10
    static let backlogBytes = 16 << 20

    let port: UInt16
    private let listener: Int32
    private let wake: (read: Int32, write: Int32)
    private let handler: @Sendable (RequestHead) -> Reply
    private let outbox = Mutex<(messages: [[UInt8]], isStopping: Bool)>(([], false))
    private var connections: [Int32: Connection] = [:]

    private struct Connection {
        var opened: Double
        var input: [UInt8] = []
        var output: [UInt8] = []
        var sent = 0
        var isStream = false
        var closesWhenSent = false
    }

    /// Listens on 127.0.0.1; port 0 takes a free one.
    init(port: UInt16, handler: @escaping @Sendable (RequestHead) -> Reply) throws(ListenError) {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let socket = Self.open(kind)
        guard socket >= 0 else { throw ListenError(operation: "open a socket", code: errno) }
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) } }
        guard bound == 0, listen(socket, 128) == 0 else {
            let code = errno
            close(socket)
            throw ListenError(operation: "listen on port \(port)", code: code)
        }
        var actual = sockaddr_in()
        var actualSize = size
        _ = withUnsafeMutablePointer(to: &actual) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &actualSize) } }
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else {
            let code = errno
            close(socket)
            throw ListenError(operation: "make a pipe", code: code)
        }
        for descriptor in [socket, pipes[0], pipes[1]] {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        listener = socket
        wake = (pipes[0], pipes[1])
        self.port = UInt16(bigEndian: actual.sin_port)
        self.handler = handler
    }

    private static func open(_ kind: Int32) -> Int32 { socket(AF_INET, kind, 0) }

    /// Starts the server's thread.
    func start() {
        let box = Unmanaged.passRetained(self)
        #if canImport(Glibc)
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { raw in
                    raw.map { Unmanaged<SocketServer>.fromOpaque($0).takeRetainedValue().loop() }
                    return nil
                }, box.toOpaque())
            if code == 0 { pthread_detach(thread) } else { box.release() }
        #else
            var thread: pthread_t?
            let code = pthread_create(
                &thread, nil,
                { raw in
                    Unmanaged<SocketServer>.fromOpaque(raw).takeRetainedValue().loop()
                    return nil
                }, box.toOpaque())
            if code == 0, let thread { pthread_detach(thread) } else { box.release() }
        #endif
    }

    /// Sends bytes to every stream.
    func broadcast(_ bytes: [UInt8]) {
        outbox.withLock { $0.messages.append(bytes) }
        wakeUp()
    }

    /// Ends the server; its sockets are closed by its thread.
    func stop() {
        outbox.withLock { $0.isStopping = true }
        wakeUp()
    }

    private func wakeUp() {
        var byte: UInt8 = 1
        _ = write(wake.write, &byte, 1)
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    // MARK: The server's thread

    private func loop() {
        var lastBeat = Self.now()
        var pausesAccepting = false
        while true {
            var entries = [
                pollfd(fd: pausesAccepting ? -1 : listener, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
            ]
            for (descriptor, connection) in connections {
                let wants = connection.output.count > connection.sent ? Int16(POLLIN | POLLOUT) : Int16(POLLIN)
                entries.append(pollfd(fd: descriptor, events: wants, revents: 0))
            }
            _ = poll(&entries, nfds_t(entries.count), pausesAccepting ? 100 : 1000)
            pausesAccepting = false
            if outbox.withLock({ $0.isStopping }) { break }
            if entries[1].revents != 0 { drainWake() }
            deliver()
            for entry in entries.dropFirst(2) where entry.revents != 0 {
                if entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { receive(entry.fd) }
                if entry.revents & Int16(POLLOUT) != 0 { send(entry.fd) }
            }
            if entries[0].revents & Int16(POLLIN) != 0 { pausesAccepting = !acceptAll() }
            let now = Self.now()
            for (descriptor, connection) in connections where !connection.isStream && now - connection.opened > Self.headSeconds { drop(descriptor) }
            if now - lastBeat > 15 {
                lastBeat = now
                // A comment keeps streams open and finds the ones that are gone.
                for (descriptor, connection) in connections where connection.isStream { enqueue(descriptor, Array(": \n\n".utf8)) }
            }
        }
        for descriptor in connections.keys { close(descriptor) }
        close(listener)
        close(wake.read)
        close(wake.write)
    }

    private func drainWake() {
        var buffer = [UInt8](repeating: 0, count: 256)
        while read(wake.read, &buffer, buffer.count) > 0 {}
    }

    private func deliver() {
        let messages = outbox.withLock { outbox in
            defer { outbox.messages = [] }
            return outbox.messages
        }
        for message in messages {
            for (descriptor, connection) in connections where connection.isStream { enqueue(descriptor, message) }
        }
    }

    /// Accepts what waits. `false` when the process is out of descriptors and should let the queue be for a moment.
    private func acceptAll() -> Bool {
        for _ in 0..<64 {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                if errno == EMFILE || errno == ENFILE {
                    dropOldestUnfinished()
                    return false
                }
                return true
            }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            #if canImport(Darwin)
                var yes: Int32 = 1
                setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
            #endif
            if connections.count >= Self.connectionLimit { dropOldestUnfinished() }
            if connections.count >= Self.connectionLimit {
                close(descriptor)
                continue
            }
            connections[descriptor] = Connection(opened: Self.now())
        }
        return true
    }

    private func dropOldestUnfinished() {
        if let oldest = connections.filter({ !$0.value.isStream }).min(by: { $0.value.opened < $1.value.opened }) { drop(oldest.key) }
    }

    private func drop(_ descriptor: Int32) {
        connections[descriptor] = nil
        close(descriptor)
    }

    private func receive(_ descriptor: Int32) {
        guard connections[descriptor] != nil else { return }
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else {
            drop(descriptor)
            return
        }
        // A stream has nothing more to say, and an answered request neither.
        guard var connection = connections[descriptor], !connection.isStream, !connection.closesWhenSent else { return }
        connection.input += buffer[..<count]
        connections[descriptor] = connection
        guard let end = RequestHead.end(in: connection.input) else {
            if connection.input.count > Self.headBytes { answer(descriptor, Self.refusal(431)) }
            return
        }
        guard end <= Self.headBytes, let head = RequestHead(connection.input[..<end]), let length = head.contentLength else {
            answer(descriptor, Self.refusal(400))
            return
        }
        guard length <= Self.bodyBytes else {
            answer(descriptor, Self.refusal(413))
            return
        }
        if connection.input.count - end < length { return }
        answer(descriptor, handler(head), isHead: head.method == "HEAD")
    }

    private static func refusal(_ status: Int) -> Reply { .response(status: status, fields: [], body: []) }

    private func answer(_ descriptor: Int32, _ reply: Reply, isHead: Bool = false) {
        switch reply {
        case .response(let status, let fields, let body):
            var head = "HTTP/1.1 \(status) \(Self.reason(status))\r\nConnection: close\r\nContent-Length: \(body.count)\r\n"
            for (name, value) in fields { head += "\(name): \(value)\r\n" }
            connections[descriptor]?.closesWhenSent = true
            enqueue(descriptor, Array((head + "\r\n").utf8) + (isHead ? [] : body))
        case .stream(let first):
            let streams = connections.filter { $0.value.isStream }
            if streams.count >= Self.streamLimit, let oldest = streams.min(by: { $0.value.opened < $1.value.opened }) { drop(oldest.key) }
            connections[descriptor]?.isStream = true
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
            enqueue(descriptor, Array(head.utf8) + first)
        }
    }

    private func enqueue(_ descriptor: Int32, _ bytes: [UInt8]) {
        guard let waiting = connections[descriptor].map({ $0.output.count - $0.sent }) else { return }
        if waiting + bytes.count > Self.backlogBytes, waiting > 0 {
            drop(descriptor)
            return
        }
        connections[descriptor]?.output += bytes
        send(descriptor)
    }

    private func send(_ descriptor: Int32) {
        guard var connection = connections[descriptor] else { return }
        while connection.sent < connection.output.count {
            let count = connection.output[connection.sent...].withUnsafeBytes { bytes in
                #if canImport(Glibc)
                    Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                #else
                    Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
                #endif
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { break }
                drop(descriptor)
                return
            }
            connection.sent += count
        }
        if connection.sent == connection.output.count {
            if connection.closesWhenSent {
                shutdown(descriptor, Int32(SHUT_WR))
                drop(descriptor)
                return
            }
            connection.output = []
            connection.sent = 0
        }
        connections[descriptor] = connection
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 202: "Accepted"
        case 302: "Found"
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 421: "Misdirected Request"
        case 431: "Request Header Fields Too Large"
        default: "Error"
        }
    }
}
