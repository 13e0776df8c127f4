import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A driver over host memory, compiled when a test first asks for it. Each one is a library of its own, with its own log.
final class FakeDriver {
    enum Variant: String {
        case complete = "COMPLETE"
        case old = "OLD"
        case empty = "EMPTY"
        case incomplete = "INCOMPLETE"
    }

    let path: String
    private let library: UnsafeMutableRawPointer

    private static let made = Atomic(0)
    /// Files stay until the process ends: a loaded library is known by its file's number, which a new file could get otherwise.
    private static let folder: String = {
        mkdir(folderPath, 0o700)
        atexit { _ = FakeDriver.run(["rm", "-rf", FakeDriver.folderPath]) }
        return folderPath
    }()
    private static var folderPath: String { "/tmp/galley-fake-drivers-\(getpid())" }

    /// - Returns: `nil` where there is no C compiler.
    init?(_ variant: Variant = .complete) {
        let source = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        path = "\(Self.folder)/\(Self.made.wrappingAdd(1, ordering: .relaxed).oldValue).so"
        guard Self.run(["clang", "-shared", "-fPIC", "-O1", "-D\(variant.rawValue)", "-o", path, "/\(source)/FakeDriver/FakeDriver.c"]),
            let opened = dlopen(path, RTLD_NOW | RTLD_LOCAL)
        else { return nil }
        library = opened
    }

    private static func run(_ arguments: [String]) -> Bool {
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var child = pid_t()
        guard posix_spawnp(&child, arguments[0], nil, nil, pointers, environ) == 0 else { return false }
        var status: Int32 = 0
        return waitpid(child, &status, 0) == child && status == 0
    }

    private func call<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(library, name).map { unsafeBitCast($0, to: type) }
    }

    var log: [String] {
        guard let text = call("fake_log", as: (@convention(c) () -> UnsafePointer<CChar>).self)?() else { return [] }
        return String(cString: text).split(separator: "\n").map(String.init)
    }

    func clear() { call("fake_clear", as: (@convention(c) () -> Void).self)?() }
    func setMemory(_ byteCount: Int) { call("fake_set_memory", as: (@convention(c) (Int) -> Void).self)?(byteCount) }
    var memoryUsed: Int { call("fake_memory_used", as: (@convention(c) () -> Int).self)?() ?? -1 }

    /// Lets a call fail with the driver's code, after some that succeed.
    func fail(_ name: String, _ code: Int32, after: Int32 = 0) {
        name.withCString { call("fake_fail", as: (@convention(c) (UnsafePointer<CChar>, Int32, Int32) -> Void).self)?($0, code, after) }
    }
}

func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// What the variable was when this process began.
func initialEnvironment(_ name: String) -> String? {
    guard let file = fopen("/proc/self/environ", "r") else { return environment(name) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    let entries = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return entries.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
}
