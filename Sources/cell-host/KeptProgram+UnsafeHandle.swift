internal import CProcess

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Becomes a program under a keeper. Its standard input is empty.
///
/// - Parameter words: `--input` first, where it has this one's standard input; `--pass number` where it has one descriptor more; `--cpu seconds` and `--memory bytes`, where the program is limited; then its path or name, and its arguments.
func runKept(_ words: some Sequence<String>) -> Never {
    var words = Array(words)
    var limits: [String: UInt] = [:]
    let hasInput = words.first == "--input"
    if hasInput { words.removeFirst() }
    var passed: Int32 = -1
    if words.count > 2, words[0] == "--pass", let number = Int32(words[1]) {
        passed = number
        words.removeFirst(2)
    }
    while words.count > 2, ["--cpu", "--memory"].contains(words[0]), let limit = UInt(words[1]) {
        limits[words[0]] = limit
        words.removeFirst(2)
    }
    galley_keep(0)
    galley_limit(limits["--cpu"] ?? 0, limits["--memory"] ?? 0)
    galley_keep_descriptors(passed)
    let nothing = hasInput ? -1 : open("/dev/null", O_RDONLY)
    if nothing > 0 {
        dup2(nothing, 0)
        close(nothing)
    }
    guard !words.isEmpty else { _exit(64) }
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    execvp(words[0], &arguments)
    let message = "cannot start \(words[0]): \(String(cString: strerror(errno)))\n"
    _ = message.withCString { write(2, $0, strlen($0)) }
    _exit(127)
}
