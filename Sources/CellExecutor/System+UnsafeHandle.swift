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

    func closePipes() {
        for end in [input, output, error] where end >= 0 { close(end) }
    }

    /// Runs to the end and gives what it wrote.
    static func run(_ arguments: [String], limit: Int = 1 << 24, environment: [String: String] = [:]) throws(ExecutionError) -> (
        status: Int, output: String
    ) {
        let child = try ChildProcess(arguments, environment: environment)
        var bytes: [UInt8] = []
        while let some = readAvailable(child.output) {
            if bytes.count < limit { bytes += some }
        }
        child.closePipes()
        return (child.wait().status, String(decoding: bytes, as: UTF8.self))
    }
}

/// Reads what is there, waiting for the first byte; `nil` at the end.
func readAvailable(_ descriptor: Int32) -> [UInt8]? {
    while true {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, initialized in
            count = read(descriptor, buffer.baseAddress, 1 << 16)
            initialized = max(0, count)
        }
        if count < 0, errno == EINTR { continue }
        return count > 0 ? bytes : nil
    }
}

/// Writes all bytes; `false` when the other side is gone.
func writeWhole(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: buffer[written...]).baseAddress, buffer.count - written)
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            written += count
        }
        return true
    }
}

/// Runs work that blocks on a thread of its own, off the concurrency pool.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        startBlockingThread { continuation.resume(returning: body()) }
    }
}

func startBlockingThread(_ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // The parser of Swift recurses as deep as the source nests.
    pthread_attr_setstacksize(&attributes, 16 << 20)
    let context = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    var thread = pthread_t()
    pthread_create(
        &thread, &attributes,
        { context in
            if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, context)
}

private final class ThreadBody {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

/// A mutex with a condition that can be waited for until a time.
final class Monitor: @unchecked Sendable {
    // Sendable because it is what makes other things so: the pointers never change.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Waits until `body` gives a value; `nil` once `deadline` (see `secondsNow`) has passed.
    func waiting<Value>(until deadline: Double? = nil, for body: () -> Value?) -> Value? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let value = body() { return value }
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            let rest = deadline - secondsNow()
            if rest <= 0 { return nil }
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let whole = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 + min(rest, 1e6)
            time.tv_sec = Int(whole)
            time.tv_nsec = Int((whole - whole.rounded(.down)) * 1e9)
            pthread_cond_timedwait(condition, mutex, &time)
        }
    }

    func signal() { pthread_cond_broadcast(condition) }
    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }
}

func secondsNow() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
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
    return String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
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

func processIdentifier() -> Int32 { getpid() }

func processExists(_ identifier: Int32) -> Bool { kill(identifier, 0) == 0 || errno == EPERM }

/// Writes to a process that has ended must be errors, not the end of this process.
func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
