#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What is asked of a write beyond that it is whole.
public enum WriteDurability: Sendable, Hashable {
    /// After a loss of power the file may be the old one, the new one, or gone: what can be made again.
    case cached
    /// On the disk, under its name, when the call returns: what would be lost work.
    case synced
}

/// Writes a file so that a reader sees the old content or the new, never a part: the bytes go to a
/// temporary file in the same folder, which is then renamed.
///
/// A symbolic link stays, and the file that it leads to is written. A file that is replaced hands its permissions on; one that nobody
/// may write to is not replaced.
///
/// - Throws: ``FileError``; the old content stands and the temporary file is gone.
public func writeFileAtomically(
    _ path: String, _ bytes: some Collection<UInt8>, _ durability: WriteDurability = .cached
) throws(FileError) {
    func failure(_ code: Int32) -> FileError { FileError(operation: "write", path: path, code: code) }
    guard let target = linkTarget(of: path) else { throw failure(ELOOP) }
    var status = stat()
    let replaces = stat(target, &status) == 0
    // A pipe or a device cannot be replaced by a file without taking it away from others.
    if replaces, (status.st_mode & S_IFMT) != S_IFREG { throw failure((status.st_mode & S_IFMT) == S_IFDIR ? EISDIR : EINVAL) }
    // Whoever took the right to write away wants it to stay as it is; a rename would not ask.
    if replaces, status.st_mode & 0o222 == 0 {
        throw FileError(operation: "write", path: path, code: EACCES, reason: "it may not be written to (chmod u+w allows it)")
    }
    let temporary = "\(target).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, replaces ? 0o600 : 0o644)
    guard descriptor >= 0 else { throw failure(errno) }
    var code = writeAll(descriptor, Array(bytes))
    if replaces, code == 0 {
        // The group first: changing it takes rights away that the mode gives. Only the superuser may give a file to others.
        _ = fchown(descriptor, status.st_uid, status.st_gid)
        if fchmod(descriptor, status.st_mode & 0o7777) != 0 { code = errno }
    }
    if durability == .synced, code == 0, fsync(descriptor) != 0 { code = errno }
    if close(descriptor) != 0, code == 0 { code = errno }
    if code == 0, rename(temporary, target) != 0 { code = errno }
    if code != 0 {
        unlink(temporary)
        throw failure(code)
    }
    if durability == .synced { syncFolder(of: target) }
}

/// - Returns: The system's error number; 0 when all was written.
private func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                return errno
            }
            written += count
        }
        return 0
    }
}

/// Makes a rename last. Some file systems do not sync folders; there it lasts as long as they say.
private func syncFolder(of path: String) {
    let descriptor = open(parentFolder(of: path), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
}

/// Where a chain of symbolic links ends, whether something is there or not; the path itself where it is no link.
///
/// - Returns: `nil` for links that lead in a circle.
public func linkTarget(of path: String) -> String? {
    var path = path
    for _ in 0..<40 {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        guard count >= 0 else { return path }
        let target = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = target.hasPrefix("/") ? target : parentFolder(of: path) + "/" + target
    }
    return nil
}

/// Whether there is anything under this name: a file, a folder, or a link, wherever it leads.
public func isTaken(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
}

/// The folder that a path lies in, `.` for a bare name.
private func parentFolder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
