internal import CellWire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Runs work that blocks on a thread of its own, off the concurrency pool.
///
/// Where the system gives no thread, the calling one does it.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        if !startBlockingThread({ continuation.resume(returning: body()) }) { continuation.resume(returning: body()) }
    }
}

/// - Returns: Whether the system gave a thread.
@discardableResult
func startBlockingThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    // The parser of Swift recurses as deep as the source nests.
    startThread(stackSize: 16 << 20, body)
}

/// Runs what waits for signals on a thread of its own; where there is none, signals are not waited for.
package func startListening(_ body: @escaping @Sendable () -> Void) { startThread(stackSize: 1 << 20, body) }

/// Whether the system gives this process the threads that running notebooks takes.
///
/// Without them Swift's runtime and the system's libraries wait for ever.
package func hasThreads() -> Bool {
    let latch = Latch()
    defer { latch.open() }
    return (0..<min(16, processorCount() + 6)).allSatisfy { _ in startBlockingThread { latch.wait() } }
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

enum FileKind { case file, folder, link, special }

/// What stands at a path, links not followed; `nil` where nothing does.
func fileKind(_ path: String) -> FileKind? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFLNK: .link
    default: .special
    }
}

/// Where a symbolic link leads, as it is written; `nil` where there is none.
func linkTarget(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &bytes, bytes.count)
    return count >= 0 ? String(decoding: bytes.prefix(count).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self) : nil
}

/// Whether the process may do everything.
var isRoot: Bool { geteuid() == 0 }

/// Makes a symbolic link, in the place of another one where it leads elsewhere; `false` where something else is there.
func makeLink(at path: String, to target: String) -> Bool {
    if let old = linkTarget(path) {
        if old == target { return true }
        unlink(path)
    }
    return symlink(target, path) == 0
}

func removeFile(_ path: String) { unlink(path) }

func renameFile(_ from: String, _ to: String) -> Bool { rename(from, to) == 0 }

func makeExecutable(_ path: String) { chmod(path, 0o755) }

func touchFile(_ path: String) { utimes(path, nil) }

func removeEmptyFolder(_ path: String) { rmdir(path) }

/// Bytes of memory of the machine.
func physicalMemory() -> Int { Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))) }

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
