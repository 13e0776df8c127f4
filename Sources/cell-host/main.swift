private import CProcess
private import CSourceKit
private import CellWire

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

// Runs compiled cells for an executor that speaks over standard input and output. All that cells need
// is in one shared library, which is opened once, before the first of them.

setenv("SWIFT_BACKTRACE", "enable=no", 1)

// Sets and dictionaries are to have the same order in every run. Swift's library reads this when it is loaded, so a process that
// was started without it starts again; where that is refused, order is as random as Swift makes it.
if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
    setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    #if os(Linux)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    #else
        execv(CommandLine.arguments.first ?? "", CommandLine.unsafeArgv)
    #endif
}

/// Puts a keeper between this process and its parent, and starts the program anew under it.
///
/// Swift's locks know their threads by numbers that they noted before the fork: the two of a lock that two threads want would wait for ever.
///
/// - Parameter life: the descriptor whose other end is closed when the program is to end: where the end of standard input says only that
///   all is asked, standard output.
func keep(life: Int32 = 0) {
    let mark = "GALLEY_KEPT"
    if getenv(mark) != nil {
        unsetenv(mark)
        return
    }
    guard galley_keep(life) == 0 else { return }
    #if os(Linux)
        setenv(mark, "1", 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        unsetenv(mark)
    #endif
}

// Runs another program, whose tree of processes ends with it, and when the other end of standard input is closed.
if CommandLine.arguments.count > 2, CommandLine.arguments[1] == "--keep" {
    runKept(CommandLine.arguments.dropFirst(2))
}

// What names in cells are is asked of the compiler's service, which may fail as it likes in a process of its own.
if CommandLine.arguments.count == 5, CommandLine.arguments[1] == "--names" {
    keep(life: 1)
    galley_limit(UInt(CommandLine.arguments[3]) ?? 0, UInt(CommandLine.arguments[4]) ?? 0)
    exit(Int32(galley_sourcekit_answer(CommandLine.arguments[2], 0, 1).rawValue))
}

if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--bundle" {
    exit(BundleRun(folder: CommandLine.arguments[2]).toEnd())
}

// Whatever cells start ends with their host. Where nobody can keep it, it runs all the same.
keep()

/// The library beside this program, or where the environment says.
func libraryPath() -> String {
    if let path = getenv("GALLEY_CELLS_LIBRARY") { return String(cString: path) }
    #if os(Linux)
        let name = "libGalleyCells.so"
        var bytes = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &bytes, bytes.count - 1)
        let program = String(decoding: bytes.prefix(max(0, count)).map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    #else
        let name = "libGalleyCells.dylib"
        let program = CommandLine.arguments.first ?? ""
    #endif
    let folder = program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    return "\(folder)/\(name)"
}

/// Tells the executor why nothing can run.
func refuse(_ message: String) -> Never {
    for bytes in [hostPreamble, FrameReader.frame(HostEvent.fatal(message).encoded)] {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if count <= 0 { exit(69) }
            rest = rest.dropFirst(count)
        }
    }
    exit(69)
}

// The connection moves away from 0 and 1, which belong to the cells.
let commands = fcntl(0, F_DUPFD_CLOEXEC, 10)
let events = fcntl(1, F_DUPFD_CLOEXEC, 10)
let nothing = open("/dev/null", O_RDWR)
guard commands >= 0, events >= 0, nothing >= 0 else { refuse("the connection cannot be set up") }

let path = libraryPath()
guard let library = dlopen(path, RTLD_NOW | RTLD_GLOBAL) else {
    refuse("the library of the cells cannot be opened: \(dlerror().map { String(cString: $0) } ?? path)")
}
guard let symbol = dlsym(library, "galley_host_serve") else { refuse("\(path) is not the library of this host") }
// Symbols that compiled cells need without their compiler naming the library.
_ = dlopen("libswiftSwiftOnoneSupport.so", RTLD_NOW | RTLD_GLOBAL)
dup2(nothing, 0)
dup2(2, 1)
typealias Serve = @convention(c) (Int32, Int32) -> Void
unsafeBitCast(symbol, to: Serve.self)(commands, events)
