#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Starts a command that is found on the path, its input and its output being nothing.
///
/// - Returns: The process, or the system's error number.
func start(_ arguments: [String]) -> Result<Int32, ChildProcessError> {
    guard let command = arguments.first else { return .failure(ChildProcessError(code: EINVAL)) }
    #if canImport(Glibc)
        var actions = posix_spawn_file_actions_t()
    #else
        var actions: posix_spawn_file_actions_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    var process: pid_t = 0
    let code = posix_spawnp(&process, command, &actions, nil, &pointers, environ)
    return code == 0 ? .success(process) : .failure(ChildProcessError(code: code))
}

/// Waits for a process to end.
///
/// - Returns: Its exit status; 128 and the signal's number where one ended it.
func wait(for process: Int32) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
        if errno != EINTR { return 127 }
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
}

/// A command cannot be started.
struct ChildProcessError: Error, Sendable, CustomStringConvertible {
    let code: Int32

    var isMissing: Bool { code == ENOENT }
    var description: String { String(cString: strerror(code)) }
}

/// Opens an address in the reader's browser; where there is none, says so.
func openInBrowser(_ address: String, _ terminal: Terminal) {
    #if canImport(Darwin)
        let command = "open"
    #else
        let command = "xdg-open"
    #endif
    // Nobody waits for it: it may stay as long as the browser does.
    if case .failure = start([command, address]) { terminal.note("no browser was found to open the address with") }
}

/// Sends on what `print` holds back where standard output is a pipe.
func flushStandardOutput() { fflush(nil) }

/// Whether the process may do everything.
var isSuperuser: Bool { geteuid() == 0 }

/// A new folder among the temporary ones, for this process only.
func makeTemporaryFolder() -> String? {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/galley-XXXXXX".utf8CString)
    return template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
}

/// The process's working folder.
func workingFolder() -> String {
    guard let pointer = getcwd(nil, 0) else { return "." }
    defer { free(pointer) }
    return String(cString: pointer)
}
