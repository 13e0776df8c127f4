#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// The few calls of the system that finding models takes.
enum FileSystem {
    static func environment(_ name: String) -> String? {
        guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
        return value
    }

    /// This process's number.
    static var processIdentifier: Int { Int(getpid()) }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
    }

    static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFREG
    }

    /// The size of a file; `nil` where there is none.
    static func size(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int(status.st_size)
    }

    /// The names in a folder, sorted; empty where it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static var home: String { environment("HOME") ?? "/" }

    static var temporaryFolder: String { environment("TMPDIR") ?? "/tmp" }

    /// A short text file; `nil` where it cannot be read.
    static func text(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(validating: bytes[..<count], as: UTF8.self)
    }

    // MARK: - Changing

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) -> Bool {
        if mkdir(path, 0o755) == 0 || isFolder(path) { return true }
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return false }
        return makeFolder(String(path[..<slash])) && (mkdir(path, 0o755) == 0 || isFolder(path))
    }

    static func move(_ path: String, to target: String) -> Bool { rename(path, target) == 0 }
    static func remove(_ path: String) { unlink(path) }

    /// Makes a symbolic link, in place of one that leads nowhere.
    static func link(_ target: String, at path: String) -> Bool {
        if symlink(target, path) == 0 { return true }
        guard errno == EEXIST, !isFile(path) else { return errno == EEXIST }
        return unlink(path) == 0 && symlink(target, path) == 0
    }

    /// Writes a short text by way of a temporary file, so that a reader sees the old or the new.
    static func write(_ text: String, to path: String) -> Bool {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp"
        guard let file = fopen(temporary, "wx") else { return false }
        let isWritten = fputs(text, file) >= 0
        guard fclose(file) == 0, isWritten, rename(temporary, path) == 0 else {
            unlink(temporary)
            return false
        }
        return true
    }

    // MARK: - Checksums

    /// The SHA-256 of a file's bytes, as hexadecimal digits.
    static func sha256(_ path: String) -> String? {
        digest(path, SHA2(), prefix: [])
    }

    /// The SHA-1 of a file as git names it: `blob `, its size, a zero byte, its bytes.
    static func gitBlobSHA1(_ path: String) -> String? {
        guard let size = size(path) else { return nil }
        return digest(path, SHA1(), prefix: Array("blob \(size)\0".utf8))
    }

    private static func digest(_ path: String, _ hash: some BlockHash, prefix: [UInt8]) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var hash = hash
        hash.update(prefix[...])
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { hash.update(chunk[..<count]) }
        return ferror(file) == 0 ? hash.finalize() : nil
    }
}
