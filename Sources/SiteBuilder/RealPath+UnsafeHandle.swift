#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Where a path leads once every link is followed.
enum FileSearch: Sendable, Hashable {
    /// A regular file beneath the folder: its path on the system, and from the folder.
    case file(real: String, path: String)
    /// Something that is there, but not beneath the folder.
    case outside
    /// Nothing, or no regular file.
    case missing

    static func find(_ path: String, within folder: String) -> FileSearch {
        let folder = folder.isEmpty ? "." : folder
        guard let root = resolvedPath(folder), let file = resolvedPath(folder + "/" + path) else { return .missing }
        let prefix = root == "/" ? "/" : root + "/"
        guard file.hasPrefix(prefix) else { return .outside }
        var status = stat()
        guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .missing }
        return .file(real: file, path: String(file.dropFirst(prefix.count)))
    }
}

/// The path with every link followed; `nil` where nothing is.
func resolvedPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}
