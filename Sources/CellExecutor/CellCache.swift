internal import Groundwork
internal import SourceText

/// The folder that compiled cells are kept in, by the keys of their contents.
public struct CellCache: Sendable, Hashable {
    public let folder: String
    /// Bytes kept at most, the most recently used.
    public var limit: Int

    /// - Parameter folder: `nil` for `galley` in `XDG_CACHE_HOME`, or in `~/.cache`.
    /// - Throws: ``ExecutionError/file(_:)`` when it cannot be made, ``ExecutionError/foreignCache(_:)`` when it is not Galley's.
    public init(folder: String? = nil, limit: Int = 2 << 30) throws(ExecutionError) {
        self.folder = folder ?? Self.standardFolder
        self.limit = limit
        guard Self.claim(self.folder) else { throw .foreignCache(self.folder) }
        do throws(FileError) {
            try makeFolder(cells)
            try makeFolder(modules)
        } catch {
            throw .file(error)
        }
    }

    /// `galley` in `XDG_CACHE_HOME`, or in `~/.cache`; a home folder that the environment does not name is the one of the system's list of
    /// users, since in a folder for all another user could make it first.
    public static var standardFolder: String {
        if let caches = environmentVariable("XDG_CACHE_HOME"), caches.hasPrefix("/") { return "\(caches)/galley" }
        return "\(environmentVariable("HOME") ?? homeFolderOfUser() ?? "")/.cache/galley"
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

    /// The digest of what was compiled: a disk that is full or failing, or another program, may have changed it since.
    private func digest(_ module: String) -> String { "\(cells)/\(module).sum" }

    func holds(_ module: String) -> Bool {
        guard fileExists(log(module)), let noted = try? readFile(digest(module)), let found = digestOfCompiled(module) else { return false }
        return noted.elementsEqual(found.description.utf8)
    }

    /// Notes that what a module was compiled to is whole.
    func noteDigest(_ module: String) throws(FileError) {
        guard let found = digestOfCompiled(module) else { throw FileError(operation: "read", path: image(module), code: 5) }
        try writeFileAtomically(digest(module), found.description.utf8)
    }

    private func digestOfCompiled(_ module: String) -> QuickDigest? {
        guard let image = try? readFile(image(module)), let interface = try? readFile(interface(module)) else { return nil }
        return QuickDigest([QuickDigest(image), QuickDigest(interface)])
    }

    /// A folder of this process for one piece of work.
    func makeScratchFolder() throws(ExecutionError) -> String {
        let scratch = "\(folder)/scratch-\(processIdentifier())-\(UInt32.random(in: 0...UInt32.max))"
        do throws(FileError) { try makeFolder(scratch) } catch { throw .file(error) }
        return scratch
    }

    func removeScratchFolder(_ scratch: String) {
        guard var sweep = FolderSweep(folder) else { return }
        sweep.remove(String(scratch.dropFirst(folder.count + 1)))
        sweep.end()
    }

    /// Removes what processes left that were killed while they compiled.
    func removeAbandoned() {
        guard var sweep = FolderSweep(folder) else { return }
        for name in folderContents(folder) where Self.isAbandonedScratch(name) { sweep.remove(name) }
        sweep.end()
    }

    /// Removes the compiled cells that were used longest ago, until the rest fits.
    public func trim() {
        removeAbandoned()
        var modules: [String: (size: Int, changed: String)] = [:]
        var total = 0
        for name in folderContents(cells) where Self.isCell(name) {
            guard let identity = fileIdentity("\(cells)/\(name)") else { continue }
            let module = String(name.prefix { $0 != "." })
            total += identity.size
            modules[module, default: (0, "")].size += identity.size
            if name.hasSuffix(".log") { modules[module]?.changed = identity.changed }
        }
        guard total > limit else { return }
        for (module, entry) in modules.sorted(by: { $0.value.changed < $1.value.changed }) where total > limit {
            for path in [log(module), digest(module), image(module), interface(module), names(module)] { removeFile(path) }
            total -= entry.size
        }
    }
}
