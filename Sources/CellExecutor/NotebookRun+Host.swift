internal import CellWire
internal import Groundwork
internal import NotebookModel
internal import SourceText

extension NotebookRun {
    // MARK: The host

    func connect() throws(ExecutionError) -> HostConnection {
        if let bundle = options.bundle { return HostConnection(replaying: bundle.events) }
        let place = try hostPlace()
        return try HostConnection(
            toolchain: executor.toolchain, place: place,
            configuration: configuration(
                workingFolder: place.isLocal ? options.folder(of: notebook) : "", withResources: options.hostCommand != nil))
    }

    private func hostPlace() throws(ExecutionError) -> HostPlace {
        if options.isSandboxed, options.hostCommand != nil {
            throw .cannotStart(program: "the sandbox", reason: "what a host behind a command may do is for that command to say")
        }
        if let command = options.hostCommand { return .behind(command) }
        return options.isSandboxed ? .sandbox(Self.sandbox(of: notebook, options, executor.toolchain)) : .here
    }

    static func sandbox(of notebook: Notebook, _ options: RunOptions, _ toolchain: CellToolchain) -> Sandbox {
        let models = environmentVariable("GALLEY_MODELS") ?? Self.modelsFolder
        return Sandbox(
            folder: options.folder(of: notebook), readable: [toolchain.library, toolchain.runtimeFolder],
            models: isFolder(models) ? absolutePath(models) : nil)
    }

    /// Where models lie unless the environment says more.
    private static var modelsFolder: String {
        "\(environmentVariable("XDG_DATA_HOME") ?? "\(environmentVariable("HOME") ?? "")/.local/share")/galley/models"
    }

    /// The first message for a host.
    func configuration(workingFolder: String, withResources: Bool) throws(ExecutionError) -> HostConfiguration {
        let folder = options.folder(of: notebook)
        var resources: [String: [UInt8]] = [:]
        for path in withResources ? notebook.frontMatter.resources : [] {
            let files = DeclaredFiles(path, in: folder, except: "\(folder)/\(notebook.stem)")
            if let problem = files.problem { throw .host("the resource \(path) \(problem), from \(folder)") }
            for (name, file) in zip(files.names, files.paths) {
                do throws(FileError) { resources[name] = try readFile(file) } catch { throw .file(error) }
            }
        }
        return HostConfiguration(
            workingFolder: workingFolder, outputLimit: options.outputLimit, memoryLimit: options.memoryLimit,
            environment: ["GALLEY": options.galleyVersion], resources: resources,
            // Files that travel disturb none that the user has there.
            hasOwnFolder: options.hostCommand != nil && !resources.isEmpty)
    }
}
