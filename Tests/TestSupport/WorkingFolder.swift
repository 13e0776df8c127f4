public import Foundation

/// A folder of a test's own, with a way to run the `galley` that was built with the tests.
public struct WorkingFolder {
    public struct Run {
        public let status: Int32
        public let standardOutput: String
        public let standardError: String
    }

    public let path: String

    public init() throws {
        path = NSTemporaryDirectory() + "/galley-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    public func remove() { try? FileManager.default.removeItem(atPath: path) }

    public func write(_ name: String, _ text: String) throws {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
    }

    public func copy(from source: String, to name: String) throws {
        try Data(contentsOf: URL(fileURLWithPath: source)).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// Copies a program to be run from here, in a process of its own: a descriptor of ours that writes to the copy would go to children
    /// that other tests start meanwhile, and what is open for writing cannot be run.
    public func copyProgram(from source: String, to name: String) throws {
        let copying = Process()
        copying.executableURL = URL(fileURLWithPath: "/bin/cp")
        copying.arguments = [source, path + "/" + name]
        try copying.run()
        copying.waitUntilExit()
        guard copying.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    public func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }

    /// Every file beneath the folder with its bytes.
    public func snapshot() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: path) ?? .init() {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            files[name] = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
        }
        return files
    }

    private func command(_ arguments: [String], _ environment: [String: String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ReferenceData.productsFolder + "/galley")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        var variables = ProcessInfo.processInfo.environment
        variables["XDG_CACHE_HOME"] = NSTemporaryDirectory() + "/galley-test-cache"
        variables.merge(environment) { $1 }
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Starts `galley` in this folder; what it says goes to a file there, or nowhere.
    public func start(_ arguments: String..., output: String? = nil, environment: [String: String] = [:]) throws -> Process {
        let process = command(arguments, environment)
        if let output { try write(output, "") }
        let stream = output.flatMap { FileHandle(forWritingAtPath: path + "/" + $0) } ?? FileHandle.nullDevice
        process.standardOutput = stream
        process.standardError = stream
        try process.run()
        return process
    }

    /// Runs `galley` in this folder. All tests share a cache folder of compiled cells, apart from the user's.
    public func galley(_ arguments: String..., environment: [String: String] = [:]) throws -> Run { try galley(arguments, environment: environment) }

    public func galley(_ arguments: [String], environment: [String: String] = [:]) throws -> Run {
        let process = command(arguments, environment)
        // Files rather than pipes: nothing blocks however much is written.
        let streams = NSTemporaryDirectory() + "/galley-test-" + UUID().uuidString
        defer { for stream in ["out", "err"] { try? FileManager.default.removeItem(atPath: "\(streams).\(stream)") } }
        for stream in ["out", "err"] { _ = FileManager.default.createFile(atPath: "\(streams).\(stream)", contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: streams + ".out")
        process.standardError = FileHandle(forWritingAtPath: streams + ".err")
        try process.run()
        process.waitUntilExit()
        return Run(
            status: process.terminationStatus,
            standardOutput: try String(contentsOfFile: streams + ".out", encoding: .utf8),
            standardError: try String(contentsOfFile: streams + ".err", encoding: .utf8))
    }
}
