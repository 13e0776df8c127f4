import Synchronization

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A server on 127.0.0.1 that answers like a model hub, one request a connection, on a thread of its own.
///
/// Unsafe calls are the sockets'.
final class LoopbackServer: Sendable {
    struct File: Sendable {
        var contents: [UInt8]
        /// What the server says the contents' checksum is.
        var tag: String
        /// Where else the contents are: the answer is a redirect, with their checksum and size in headers of its own.
        var location: String?
        /// Without this token the answer is 401.
        var token: String?
    }

    struct Failure: Error {
        let operation: String
        let code: Int32
    }

    let endpoint: String
    private let listener: Int32
    private let files: [String: File]
    private let log = Mutex<[String]>([])
    private let authorizationLog = Mutex<[String?]>([])

    /// What each request so far gave as its authorization.
    var authorizations: [String?] { authorizationLog.withLock { $0 } }

    /// Method, path and range of each request so far, in order.
    var requests: [String] { log.withLock { $0 } }

    /// - Parameter files: by path, such as `/a/b/resolve/main/config.json`.
    init(_ files: [String: File]) throws {
        self.files = files
        #if canImport(Glibc)
            listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard status else { throw Failure(operation: "listen", code: errno) }
        endpoint = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        // A proxy of the environment is not for this machine itself.
        setenv("no_proxy", "127.0.0.1", 1)
        let box = Unmanaged.passRetained(self)
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let argument = box.toOpaque()
        let code = pthread_create(
            &thread, nil,
            { pointer in
                #if canImport(Glibc)
                    // Optional here, and not on Darwin.
                    guard let pointer else { return nil }
                #endif
                Unmanaged<LoopbackServer>.fromOpaque(pointer).takeRetainedValue().serve()
                return nil
            }, argument)
        guard code == 0 else {
            box.release()
            throw Failure(operation: "start a thread", code: code)
        }
    }

    /// Ends the thread.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        while case let connection = accept(listener, nil, nil), connection >= 0 {
            answer(connection)
            close(connection)
        }
        close(listener)
    }

    private func answer(_ connection: Int32) {
        var request: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { return }
            request += chunk[..<count]
        }
        let lines = String(decoding: request, as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count == 3 else { return }
        let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }.map { String($0.dropFirst(13)) }
        let authorization = lines.first { $0.lowercased().hasPrefix("authorization: ") }.map { String($0.dropFirst(15)) }
        authorizationLog.withLock { $0.append(authorization) }
        log.withLock { $0.append("\(words[0]) \(words[1])" + (range.map { " \($0)" } ?? "")) }
        var reply: String
        var body: [UInt8] = []
        let file = files[String(words[1])]
        if let token = file?.token, authorization != "Bearer \(token)" {
            reply = "HTTP/1.1 401 Unauthorized\r\n"
        } else if let file, let location = file.location {
            reply = "HTTP/1.1 302 Found\r\nLocation: \(location)\r\nETag: \"of the redirect\"\r\n"
            reply += "X-Linked-ETag: \"\(file.tag)\"\r\nX-Linked-Size: \(file.contents.count)\r\n"
        } else if let file {
            let start = min(range.flatMap { Int($0.dropLast()) } ?? 0, file.contents.count)
            body = Array(file.contents[start...])
            reply = range == nil ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 206 Partial Content\r\n"
            if range != nil { reply += "Content-Range: bytes \(start)-\(file.contents.count - 1)/\(file.contents.count)\r\n" }
            reply += "ETag: \"\(file.tag)\"\r\n"
        } else {
            reply = "HTTP/1.1 404 Not Found\r\n"
        }
        reply += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        var bytes = Array(reply.utf8) + (words[0] == "HEAD" ? [] : body)
        while !bytes.isEmpty {
            #if canImport(Glibc)
                let count = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            #else
                let count = send(connection, bytes, bytes.count, 0)
            #endif
            guard count > 0 else { return }
            bytes.removeFirst(count)
        }
    }
}
