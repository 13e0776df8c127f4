internal import Groundwork
internal import SourceText

/// What a program in bubblewrap sees and may do: it reads the system's programs and libraries and the folders named here, writes
/// nothing but a `/tmp` of its own, and reaches neither a network nor a socket nor another process, with no capability, as root or not.
struct Sandbox: Sendable {
    /// The folder that the program starts in; read only.
    let folder: String
    /// More files and folders that can be read.
    var readable: [String] = []
    /// The folder of models; `nil` where there is none.
    var models: String?

    /// Bytes that can be written to `/tmp`, which lies in memory.
    private static let temporaryBytes = 1 << 30

    /// Checks that the sandbox can hold what it promises.
    ///
    /// - Throws: ``ExecutionError/cannotStart(program:reason:)`` where it cannot.
    func check() throws(ExecutionError) {
        guard SocketFilter.isKnown else { throw refusal("sockets cannot be held back on this processor") }
        let system = ["/", "/usr", "/etc", "/proc", "/dev", "/sys", "/run", "/var", "/tmp", "/home"]
        if system.contains(folder) { throw refusal("the notebook lies in \(folder), which is the system's; move it to a folder of its own") }
        guard Self.program != nil else { throw refusal("bubblewrap is not installed (Debian's package bubblewrap)") }
    }

    private func refusal(_ reason: String) -> ExecutionError { .cannotStart(program: "the sandbox", reason: reason) }

    private static var program: String? {
        (environmentVariable("PATH") ?? "/usr/bin:/bin").split(separator: ":").map { "\($0)/bwrap" }.first(where: fileExists)
    }

    /// Starts a program in it, with pipes for its streams.
    ///
    /// - Parameters:
    ///   - keptBy: What starts before bubblewrap and lives as long, because it ends when the thread does that started it.
    ///   - environment: What the program needs beside what is allowed.
    func start(_ arguments: [String], keptBy keeper: [String], environment: [String: String]) throws(ExecutionError) -> ChildProcess {
        try check()
        guard let program = Self.program, let filter = SocketFilter.descriptor() else { throw refusal("no pipe for its rules") }
        defer { SocketFilter.close(filter) }
        let allowed = allowedEnvironment(environment)
        let flags = flags(environment: allowed, programs: arguments, folders: try folderFlags())
        let words = keeper + ["--pass", "\(Self.filterNumber)", program] + flags + ["--"] + arguments
        // Bubblewrap's own environment shows in the sandbox, so it is as small.
        return try ChildProcess(
            words, hasInput: true, error: .piped, environment: allowed, isWholeEnvironment: true, passing: (filter, Self.filterNumber))
    }

    private static let filterNumber: Int32 = 9

    /// The notebook's folder and that of models, as the sandbox sees them: without what is secret by its name.
    private func folderFlags() throws(ExecutionError) -> [String] {
        // The one that lies in the other comes later.
        let isNested = models.map { folder.hasPrefix($0 + "/") } ?? false
        var folders = [folder]
        if let models, models != folder { folders.insert(models, at: isNested ? 0 : 1) }
        var flags: [String] = []
        for path in folders {
            let secrets = secrets(in: path)
            guard secrets.isComplete else {
                throw refusal("\(path) holds too many files to look for secrets among them; move the notebook to a folder of its own")
            }
            if !path.hasPrefix("/usr/") { flags += ["--ro-bind", path, path] }
            flags += secrets.paths.flatMap { isFolder($0) ? ["--tmpfs", $0] : ["--ro-bind", "/dev/null", $0] }
        }
        return flags
    }

    private func secrets(in path: String) -> SecretFiles { SecretFiles(in: path, hidesAllHidden: path == folder) }

    /// What is kept out of sight, with the numbers by which the file system knows it. What covers a file falls off when another takes its
    /// name, so a sandbox holds only as long as this stays the same.
    var covered: [String: UInt64] {
        let paths = [folder, models].compactMap(\.self).flatMap { secrets(in: $0).paths }
        return Dictionary(paths.map { ($0, FileStamp($0)?.inode ?? 0) }) { first, _ in first }
    }

    private func flags(environment: [String: String], programs: [String], folders: [String]) -> [String] {
        var flags = [
            "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--disable-userns",
            "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--hostname", "sandbox", "--seccomp", "\(Self.filterNumber)",
        ]
        // Files of root's stay root's, but nobody is root.
        if isRoot { flags += ["--uid", "65534", "--gid", "65534"] }
        flags += ["--clearenv"] + environment.sorted { $0.key < $1.key }.flatMap { ["--setenv", $0.key, $0.value] }
        flags += ["--ro-bind", "/usr", "/usr"]
        for path in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] where fileExists(path) {
            flags += linkTarget(path).map { ["--symlink", $0, path] } ?? ["--ro-bind", path, path]
        }
        for name in Self.systemFiles { flags += ["--ro-bind-try", "/etc/\(name)", "/etc/\(name)"] }
        flags += ["--proc", "/proc", "--dev", "/dev", "--size", "\(Self.temporaryBytes)", "--tmpfs", "/tmp", "--dir", "/tmp/home"]
        let programFolders = programs.prefix(1).filter { !$0.hasPrefix("/usr/") }
        for path in readable + programFolders where !path.hasPrefix("/usr/") { flags += ["--ro-bind", path, path] }
        flags += folders
        // The kernel's settings under /proc are root's to write, also without a capability.
        return flags + ["--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", folder]
    }

    /// What programs look up of the system; nothing that is a secret or differs between users.
    private static let systemFiles = [
        "alternatives", "debian_version", "fonts", "group", "hosts", "inputrc", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
        "mime.types", "nsswitch.conf", "os-release", "passwd", "protocols", "services", "ssl/certs", "terminfo", "timezone",
    ]

    /// Variables that say how text and time are written, and how programs count and find the models; no others.
    private func allowedEnvironment(_ needed: [String: String]) -> [String: String] {
        var environment = needed
        environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
        environment["HOME"] = "/tmp/home"
        environment["TMPDIR"] = "/tmp"
        environment["SWIFT_DETERMINISTIC_HASHING"] = "1"
        let names = [
            "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "TZ", "TERM",
            "GALLEY_THREADS", "OMP_NUM_THREADS",
        ]
        for name in names { environment[name] = environmentVariable(name) }
        if let models { environment["GALLEY_MODELS"] = models }
        return environment
    }
}
