internal import CellWire

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes what the process writes to its standard output and error, and hands it on in order.
///
/// Whoever has to know that all output so far has been handed on calls ``fence()``: the pump then
/// empties both pipes before it answers.
final class OutputPump: @unchecked Sendable {
    // Sendable because `cell`, `limiters` and the counters are used with the monitor's lock held, and
    // the descriptors never change.
    private let monitor = Monitor()
    private let send: @Sendable (HostEvent) -> Void
    private let limit: Int
    private let standardOutput: Int32
    private let standardError: Int32
    private let control: (reading: Int32, writing: Int32)
    private var cell = 0
    private var limiters: [WireStream: OutputLimiter]
    private var fencesAsked = 0
    private var fencesPassed = 0
    private var hasSentSinceMark = false

    /// Replaces descriptors 1 and 2 by pipes; `nil` when the system gives none.
    init?(limit: Int, send: @escaping @Sendable (HostEvent) -> Void) {
        guard let output = makePipe(), let error = makePipe(), let control = makePipe() else { return nil }
        self.send = send
        self.limit = limit
        self.control = control
        standardOutput = output.reading
        standardError = error.reading
        limiters = [:]
        for stream in WireStream.allCases { limiters[stream] = OutputLimiter(limit: limit) }
        setNonBlocking(output.reading)
        setNonBlocking(error.reading)
        dup2(output.writing, 1)
        dup2(error.writing, 2)
        close(output.writing)
        close(error.writing)
    }

    func run() {
        while true {
            let ready = waitForInput([standardOutput, standardError, control.reading])
            let fences = ready[2] ? readSome(control.reading)?.count ?? 0 : 0
            drain(standardOutput, .standardOutput, isReady: ready[0] || fences > 0)
            drain(standardError, .standardError, isReady: ready[1] || fences > 0)
            if fences > 0 {
                monitor.locked { fencesPassed += fences }
                monitor.signal()
            }
        }
    }

    /// Returns once everything written before has been handed on.
    func fence() {
        let mine = monitor.locked {
            fencesAsked += 1
            // Written with the lock held so that the n-th byte stands for the n-th fence.
            writeAll(control.writing, [0])
            return fencesAsked
        }
        monitor.waiting { fencesPassed >= mine ? () : nil }
    }

    /// Says that what was written so far comes before what follows, whichever the stream.
    func mark() {
        fence()
        let cell = monitor.locked { () -> Int? in
            defer { hasSentSinceMark = false }
            return hasSentSinceMark ? self.cell : nil
        }
        if let cell { send(.boundary(cell: cell)) }
    }

    /// Ends one cell's output, what was held back included, and begins another's.
    func begin(cell next: Int) {
        fence()
        finish()
        monitor.locked { cell = next }
    }

    /// Hands on what was held back of the cell's end.
    func finish() {
        let (cell, ends) = monitor.locked {
            let ends = WireStream.allCases.map { ($0, limiters[$0]?.finish() ?? (0, [])) }
            for stream in WireStream.allCases { limiters[stream] = OutputLimiter(limit: limit) }
            return (self.cell, ends)
        }
        for (stream, (cut, tail)) in ends {
            if cut > 0 { send(.outputCut(cell: cell, stream, byteCount: cut)) }
            if !tail.isEmpty { send(.output(cell: cell, stream, tail)) }
        }
    }

    private func drain(_ descriptor: Int32, _ stream: WireStream, isReady: Bool) {
        guard isReady else { return }
        while let bytes = readSome(descriptor), !bytes.isEmpty {
            let (cell, passed) = monitor.locked {
                hasSentSinceMark = true
                return (self.cell, limiters[stream]?.take(bytes) ?? [])
            }
            if !passed.isEmpty { send(.output(cell: cell, stream, passed)) }
        }
    }
}

/// Lets the first bytes of a stream through and keeps the last.
struct OutputLimiter {
    private var headRoom: Int
    private let tailLimit: Int
    private var tail: [UInt8] = []
    private var cut = 0

    init(limit: Int) {
        headRoom = max(0, limit - limit / 2)
        tailLimit = max(0, limit / 2)
    }

    /// What may be handed on now.
    mutating func take(_ bytes: [UInt8]) -> [UInt8] {
        let head = Array(bytes.prefix(headRoom))
        headRoom -= head.count
        if head.count < bytes.count {
            tail += bytes[head.count...]
            if tail.count > 4 * tailLimit + (1 << 16) { shorten() }
        }
        return head
    }

    /// How many bytes were left out, and what follows them.
    mutating func finish() -> (cut: Int, tail: [UInt8]) {
        if tail.count > tailLimit { shorten() }
        return (cut, tail)
    }

    private mutating func shorten() {
        var excess = tail.count - tailLimit
        // Not in the middle of a character.
        while excess < tail.count, tail[excess] & 0xC0 == 0x80 { excess += 1 }
        cut += excess
        tail.removeFirst(excess)
    }
}
