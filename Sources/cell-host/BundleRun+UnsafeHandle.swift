internal import CellWire
internal import Groundwork
internal import SourceText

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

// The members below have the names of the system's own calls.
private let readSome: @Sendable (Int32, UnsafeMutableRawPointer?, Int) -> Int = { read($0, $1, $2) }
private let writeSome: @Sendable (Int32, UnsafeRawPointer?, Int) -> Int = { write($0, $1, $2) }

/// Does what the script of a bundle says, with a second process of this program as the host.
///
/// What the host writes is kept byte for byte in `events`, from which `galley run --bundle` makes the record.
struct BundleRun {
    /// An absolute path.
    let folder: String

    private struct Failure: Error {
        var message: String
    }

    /// - Returns: The exit status: 0 when all cells ran, 1 when one failed that may not, 69 when nothing could run.
    func toEnd() -> Int32 {
        do {
            let script = try contents("script")
            let configuration = try contents("configuration")
            // Files of `resources:` and files that cells write lie in a folder of their own.
            let work = "\(folder)/work"
            guard mkdir(work, 0o755) == 0 || errno == EEXIST, chdir(work) == 0 else {
                throw Failure(message: "cannot make \(work): \(String(cString: strerror(errno)))")
            }
            // What an earlier run left is not this one's, however far this one comes.
            for name in ["events", "finished"] { unlink("\(folder)/\(name)") }
            let lines = String(decoding: script, as: UTF8.self).split(separator: "\n")
            guard let identity = lines.first?.split(separator: "\t"), identity.count == 2, identity[0] == "bundle" else {
                throw Failure(message: "the script is damaged: it does not say which bundle it is of")
            }
            let start = now()
            let date = formattedDate()
            let host = try Host(folder: folder)
            host.send(configuration)
            let succeeded = try run(lines.dropFirst(), on: host)
            try host.finish()
            let digest = ContentKey(ofBytes: try contents("events.part")).hexadecimal
            try write("\(date)\n\(now() - start)\n\(identity[1])\n\(digest)\n", to: "finished")
            guard rename("\(folder)/events.part", "\(folder)/events") == 0 else { throw Failure(message: "cannot write \(folder)/events") }
            say(succeeded ? "All cells ran. Bring 'events' and 'finished' back." : "The run ended early. 'events' and 'finished' say why.")
            return succeeded ? 0 : 1
        } catch {
            say("error: \((error as? Failure)?.message ?? "\(error)")")
            return 69
        }
    }

    private func run(_ script: some Sequence<Substring>, on host: Host) throws -> Bool {
        for line in script {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch (fields.first, fields.count) {
            case ("load", 3): host.send(HostCommand.load(CellImage(name: fields[1], content: .path("\(folder)/\(fields[2])"))).encoded)
            case ("run", 6):
                guard let number = Int(fields[1]) else { throw Failure(message: "the script is damaged: \(line)") }
                host.send(HostCommand.run(RunRequest(cell: number, image: fields[2], entry: "\(fields[2])_main")).encoded)
                let began = now()
                switch try host.waitForEnd(of: number, limit: Double(fields[3])) {
                case .succeeded: say("\(fields[5]) done in \(rounded(now() - began)) s")
                case .failed:
                    say("\(fields[5]) failed")
                    if fields[4] == "strict" { return false }
                case .gone:
                    say("\(fields[5]): the host ended")
                    return false
                }
            default: throw Failure(message: "the script is damaged: \(line)")
            }
        }
        return true
    }

    private func contents(_ name: String) throws -> [UInt8] {
        let descriptor = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(message: "\(folder)/\(name) cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var all: [UInt8] = []
        while let some = Self.read(descriptor) { all += some }
        return all
    }

    private func write(_ text: String, to name: String) throws {
        let part = "\(folder)/\(name).part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(message: "cannot write \(folder)/\(name): \(String(cString: strerror(errno)))") }
        let isWhole = Self.write(descriptor, Array(text.utf8))
        close(descriptor)
        guard isWhole, rename(part, "\(folder)/\(name)") == 0 else { throw Failure(message: "cannot write \(folder)/\(name)") }
    }

    private func say(_ text: String) { _ = Self.write(2, Array((text + "\n").utf8)) }

    private func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func formattedDate() -> String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix(count).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    }

    private static func read(_ descriptor: Int32) -> [UInt8]? {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, initialized in
                count = readSome(descriptor, buffer.baseAddress, 1 << 16)
                initialized = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            return count > 0 ? bytes : nil
        }
    }

    private static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeSome(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private enum CellEnd { case succeeded, failed, gone }

    /// The process that runs cells.
    private final class Host {
        private let child: pid_t
        private let input: Int32
        private let output: Int32
        private let log: Int32
        private var reader = FrameReader()
        /// Until the preamble has come.
        private var greeting: [UInt8]? = []

        init(folder: String) throws {
            signal(SIGPIPE, SIG_IGN)
            var down: [Int32] = [-1, -1]
            var up: [Int32] = [-1, -1]
            log = open("\(folder)/events.part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard log >= 0 else { throw Failure(message: "cannot write in \(folder): \(String(cString: strerror(errno)))") }
            guard pipe(&down) == 0, pipe(&up) == 0 else { throw Failure(message: "cannot make a pipe") }
            for end in down + up { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var launch = ProcessLaunch(["cell-host"], file: "/proc/self/exe")
            launch.input = .descriptor(down[0])
            launch.output = .descriptor(up[1])
            let identifier: Int32
            do throws(FileError) {
                identifier = try launch.start()
            } catch {
                throw Failure(message: "cannot start the host: \(String(cString: strerror(error.code)))")
            }
            close(down[0])
            close(up[1])
            (child, input, output) = (identifier, down[1], up[0])
        }

        func send(_ content: [UInt8]) { _ = BundleRun.write(input, FrameReader.frame(content)) }

        /// Waits until a cell has ended; past `limit` seconds it is interrupted, and two seconds later the host is ended.
        func waitForEnd(of number: Int, limit: Double?) throws -> CellEnd {
            var result = CellEnd.succeeded
            var remaining = limit
            var isInterrupted = false
            while true {
                while let content = try reader.next() {
                    switch try HostEvent(decoding: content) {
                    case .failed(let cell, _) where cell == number || cell < 0: result = .failed
                    case .ended(number, _): return result
                    case .fatal: return .gone
                    default: break
                    }
                }
                var watched = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
                let step = min(remaining ?? 1, 1)
                let ready = poll(&watched, 1, Int32(max(1, step * 1000)))
                if ready == 0, let left = remaining {
                    remaining = left - step
                    guard left - step <= 0 else { continue }
                    if isInterrupted {
                        kill(child, SIGKILL)
                        remaining = nil
                    } else {
                        send(HostCommand.interrupt.encoded)
                        isInterrupted = true
                        remaining = 2
                    }
                    continue
                }
                guard ready != 0 else { continue }
                guard let bytes = BundleRun.read(output) else { return .gone }
                try take(bytes)
            }
        }

        private func take(_ bytes: [UInt8]) throws {
            guard BundleRun.write(log, bytes) else { throw Failure(message: "cannot write the events: \(String(cString: strerror(errno)))") }
            guard var seen = greeting else { return reader.append(bytes) }
            seen += bytes
            greeting = seen
            guard let start = seen.indices.first(where: { seen[$0...].starts(with: hostPreamble) }) else { return }
            greeting = nil
            reader.append(seen[(start + hostPreamble.count)...])
        }

        /// Ends the host and keeps the rest of what it writes.
        func finish() throws {
            send(HostCommand.shutdown.encoded)
            close(input)
            while let bytes = BundleRun.read(output) { try take(bytes) }
            _ = Groundwork.waitForEnd(of: child)
            close(log)
        }
    }
}
