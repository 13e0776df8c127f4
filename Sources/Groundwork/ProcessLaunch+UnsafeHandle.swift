#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A program to start, and what it is given.
///
/// It starts with no signal blocked, and with `SIGPIPE` doing what it does by itself: threads of Swift's concurrency block signals and hosts
/// ignore that one, and children would inherit both.
///
/// Unsafe since `posix_spawn` takes C arrays, all of which end in ``start()``.
public struct ProcessLaunch: Sendable {
    /// What one of the three standard streams is.
    public enum Stream: Sendable, Hashable {
        /// The caller's own.
        case inherited
        /// `/dev/null`.
        case nothing
        case descriptor(Int32)
    }

    /// The first is the program's name.
    public var arguments: [String]
    /// The program's file; `nil`: its name is looked for on the path.
    public var file: String?
    public var input = Stream.inherited
    public var output = Stream.inherited
    public var error = Stream.inherited
    /// Descriptors that it has by other numbers.
    public var passed: [(descriptor: Int32, number: Int32)] = []
    /// Variables beside this process's own, or in their place.
    public var environment: [String: String] = [:]
    /// Whether ``environment`` is all.
    public var isWholeEnvironment = false
    /// Whether it leads a group of its own: an interrupt from the terminal does not reach it, and it is signalled with what it starts.
    public var leadsGroup = false

    public init(_ arguments: [String], file: String? = nil) {
        self.arguments = arguments
        self.file = file
    }

    /// Starts it.
    ///
    /// - Returns: The process's number.
    /// - Throws: ``FileError``: the program is not there or cannot be started.
    public func start() throws(FileError) -> Int32 {
        let program = file ?? arguments.first ?? ""
        func failure(_ code: Int32) -> FileError { FileError(operation: "start", path: program, code: code) }
        guard !program.isEmpty else { throw failure(ENOENT) }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream, mode) in [(Int32(0), input, O_RDONLY), (1, output, O_WRONLY), (2, error, O_WRONLY)] {
            switch stream {
            case .inherited: break
            case .nothing: posix_spawn_file_actions_addopen(&actions, number, "/dev/null", mode, 0)
            case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            }
        }
        for (descriptor, number) in passed { posix_spawn_file_actions_adddup2(&actions, descriptor, number) }
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (leadsGroup ? POSIX_SPAWN_SETPGROUP : 0)))

        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = variables().map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let code =
            file == nil
            ? posix_spawnp(&process, program, &actions, &attributes, &words, &variables)
            : posix_spawn(&process, program, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw failure(code) }
        return process
    }

    private func variables() -> [String] {
        var kept: [String] = []
        var entries = environ
        while !isWholeEnvironment, let entry = entries.pointee {
            let text = String(cString: entry)
            if environment[String(text.prefix { $0 != "=" })] == nil { kept.append(text) }
            entries += 1
        }
        return kept + environment.map { "\($0.key)=\($0.value)" }
    }
}

/// How a process ended.
public struct ProcessEnd: Sendable, Hashable {
    /// Its exit status; 128 and the signal's number where a signal ended it, as shells have it; 127 where it is no child of this process.
    public let status: Int
    public let signal: Int?

    public init(status: Int, signal: Int?) {
        self.status = status
        self.signal = signal
    }
}

/// Waits for a child to end.
public func waitForEnd(of process: Int32) -> ProcessEnd {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
        if errno != EINTR { return ProcessEnd(status: 127, signal: nil) }
    }
    return ProcessEnd(waited: status)
}

/// Whether a child has ended, and how; it is gone from the system's table then.
public func endIfReached(of process: Int32) -> ProcessEnd? {
    var status: Int32 = 0
    let ended = waitpid(process, &status, WNOHANG)
    if ended == process { return ProcessEnd(waited: status) }
    return ended < 0 && errno != EINTR ? ProcessEnd(status: 127, signal: nil) : nil
}

extension ProcessEnd {
    fileprivate init(waited status: Int32) {
        let signal = Int(status & 0x7F)
        self.signal = signal == 0 ? nil : signal
        self.status = signal == 0 ? Int((status >> 8) & 0xFF) : 128 + signal
    }
}
