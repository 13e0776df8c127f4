#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A file's bytes as the system maps them: read on demand, shared with other processes, never copied.
///
/// The file must not be cut short while it is mapped: reading past its new end ends the process (SIGBUS).
/// Files that are replaced by renaming, as downloads are, stay as they were.
public final class MappedFile: @unchecked Sendable {
    // The mapping is read-only and lives until deinit, so every thread may read it.

    public let path: String
    /// The size when the file was opened.
    public let byteCount: Int
    private let start: UnsafeRawPointer?
    /// What is to be unmapped.
    private let mapping: UnsafeMutableRawBufferPointer

    /// - Throws: ``FileFormatError`` when the file cannot be opened or mapped, or is not a regular file.
    public init(path: String) throws(FileFormatError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw MappedFile.failure("open", path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw MappedFile.failure("read", path, errno) }
        guard (status.st_mode & S_IFMT) == S_IFREG else {
            throw FileFormatError(path: path, message: "this is not a regular file", help: "give the path of a model file")
        }
        self.path = path
        byteCount = Int(status.st_size)
        if byteCount == 0 {
            start = nil
            mapping = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        } else {
            let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
            guard let address, address != MAP_FAILED else { throw MappedFile.failure("map", path, errno) }
            start = UnsafeRawPointer(address)
            mapping = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        }
        if bytes.starts(with: Array("version https://git-lfs.github.com/spec/".utf8)) {
            throw FileFormatError(
                path: path, message: "this is a Git LFS pointer (\(byteCount) bytes), not the file that it stands for",
                help: "run 'git lfs pull' in its repository, or fetch the file itself")
        }
    }

    /// Bytes in place of a file, for tests: a page that no one may touch follows the last one, so that reading past
    /// it ends the process.
    package init(path: String, holding content: some Collection<UInt8>) {
        let page = Int(getpagesize())
        let pages = (content.count + page - 1) / page * page
        let address = mmap(nil, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        guard let address, address != MAP_FAILED else { preconditionFailure("no memory for \(content.count) bytes") }
        let target = UnsafeMutableRawBufferPointer(start: address + (pages - content.count), count: content.count)
        target.copyBytes(from: content)
        precondition(mprotect(address + pages, page, PROT_NONE) == 0)
        self.path = path
        byteCount = content.count
        start = UnsafeRawPointer(target.baseAddress)
        mapping = UnsafeMutableRawBufferPointer(start: address, count: pages + page)
    }

    deinit {
        if let address = mapping.baseAddress { munmap(address, mapping.count) }
    }

    /// The whole file.
    public var contents: FileSlice { FileSlice(file: self, byteOffset: 0, byteCount: byteCount) }

    /// Valid for as long as the file object lives.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: byteCount) }

    /// What will be done with a part of the file.
    public enum Advice: Sendable {
        /// It will be read soon: the system may read ahead.
        case willNeed
        /// It was read and will not be again for long: its pages may leave this process's memory.
        case dontNeed
    }

    fileprivate func advise(_ advice: Advice, byteOffset: Int, byteCount: Int) {
        // Bytes that stand in for a file have nothing to be read from again.
        guard let start, byteCount > 0, mapping.count == self.byteCount else { return }
        // Counted from the mapping's start, which is a page's.
        let page = Int(getpagesize())
        var lower = byteOffset
        var upper = byteOffset + byteCount
        switch advice {
        case .willNeed: lower = lower / page * page
        case .dontNeed:
            // Pages shared with a neighbour stay.
            lower = (lower + page - 1) / page * page
            if upper < self.byteCount { upper = upper / page * page }
        }
        guard lower < upper else { return }
        madvise(UnsafeMutableRawPointer(mutating: start + lower), upper - lower, advice == .willNeed ? MADV_WILLNEED : MADV_DONTNEED)
    }

    private static func failure(_ operation: String, _ path: String, _ code: Int32) -> FileFormatError {
        FileFormatError(
            path: path, message: "cannot \(operation) the file: \(String(cString: strerror(code)))",
            help: code == ENOENT ? "check the path, or fetch the model first" : "check the file's permissions and the disk it is on")
    }
}

/// A part of a mapped file. It keeps the mapping alive.
public struct FileSlice: Sendable {
    public let file: MappedFile
    /// Where it starts in the file.
    public let byteOffset: Int
    public let byteCount: Int

    fileprivate init(file: MappedFile, byteOffset: Int, byteCount: Int) {
        self.file = file
        self.byteOffset = byteOffset
        self.byteCount = byteCount
    }

    /// Whether another part, of this file or of another, holds the same bytes.
    package func hasSameBytes(as other: FileSlice) -> Bool {
        guard byteCount == other.byteCount else { return false }
        guard let start = bytes.baseAddress, let otherStart = other.bytes.baseAddress else { return true }
        return start == otherStart || memcmp(start, otherStart, byteCount) == 0
    }

    /// A part of this part; `nil` where it is not wholly inside.
    public func slice(offset: Int, count: Int) -> FileSlice? {
        guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else { return nil }
        return FileSlice(file: file, byteOffset: byteOffset + offset, byteCount: count)
    }

    /// Tells the system what will be done with these bytes.
    public func advise(_ advice: MappedFile.Advice) { file.advise(advice, byteOffset: byteOffset, byteCount: byteCount) }

    /// A copy of the bytes.
    public var copy: [UInt8] { [UInt8](bytes) }

    /// Valid for as long as ``file`` lives.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[byteOffset..<(byteOffset + byteCount)]) }
}
