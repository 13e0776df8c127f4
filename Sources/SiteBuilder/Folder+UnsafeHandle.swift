#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The names in a folder, sorted, without `.` and `..`; empty when it cannot be read.
package func namesInFolder(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// The last bytes of a file, or all where it has fewer; empty when it cannot be read.
func endOfFile(_ path: String, count: Int) -> [UInt8] {
    // A pipe that nobody writes to is waited for without this.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    if lseek(descriptor, off_t(-count), SEEK_END) < 0 { guard lseek(descriptor, 0, SEEK_SET) == 0 else { return [] } }
    var bytes = [UInt8](repeating: 0, count: count)
    let length = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    return length > 0 ? Array(bytes.prefix(length)) : []
}

/// Whether a folder itself, rather than a link to one, is at `path`.
func isRealFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
