internal import SourceText

/// The folder that compiled cells are kept in, by the keys of their contents.
public struct CellCache: Sendable, Hashable {
    public let folder: String
    /// Bytes kept at most, the most recently used.
    public var limit: Int

    /// - Parameter folder: `nil` for `galley` in `XDG_CACHE_HOME`, or in `~/.cache`.
    /// - Throws: ``ExecutionError/file(_:)`` when it cannot be made.
    public init(folder: String? = nil, limit: Int = 2 << 30) throws(ExecutionError) {
        self.folder = folder ?? Self.standardFolder
        self.limit = limit
        do throws(FileError) {
            try makeFolder(cells)
            try makeFolder(modules)
        } catch {
            throw .file(error)
        }
    }

    /// `galley` in `XDG_CACHE_HOME`, or in `~/.cache`.
    public static var standardFolder: String {
        "\(environmentVariable("XDG_CACHE_HOME") ?? "\(environmentVariable("HOME") ?? "/tmp")/.cache")/galley"
    }

    var cells: String { "\(folder)/cells" }
    /// Modules that the compiler itself caches.
    var modules: String { "\(folder)/modules" }
    /// Packages of notebooks, with SwiftPM's build folders.
    var packages: String { "\(folder)/packages" }

    func image(_ module: String) -> String { "\(cells)/\(module).so" }
    func interface(_ module: String) -> String { "\(cells)/\(module).swiftmodule" }
    /// The compiler's output; written last, so that its presence says that the others are whole.
    func log(_ module: String) -> String { "\(cells)/\(module).log" }

    /// What the names in the module's cells are.
    func names(_ module: String) -> String { "\(cells)/\(module).names" }

    func holds(_ module: String) -> Bool { fileExists(log(module)) && fileExists(image(module)) }

    /// Removes everything; returns the bytes freed.
    @discardableResult
    public func clean() -> Int {
        var freed = 0
        func empty(_ folder: String) {
            for name in folderContents(folder) {
                let path = "\(folder)/\(name)"
                if isFolder(path) {
                    empty(path)
                    removeEmptyFolder(path)
                } else {
                    freed += fileIdentity(path)?.size ?? 0
                    removeFile(path)
                }
            }
        }
        for folder in [cells, modules, packages, "\(folder)/renders", "\(folder)/pages"] { empty(folder) }
        removeAbandoned()
        return freed
    }

    /// A folder of this process for one piece of work.
    func makeScratchFolder() throws(ExecutionError) -> String {
        let scratch = "\(folder)/scratch-\(processIdentifier())-\(UInt32.random(in: 0...UInt32.max))"
        do throws(FileError) { try makeFolder(scratch) } catch { throw .file(error) }
        return scratch
    }

    func removeScratchFolder(_ scratch: String) {
        for name in folderContents(scratch) { removeFile("\(scratch)/\(name)") }
        removeEmptyFolder(scratch)
    }

    /// Removes what processes left that were killed while they compiled.
    func removeAbandoned() {
        for name in folderContents(folder) where name.hasPrefix("scratch-") {
            let parts = name.split(separator: "-")
            guard parts.count == 3, let process = Int32(parts[1]), !processExists(process) else { continue }
            for file in folderContents("\(folder)/\(name)") { removeFile("\(folder)/\(name)/\(file)") }
            removeEmptyFolder("\(folder)/\(name)")
        }
    }

    /// Removes the compiled cells that were used longest ago, until the rest fits.
    public func trim() {
        removeAbandoned()
        var modules: [String: (size: Int, changed: String)] = [:]
        var total = 0
        for name in folderContents(cells) {
            guard let identity = fileIdentity("\(cells)/\(name)") else { continue }
            let module = String(name.prefix { $0 != "." })
            total += identity.size
            modules[module, default: (0, "")].size += identity.size
            if name.hasSuffix(".log") { modules[module]?.changed = identity.changed }
        }
        guard total > limit else { return }
        for (module, entry) in modules.sorted(by: { $0.value.changed < $1.value.changed }) where total > limit {
            for path in [log(module), image(module), interface(module), names(module)] { removeFile(path) }
            total -= entry.size
        }
    }
}
