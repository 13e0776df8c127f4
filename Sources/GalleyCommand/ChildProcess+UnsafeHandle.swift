internal import Groundwork

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Starts a command that is found on the path, its streams being nothing.
///
/// - Returns: The process; `nil` where it cannot be started.
func start(_ arguments: [String]) -> Int32? {
    var launch = ProcessLaunch(arguments)
    launch.input = .nothing
    launch.output = .nothing
    launch.error = .nothing
    return try? launch.start()
}

/// Opens an address in the reader's browser; where there is none, says so.
func openInBrowser(_ address: String, _ terminal: Terminal) {
    #if canImport(Darwin)
        let command = "open"
    #else
        let command = "xdg-open"
    #endif
    // Nobody waits for it: it may stay as long as the browser does.
    if start([command, address]) == nil { terminal.note("no browser was found to open the address with") }
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

/// The folders that programs are looked for in.
func searchPath() -> [String] {
    (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
}
