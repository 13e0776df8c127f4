internal import CellWire
internal import NotebookModel
internal import SourceText

extension NotebookRun {
    // MARK: The host

    func connect() throws(ExecutionError) -> HostConnection {
        if let bundle = options.bundle { return HostConnection(replaying: bundle.events) }
        let folder = options.folder(of: notebook)
        let command = options.hostCommand ?? (options.isSandboxed ? sandboxCommand(folder) : nil)
        let isLocal = command == nil
        return try HostConnection(
            toolchain: executor.toolchain, command: command,
            configuration: configuration(workingFolder: isLocal ? folder : "", withResources: options.hostCommand != nil))
    }

    /// The first message for a host.
    func configuration(workingFolder: String, withResources: Bool) throws(ExecutionError) -> HostConfiguration {
        let folder = options.folder(of: notebook)
        var resources: [String: [UInt8]] = [:]
        for path in withResources ? notebook.frontMatter.resources : [] {
            do throws(FileError) { resources[path] = try readFile("\(folder)/\(path)") } catch { throw .file(error) }
        }
        return HostConfiguration(
            workingFolder: workingFolder, outputLimit: options.outputLimit, memoryLimit: options.memoryLimit,
            environment: ["GALLEY": options.galleyVersion], resources: resources,
            // Files that travel disturb none that the user has there.
            hasOwnFolder: options.hostCommand != nil && !resources.isEmpty)
    }

    private func sandboxCommand(_ folder: String) -> String {
        func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
        let flags =
            "--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --tmpfs /var/tmp --unshare-net --unshare-pid --unshare-ipc --die-with-parent --new-session"
        // What the host needs may lie in the folders that are hidden above.
        let host = executor.toolchain.host
        let hostFolder = host.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let hidden = [folder, hostFolder].filter { $0.hasPrefix("/tmp/") || $0.hasPrefix("/var/tmp/") }
        let binds = hidden.map { "--ro-bind \(quoted($0)) \(quoted($0))" }.joined(separator: " ")
        return "exec bwrap \(flags) \(binds) --chdir \(quoted(folder)) \(quoted(host))"
    }
}
