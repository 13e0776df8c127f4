internal import CellWire
internal import Groundwork
internal import SourceText

/// A host process on a pipe.
final class HostConnection: @unchecked Sendable {
    // Sendable because the queue and the flags are used with the monitor's lock held.
    /// `nil` where the events of an earlier run are read again.
    private let process: ChildProcess?
    private let monitor = Monitor()
    private let writing = Monitor()
    private var events: [HostEvent] = []
    private var end: String?
    private var errorText: [UInt8] = []
    let isLocal: Bool
    private let endedForMemory = processesEndedForMemory()
    private var loaded: Set<String> = []
    private var greets = false

    /// Whether a host has answered.
    var hasGreeted: Bool { process == nil || monitor.locked { greets } }

    /// - Parameter place: Where the host is started.
    init(toolchain: CellToolchain, place: HostPlace, configuration: HostConfiguration) throws(ExecutionError) {
        ignoreBrokenPipes()
        isLocal = place.isLocal
        let process = try place.start(toolchain)
        self.process = process
        let hasReaders =
            startBlockingThread { [self] in read(process) }
            && startBlockingThread { [self] in
                while let bytes = process.read(process.error) {
                    monitor.locked { if errorText.count < 1 << 16 { errorText += bytes } }
                }
            }
        guard hasReaders else {
            process.end()
            throw .cannotStart(program: "the cell host", reason: "the system gives no threads")
        }
        send(.configure(configuration))
    }

    /// Reads again what a host wrote elsewhere; what is sent goes nowhere.
    ///
    /// - Parameter bytes: All that it wrote to its standard output.
    init(replaying bytes: [UInt8]) {
        process = nil
        isLocal = true
        var stream = EventStream()
        let problem = stream.read(bytes)
        events = stream.events
        end = problem ?? "the bundle's run ended here"
    }

    func send(_ command: HostCommand) {
        guard let process else { return }
        let frame = FrameReader.frame(command.encoded)
        // A failed write shows as the end of the events.
        writing.locked { _ = writeAll(process.input, frame) }
    }

    /// Loads an image unless the host has it.
    func load(_ module: String, path: String) throws(ExecutionError) {
        guard monitor.locked({ loaded.insert(module).inserted }) else { return }
        if isLocal {
            send(.load(CellImage(name: module, content: .path(path))))
        } else {
            do throws(FileError) {
                send(.load(CellImage(name: module, content: .bytes(try readFile(path)))))
            } catch {
                throw .file(error)
            }
        }
    }

    enum Next: Sendable {
        case event(HostEvent)
        case timeout
        /// The host is gone, and why.
        case end(String)
    }

    func next(until deadline: Double?) -> Next {
        let next: Next? = monitor.waiting(until: deadline) {
            if !events.isEmpty { return .event(events.removeFirst()) }
            return end.map { .end($0) }
        }
        return next ?? .timeout
    }

    func kill() { process?.end() }

    /// The process that runs the cells, where it is one of this machine and no other stands between.
    var processIdentifier: Int32? {
        guard isLocal, let identifier = process?.identifier else { return nil }
        return linkTarget(of: "/proc/\(identifier)/exe")?.hasSuffix("/cell-host") == true ? identifier : nil
    }

    /// Asks for the end, and makes sure of it.
    func close() {
        send(.shutdown)
        guard let process else { return }
        for patience in [2.0, 4.0] {
            let deadline = secondsNow() + patience
            while case .event = next(until: deadline) {}
            if monitor.locked({ end != nil }) { break }
            process.end()
        }
        process.endInput()
    }

    private func read(_ process: ChildProcess) {
        var stream = EventStream()
        var problem: String?
        while problem == nil, let bytes = process.read(process.output) {
            problem = stream.read(bytes)
            let (new, hasGreeted) = (stream.events, stream.hasGreeted)
            stream.events = []
            monitor.locked {
                events += new
                greets = hasGreeted
            }
            monitor.signal()
        }
        if problem != nil { process.end() }
        let last = process.wait()
        var reason =
            problem ?? stream.lastWords
            ?? (last.signal.map { "its process was ended by signal \($0)" } ?? "its process ended with status \(last.status)")
        if last.signal == 9, processesEndedForMemory() > endedForMemory {
            reason = "the system ended its process because memory ran out, of the machine or of its group of processes"
        }
        let text = monitor.locked { String(decoding: errorText.suffix(2000), as: UTF8.self) }
        if problem == nil, stream.lastWords == nil, !text.isEmpty { reason += ": \(text)" }
        monitor.locked { end = reason }
        monitor.signal()
    }
}

/// Takes a host's standard output apart: what greets, the preamble, and then events.
struct EventStream {
    var events: [HostEvent] = []
    /// What the host said when it could not go on.
    private(set) var lastWords: String?
    private var reader = FrameReader()
    private var greeting: [UInt8]? = []

    /// Whether a host's own words have begun.
    var hasGreeted: Bool { greeting == nil }

    /// - Returns: What is wrong with the stream; nothing more can be read then.
    mutating func read(_ bytes: [UInt8]) -> String? {
        if var seen = greeting {
            seen += bytes
            guard let range = seen.firstRange(of: hostPreamble) else {
                greeting = seen
                return seen.count > 1 << 16 ? "its process is no cell host: it wrote \(String(decoding: seen.prefix(200), as: UTF8.self))" : nil
            }
            greeting = nil
            reader.append(seen[range.upperBound...])
        } else {
            reader.append(bytes)
        }
        do throws(WireError) {
            while let content = try reader.next() {
                let event = try HostEvent(decoding: content)
                if case .fatal(let message) = event { lastWords = lastWords ?? message }
                events.append(event)
            }
        } catch {
            return error.description
        }
        return nil
    }
}
