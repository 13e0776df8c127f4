#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The path of a regular file beneath `folder` with every link resolved; `nil` when it is none, or when a link leads out.
package func realFile(_ path: String, within folder: String) -> String? {
    guard let root = resolvedPath(folder.isEmpty ? "." : folder), let file = resolvedPath((folder.isEmpty ? "." : folder) + "/" + path),
        root == "/" || file.hasPrefix(root + "/")
    else { return nil }
    var status = stat()
    guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return file
}

private func resolvedPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}
