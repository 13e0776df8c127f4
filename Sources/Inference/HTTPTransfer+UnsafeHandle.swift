internal import Groundwork

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Transfers by the `curl` program. Its options go through its standard input, so that no token shows among the
/// arguments of a process.
///
/// Unsafe since spawning a process takes C arrays, all of which end in this file.
struct HTTPTransfer {
    struct Response {
        var status: Int
        /// Names in lower case; of a redirect followed, those of the last response.
        var headers: [String: String]
    }

    /// What curl is told; each option's value is quoted. A switch has none.
    var options: [(name: String, value: String?)]
    var url: String

    /// Runs curl to its end.
    ///
    /// - Parameter tick: called about ten times a second.
    func run(tick: () -> Void = {}) throws(DownloadError) -> Response {
        let stem = "\(FileSystem.temporaryFolder)/galley-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let headerPath = stem + ".headers", errorPath = stem + ".errors"
        defer {
            unlink(headerPath)
            unlink(errorPath)
        }
        var lines = options + [("url", url), ("dump-header", headerPath), ("stderr", errorPath)]
        lines += [("user-agent", "galley"), ("connect-timeout", "20"), ("speed-limit", "1"), ("speed-time", "60")]
        let configuration = lines.map { $0.name + ($0.value.map { " = " + Self.quoted($0) } ?? "") + "\n" }.joined() + "silent\nshow-error\n"
        let status = try spawn(configuration, tick: tick)
        let headers = Self.lastHeaders((try? String(decoding: Self.read(headerPath), as: UTF8.self)) ?? "")
        guard status == 0 else {
            let message = (try? String(decoding: Self.read(errorPath), as: UTF8.self)) ?? ""
            throw DownloadError(
                url: url, message: "curl ended with \(status): \(message.split(separator: "\n").first ?? "no message")",
                help: Self.help(status))
        }
        return headers
    }

    private func spawn(_ configuration: String, tick: () -> Void) throws(DownloadError) -> Int32 {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw failure("pipe", errno) }
        // A child of another thread must not hold the pipe open.
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        var launch = ProcessLaunch(["curl", "--disable", "--config", "-"])
        launch.input = .descriptor(ends[0])
        launch.output = .nothing
        let started = Result { () throws(FileError) in try launch.start() }
        close(ends[0])
        guard case .success(let process) = started else {
            close(ends[1])
            throw DownloadError(
                url: url, message: "the program curl cannot be started",
                help: "install curl, or put the model's files where they are looked for")
        }
        var bytes = Array(configuration.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
            if count <= 0 { break }
            bytes = bytes.dropFirst(count)
        }
        close(ends[1])
        while true {
            if let end = endIfReached(of: process) {
                tick()
                return Int32(end.status)
            }
            tick()
            usleep(100_000)
        }
    }

    private func failure(_ operation: String, _ code: Int32) -> DownloadError {
        DownloadError(
            url: url, message: "cannot \(operation): \(String(cString: strerror(code)))", help: "close other programs and try again")
    }

    private static func help(_ status: Int32) -> String {
        switch status {
        case 5, 6, 7, 28, 35: "check the connection to the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use only what is here"
        case 23: "check that the disk has room and that the cache folder (HF_HOME) can be written to"
        default: "try again; what was fetched so far is kept and taken up"
        }
    }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n", "\r": continue
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// The status and headers of the last of several responses.
    static func lastHeaders(_ text: String) -> Response {
        var response = Response(status: 0, headers: [:])
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("HTTP/") {
                let status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                // Headers of a redirect are kept where the next response does not repeat them: they tell checksums.
                response.status = status
            } else if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                response.headers[line[..<colon].lowercased()] = String(value)
            }
        }
        return response
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}
