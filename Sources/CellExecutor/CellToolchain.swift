public import Groundwork

/// The tools and files that cells are compiled and run with, and where they lie.
public struct CellToolchain: Sendable, Hashable {
    public var frontend: String
    public var linker: String
    /// Prints the lines of addresses; errors have no line without it.
    public var symbolizer: String?
    /// Knows what names in a source are; pages have no notes on names without it.
    public var sourceKit: String?
    /// Swift's own shared libraries.
    public var runtimeFolder: String
    /// Linked into every cell: it tells Swift's runtime of the types and conformances that the cell declares.
    public var startObject: String
    /// The folder of the macros that come with Swift, such as `@Observable`.
    public var macroFolder: String
    /// Loads those macros into the compiler.
    public var macroServer: String
    public var host: String
    public var library: String
    /// Folders of `.swiftmodule` files.
    public var moduleFolders: [String]
    public var moduleMaps: [String]

    /// Looks for the tools.
    ///
    /// `GALLEY_SWIFT` names a toolchain's `usr` folder, `GALLEY_CELLS` a folder with `libGalleyCells.so`,
    /// `cell-host` and the modules; else `swift-frontend` is looked for in `PATH`, and the rest beside the running
    /// executable, in SwiftPM's build folder or in `../lib/galley`.
    /// - Throws: ``ExecutionError/missing(what:looked:remedy:)``.
    public static func locate() throws(ExecutionError) -> CellToolchain {
        let (frontend, usr) = try findCompiler()
        let folder = executablePath().split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let candidates = environmentVariable("GALLEY_CELLS").map { [$0] } ?? [folder, "\(folder)/../lib/galley"]
        guard let cells = candidates.first(where: { fileExists("\($0)/libGalleyCells.so") }) else {
            throw .missing(
                what: "libGalleyCells.so", looked: candidates, remedy: "Build it with 'swift build --product GalleyCells', or set GALLEY_CELLS.")
        }
        let host = try findHost(in: [cells, folder])
        let folders = ["\(cells)/modules", "\(cells)/Modules"].filter(isFolder)
        guard folders.contains(where: { fileExists("\($0)/NotebookKit.swiftmodule") }) else {
            throw .missing(
                what: "NotebookKit.swiftmodule", looked: ["\(cells)/modules", "\(cells)/Modules"], remedy: "Install or build Galley whole.")
        }
        let maps = try ["CCellHost", "CKernels", "CCUDAShim"].map { (name) throws(ExecutionError) in try moduleMap(of: name, for: cells) }
        let symbolizer = "\(usr)/bin/llvm-symbolizer"
        let sourceKit = "\(usr)/lib/libsourcekitdInProc.so"
        let runtime = "\(usr)/lib/swift/linux"
        return CellToolchain(
            frontend: frontend, linker: "\(usr)/bin/ld.lld", symbolizer: fileExists(symbolizer) ? symbolizer : nil,
            sourceKit: fileExists(sourceKit) ? sourceKit : nil,
            runtimeFolder: runtime, startObject: "\(runtime)/\(architecture)/swiftrt.o", macroFolder: "\(usr)/lib/swift/host/plugins",
            macroServer: "\(usr)/lib/swift/host/libSwiftInProcPluginServer.so", host: host, library: "\(cells)/libGalleyCells.so",
            moduleFolders: folders, moduleMaps: maps)
    }

    private static func findHost(in folders: [String]) throws(ExecutionError) -> String {
        let hosts = folders.map { "\($0)/cell-host" }
        guard let host = hosts.first(where: fileExists) else {
            throw .missing(what: "cell-host", looked: hosts, remedy: "Build it with 'swift build --product cell-host', or set GALLEY_CELLS.")
        }
        return host
    }

    /// Runs a program so that it ends, with what it starts, when this process does, however that comes. Needs no Swift.
    ///
    /// - Returns: Its exit status (127: it is not there), and what it wrote to both its streams.
    /// - Throws: ``ExecutionError/missing(what:looked:remedy:)`` where there is no `cell-host` to keep it.
    ///   ``ExecutionError/interrupted`` where the user asks for the end.
    package static func runKept(_ arguments: [String], interruption: Interruption) throws(ExecutionError) -> (status: Int, output: String) {
        let folder = executablePath().split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let named = environmentVariable("GALLEY_CELLS").map { [$0] } ?? []
        var command = KeptCommand(
            keeper: try findHost(in: named + [folder, "\(folder)/../lib/galley"]), stop: StopCondition(interruption: interruption))
        // What hangs is ended after nine minutes by the clock.
        command.processorSeconds = 120
        let result = try command.run(arguments)
        return (result.status, result.output)
    }

    /// The module map of a C target that cells' modules rest on: beside the library where it is installed, else with the sources that
    /// the build folder lies in.
    private static func moduleMap(of name: String, for cells: String) throws(ExecutionError) -> String {
        var places = ["\(cells)/include/\(name)/module.modulemap"]
        var folder = absolutePath(cells)
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            places.append("\(folder)/Sources/\(name)/include/module.modulemap")
        }
        guard let map = places.first(where: fileExists) else {
            throw .missing(what: "the module map of \(name)", looked: Array(places.prefix(1)), remedy: "Install or build Galley whole.")
        }
        return map
    }

    private static var architecture: String {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }

    private static func findCompiler() throws(ExecutionError) -> (frontend: String, usr: String) {
        let folders: [String]
        if let usr = environmentVariable("GALLEY_SWIFT") {
            folders = ["\(usr)/bin"]
        } else {
            folders = (environmentVariable("PATH") ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
        }
        for folder in folders where fileExists("\(folder)/swift-frontend") {
            let frontend = absolutePath("\(folder)/swift-frontend")
            let usr = frontend.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
            guard fileExists("\(usr)/bin/ld.lld") else { continue }
            return (absolutePath(folder) + "/swift-frontend", usr)
        }
        throw .missing(
            what: "swift-frontend", looked: folders, remedy: "Install Swift 6.3 (https://swift.org/install), or set GALLEY_SWIFT to its 'usr' folder."
        )
    }

    /// Names this compiler and this build of the library: when it changes, nothing compiled before counts.
    public var identity: ContentKey {
        var fields = ["flags 3"]
        for path in [frontend, library] + moduleFolders.map({ "\($0)/NotebookKit.swiftmodule" }) {
            let identity = fileIdentity(path)
            fields += [path, "\(identity?.size ?? 0)", identity?.changed ?? ""]
        }
        return ContentKey(fields)
    }

    /// The compiler's version, such as `6.3.1`; remembered in the cache folder, since asking takes longer than a cell.
    public func version(cache: CellCache) -> String {
        let identity = fileIdentity(frontend)
        let key = ContentKey([frontend, "\(identity?.size ?? 0)", identity?.changed ?? ""]).short
        let path = "\(cache.folder)/swift-version-\(key)"
        if let known = try? readFile(path) { return String(decoding: known, as: UTF8.self) }
        guard let output = try? ChildProcess.run([frontend, "-version"]).output,
            let range = output.firstRange(of: "Swift version ")
        else { return "unknown" }
        let version = String(output[range.upperBound...].prefix { $0 != " " && $0 != "\n" })
        try? writeFileAtomically(path, Array(version.utf8))
        return version
    }
}
