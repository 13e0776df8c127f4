internal import Groundwork

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

    static func move(_ path: String, to target: String) -> Bool { rename(path, target) == 0 }
    static func remove(_ path: String) { unlink(path) }

    /// Makes a symbolic link, in place of one that leads nowhere.
    static func link(_ target: String, at path: String) -> Bool {
        if symlink(target, path) == 0 { return true }
        guard errno == EEXIST, !isRegularFile(path) else { return errno == EEXIST }
        return unlink(path) == 0 && symlink(target, path) == 0
    }

    // MARK: - Checksums

    /// The SHA-256 of a file's bytes, as hexadecimal digits; `nil` where it cannot be read.
    static func sha256(_ path: String) -> String? {
        var hash = SHA256()
        guard readChunks(path, { hash.update($0) }) else { return nil }
        return hash.finalize()
    }

    /// The SHA-1 of a file as git names it: `blob `, its size, a zero byte, its bytes.
    static func gitBlobSHA1(_ path: String) -> String? {
        guard let size = fileSize(path) else { return nil }
        var hash = SHA1()
        Array("blob \(size)\0".utf8).withUnsafeBytes { hash.update($0) }
        guard readChunks(path, { hash.update($0) }) else { return nil }
        return hash.finalize()
    }

    /// - Returns: Whether the file was read to its end.
    private static func readChunks(_ path: String, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
        guard let file = fopen(path, "r") else { return false }
        defer { fclose(file) }
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            chunk.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return ferror(file) == 0
    }
}
