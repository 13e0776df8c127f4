public import Groundwork
private import JSON
internal import SourceText

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What writing a site did to its folder. All paths count from it, sorted.
public struct ChangeSet: Sendable, Hashable {
    public var written: [String] = []
    public var unchanged: [String] = []
    public var removed: [String] = []
    /// Files in the way that Galley did not write: left as they are.
    public var conflicts: [String] = []
    /// Files of removed pages that someone changed since: left as they are.
    public var kept: [String] = []
    /// Pages of other notebooks, and lists of other sites, that are still there: left as they are.
    public var taken: [Taken] = []

    public struct Taken: Sendable, Hashable {
        public var path: String
        /// The notebook or the site's folder that it was made of, from the output folder.
        public var origin: String
    }

    public init() {}
}

/// Brings a folder to the state of a ``Site``: writes what changed, removes what is gone, touches nothing else.
///
/// The folder holds a list of what Galley wrote, `.galley-manifest.json`; what is not on it is never written over or
/// deleted.
public struct SiteWriter: Sendable {
    public static let manifestName = ".galley-manifest.json"

    public let folder: String

    public init(folder: String) {
        self.folder = folder
    }

    /// - Parameters:
    ///   - owner: names a part of the folder that is written by itself, such as a page without a site; files of
    ///     other owners stay. The site as a whole has the empty name.
    ///   - origin: the notebook that a file is made of, or the site's folder; a file of another one that is still there stays.
    /// - Throws: ``FileError`` when a file cannot be written; the files before it stand, and are on the list.
    public func write(_ site: Site, owner: String = "", origin: (String) -> String? = { _ in nil }) async throws(FileError) -> ChangeSet {
        try makeFolder(folder)
        let earlier = readManifest()
        var manifest = earlier
        var changes = ChangeSet()
        let origins = FileOrigins(folder: folder, site.files.keys, of: origin)
        changes.taken = origins.others(earlier.compactMapValues(\.origin))
        let taken = Set(changes.taken.map(\.path))
        // Of two sites in one folder each would remove the other's pages.
        if owner.isEmpty, taken.contains("index.html") { return changes }
        // The list goes first, with the union of old and new: after a crash every file that Galley wrote is on it.
        var planned = manifest
        var writes: [(path: String, bytes: [UInt8], entry: Entry)] = []
        for path in site.standing {
            changes.unchanged.append(path)
            if manifest[path]?.owner == owner { continue }
            let digest = QuickDigest(try readFile(folder + "/" + path)).description
            manifest[path] = Entry(owner: owner, digest: digest, origin: manifest[path]?.origin)
            planned[path] = manifest[path]
        }
        let paths = site.files.keys.filter { !taken.contains($0) }.sorted()
        let isNew = manifest.isEmpty && namesInFolder(folder).isEmpty
        let findings = isNew ? [] : await concurrentMap(paths) { finding(of: $0, site.files[$0] ?? [], known: earlier[$0]) }
        let entries = await concurrentMap(paths) {
            Entry(owner: owner, digest: QuickDigest(site.files[$0] ?? []).description, origin: origins[$0])
        }
        for (index, path) in paths.enumerated() {
            guard let bytes = site.files[path], SitePath.isSafe(path) else {
                changes.conflicts.append(path)
                continue
            }
            switch isNew ? .different : findings[index] {
            case .same:
                changes.unchanged.append(path)
                if manifest[path]?.owner != owner || manifest[path]?.origin != entries[index].origin { manifest[path] = entries[index] }
                planned[path] = manifest[path]
            case .foreign: changes.conflicts.append(path)
            case .different:
                writes.append((path, bytes, entries[index]))
                planned[path] = entries[index]
            }
        }
        changes.unchanged.sort()
        let stale = manifest.filter {
            $0.value.owner == owner && !taken.contains($0.key) && site.files[$0.key] == nil && !site.standing.contains($0.key)
        }
        if !writes.isEmpty { try writeManifest(planned) }
        for parent in Set(writes.map { SitePath.folder(of: $0.path) }) { try makeFolder(SitePath.join(folder, parent)) }
        let failures = await concurrentMap(writes) { write in
            do throws(FileError) { try writeFileAtomically(folder + "/" + write.path, write.bytes) } catch { return error as FileError? }
            return nil
        }
        for (write, failure) in zip(writes, failures) where failure == nil {
            manifest[write.path] = write.entry
            changes.written.append(write.path)
        }
        if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
        for path in stale.keys.sorted() {
            remove(path, entry: stale[path], from: &manifest, &changes)
        }
        if writes.isEmpty, changes.removed.isEmpty, changes.kept.isEmpty, planned == earlier { return changes }
        if planned != manifest || writes.isEmpty { try writeManifest(manifest) }
        return changes
    }

    /// How a file in the folder stands to the one that it should be.
    private enum Finding: Sendable {
        case same, different
        /// Something else stands there that Galley did not write.
        case foreign
    }

    private func finding(of path: String, _ bytes: [UInt8], known: Entry?) -> Finding {
        guard SitePath.isSafe(path) else { return .foreign }
        let target = folder + "/" + path
        // Galley makes no links: what they lead to is somebody's.
        if isLink(target) { return .foreign }
        if let size = fileSize(target), size == bytes.count, let present = try? readFile(target), present == bytes { return .same }
        return known == nil && fileExists(target) ? .foreign : .different
    }

    private func remove(_ path: String, entry: Entry?, from manifest: inout [String: Entry], _ changes: inout ChangeSet) {
        manifest[path] = nil
        let target = folder + "/" + path
        guard SitePath.isSafe(path), let bytes = try? readFile(target) else { return }
        guard let digest = entry?.digest, digest == QuickDigest(bytes).description || digest == ContentKey(ofBytes: bytes).short else {
            changes.kept.append(path)
            return
        }
        guard unlink(target) == 0 else { return }
        changes.removed.append(path)
        var parent = SitePath.folder(of: path)
        // Folders that are empty now go too; rmdir refuses the others.
        while !parent.isEmpty, rmdir(folder + "/" + parent) == 0 { parent = SitePath.folder(of: parent) }
    }

    private struct Entry: Hashable, Sendable {
        var owner: String
        /// ``QuickDigest``; in lists of earlier versions the beginning of a ``ContentKey``.
        var digest: String
        /// What it is made of, as ``FileOrigins`` has it.
        var origin: String?
    }

    private func readManifest() -> [String: Entry] {
        guard let bytes = try? readFile(folder + "/" + Self.manifestName), let json = try? JSONValue(parsing: bytes),
            let files = json["files"]?.objectValue
        else { return [:] }
        var manifest: [String: Entry] = [:]
        for (path, value) in files {
            guard let digest = value["digest"]?.stringValue else { continue }
            manifest[path] = Entry(owner: value["owner"]?.stringValue ?? "", digest: digest, origin: value["of"]?.stringValue)
        }
        return manifest
    }

    private func writeManifest(_ manifest: [String: Entry]) throws(FileError) {
        var files = JSONObject()
        for path in manifest.keys.sorted() {
            guard let entry = manifest[path] else { continue }
            var value: JSONObject = ["digest": .string(entry.digest)]
            if !entry.owner.isEmpty { value["owner"] = .string(entry.owner) }
            if let origin = entry.origin { value["of"] = .string(origin) }
            files[path] = .object(value)
        }
        let text = JSONValue.object(["about": "Files that galley wrote here; it removes no others.", "files": .object(files)])
            .text(.indented(1))
        try writeFileAtomically(folder + "/" + Self.manifestName, Array((text + "\n").utf8))
    }
}
