#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A call of the system on a file failed.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    public let operation: String
    public let path: String
    /// The system's error number.
    public let code: Int32
    /// Why, where the system's word for the number would not say it.
    public let reason: String?

    public init(operation: String, path: String, code: Int32, reason: String? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.reason = reason
    }

    /// In place of the system's number: what is there is a device or a pipe, which may have no end.
    public static let isNoFile: Int32 = -1

    public var description: String {
        "cannot \(operation) \(path): \(code == Self.isNoFile ? "it is a device or a pipe, and no file" : reason ?? String(cString: strerror(code)))"
    }
}

/// Reads a file whole.
///
/// Devices and pipes, which may have no end or never begin, are refused, but for `/dev/null` and what the command was given open, such as
/// `/dev/stdin` and a shell's `<(…)`; so are files that do not fit into memory.
///
/// - Throws: ``FileError`` when it cannot be opened or read.
public func readFile(_ path: String) throws(FileError) -> [UInt8] {
    // A pipe that nobody writes to is waited for without this.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(operation: "read", path: path, code: errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR: break
    case _ where ["/dev/null", "/dev/stdin"].contains(path) || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/"):
        _ = fcntl(descriptor, F_SETFL, O_RDONLY)
    default: throw FileError(operation: "read", path: path, code: FileError.isNoFile)
    }
    let memory = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    guard Int(status.st_size) <= memory / 2 else { throw FileError(operation: "read", path: path, code: EFBIG) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(max(Int(status.st_size) + 1, 4096), 1 << 24))
    while true {
        let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { continue }
            throw FileError(operation: "read", path: path, code: errno)
        }
        if count == 0 { return bytes }
        if bytes.isEmpty, count == chunk.count - 1 {
            // The usual case: the whole file came at once.
            bytes = chunk
            bytes.removeLast()
        } else {
            bytes.append(contentsOf: chunk[..<count])
        }
    }
}

/// Makes a folder and the ones above it, as `mkdir -p` does.
public func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o755) == 0 || (errno == EEXIST && isFolder(path)) { return }
    guard errno == ENOENT, let slash = path.dropLast().lastIndex(of: "/"), slash > path.startIndex else {
        throw FileError(operation: "make folder", path: path, code: errno)
    }
    try makeFolder(String(path[..<slash]))
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw FileError(operation: "make folder", path: path, code: errno) }
}

/// Whether `path` is a folder, links followed.
public func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
}

/// Whether `path` is a regular file, links followed.
public func isRegularFile(_ path: String) -> Bool { fileSize(path) != nil }

/// Whether anything is at `path`, links followed.
public func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Whether the file at `path` is a program, links followed.
public func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && (status.st_mode & 0o111) != 0
}

/// The size of the regular file at `path` in bytes, links followed.
public func fileSize(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, (status.st_mode & S_IFMT) == S_IFREG else { return nil }
    return Int(status.st_size)
}

/// The folder that relative paths count from.
public func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
}

/// How many processors there are to work on.
public var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
