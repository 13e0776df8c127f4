internal import CellWire
internal import Groundwork

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

private let spawning = Monitor()

/// A child process with pipes for those of its streams that are asked for.
///
/// Its keeper (`cell-host --keep`), where it has one, ends all that it starts when it ends, when it is asked to, and when this process is
/// gone, however that came.
struct ChildProcess: Sendable {
    let identifier: Int32
    /// The end that we write to, or -1.
    let input: Int32
    /// The end that we read from, or -1.
    let output: Int32
    /// Standard error, or -1 where it is the caller's own.
    let error: Int32

    enum StandardError { case inherited, piped, withOutput }

    /// - Parameters:
    ///   - isWholeEnvironment: Whether the child's environment is `environment` alone, and not this process's beside it.
    ///   - passing: A descriptor that the child has by another number.
    /// - Throws: ``ExecutionError/cannotStart(program:reason:)``; ``ExecutionError/interrupted`` while this process ends.
    init(
        _ arguments: [String], hasInput: Bool = false, error errorMode: StandardError = .withOutput, environment: [String: String] = [:],
        isWholeEnvironment: Bool = false, passing: (descriptor: Int32, number: Int32)? = nil
    ) throws(ExecutionError) {
        let program = arguments.first ?? ""
        func failure(_ code: Int32) -> ExecutionError { .cannotStart(program: program, reason: String(cString: strerror(code))) }
        // One at a time: a child that starts between the making of a pipe and its mark would hold it open.
        spawning.lock()
        defer { spawning.unlock() }
        if ChildTable.isEnding { throw .interrupted }
        var pipes: [[Int32]] = []
        func closePipes() { for pipe in pipes { for end in pipe { close(end) } } }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else {
                closePipes()
                throw failure(errno)
            }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            pipes.append(ends)
        }
        var launch = ProcessLaunch(arguments)
        launch.input = hasInput ? .descriptor(pipes[0][0]) : .nothing
        launch.output = .descriptor(pipes[1][1])
        switch errorMode {
        case .inherited: break
        case .piped: launch.error = .descriptor(pipes[2][1])
        case .withOutput: launch.error = .descriptor(pipes[1][1])
        }
        if let passing { launch.passed = [passing] }
        launch.environment = environment
        launch.isWholeEnvironment = isWholeEnvironment
        // An interrupt from the terminal reaches us alone.
        launch.leadsGroup = true
        let child: Int32
        do throws(FileError) {
            child = try launch.start()
        } catch {
            closePipes()
            throw failure(error.code)
        }
        close(pipes[0][0])
        close(pipes[1][1])
        close(pipes[2][1])
        identifier = child
        ChildTable.add(child)
        if hasInput {
            input = pipes[0][1]
        } else {
            input = -1
            close(pipes[0][1])
        }
        output = pipes[1][0]
        if errorMode == .piped {
            error = pipes[2][0]
        } else {
            error = -1
            close(pipes[2][0])
        }
    }

    /// Waits for its end: the exit status, or 128 and the signal's number.
    func wait() -> ProcessEnd {
        let end = waitForEnd(of: identifier)
        ChildTable.remove(identifier)
        // Its end is no news where this process ends it: what follows would be taken for a run's failure.
        while ChildTable.isEnding { sleep(1) }
        return end
    }

    /// Whether it has ended, waited for or not.
    var hasEnded: Bool { ChildTable.hasEnded(identifier) }

    /// Asks for its end; what does not listen is killed three seconds later.
    func end() {
        _ = killpg(identifier, SIGTERM)
        startThread(stackSize: 1 << 18) {
            for _ in 0..<30 {
                usleep(100_000)
                if hasEnded { return }
            }
            _ = killpg(identifier, SIGKILL)
        }
    }

    /// Tells it that nothing more comes; instead of ``closePipes()``, with ``endOutput()``.
    func endInput() { close(input) }
    func endOutput() { close(output) }

    func closePipes() {
        for end in [input, output, error] where end >= 0 { close(end) }
    }

    /// Waits for what it writes; `nil` at the end of the stream, and once it has ended, whoever else may hold the stream.
    ///
    /// - Parameter isStopped: Asked every 50 ms; the stream ends where it is true.
    func read(_ stream: Int32, until isStopped: () -> Bool = { false }) -> [UInt8]? {
        while true {
            if waitForInput(stream, milliseconds: 50) { return readSome(stream) }
            if isStopped() { return nil }
            if hasEnded, !waitForInput(stream, milliseconds: 0) { return nil }
        }
    }

    /// Runs to the end and gives what it wrote.
    static func run(_ arguments: [String], limit: Int = 1 << 24, environment: [String: String] = [:]) throws(ExecutionError) -> (
        status: Int, output: String
    ) {
        let child = try ChildProcess(arguments, environment: environment)
        var bytes: [UInt8] = []
        while let some = child.read(child.output) {
            if bytes.count < limit { bytes += some }
        }
        child.closePipes()
        return (child.wait().status, String(decoding: bytes, as: UTF8.self))
    }
}

/// The children that were not waited for yet.
package enum ChildTable {
    private static let monitor = Monitor()
    // Used with the monitor's lock held.
    private nonisolated(unsafe) static var children: Set<Int32> = []
    private nonisolated(unsafe) static var ends = false

    static var isEnding: Bool { monitor.locked { ends } }
    static func add(_ child: Int32) { monitor.locked { _ = children.insert(child) } }
    static func remove(_ child: Int32) { monitor.locked { _ = children.remove(child) } }

    static func hasEnded(_ child: Int32) -> Bool {
        var info = siginfo_t()
        // Another thread may have waited for it; its number may be another's by now, but no child's of ours.
        guard waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 else { return errno == ECHILD }
        return info.si_signo == SIGCHLD
    }

    /// Ends all children with what they started, and starts none any more; returns once they have ended, or after four seconds.
    package static func endAll() {
        let all = monitor.locked {
            ends = true
            return children
        }
        for child in all { _ = killpg(child, SIGTERM) }
        for attempt in 0..<80 where !all.allSatisfy(hasEnded) {
            if attempt == 60 { for child in all where !hasEnded(child) { _ = killpg(child, SIGKILL) } }
            usleep(50_000)
        }
    }
}
