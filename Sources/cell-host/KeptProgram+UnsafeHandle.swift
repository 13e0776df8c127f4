internal import CProcess

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Becomes a program whose standard input is empty, under a keeper.
///
/// - Parameter words: `--cpu seconds` and `--memory bytes` first, where the program is limited; then its path or name, and its arguments.
func runKept(_ words: some Sequence<String>) -> Never {
    var words = Array(words)
    var limits: [String: UInt] = [:]
    while words.count > 2, ["--cpu", "--memory"].contains(words[0]), let limit = UInt(words[1]) {
        limits[words[0]] = limit
        words.removeFirst(2)
    }
    galley_keep(0)
    galley_limit(limits["--cpu"] ?? 0, limits["--memory"] ?? 0)
    let nothing = open("/dev/null", O_RDONLY)
    if nothing > 0 {
        dup2(nothing, 0)
        close(nothing)
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    execvp(words[0], &arguments)
    let message = "cannot start \(words[0]): \(String(cString: strerror(errno)))\n"
    _ = message.withCString { write(2, $0, strlen($0)) }
    _exit(127)
}
