#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Removes what lies in a folder, names as they are: no link is followed, and no other file system entered, whatever is put there
/// meanwhile. What is not removed is listed.
struct FolderSweep {
    /// The bytes of the files that are gone.
    private(set) var bytes = 0
    /// Paths of what stayed, from the folder.
    private(set) var left: [String] = []

    /// Folders nested deeper stay.
    private static let maximumDepth = 128

    private let root: Int32
    private var device: dev_t = 0

    /// - Parameter folder: the folder to sweep; where it is a link itself, what it leads to.
    /// - Returns: `nil` where there is no folder.
    init?(_ folder: String) {
        root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var status = stat()
        guard root >= 0 else { return nil }
        if fstat(root, &status) == 0 { device = status.st_dev }
    }

    func end() { close(root) }

    /// Removes what the folder holds under `name`, if that is a file, a link, or a folder with all that it holds.
    mutating func remove(_ name: String) { remove(name, in: root, path: name, depth: 0) }

    /// Removes those of a folder's members that `isOwn` says yes to, and the folder if it is empty then.
    mutating func remove(membersOf name: String, where isOwn: (String) -> Bool) {
        guard let folder = openFolder(name, in: root) else {
            if isThere(name, in: root) { left.append(name) }
            return
        }
        for member in Self.names(folder) {
            if isOwn(member) { remove(member, in: folder, path: "\(name)/\(member)", depth: 1) } else { left.append("\(name)/\(member)") }
        }
        close(folder)
        _ = unlinkat(root, name, AT_REMOVEDIR)
    }

    private mutating func remove(_ name: String, in parent: Int32, path: String, depth: Int) {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if unlinkat(parent, name, 0) != 0 {
                left.append(path)
            } else if status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 {
                bytes += Int(status.st_size)
            }
            return
        }
        guard depth < Self.maximumDepth, let folder = openFolder(name, in: parent) else { return left.append(path) }
        for member in Self.names(folder) { remove(member, in: folder, path: "\(path)/\(member)", depth: depth + 1) }
        close(folder)
        if unlinkat(parent, name, AT_REMOVEDIR) != 0, !left.contains(where: { $0.hasPrefix(path + "/") }) { left.append(path) }
    }

    /// A folder itself, rather than a link to one, of the swept file system.
    private func openFolder(_ name: String, in parent: Int32) -> Int32? {
        let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return nil }
        var status = stat()
        guard fstat(folder, &status) == 0, status.st_dev == device else {
            close(folder)
            return nil
        }
        return folder
    }

    private func isThere(_ name: String, in parent: Int32) -> Bool {
        var status = stat()
        return fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    private static func names(_ folder: Int32) -> [String] {
        let copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

/// The user's own folder as the system's list of users has it.
func homeFolderOfUser() -> String? {
    guard let entry = getpwuid(getuid()), let folder = entry.pointee.pw_dir else { return nil }
    let path = String(cString: folder)
    return path.hasPrefix("/") && path != "/" ? path : nil
}
