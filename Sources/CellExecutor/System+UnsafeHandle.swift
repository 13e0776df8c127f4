internal import CellWire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

private let spawning = Monitor()

/// A child process with pipes for those of its streams that are asked for.
struct ChildProcess: Sendable {
    let identifier: Int32
    /// The end that we write to, or -1.
    let input: Int32
    /// The end that we read from, or -1.
    let output: Int32
    /// Standard error, or -1 where it is the caller's own.
    let error: Int32

    enum StandardError { case inherited, piped, withOutput }

    /// - Throws: ``ExecutionError/cannotStart(program:reason:)``.
    init(_ arguments: [String], hasInput: Bool = false, error errorMode: StandardError = .withOutput, environment: [String: String] = [:])
        throws(ExecutionError)
    {
        let program = arguments.first ?? ""
        func failure(_ code: Int32) -> ExecutionError { .cannotStart(program: program, reason: String(cString: strerror(code))) }
        // One at a time: a child that starts between the making of a pipe and its mark would hold it open.
        spawning.lock()
        defer { spawning.unlock() }
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
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if hasInput {
            posix_spawn_file_actions_adddup2(&actions, pipes[0][0], 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 1)
        switch errorMode {
        case .inherited: break
        case .piped: posix_spawn_file_actions_adddup2(&actions, pipes[2][1], 2)
        case .withOutput: posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 2)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that an interrupt from the terminal reaches us alone.
        posix_spawnattr_setpgroup(&attributes, 0)
        // Threads of the concurrency pool block signals, and children inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var names = environment.map { strdup("\($0.key)=\($0.value)") }
        var inherited = environ
        var kept: [UnsafeMutablePointer<CChar>?] = []
        while let entry = inherited.pointee {
            let name = String(cString: entry).prefix { $0 != "=" }
            if environment[String(name)] == nil { kept.append(entry) }
            inherited += 1
        }
        defer { for name in names { free(name) } }
        kept += names + [nil]
        names.append(nil)
        var child: pid_t = 0
        let code = posix_spawnp(&child, program, &actions, &attributes, &words, &kept)
        guard code == 0 else {
            closePipes()
            throw failure(code)
        }
        close(pipes[0][0])
        close(pipes[1][1])
        close(pipes[2][1])
        identifier = child
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
    func wait() -> (status: Int, signal: Int?) {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        let signal = Int(status & 0x7F)
        return signal == 0 ? (Int((status >> 8) & 0xFF), nil) : (128 + signal, signal)
    }

    func kill(_ signal: Int32 = SIGKILL) { _ = killpg(identifier, signal) }

    /// Tells it that nothing more comes; instead of ``closePipes()``, with ``endOutput()``.
    func endInput() { close(input) }
    func endOutput() { close(output) }

    func closePipes() {
        for end in [input, output, error] where end >= 0 { close(end) }
    }

    /// Runs to the end and gives what it wrote.
    static func run(_ arguments: [String], limit: Int = 1 << 24, environment: [String: String] = [:]) throws(ExecutionError) -> (
        status: Int, output: String
    ) {
        let child = try ChildProcess(arguments, environment: environment)
        var bytes: [UInt8] = []
        while let some = readSome(child.output) {
            if bytes.count < limit { bytes += some }
        }
        child.closePipes()
        return (child.wait().status, String(decoding: bytes, as: UTF8.self))
    }
}

/// Runs work that blocks on a thread of its own, off the concurrency pool.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        startBlockingThread { continuation.resume(returning: body()) }
    }
}

func startBlockingThread(_ body: @escaping @Sendable () -> Void) {
    // The parser of Swift recurses as deep as the source nests.
    startThread(stackSize: 16 << 20, body)
}

/// ISO 8601 in UTC, to the second.
package func dateNow() -> String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ value: Int32, _ count: Int = 2) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
    return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
        + "T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
}

func environmentVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

/// The running executable, links followed.
package func executablePath() -> String {
    var bytes = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &bytes, bytes.count - 1)
    return String(decoding: bytes.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
}

/// Size and time of change: what tells one build of a file from another without reading it.
func fileIdentity(_ path: String) -> (size: Int, changed: String)? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return (Int(status.st_size), "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
}

/// The names in a folder, sorted; empty where it cannot be read.
func folderContents(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFLNK
}

/// Makes a symbolic link, in the place of another one where it leads elsewhere; `false` where something else is there.
func makeLink(at path: String, to target: String) -> Bool {
    var bytes = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &bytes, bytes.count)
    if count >= 0 {
        if String(decoding: bytes.prefix(count).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self) == target { return true }
        unlink(path)
    }
    return symlink(target, path) == 0
}

func removeFile(_ path: String) { unlink(path) }

func renameFile(_ from: String, _ to: String) -> Bool { rename(from, to) == 0 }

func makeExecutable(_ path: String) { chmod(path, 0o755) }

func touchFile(_ path: String) { utimes(path, nil) }

func removeEmptyFolder(_ path: String) { rmdir(path) }

func processorCount() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

func absolutePath(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// How many processes the kernel has ended for want of memory since it started; 0 where it does not say.
func processesEndedForMemory() -> Int {
    let descriptor = open("/proc/vmstat", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var text: [UInt8] = []
    while let bytes = readSome(descriptor) { text += bytes }
    let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
    return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
}

func processIdentifier() -> Int32 { getpid() }

func processExists(_ identifier: Int32) -> Bool { kill(identifier, 0) == 0 || errno == EPERM }

/// Writes to a process that has ended must be errors, not the end of this process.
func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
