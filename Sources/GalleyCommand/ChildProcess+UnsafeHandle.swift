internal import Groundwork

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Starts a command that is found on the path, its input and its output being nothing.
///
/// - Returns: The process, or the system's error number.
func start(_ arguments: [String]) -> Result<Int32, ChildProcessError> {
    var launch = ProcessLaunch(arguments)
    launch.input = .nothing
    launch.output = .nothing
    launch.error = .nothing
    do throws(FileError) { return .success(try launch.start()) } catch { return .failure(ChildProcessError(code: error.code)) }
}

/// Waits for a process to end.
///
/// - Returns: Its exit status; 128 and the signal's number where one ended it.
func wait(for process: Int32) -> Int32 {
    Int32(waitForEnd(of: process).status)
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
