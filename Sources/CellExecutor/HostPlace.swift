/// Where the host of a run is started.
enum HostPlace: Sendable {
    /// As a child.
    case here
    /// Behind a shell command that carries standard input and output to a `cell-host`.
    case behind(String)
    /// As a child in a sandbox.
    case sandbox(Sandbox)

    /// Whether the host sees the same files.
    var isLocal: Bool { if case .here = self { true } else { false } }

    func start(_ toolchain: CellToolchain) throws(ExecutionError) -> ChildProcess {
        var environment = ["SWIFT_BACKTRACE": "enable=no", "GALLEY_CELLS_LIBRARY": toolchain.library]
        let kept = [toolchain.host, "--keep", "--input"]
        switch self {
        case .here:
            // A host sees to this by itself, at the cost of starting twice.
            if environmentVariable("SWIFT_DETERMINISTIC_HASHING") == nil { environment["SWIFT_DETERMINISTIC_HASHING"] = "1" }
            return try ChildProcess([toolchain.host], hasInput: true, error: .piped, environment: environment)
        case .behind(let command):
            return try ChildProcess(kept + ["/bin/sh", "-c", command], hasInput: true, error: .piped, environment: environment)
        case .sandbox(let sandbox):
            return try sandbox.start([toolchain.host], keptBy: kept, environment: environment)
        }
    }
}
