internal import CellWire
internal import Groundwork

/// What ends work before it is done: the user's request, or the time that the whole run has.
struct StopCondition: Sendable {
    var interruption: Interruption?
    /// Requests that were answered before the work began.
    var seen = 0
    /// See `secondsNow()`.
    var deadline: Double?
    /// The seconds that ended at the deadline, for the message.
    var seconds: Double?

    /// What to throw now; `nil` to go on.
    var reason: ExecutionError? {
        if let interruption, interruption.count > seen { return .interrupted }
        if let deadline, secondsNow() >= deadline { return .timeout("the notebook took longer than \(FailureReading.text(seconds))") }
        return nil
    }

    func check() throws(ExecutionError) {
        if let reason { throw reason }
    }
}

/// Runs tools under a keeper, so that whatever ends a run ends what it started.
struct KeptCommand: Sendable {
    /// The path of `cell-host`.
    let keeper: String
    var stop = StopCondition()
    /// Seconds of processor time, and bytes of address space, of each process; `nil` for no limit.
    var processorSeconds: Int?
    var memoryBytes: Int?
    /// Bytes that are kept of what it writes.
    private static let outputLimit = 1 << 24

    struct Result: Sendable {
        var status: Int
        var signal: Int?
        var output: String
        /// Whether the time by the clock was up, which is four times that of the processor and a minute.
        var isLate = false
    }

    /// - Throws: What the stop condition says, ``ExecutionError/cannotStart(program:reason:)``.
    func run(_ arguments: [String]) throws(ExecutionError) -> Result {
        try stop.check()
        var words = [keeper, "--keep"]
        if let processorSeconds { words += ["--cpu", "\(processorSeconds)"] }
        if let memoryBytes { words += ["--memory", "\(memoryBytes)"] }
        let child = try ChildProcess(words + arguments, hasInput: true)
        let late = processorSeconds.map { secondsNow() + 4 * Double($0) + 60 }
        var isLate = false
        var bytes: [UInt8] = []
        let isStopped = {
            if let late, secondsNow() >= late { isLate = true }
            return isLate || stop.reason != nil
        }
        while let some = child.read(child.output, until: isStopped) {
            if bytes.count < Self.outputLimit { bytes += some }
            if isStopped() { break }
        }
        let reason = stop.reason
        if isLate || reason != nil { child.end() }
        let last = child.wait()
        child.closePipes()
        if let reason { throw reason }
        return Result(status: last.status, signal: last.signal, output: String(decoding: bytes, as: UTF8.self), isLate: isLate)
    }
}
