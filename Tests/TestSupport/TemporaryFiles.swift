#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Makes a folder of files, runs `body` with its path, then removes them: for tests that need no more than that.
public func withTemporaryFiles<Value>(_ files: [String: [UInt8]], _ body: (_ folder: String) throws -> Value) throws -> Value {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/galley-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TemporaryFilesError(operation: "make a folder in \(base)", code: errno) }
    let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer {
        for name in files.keys { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
    for (name, bytes) in files {
        guard let stream = fopen("\(folder)/\(name)", "w") else { throw TemporaryFilesError(operation: "write \(name)", code: errno) }
        let written = fwrite(bytes, 1, bytes.count, stream)
        guard fclose(stream) == 0, written == bytes.count else { throw TemporaryFilesError(operation: "write \(name)", code: errno) }
    }
    return try body(folder)
}

public struct TemporaryFilesError: Error {
    public let operation: String
    public let code: Int32
}
